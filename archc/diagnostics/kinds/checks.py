"""Claims of a file about its network that are not so."""

from __future__ import annotations

from fractions import Fraction

from archc.diagnostics.model import Kind
from archc.record import Record

BARS = 20
"""signs for the whole; a part has at least one"""

UNITS = {
    "params": "parameters",
    "macs": "MACs",
    "flops": "FLOPs",
    "values": "values",
    "memory": "bytes of values",
    "peak": "bytes alive at once",
    "layers": "layers with weights on its longest path",
}


class Part(Record):
    """One line of "where they are": a row with its place, or several alike (`place` is empty)."""

    place: str
    name: str
    amount: int


class CheckFailed(Kind):
    """What it means:
        A `check` of the file says something about the network, or a row, that is not so.
    Why:
        Checks hold the published numbers. Either the network is not the published one, or the
        number is wrong. `~=` allows half a unit of the last digit written, `within 5%` more.
    Example:
        net toy()
          input 32x32x3
          conv 3x3 64
          check params <= 1K
    Fix:
        Look at the rows that hold the numbers; correct the row, or the check.
    """

    slug = "check-failed"
    subject: str
    metric: str
    actual: int | str
    relation: str
    limit: Fraction | int | str
    allowed: str = ""
    parts: tuple[Part, ...] = ()

    @property
    def message(self) -> str:
        if isinstance(self.actual, str) or isinstance(self.limit, str):
            found, limit = f"gives {self.actual}", str(self.limit)
        else:
            found, limit = f"has {self.actual:,} {UNITS[self.metric]}", amount_text(self.limit)
        return f"{self.subject} {found}; its check says {self.relation} {limit}"

    @property
    def label(self) -> str:
        if isinstance(self.actual, str) or isinstance(self.limit, str):
            return f"it is {self.actual}"
        limit = Fraction(self.limit)
        over = self.actual - limit
        if over == 0:
            return f"it is exactly {amount_text(limit)}"
        by = f"{'over' if over > 0 else 'under'} by {amount_text(abs(over))}"
        share = limit and self.metric != "layers"
        return f"{by} ({percent(abs(over), abs(limit))})" if share else by

    @property
    def notes(self) -> tuple[str, ...]:
        where: tuple[str, ...] = ()
        if self.parts:
            where = (where_they_are(self.parts),)
        return (self.allowed, *where) if self.allowed else where


class CheckNeedsCount(Kind):
    """What it means:
        The checked total depends on a count that is unknown until the network runs (R of,
        T of).
    Why:
        Without a number for it there is no total to compare.
    Example:
        net toy()
          input T of 512
          fc 10
          check macs <= 1M
    Fix:
        Give the count: `check macs <= 1M with T = 100`.
    """

    slug = "check-needs-count"
    subject: str
    metric: str
    formula: str
    symbols: tuple[str, ...]
    by: str = "check"

    @property
    def message(self) -> str:
        shown = f"{self.metric} of {self.subject}" + (f" = {self.formula}" if self.formula else "")
        return f"{shown}, and the {self.by} does not say what {' and '.join(self.symbols)} is"

    @property
    def help(self) -> tuple[str, ...]:
        given = ", ".join([f"{symbol} = 100" for symbol in self.symbols])
        said = f"with {given}" if self.by == "check" else f"with = {{ {given} }}"
        return (f"give a number: `{said}`",)


def amount_text(value: Fraction | int) -> str:
    """A number with its thousands apart: `100,000,000`, `1,562.5`."""
    exact = Fraction(value)
    if exact.denominator == 1:
        return f"{exact.numerator:,}"
    tenths = round(exact * 10)
    return f"{tenths // 10:,}.{tenths % 10}"


def percent(part: Fraction | int, whole: Fraction | int) -> str:
    """`38.4 %`, for numbers of any size."""
    tenths = round(Fraction(part) / Fraction(whole) * 1000)
    return f"{tenths // 10:,}.{tenths % 10} %"


def where_they_are(parts: tuple[Part, ...]) -> str:
    """The note that shows what a number is made of, the largest part first."""
    whole = sum([part.amount for part in parts])
    return "\n".join(["where they are", *_bars(parts, whole)])


def _bars(parts: tuple[Part, ...], whole: int) -> list[str]:
    """The lines: place, name, amount, share, and the share as a bar."""
    place = max([len(part.place) for part in parts])
    name = max([len(part.name) for part in parts])
    amount = max([len(f"{part.amount:,}") for part in parts])
    lines = []
    for part in parts:
        share = percent(part.amount, whole)
        bar = "#" * max(1, part.amount * BARS // whole)
        shown = f"{part.place:<{place}}  {part.name:<{name}}  {part.amount:>{amount},}"
        lines.append(f"  {shown}  {share:>7}  {bar}")
    return lines
