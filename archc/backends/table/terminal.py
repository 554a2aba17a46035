"""Tables on a terminal, with rich: bold totals, quiet rules, no colour as the only carrier."""

from __future__ import annotations

from archc.backends.table.model import Cells, Table, cell_text
from archc.backends.table.text import fit


def show(table: Table, width: int) -> None:
    """Print a table on the terminal; columns are dropped until it fits, numbers are never cut."""
    from rich import box
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    shown, dropped, widths = fit(table, width)
    console = Console(width=max(width, sum([widths[at] + 2 for at in shown])), highlight=False)

    def say(line: str, style: str = "") -> None:
        console.print(Text(line, style=style), soft_wrap=True)

    for number, line in enumerate(table.head):
        say(line, "bold" if number == 0 else "")
    for group in table.groups:
        if group.title:
            say(f"\n{group.title}")
        drawn = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0))
        for at in shown:
            column = table.columns[at]
            drawn.add_column(
                Text(column.name),
                justify="right" if column.number else "left",
                no_wrap=True,
                min_width=widths[at],
            )
        for row in group.rows:
            drawn.add_row(*_texts(row, shown))
        if group.total:
            drawn.add_section()
            drawn.add_row(*_texts(group.total, shown), style="bold")
        console.print(drawn)
    for note in table.notes:
        say(note)
    if dropped:
        say(f"columns left out to fit the terminal: {', '.join(dropped)}")


def _texts(row: Cells, shown: list[int]) -> list[str]:
    """Cells without markup: rich would read [224x224] as a style."""
    from rich.markup import escape

    return [escape(cell_text(row[at])) for at in shown]
