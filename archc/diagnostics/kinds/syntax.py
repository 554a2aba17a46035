"""Text that is no `.arch`."""

from __future__ import annotations

from archc.diagnostics.model import Kind


class SyntaxMistake(Kind):
    """What it means:
        The line cannot be read as a row or as any other line of the language.
    Why:
        Reading goes on at the next line, so every such line of a file is reported at once.
    Example:
        net toy()
          input 8x8x3
          conv 3x3 8 (
    Fix:
        The message says what was found and what may stand there.
    """

    slug = "syntax"
    found: str
    expected: str = ""

    @property
    def message(self) -> str:
        return self.found

    @property
    def help(self) -> tuple[str, ...]:
        return (self.expected,) if self.expected else ()


class NestingTooDeep(Kind):
    """What it means:
        Bodies stand within bodies, or brackets within brackets, deeper than the limit.
    Why:
        No published network needs more than a dozen levels; a file made to hang a tool has
        thousands.
    Example: generated
    Fix:
        Use blocks instead of nesting, or raise the limit with `--limit nesting=N`.
    """

    slug = "nesting-too-deep"
    what: str
    limit: int

    @property
    def message(self) -> str:
        return f"{self.what} are nested deeper than {self.limit:,} levels"

    @property
    def help(self) -> tuple[str, ...]:
        return (
            "blocks say the same without nesting; the limit is raised with `--limit nesting=N`",
        )
