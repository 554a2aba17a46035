"""A table before anybody knows how it is printed: cells are numbers and texts, not strings.

A style makes a `Table`, a format prints it. Columns say when a narrow terminal may lose them.
"""

from __future__ import annotations

from collections.abc import Sequence

from archc.analysis.amounts import Polynomial, text_of_amount
from archc.record import Record

Cell = str | int | Polynomial | None
Cells = tuple[Cell, ...]


SCALES = ((12, "T"), (9, "G"), (6, "M"), (3, "K"))


class Column(Record):
    """A column: numbers stand to the right; `drop` orders what a narrow terminal loses, 0 never."""

    name: str
    number: bool = False
    drop: int = 0


class Group(Record):
    """Rows under a title (the main ones have none) and the line that adds them up."""

    rows: Sequence[Cells]
    total: Cells | None = None
    title: str = ""


class Table(Record):
    """Lines above, groups of rows in columns, lines below.

    `lines` is the whole of a style that is no table as text (the slide's lines); other formats
    print its columns.
    """

    caption: str
    columns: tuple[Column, ...]
    groups: tuple[Group, ...]
    head: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


def cell_text(cell: Cell) -> str:
    """A cell for people: thousands apart, unknown counts as `a + n*R`."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, int):
        return f"{cell:,}"
    return text_of_amount(cell)


def plain_cell(cell: Cell) -> str:
    """A cell for programs: digits without separators."""
    if isinstance(cell, str) or cell is None:
        return cell or ""
    return text_of_amount(cell).replace(",", "")


def rounded(number: int, *, digits: int = 2) -> str:
    """A number as slides round it: `150K`, `3.2M`; below 10,000 as it is."""
    if number < 10_000:
        return str(number)
    step = 10 ** (len(str(number)) - digits)
    shown = (2 * number + step) // (2 * step) * step
    power, unit = next(scale for scale in SCALES if shown >= 10 ** scale[0])
    whole, tenth = divmod(shown // 10 ** (power - 1), 10)
    return f"{whole}.{tenth}{unit}" if tenth else f"{whole}{unit}"


def megabytes(amount: int) -> str:
    """Decimal megabytes with two digits: `60.95 MB`."""
    hundredths = (amount + 5_000) // 10_000
    return f"{hundredths // 100:,}.{hundredths % 100:02d} MB"
