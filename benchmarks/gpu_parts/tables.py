"""The Markdown page: what was measured, then what is missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Row = dict[str, Any]
Columns = dict[str, Callable[[Row], str]]


def number(key: str, digits: int = 2, scale: float = 1.0) -> Callable[[Row], str]:
    """A column of numbers; empty where there is none."""

    def cell(row: Row) -> str:
        value = row.get(key)
        return "" if value is None else f"{value * scale:,.{digits}f}"

    return cell


def text(key: str) -> Callable[[Row], str]:
    """A column of words."""
    return lambda row: str(row.get(key, ""))


def scientific(key: str) -> Callable[[Row], str]:
    """A column of small numbers."""

    def cell(row: Row) -> str:
        value = row.get(key, "")
        return value if isinstance(value, str) else f"{value:.1e}"

    return cell


def said(row: Row) -> str:
    """Whether a result is right, or the error in its place."""
    if "error" in row:
        return str(row["error"]).replace("|", "\\|")
    return "yes" if row.get("right", True) else "NO"


ROOFLINE: Columns = {
    "bf16 TFLOP/s": number("bf16", 1, 1e-12),
    "TF32": number("tf32", 1, 1e-12),
    "fp32": number("fp32", 1, 1e-12),
    "GB/s": number("bandwidth", 0, 1e-9),
}
COMPARE: Columns = {
    "network": text("net"),
    "input": text("input"),
    "numbers": text("dtype"),
    "way": text("way"),
    "error": scientific("found"),
    "at most": scientific("tolerance"),
    "CPU's own": scientific("own"),
    "right": said,
}
SPEED: Columns = {
    "network": text("net"),
    "batch": text("batch"),
    "variant": text("variant"),
    "ms": number("ms", 3),
    "images/s": number("images", 0),
    "eager / it": number("eager"),
    "it / ours": number("ours"),
    "A/A": number("again", 3),
    "of roofline": number("roofline", 1, 100),
    "preparation s": number("preparation"),
    "MB": number("peak", 1, 1e-6),
    "MB by archc": number("estimate", 1, 1e-6),
    "error": scientific("found"),
    "right": said,
}
PARTS: dict[str, tuple[str, Columns]] = {
    "roofline": ("The machine's most", ROOFLINE),
    "compare": ("Forward and backward against float64 on the CPU", COMPARE),
    "speed": ("Speed", SPEED),
    "compile": ("Speed beside torch.compile", SPEED),
}


def page(found: dict[str, Any]) -> str:
    """The whole page."""
    about = ", ".join([f"{name} {value}" for name, value in found["machine"].items()])
    lines = [f"# Generated PyTorch: {about}", ""]
    for part, (title, columns) in PARTS.items():
        rows = found["parts"].get(part, [])
        if rows:
            lines += [f"## {title}", "", *summary(part, rows), *table(rows, columns), ""]
    if found["missing"]:
        lines += ["## Missing", ""]
        lines += [f"- {one['figure']}: {one['why']}" for one in found["missing"]]
    return "\n".join(lines).rstrip() + "\n"


def summary(part: str, rows: list[Row]) -> list[str]:
    """How many comparisons there were, and how many failed."""
    if part != "compare":
        return []
    wrong = [row for row in rows if not row.get("right", False)]
    return [f"{len(rows)} comparisons, {len(wrong)} failed.", ""]


def table(rows: list[Row], columns: Columns) -> list[str]:
    """One line for each row."""
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    for row in rows:
        named = {"net": row["job"].partition("/")[2], **row}
        lines.append(f"| {' | '.join([cell(named) for cell in columns.values()])} |")
    return lines
