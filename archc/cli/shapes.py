"""`archc fmt --shapes`: the sizes behind the rows of a file's nets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeGuard

from archc.diagnostics.kinds.notes import SizeNoteWrong
from archc.files import Files
from archc.graph.ir import Network, Node
from archc.limits import Limits
from archc.ops.values import Shape
from archc.session import Session, all_of
from archc.source import SourceFile
from archc.syntax import tree

Sizes = dict[int, str]
"""the start of a row's span, and the size to write behind it"""


def wrong_notes(source: SourceFile, files: Files, limits: Limits) -> Sizes:
    """Rows whose note is wrong, with the size that the row gives."""
    session = Session(limits, files)
    module = session.module(source)
    for net, variant in all_of(module.nets):
        session.build(module, net, variant)
    right: dict[int, set[str]] = {}
    for found in session.bag().sorted():
        span = found.primary.span
        if found.slug == SizeNoteWrong.slug and span.source is source and found.fixes:
            right.setdefault(span.start, set()).add(found.fixes[0].edits[0].replacement)
    rows = {row.arrow.shape.span.start: row for row in _all_rows(module.tree) if row.arrow}
    return {
        rows[start].span.start: texts.pop()
        for start, texts in right.items()
        if start in rows and len(texts) == 1
    }


def missing_notes(source: SourceFile, files: Files, limits: Limits) -> Sizes:
    """Rows of nets without a note, with the size that they give in every variant."""
    session = Session(limits, files)
    module = session.module(source)
    given: dict[int, set[str]] = {}
    for net, variant in all_of(module.nets):
        network = session.build(module, net, variant)
        # A net of open size has no size to write, and one variant of it is enough for that.
        known = network is not None and not network.open_sides
        sizes = _sizes_by_line(network, source) if network and known else {}
        for row in _rows_of(module.net(net)):
            size = sizes.get(source.position(row.span.start)[0], "")
            if size or not known:
                given.setdefault(row.span.start, set()).add(size)
    single = {start: texts.pop() for start, texts in given.items() if len(texts) == 1}
    return {start: size for start, size in single.items() if size}


def _sizes_by_line(network: Network, source: SourceFile) -> dict[int, str]:
    """The last size that each line of the net itself gives; empty for a list."""
    found: dict[int, str] = {}
    for item in network.root.items:
        index = item.index if isinstance(item, Node) else item.output
        span = item.span
        if index is None or span is None or span.source is not source:
            continue
        shape = network.nodes[index].shape
        found[source.position(span.start)[0]] = str(shape) if isinstance(shape, Shape) else ""
    return found


def _rows_of(net: tree.Net | None) -> Iterator[tree.Row]:
    """The rows of a net and its sections that have no note; the paths of joins are left alone."""
    waiting: list[tree.Statement] = list(net.body) if net else []
    for line in waiting:
        if isinstance(line, tree.Section):
            waiting += line.body
        elif _takes_note(line):
            yield line


def _takes_note(line: tree.Statement) -> TypeGuard[tree.Row]:
    """A row that makes a value; an input says its size already."""
    if not isinstance(line, tree.Row) or line.cells is not None or line.arrow is not None:
        return False
    return not isinstance(line.steps[0], tree.Input)


def _all_rows(file: tree.File) -> Iterator[tree.Row | tree.Split]:
    waiting: list[tree.Statement] = list(file.statements)
    for line in waiting:
        if isinstance(line, tree.Row | tree.Split):
            yield line
        waiting += getattr(line, "body", None) or ()
