"""The nodes of a spec that mutations work on: what each is, and the characters it stands for."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from archc.diagnostics.model import Bag
from archc.record import Record
from archc.source import SourceFile, Span
from archc.syntax import tree
from archc.syntax.parse import parse

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (ROOT / "specs", ROOT / "templates", Path(__file__).with_name("cases"))

_KINDS: dict[type, str] = {
    tree.Number: "number",
    tree.Name: "name",
    tree.Size: "size",
    tree.ShapeText: "size",
    tree.Keyword: "keyword",
    tree.Drop: "drop",
    tree.Call: "step",
    tree.From: "step",
    tree.Reuse: "step",
    tree.Input: "step",
    tree.Label: "label",
    tree.Guard: "guard",
    tree.Arrow: "arrow",
    tree.Cell: "cell",
    tree.ChainCell: "cell",
    tree.Column: "column",
    tree.Parameter: "parameter",
    tree.Metric: "name",
    tree.Text: "text",
}
_LINES = (
    tree.Row, tree.Section, tree.Split, tree.Every, tree.Let, tree.Meta, tree.Sizes, tree.Variants,
    tree.VariantRow, tree.Columns, tree.CheckRow, tree.Output, tree.Use, tree.Extern, tree.Block,
    tree.Net,
)  # fmt: skip
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Part(Record):
    """One node: `kind` says with what it may be exchanged; `start` to `end` are its characters."""

    kind: str
    start: int
    end: int


class Base(Record):
    """A spec with its nodes by kind, its words, and the lines of each row with what is below it."""

    path: str
    text: str
    parts: dict[str, tuple[Part, ...]]
    words: tuple[str, ...]
    blocks: tuple[tuple[int, int], ...]

    @property
    def lines(self) -> list[str]:
        """The lines of the text, without their ends."""
        return self.text.split("\n")

    def of(self, part: Part) -> str:
        """The characters of a node."""
        return self.text[part.start : part.end]


@cache
def bases() -> tuple[Base, ...]:
    """Every spec, every shared block, every case that once went wrong."""
    paths = [path for folder in FOLDERS for path in sorted(folder.rglob("*.arch"))]
    return tuple([base_of(str(path.relative_to(ROOT)), path) for path in paths])


def base_of(name: str, path: Path) -> Base:
    """A spec taken apart; what cannot be parsed of it has no nodes."""
    text = path.read_bytes().decode("utf-8", "replace")
    source = SourceFile(name, text)
    file = parse(source, Bag())
    parts: dict[str, set[Part]] = {}
    blocks: set[tuple[int, int]] = set()
    waiting: list[object] = list(file.statements)
    while waiting:
        node = waiting.pop()
        if isinstance(node, tuple):
            waiting.extend(node)
        if not isinstance(node, Record) or isinstance(node, Span):
            continue
        waiting.extend([getattr(node, field) for field in type(node).__fields__])
        _enter(node, source, parts, blocks)
    known = {kind: tuple(sorted(found, key=lambda p: p.start)) for kind, found in parts.items()}
    words = tuple(sorted(set(_WORD.findall(text))))
    return Base(name, text, known, words, tuple(sorted(blocks)))


def _enter(
    node: Record,
    source: SourceFile,
    parts: dict[str, set[Part]],
    blocks: set[tuple[int, int]],
) -> None:
    span: Span | None = getattr(node, "span", None)
    if span is None or span.source is not source:
        return
    if isinstance(node, _LINES):
        blocks.add(_lines_of(node, source))
        return
    kind = _KINDS.get(type(node), "value")
    parts.setdefault(kind, set()).add(Part(kind, span.start, span.end))
    if kind in ("number", "name", "size"):
        parts.setdefault("value", set()).add(Part("value", span.start, span.end))


def _lines_of(node: Record, source: SourceFile) -> tuple[int, int]:
    """The first line of a statement (from 0) and the one behind its last, its body included."""
    first = source.position(node.span.start)[0] - 1
    last = source.position(node.span.end)[0]
    body = getattr(node, "body", None) or getattr(node, "rows", None) or ()
    while body and isinstance(body[-1], _LINES):
        last = source.position(body[-1].span.end)[0]
        body = getattr(body[-1], "body", None) or ()
    return first, last
