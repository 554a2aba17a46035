"""`archc fmt`: the canonical text of a file.

Tokens stay as they were written (only `×` becomes `x`); spaces, alignment and blank lines are
decided here, so what a file means cannot change. Columns of guards, arrows and comments are kept
if they are in order.
"""

from __future__ import annotations

from archc.diagnostics.model import Bag
from archc.limits import DEFAULT, Limits
from archc.source import SourceFile
from archc.syntax import tree
from archc.syntax.format_align import align
from archc.syntax.format_lines import Line, LineMaker
from archc.syntax.parse import parse

_BLOCKS = (tree.Net, tree.Block)


def format_text(source: SourceFile, limits: Limits = DEFAULT) -> str | None:
    """The canonical text of a file, or None if it has mistakes of syntax."""
    bag = Bag()
    file = parse(source, bag, limits)
    if bag.has_errors:
        return None
    lines = LineMaker(source, limits).make(file.statements)
    align(lines)
    _separate(lines)
    text = "\n".join([f"\n{line.text}" if line.blank else line.text for line in lines])
    return text + "\n" if lines else ""


def with_arrows(source: SourceFile, sizes: dict[int, str], limits: Limits = DEFAULT) -> str | None:
    """The canonical text with other `-> size` notes.

    `sizes` maps the start of a row's span to its size. Rows without a note get one.
    None if the file has mistakes of syntax.
    """
    bag = Bag()
    file = parse(source, bag, limits)
    if bag.has_errors:
        return None
    edits: list[tuple[int, int, str]] = []
    _collect(file.statements, sizes, edits)
    pieces: list[str] = []
    done = 0
    for start, end, replacement in edits:
        pieces += [source.text[done:start], replacement]
        done = end
    pieces.append(source.text[done:])
    return format_text(SourceFile(source.name, "".join(pieces)), limits)


def _collect(
    statements: tuple[tree.Statement, ...], sizes: dict[int, str], edits: list[tuple[int, int, str]]
) -> None:
    """Add the edits of rows in text order."""
    for statement in statements:
        if isinstance(statement, (tree.Row, tree.Split)) and statement.span.start in sizes:
            size = sizes[statement.span.start]
            if statement.arrow is None:
                edits.append((statement.span.end, statement.span.end, f"  -> {size}"))
            else:
                edits.append((statement.arrow.span.start, statement.arrow.span.end, f"-> {size}"))
        _collect(getattr(statement, "body", None) or (), sizes, edits)


def _separate(lines: list[Line]) -> None:
    """One blank line around nets and blocks at the top of a file; none at its beginning."""
    item = 0  # the first comment that belongs to the next line, or that line itself
    for number, line in enumerate(lines):
        if line.depth > 0:
            item = number + 1
            continue
        if number and lines[number - 1].depth > 0:
            line.blank = True
        if line.blank:
            item = number
        if line.kind in _BLOCKS:
            lines[item].blank = True
        if line.kind is not None:
            item = number + 1
    if lines:
        lines[0].blank = False
