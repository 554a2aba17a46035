"""Nets called by other names, in the text: where they are written, and wherever they are used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from archc.record import Record
from archc.syntax import tree

_NAMES_OF_ROWS = (tree.From, tree.Reuse, tree.Output, tree.Metric)


def rename_nets(file: tree.File, names: Mapping[str, str]) -> str:
    """The text of a file with its nets called as `names` says."""
    text = file.source.text
    for start, old in sorted(_places(file, names), reverse=True):
        text = text[:start] + names[old] + text[start + len(old) :]
    return text


def _places(file: tree.File, names: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """Where the nets of a file are named, and how."""
    waiting: list[object] = list(file.statements)
    while waiting:
        node = waiting.pop()
        if isinstance(node, tuple):
            waiting.extend(node)
        if not isinstance(node, Record) or isinstance(node, _NAMES_OF_ROWS):
            continue
        if isinstance(node, tree.Net) and node.name in names:
            yield node.name_span.start, node.name
        if isinstance(node, tree.Name) and node.parts[0] in names:
            yield node.span.start, node.parts[0]
        rows = ("span", "until")
        waiting.extend([getattr(node, name) for name in type(node).__fields__ if name not in rows])
