"""Measure the public implementations again: `python -m tests.oracles.twins.make [FAMILY...]`.

It needs the packages that the lists name (torchvision, timm, pytorchcv, ...), beside a torch that
can import them. If there is a module `torchvision_shim` on the path, it is imported first: it can
declare the operators of a torchvision that was built for another torch.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
from pathlib import Path

from tests.oracles.twins.twin import Twin, measure

HERE = Path(__file__).parent
NO_LISTS = ("make", "packages", "twin")


def families() -> list[str]:
    """The lists of this folder by name."""
    return sorted(path.stem for path in HERE.glob("*.py") if path.stem not in NO_LISTS)


def make(family: str) -> None:
    """Measure the twins of one family and write what was found, a line each."""
    twins: list[Twin] = importlib.import_module(f"tests.oracles.twins.{family}").TWINS
    lines = []
    for twin in twins:
        found = measure(twin)
        print(twin.net, found["params"], found["macs"], found.get("depth", ""), flush=True)
        lines.append(json.dumps(found))
    text = "[\n" + ",\n".join(lines) + "\n]\n"
    (HERE / f"{family}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    with contextlib.suppress(ModuleNotFoundError):
        importlib.import_module("torchvision_shim")
    for name in sys.argv[1:] or families():
        make(name)
