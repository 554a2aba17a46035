"""Short ways to parse in tests."""

from pathlib import Path

from archc.diagnostics.model import Bag, Diagnostic
from archc.limits import DEFAULT, Limits
from archc.source import SourceFile
from archc.syntax.format import format_text
from archc.syntax.parse import parse
from archc.syntax.tree import File

ROOT = Path(__file__).parents[2]
SPECS = sorted([*(ROOT / "specs").glob("*.arch"), *(ROOT / "templates").rglob("*.arch")])


def read(text: str, limits: Limits = DEFAULT) -> tuple[File, list[Diagnostic]]:
    bag = Bag()
    file = parse(SourceFile("t.arch", text), bag, limits)
    return file, bag.sorted()


def mistakes(text: str) -> list[Diagnostic]:
    return read(text)[1]


def formatted(text: str) -> str | None:
    return format_text(SourceFile("t.arch", text))


def fixed(text: str, found: Diagnostic, which: int = 0) -> str:
    """The text after a fix of a diagnostic."""
    for edit in reversed(found.fixes[which].edits):
        text = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
    return text
