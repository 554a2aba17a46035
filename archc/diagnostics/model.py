"""What a diagnostic is: data about one mistake, made once, rendered by many.

A kind (`diagnostics/kinds/`) holds facts and words and knows no place; whoever finds the mistake
adds the places and calls `Kind.at`. Renderers see only `Diagnostic`.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from archc.record import Record, replace
from archc.source import Span

Severity = Literal["error", "warning"]
Applicability = Literal["safe", "unsafe", "display"]

PRINTED_AT_MOST = 20


class Label(Record):
    """A place and a short remark on it; the remark may be empty."""

    span: Span
    text: str = ""


class Edit(Record):
    """Replace the characters of a span; an empty span inserts."""

    span: Span
    replacement: str


class Fix(Record):
    """A repair somebody can apply. `safe` keeps the meaning that was plainly wanted; `display` is
    only shown.
    """

    title: str
    edits: tuple[Edit, ...] = ()
    applicability: Applicability = "unsafe"


class Repair(Record):
    """A repair in words of the layer, before it has a place: set an option of the row (`pad` to
    `1`).

    An empty `option` adds the bare word `value` (`floor`). `shown` is the arithmetic behind it,
    already worked out: `(7 - 3 + 2*1) / 3 + 1 = 3   -> 3x3x8`.
    """

    option: str
    value: str
    shown: str = ""

    @property
    def text(self) -> str:
        """The repair as it is written on the row."""
        bare = self.option in ("", "window")  # a window is known by its look
        return self.value if bare else f"{self.option}={self.value}"


class Diagnostic(Record):
    """One finding. `notes` say what is so, `help` what to do; each may hold several lines."""

    slug: str
    message: str
    primary: Label
    severity: Severity = "error"
    secondary: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: tuple[str, ...] = ()
    fixes: tuple[Fix, ...] = ()
    uses: int = 1

    @property
    def order(self) -> tuple[str, int, int, str]:
        """Sorts diagnostics by file and place."""
        span = self.primary.span
        return span.source.name, span.start, span.end, self.slug


class Kind(Record):
    """Base of all kinds: fields are facts, methods are prose.

    The docstring has the headings What it means, Why, Example, Fix (and Fixed); `archc explain` and
    docs/diagnostics are made from it, and its example is run.
    """

    slug: ClassVar[str] = ""
    severity: ClassVar[Severity] = "error"
    lint: ClassVar[bool] = False
    registry: ClassVar[dict[str, type[Kind]]] = {}

    def __init_subclass__(cls) -> None:
        if not cls.slug:
            raise TypeError(f"{cls.__name__} has no slug")
        if Kind.registry.setdefault(cls.slug, cls).__qualname__ != cls.__qualname__:
            raise TypeError(f"two kinds are called {cls.slug}")

    @property
    def message(self) -> str:
        """What is wrong, in one line that stands alone: lower case, no full stop."""
        raise NotImplementedError(type(self).__name__)

    @property
    def label(self) -> str:
        """The remark at the primary place."""
        return ""

    @property
    def notes(self) -> tuple[str, ...]:
        """Facts that help to understand: arithmetic, where a number came from."""
        return ()

    @property
    def help(self) -> tuple[str, ...]:
        """What to do about it."""
        return ()

    @property
    def field(self) -> str:
        """The option at fault, if it is one: its place becomes the primary place."""
        return ""

    @property
    def repairs(self) -> tuple[Repair, ...]:
        """Repairs that the layer itself knows; they are tried before they are offered."""
        return ()

    def at(
        self,
        span: Span,
        *,
        secondary: tuple[Label, ...] = (),
        notes: tuple[str, ...] = (),
        help: tuple[str, ...] = (),
        fixes: tuple[Fix, ...] = (),
    ) -> Diagnostic:
        """Give the kind a place; further labels, notes, help and fixes follow its own."""
        return Diagnostic(
            slug=self.slug,
            message=self.message,
            primary=Label(span, self.label),
            severity=self.severity,
            secondary=secondary,
            notes=(*self.notes, *notes),
            help=(*self.help, *help),
            fixes=fixes,
        )


class Bag:
    """Collects diagnostics; the same slug at the same place is one cause and is kept once."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, Span], Diagnostic] = {}

    def add(self, diagnostic: Diagnostic) -> None:
        """Keep a diagnostic, or count one more use of a known cause."""
        key = (diagnostic.slug, diagnostic.primary.span)
        known = self._found.get(key)
        if known is None:
            self._found[key] = diagnostic
        else:
            self._found[key] = replace(known, uses=known.uses + diagnostic.uses)

    def extend(self, diagnostics: list[Diagnostic]) -> None:
        """Keep several."""
        for diagnostic in diagnostics:
            self.add(diagnostic)

    def sorted(self) -> list[Diagnostic]:
        """All findings by file and place."""
        return sorted(self._found.values(), key=lambda found: found.order)

    @property
    def has_errors(self) -> bool:
        """Whether anything found is an error."""
        return any(found.severity == "error" for found in self._found.values())

    def __len__(self) -> int:
        return len(self._found)


class ArchError(Exception):
    """Raised at the Python border; `str()` is the rendered text of its diagnostics."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        super().__init__(diagnostics)
        self.diagnostics = diagnostics

    def __str__(self) -> str:
        from archc.diagnostics.render import render_all

        return render_all(self.diagnostics)
