"""Text to syntax tree. Each line is parsed for itself, so all mistakes are found in one run."""

from __future__ import annotations

import gc
from typing import Any

from lark import UnexpectedInput

from archc.diagnostics.kinds.syntax import NestingTooDeep, SyntaxMistake
from archc.diagnostics.kinds.values import ValueNotAllowed
from archc.diagnostics.model import Bag, Fix, Kind
from archc.limits import DEFAULT, Limits
from archc.record import replace
from archc.source import SourceFile, Span
from archc.syntax import tree
from archc.syntax.build import Builder
from archc.syntax.build_formulas import BadFormula, TooManyDigits
from archc.syntax.grammar import load_parser
from archc.syntax.lines import LogicalLine, read_lines

_TOP_LEVEL = (tree.Use, tree.Extern, tree.Net)
_EITHER_LEVEL = (tree.Block, tree.Every, tree.Let, tree.Sizes)
# A file with so many is no `.arch` file, and explaining a mistake takes longer than reading.
_MISTAKES_AT_MOST = 1000
_WITH_BODY = (tree.Net, tree.Block, tree.Row, tree.Section, tree.Split, tree.Variants)


def parse(source: SourceFile, bag: Bag, limits: Limits = DEFAULT) -> tree.File:
    """Parse a file; mistakes go into the bag and their lines are left out of the tree."""
    collecting = gc.isenabled()
    gc.disable()  # half of the time at 10^5 lines is the cyclic collector
    try:
        lines, comments = read_lines(source, bag)
        statements = _Nesting(LineParser(source, bag, limits), bag, limits).read(lines)
        return tree.File(source, statements, tuple(comments))
    finally:
        if collecting:
            gc.enable()


class LineParser:
    """Parses single lines of one file, with one lark parser for the process."""

    shared: tuple[Any, Builder] | None = None

    def __init__(self, source: SourceFile, bag: Bag, limits: Limits) -> None:
        if LineParser.shared is None:
            builder = Builder()
            LineParser.shared = load_parser(builder), builder
        self.lark: Any = LineParser.shared[0]
        self.builder = LineParser.shared[1]
        self.bag = bag
        self.limits = limits
        self.builder.open(source, self._inner, limits.digits)
        self.source = source

    def line(self, line: LogicalLine, start: str) -> Any:
        """The statement of a line, or None after a mistake."""
        text = self.source.text[line.start : line.end]
        whole = Span(self.source, line.start, line.end)
        if _bracket_depth(text) > self.limits.nesting:
            self.bag.add(NestingTooDeep("brackets", self.limits.nesting).at(whole))
            return None
        self.builder.base = line.start
        self.builder.whole = whole
        try:
            return self.lark.parse(text, start=start)
        except TooManyDigits as error:
            takes = f"at most {self.limits.digits} digits"
            kind = ValueNotAllowed("a number", f"one of {error.digits:,} digits", takes)
            self.bag.add(kind.at(error.span))
        except BadFormula as error:
            self._explain(error.problem, whole, error.start, error.end, start)
        except UnexpectedInput as error:
            self._explain(error, whole, line.start, line.end, start)
        return None

    def _explain(self, error: UnexpectedInput, line: Span, start: int, end: int, rule: str) -> None:
        from archc.syntax.mistakes import explain  # most files have no mistake

        found = explain(error, self.source, line, start, end, rule)
        self.bag.add(
            replace(
                found, fixes=tuple([fix for fix in found.fixes if self._repairs(fix, line, rule)])
            )
        )

    def _repairs(self, fix: Fix, line: Span, rule: str) -> bool:
        """Whether the line can be read after a fix; no other fix is offered."""
        text = self.source.text
        pieces, at = [], line.start
        for edit in fix.edits:
            pieces += [text[at : edit.span.start], edit.replacement]
            at = edit.span.end
        pieces.append(text[at : line.end])
        repaired = "".join(pieces)
        if repaired.startswith("#"):
            return True
        self.builder.base = line.start
        try:
            self.lark.parse(repaired, start=rule)
        except (UnexpectedInput, BadFormula, TooManyDigits):
            return False
        return True

    def tokens(self, line: LogicalLine, start: str) -> list[Any]:
        """The tokens of a line that is known to be free of mistakes."""
        self.builder.base = line.start
        self.builder.whole = Span(self.source, line.start, line.end)
        return self._tokens(self.source.text[line.start : line.end], start)

    def inner_tokens(self, text: str) -> list[Any]:
        """The tokens of a formula inside a token."""
        return self._tokens(text, "inner")

    def _tokens(self, text: str, start: str) -> list[Any]:
        # The lexer asks the parser which tokens may come, so both have to run.
        return list(self.lark.parse_interactive(text, start=start).iter_parse())

    def _inner(self, text: str, start: int) -> Any:
        """A formula inside a token (`(2*C)` in a size), `start` its offset in the file."""
        builder = self.builder
        outer, builder.base = builder.base, start
        try:
            return self.lark.parse(text, start="inner")
        except UnexpectedInput as error:
            raise BadFormula(error, start, start + len(text)) from error
        finally:
            builder.base = outer


def _bracket_depth(text: str) -> int:
    if text.count("(") < 2:
        return 1
    depth = deepest = 0
    for sign in text:
        if sign == "(":
            depth += 1
            deepest = max(deepest, depth)
        elif sign == ")":
            depth -= 1
    return deepest


