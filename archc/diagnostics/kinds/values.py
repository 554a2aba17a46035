"""Values on a row that cannot be taken."""

from __future__ import annotations

from typing import Any

from archc.diagnostics.model import Diagnostic, Edit, Fix, Kind
from archc.source import Span


class ValueNotAllowed(Kind):
    """What it means:
        An option is given a value outside of what it can take.
    Why:
        A dropout of 150% or a stride of 0 has no meaning, so no network can be built from it.
    Example:
        net toy()
          input 8x8x3
          dropout 150%
    Fix:
        The message says what the option takes.
    """

    slug = "value-not-allowed"
    option: str
    value: str
    takes: str
    advice: str = ""
    instead: str = ""
    """what was most likely meant by the text pointed at"""

    @property
    def message(self) -> str:
        return f"{self.option} takes {self.takes}, not {self.value}"

    @property
    def field(self) -> str:
        return self.option

    @property
    def help(self) -> tuple[str, ...]:
        return (self.advice,) if self.advice else ()

    def at(self, span: Span, **more: Any) -> Diagnostic:
        fixes: tuple[Fix, ...] = more.pop("fixes", ())
        if self.instead:
            edit = Edit(span, self.instead)
            fixes = (*fixes, Fix(f"write `{self.instead}`", (edit,), "unsafe"))
        return Kind.at(self, span, fixes=fixes, **more)


class MissingValue(Kind):
    """What it means:
        A row lacks a value its layer or block cannot do without.
    Why:
        There is no default that would be right: a `conv` without channels, a pooling window without
        stride.
    Example:
        net toy()
          input 8x8x3
          conv 3x3
    Fix:
        Add the value; the message says what it is.
    """

    slug = "missing-value"
    word: str
    what: str
    example: str = ""

    @property
    def message(self) -> str:
        return f"`{self.word}` needs {self.what}"

    @property
    def help(self) -> tuple[str, ...]:
        return (f"for example `{self.example}`",) if self.example else ()
