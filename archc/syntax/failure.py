"""What is known about a line that the parser gave up on."""

from __future__ import annotations

from collections.abc import Callable

from archc.diagnostics.kinds.syntax import SyntaxMistake
from archc.diagnostics.model import Applicability, Diagnostic, Edit, Fix
from archc.record import Record
from archc.source import SourceFile, Span


class Failure(Record):
    """Where the parser gave up, at offset `at`; `expected` are the terminals it would take."""

    source: SourceFile
    line: Span
    at: int
    rule: str
    expected: frozenset[str]

    @property
    def text(self) -> str:
        """The whole line."""
        return self.line.text

    @property
    def before(self) -> str:
        """What was read."""
        return self.source.text[self.line.start : self.at]

    @property
    def rest(self) -> str:
        """What could not be read."""
        return self.source.text[self.at : self.line.end]

    @property
    def ended(self) -> bool:
        """Whether the line ended too early."""
        return self.at >= self.line.end

    def span(self, start: int, end: int) -> Span:
        """A span by offsets of the line."""
        return Span(self.source, self.line.start + start, self.line.start + end)

    def here(self, length: int) -> Span:
        """A span from where the parser gave up."""
        return Span(self.source, self.at, self.at + length)

    def report(
        self,
        found: str,
        expected: str,
        span: Span,
        fix: tuple[str, str] | None = None,
        applicability: Applicability = "safe",
    ) -> Diagnostic:
        """A diagnostic; `fix` is a title and what replaces the span."""
        fixes = (Fix(fix[0], (Edit(span, fix[1]),), applicability),) if fix else ()
        return SyntaxMistake(found, expected).at(span, fixes=fixes)


Recogniser = Callable[[Failure], Diagnostic | None]

_RESERVED = """
and as bare block check columns each else every extern first from if input let meta mod net no not
of on or output reuse sizes training until use variants where with within yes
"""
RESERVED = frozenset(_RESERVED.split())
