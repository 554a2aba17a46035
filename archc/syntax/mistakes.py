"""What to say about a line that cannot be parsed."""

from __future__ import annotations

from typing import Any

from lark import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from archc.diagnostics.kinds.syntax import SyntaxMistake
from archc.diagnostics.model import Diagnostic
from archc.source import SourceFile, Span


class BadFormula(Exception):
    """A mistake in a formula inside a size or a repetition."""

    def __init__(self, problem: UnexpectedInput, start: int, end: int) -> None:
        super().__init__(str(problem))
        self.problem = problem
        self.start = start
        self.end = end


def explain(error: UnexpectedInput, source: SourceFile, start: int, end: int) -> Diagnostic:
    """The diagnostic of a parse error in the text from `start` to `end`."""
    at = min(start + max(error.pos_in_stream or 0, 0), end)
    if isinstance(error, UnexpectedToken) and error.token.type != "$END":
        token: Any = error.token
        at = start + token.start_pos
        span = Span(source, at, start + token.end_pos)
        return SyntaxMistake(f"`{token}` cannot stand here").at(span)
    if isinstance(error, UnexpectedCharacters):
        span = Span(source, at, at + 1)
        return SyntaxMistake(f"`{source.text[at : at + 1]}` cannot stand here").at(span)
    return SyntaxMistake("the line ends too early").at(Span(source, max(end - 1, start), end))
