"""Tables as CSV: one header line, digits without separators, totals as rows of their own."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO

from archc.backends.table.model import Cells, Table, plain_cell

FORMULA = ("=", "+", "-", "@")
"""what a spreadsheet would run"""


def comma(table: Table) -> Iterator[str]:
    """The lines; a group that is not the main one is named in the last column."""
    grouped = any(group.title for group in table.groups)
    yield _line([*[column.name for column in table.columns], *(["group"] if grouped else [])])
    for group in table.groups:
        for row in group.rows:
            yield _line([*_cells(row), *([group.title] if grouped else [])])
        if group.total:
            yield _line([*_cells(group.total), *([group.title] if grouped else [])])


def _cells(row: Cells) -> list[str]:
    return [_text(cell) if isinstance(cell, str) else plain_cell(cell) for cell in row]


def _text(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _line(cells: list[str]) -> str:
    line = StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()
