"""Tables as GitHub's Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from archc.backends.table.model import Cell, Cells, Table, cell_text

SPECIAL = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_{}[]<>#|~"})


def markdown(table: Table) -> Iterator[str]:
    """A title, the lines above, one table for each group, the lines below as a list."""
    yield f"### {escape(table.caption)}"
    yield ""
    for line in table.head[1:]:
        yield escape(line)
        yield ""
    for group in table.groups:
        if group.title:
            yield f"**{escape(group.title)}**"
            yield ""
        yield _line(tuple([column.name for column in table.columns]))
        yield "|" + "|".join(["---:" if column.number else "---" for column in table.columns]) + "|"
        for row in group.rows:
            yield _line(row)
        if group.total:
            yield "|" + "|".join([_bold(cell) for cell in group.total]) + "|"
        yield ""
    for note in table.notes:
        yield f"- {escape(note)}" if note else ""


def _line(row: Cells) -> str:
    return "|" + "|".join([f" {escape(cell_text(cell))} " for cell in row]) + "|"


def _bold(cell: Cell) -> str:
    shown = escape(cell_text(cell))
    return f" **{shown}** " if shown else "  "


def escape(value: str) -> str:
    """Text that Markdown shows as it is, also inside a table."""
    return value.translate(SPECIAL).replace("\n", " ")
