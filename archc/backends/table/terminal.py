"""Tables on a terminal, with rich: bold heads and totals, quiet rules, colour carries nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archc.backends.table.model import Cells, Group, Table, cell_text
from archc.backends.table.text import fit

if TYPE_CHECKING:
    from rich.table import Table as RichTable


def show(table: Table, width: int) -> None:
    """Print a table on the terminal; columns are dropped until it fits, numbers are never cut."""
    from rich.console import Console
    from rich.text import Text

    shown, dropped, widths = fit(table, width)
    natural = sum([widths[at] + 2 for at in shown])
    console = Console(width=max(width, natural), highlight=False)

    def say(line: str, style: str = "") -> None:
        console.print(Text(line, style=style), soft_wrap=True)

    for number, line in enumerate(table.head):
        say(line, "bold" if number == 0 else "")
    for group in table.groups:
        say(f"\n{group.title}" if group.title else "")
        console.print(_drawn(table, group, shown, widths))
    say("")
    for note in table.notes:
        say(note)
    if dropped:
        say(f"columns left out to fit the terminal: {', '.join(dropped)}")


def _drawn(table: Table, group: Group, shown: list[int], widths: list[int]) -> RichTable:
    """One group; a sign of padding and the box's empty separator are the gap of plain text."""
    from rich import box
    from rich.table import Table as RichTable

    drawn = RichTable(
        box=box.SIMPLE,
        show_edge=False,
        show_footer=group.total is not None,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    footer = _texts(group.total, shown) if group.total else [""] * len(shown)
    for at, total in zip(shown, footer):
        column = table.columns[at]
        drawn.add_column(
            column.name,
            total,
            justify="right" if column.number else "left",
            no_wrap=True,
            min_width=widths[at],
        )
    for row in group.rows:
        drawn.add_row(*_texts(row, shown))
    return drawn


def _texts(row: Cells, shown: list[int]) -> list[str]:
    """Cells without markup: rich would read [224x224] as a style."""
    from rich.markup import escape

    return [escape(cell_text(row[at])) for at in shown]