class _Open:
    """A line whose body may still be growing."""

    __slots__ = ("children", "has_lines", "indent", "line", "statement")

    def __init__(self, indent: int, line: LogicalLine | None, statement: Any) -> None:
        self.indent = indent
        self.line = line
        self.statement = statement
        self.children: list[Any] = []
        self.has_lines = False


class _Nesting:
    """Puts lines under the lines they are indented under."""

    def __init__(self, parser: LineParser, bag: Bag, limits: Limits) -> None:
        self.parser = parser
        self.bag = bag
        self.limits = limits
        self.said: set[str] = set()

    def read(self, lines: list[LogicalLine]) -> tuple[tree.Statement, ...]:
        """All statements of the file, bodies filled."""
        root = _Open(-1, None, None)
        stack = [root]
        for line in lines:
            self._close(stack, line)
            if len(stack) > self.limits.nesting:
                self._report_once(NestingTooDeep("bodies", self.limits.nesting), line)
                continue
            if len(self.bag) >= _MISTAKES_AT_MOST:
                found = f"{_MISTAKES_AT_MOST:,} lines cannot be read; reading stops here"
                self._report(SyntaxMistake(found, "is this an `.arch` file?"), line)
                break
            parent = stack[-1]
            parent.has_lines = True
            statement = self.parser.line(line, "variant_row" if self._in_table(parent) else "line")
            if statement is not None and not self._fits(parent, statement, line):
                statement = None
            stack.append(_Open(line.indent, line, statement))
        while len(stack) > 1:
            self._finish(stack)
        return tuple(root.children)

    def _in_table(self, parent: _Open) -> bool:
        """Whether lines here are variants, also below a `variants` line that could not be read."""
        if parent.line is None or parent.statement is not None:
            return isinstance(parent.statement, tree.Variants)
        return self.parser.source.text.startswith("variants", parent.line.start)

    def _close(self, stack: list[_Open], line: LogicalLine) -> None:
        """Finish the bodies that end before this line."""
        last_indent = stack[-1].indent
        while len(stack) > 1 and stack[-1].indent >= line.indent:
            last_indent = stack[-1].indent
            self._finish(stack)
        parent = stack[-1]
        siblings_at = last_indent if last_indent > parent.indent else None
        if siblings_at is not None and siblings_at != line.indent:
            found = "this line is indented like none of the lines above"
            outer = max(parent.indent, 0)
            expected = f"indent it by {siblings_at} spaces like its neighbours, or by {outer}"
            self._report(SyntaxMistake(found, expected), line)
        elif parent is not stack[0] and line.indent == 0:
            raise AssertionError("a line without indentation closes every body")

    def _finish(self, stack: list[_Open]) -> None:
        done = stack.pop()
        statement = done.statement
        if statement is None:
            return
        assert done.line is not None
        if done.children:
            field = "rows" if isinstance(statement, tree.Variants) else "body"
            statement = replace(statement, **{field: tuple(done.children)})
        elif isinstance(statement, (tree.Net, tree.Block, tree.Section)) and not done.has_lines:
            self._report(_without_rows(statement), done.line)
            return
        stack[-1].children.append(statement)

    def _fits(self, parent: _Open, statement: Any, line: LogicalLine) -> bool:
        """Whether a statement may stand in its parent's body; reports it if not."""
        if parent.line is None:
            if isinstance(statement, _TOP_LEVEL + _EITHER_LEVEL):
                return True
            found = "a row stands outside of every net and block"
            advice = "begin with `net NAME()` and indent the rows below it"
            self._report_once(SyntaxMistake(found, advice), line)
            return False
        if isinstance(statement, _TOP_LEVEL):
            word = type(statement).__name__.lower()
            self._report(
                SyntaxMistake(f"`{word}` stands at the top of a file", "do not indent it"), line
            )
            return False
        if parent.statement is None or isinstance(parent.statement, _WITH_BODY):
            return True
        self._report(
            SyntaxMistake(
                "this line is indented under a line that takes no rows", "indent it less"
            ),
            line,
        )
        return False

    def _report_once(self, kind: Kind, line: LogicalLine) -> None:
        """Report what the first line of many says for all."""
        if kind.message not in self.said:
            self.said.add(kind.message)
            self._report(kind, line)

    def _report(self, kind: Kind, line: LogicalLine) -> None:
        self.bag.add(kind.at(Span(self.parser.source, line.start, line.end)))


def parse_formula(text: str, span: Span) -> tree.Expression:
    """A formula that stands in the braces of a label; its nodes lie in the label's span.

    Raises SyntaxError for text that is no formula.
    """
    parser = LineParser(SourceFile(span.source.name, text), Bag(), DEFAULT)
    parser.builder.base, parser.builder.whole = 0, Span(parser.source, 0, len(text))
    try:
        formula: tree.Expression = parser.lark.parse(text, start="inner")
    except (UnexpectedInput, TooManyDigits, BadFormula) as error:
        raise SyntaxError(text) from error
    return formula


def _without_rows(statement: Any) -> SyntaxMistake:
    if isinstance(statement, tree.Section):
        from archc.syntax.wording import plain

        found = f"the label `{plain(statement.label.text)}` names no row"
        return SyntaxMistake(found, "write the row behind it, or indent rows below it")
    return SyntaxMistake(
        f"this {type(statement).__name__.lower()} has no rows", "indent its rows below it"
    )
