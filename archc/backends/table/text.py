"""Tables as plain text: aligned columns, natural width, digits never cut."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from archc.backends.table.model import Cell, Cells, Table, cell_text

GAP = "  "

Render = Callable[[Cell], str]


def text(table: Table, width: int | None = None) -> Iterator[str]:
    """The lines of a table. A `width` drops columns until it fits, and says which."""
    if table.lines:
        yield from table.lines
        return
    shown, dropped, widths = fit(table, width)
    yield from table.head
    if table.head:
        yield ""
    yield _line(table, shown, widths, tuple([column.name for column in table.columns]))
    rule = "-" * (sum([widths[at] for at in shown]) + len(GAP) * (len(shown) - 1))
    for group in table.groups:
        if group.title:
            yield ""
            yield group.title
        yield rule
        for row in group.rows:
            yield _line(table, shown, widths, row)
        if group.total:
            yield rule
            yield _line(table, shown, widths, group.total)
    yield from _below(table, dropped)


def _below(table: Table, dropped: list[str]) -> Iterator[str]:
    if table.notes or dropped:
        yield ""
    yield from table.notes
    if dropped:
        yield f"columns left out to fit the terminal: {', '.join(dropped)}"


def _line(table: Table, shown: list[int], widths: list[int], row: Cells) -> str:
    parts = []
    for at in shown:
        cell = cell_text(row[at])
        right = table.columns[at].number
        parts.append(cell.rjust(widths[at]) if right else cell.ljust(widths[at]))
    return GAP.join(parts).rstrip()


def fit(table: Table, width: int | None) -> tuple[list[int], list[str], list[int]]:
    """The columns that are shown, the names of those that are not, and the width of each column."""
    widths = column_widths(table)
    shown = list(range(len(table.columns)))
    dropped: list[str] = []
    order = sorted([at for at in shown if table.columns[at].drop], key=lambda at: _order(table, at))
    while width is not None and order and _width(shown, widths) > width:
        lost = order.pop(0)
        shown.remove(lost)
        dropped.append(table.columns[lost].name)
    return shown, dropped, widths


def _order(table: Table, at: int) -> int:
    return table.columns[at].drop


def _width(shown: list[int], widths: list[int]) -> int:
    return sum([widths[at] + len(GAP) for at in shown]) - len(GAP)


def column_widths(table: Table) -> list[int]:
    """The longest text of each column; equal cells are written once to be measured."""
    widths = [len(column.name) for column in table.columns]
    known: dict[Cell, int] = {}
    for group in table.groups:
        for row in (*group.rows, *([group.total] if group.total else [])):
            for at, cell in enumerate(row):
                size = len(cell) if type(cell) is str else known.get(cell)
                if size is None:
                    size = known[cell] = len(cell_text(cell))
                widths[at] = max(size, widths[at])
    return widths
