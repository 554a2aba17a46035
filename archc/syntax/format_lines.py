"""A file as the lines the formatter will print: what stands on each, before anything is aligned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from archc.diagnostics.model import Bag
from archc.limits import Limits
from archc.record import Record
from archc.source import SourceFile
from archc.syntax import tree
from archc.syntax.format_words import Speller, Word
from archc.syntax.lines import LogicalLine, read_lines
from archc.syntax.parse import LineParser

INDENT = "  "
_WITH_TAILS = (tree.Row, tree.Section, tree.Split)


class Line:
    """One line of output.

    `tails` (guard, arrow, comment) are aligned; `tail_column` is where the first stood. `scope` is
    the net or block whose tails share a column; `table` the header whose bars this line follows.
    `part` counts the lines of a row that goes on behind a `;`.
    """

    __slots__ = (
        "blank",
        "cells",
        "depth",
        "gaps",
        "kind",
        "number",
        "part",
        "parts",
        "scope",
        "table",
        "tail_column",
        "tails",
        "text",
        "words",
    )

    def __init__(self, kind: type | None, depth: int) -> None:
        self.kind = kind
        self.depth = depth
        self.words: list[Word] = []
        self.gaps: list[int] = []
        self.cells: list[str] | None = None
        self.tails: list[str] = []
        self.tail_column = -1
        self.text = ""
        self.scope: int | None = None
        self.table: int | None = None
        self.blank = False
        self.part = 0
        self.parts = 1
        self.number = 0

    def main(self) -> str:
        """The words with their gaps."""
        if not self.gaps:
            return INDENT * self.depth + " ".join([word.text for word in self.words])
        pieces = [INDENT * self.depth]
        for gap, word in zip(self.gaps, self.words):
            pieces.append(" " * gap)
            pieces.append(word.text)
        return "".join(pieces)


class Placed(Record):
    """A statement and where it stands: its nesting, its net or block, its table."""

    statement: Any
    depth: int
    scope: int | None
    table: int | None


def placed(statements: Sequence[Any]) -> Iterator[Placed]:
    """All statements of a file in text order."""
    return _placed(statements, 0, None, _Tables())


class _Tables:
    """The headers in force: `variants` for a net, `columns` for a body and those inside it."""

    def __init__(self) -> None:
        self.variants: int | None = None
        self.columns: int | None = None

    def of(self, statement: Any) -> int | None:
        """The header a statement follows."""
        if isinstance(statement, tree.Variants):
            self.variants = statement.span.start
        elif isinstance(statement, tree.Columns):
            self.columns = statement.span.start
        in_variants = isinstance(statement, (tree.Variants, tree.VariantRow, tree.Split))
        return self.variants if in_variants else self.columns


def _placed(
    statements: Sequence[Any], depth: int, scope: int | None, tables: _Tables
) -> Iterator[Placed]:
    columns = tables.columns
    for statement in statements:
        table = tables.of(statement)
        is_scope = isinstance(statement, (tree.Net, tree.Block))
        inner = statement.span.start if is_scope else scope
        yield Placed(statement, depth, inner, table)
        body = (
            statement.rows
            if isinstance(statement, tree.Variants)
            else getattr(statement, "body", None)
        )
        yield from _placed(body or (), depth + 1, inner, _Tables() if is_scope else tables)
    tables.columns = columns


class LineMaker:
    """Makes the output lines of one file."""

    def __init__(self, source: SourceFile, limits: Limits) -> None:
        bag = Bag()
        self.source = source
        self.parser = LineParser(source, bag, limits)
        logical, comments = read_lines(source, bag)
        self.logical = {line.start: line for line in logical}
        self.comments = comments
        self.lines: list[Line] = []
        self.next_comment = 0
        self.end = 0
        # (indentation in the source, nesting) of the bodies that are open
        self.open: list[tuple[int, int]] = []

    def make(self, statements: Sequence[Any]) -> list[Line]:
        """All lines in text order, comments in their places."""
        for place in placed(statements):
            logical = self.logical[place.statement.span.start]
            self._comments_before(logical.start, logical.indent, place.depth)
            while self.open and self.open[-1][1] >= place.depth:
                self.open.pop()
            self.open.append((logical.indent, place.depth))
            self._statement(place, logical)
        self._comments_before(len(self.source.text) + 1, 0, 0)
        return self.lines

    # ---- comments -------------------------------------------------------------------------------

    def _comments_before(self, end: int, indent: int, depth: int) -> None:
        """Comments between the last statement and the next one, which has `indent` and `depth`."""
        while self.next_comment < len(self.comments):
            comment = self.comments[self.next_comment]
            if comment.span.start >= end:
                return
            column = self.source.position(comment.span.start)[1] - 1
            inside = [level for at, level in self.open if at <= column]
            self._comment(
                comment, depth if column <= indent or not inside else max(depth, inside[-1])
            )

    def _comment(self, comment: tree.Comment, depth: int) -> None:
        line = Line(None, depth)
        line.words = [Word(comment.span.text, "COMMENT")]
        self._add(line, comment.span.start, comment.span.end)
        self.next_comment += 1

    def _add(self, line: Line, start: int, end: int) -> None:
        line.blank = self.source.text.count("\n", self.end, start) > 1 and line.part == 0
        line.number = len(self.lines)
        self.lines.append(line)
        self.end = end

    def _trailing_comment(self, line: Line, end: int) -> None:
        """Hang the comment behind `end`, if one stands on the same line, on an output line."""
        if self.next_comment == len(self.comments):
            return
        comment = self.comments[self.next_comment]
        if comment.alone or self.source.text.find("\n", end, comment.span.start) >= 0:
            return
        self._add_tail(line, comment.span.text, comment.span.start)
        self.next_comment += 1
        self.end = comment.span.end

    def _add_tail(self, line: Line, text: str, offset: int) -> None:
        if not line.tails:
            line.tail_column = self.source.position(offset)[1] - 1
        line.tails.append(text)

    # ---- statements -----------------------------------------------------------------------------

    def _statement(self, place: Placed, logical: LogicalLine) -> None:
        start = "variant_row" if isinstance(place.statement, tree.VariantRow) else "line"
        tokens = self.parser.tokens(logical, start)
        speller = Speller(tokens, self.parser.inner_tokens)
        breaks = [at for at, token in enumerate(tokens) if token.type == "_SEMI" and "\n" in token]
        first = 0
        for part, last in enumerate([*breaks, len(tokens) - 1]):
            line = Line(type(place.statement), place.depth + (part > 0))
            line.part, line.parts = part, len(breaks) + 1
            line.scope, line.table = place.scope, place.table
            self._fill(line, speller, first, last + 1, logical.start)
            self._finish(line, logical, tokens, first, last)
            first = last + 1

    def _finish(
        self, line: Line, logical: LogicalLine, tokens: list[Any], first: int, last: int
    ) -> None:
        """Add a filled line and the comments that follow it inside the row."""
        ends = line.part == line.parts - 1
        token = tokens[last]
        end = logical.end if ends else logical.start + token.start_pos + 1
        self._add(line, logical.start + tokens[first].start_pos, end)
        self._trailing_comment(line, end)
        while not ends and self.next_comment < len(self.comments):
            comment = self.comments[self.next_comment]
            if comment.span.start >= logical.start + token.end_pos:
                break
            self._comment(comment, line.depth + (line.part == 0))
            self.lines[-1].part = 1
            self.lines[-1].blank = False

    def _fill(self, line: Line, speller: Speller, first: int, end: int, base: int) -> None:
        """Split tokens into words, cells and tails."""
        tokens = speller.tokens
        tails = _tails(tokens, first, end) if line.kind in _WITH_TAILS else []
        body_end = tails[0] if tails else end
        bars = [at for at in range(first, body_end) if tokens[at].type == "VBAR"]
        if bars and line.parts == 1:
            line.words = speller.words(first, bars[0])
            bounds = zip(bars, [*bars[1:], body_end])
            line.cells = [_spaced(speller.words(bar + 1, stop)) for bar, stop in bounds]
        else:
            line.words = speller.words(first, body_end)
        for start, stop in zip(tails, [*tails[1:], end]):
            self._add_tail(
                line, _spaced(speller.words(start, stop)), base + tokens[start].start_pos
            )


def _tails(tokens: Sequence[Any], first: int, end: int) -> list[int]:
    """Where the guard and the arrow of a row begin."""
    found: list[int] = []
    depth = 0
    for at in range(first, end):
        kind = tokens[at].type
        if kind in ("LPAR", "RPAR"):
            depth += 1 if kind == "LPAR" else -1
        elif depth == 0 and kind in ("IF", "ARROW"):
            found.append(at)
    return found


def _spaced(words: list[Word]) -> str:
    return " ".join([word.text for word in words])
