"""What was measured so far: a JSON file and a Markdown page, whole after each figure."""

from __future__ import annotations

import json
import math
import os
import sys
from pathlib import Path
from typing import Any

import archc
from benchmarks.gpu_parts import tables
from benchmarks.gpu_parts.device import Device

Row = dict[str, Any]


class Record:
    """The rows of each part, and what is missing with the reason."""

    def __init__(self, name: Path, device: Device) -> None:
        self._name = name
        self._found: dict[str, Any] = {
            "machine": {**device.described, "archc": archc.__version__},
            "parts": {},
            "missing": [],
        }

    @property
    def failed(self) -> bool:
        """Whether a comparison failed: a result that is wrong, or none where there must be one."""
        return any(
            not row.get("right", part != "compare")
            for part, rows in self._found["parts"].items()
            for row in rows
        )

    def add(self, part: str, row: Row) -> None:
        """Keep a figure; an error is told at once."""
        if "error" in row:
            print(f"{row['job']}: {row['error']}", file=sys.stderr)
        kept = {key: value if is_json(value) else str(value) for key, value in row.items()}
        self._found["parts"].setdefault(part, []).append(kept)
        self._save()

    def miss(self, what: str, why: str) -> None:
        """Keep that there is no figure."""
        self._found["missing"].append({"figure": what, "why": why})
        self._save()

    def table(self) -> str:
        """Everything, for people."""
        return tables.page(self._found)

    def _save(self) -> None:
        for ending, text in (
            ("json", json.dumps(self._found, indent=1, allow_nan=False) + "\n"),
            ("md", self.table()),
        ):
            path = self._name.with_name(f"{self._name.name}.{ending}")
            half = path.with_name(f"{path.name}.part")
            half.write_text(text, encoding="utf-8")
            os.replace(half, path)


def is_json(value: Any) -> bool:
    """Whether JSON has it: it has no word for what is infinite or no number."""
    return not isinstance(value, float) or math.isfinite(value)
