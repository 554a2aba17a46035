"""A style and a format by name: the table in one, printed in the other."""

from __future__ import annotations

from collections.abc import Iterator

from archc.analysis.report import Report
from archc.backends.table.model import Table
from archc.backends.table.summary import View

STYLES = ("archc", "cs231n", "googlenet", "keras")
FORMATS = ("table", "json", "markdown", "latex", "csv")


def table_of(view: View, style: str = "archc", *, by_block: bool = False) -> Table:
    """The table of one network in a style; only that style is loaded."""
    if style == "cs231n":
        from archc.backends.table.cs231n import cs231n

        return cs231n(view)
    if style == "googlenet":
        from archc.backends.table.googlenet import googlenet

        return googlenet(view)
    if style == "keras":
        from archc.backends.table.keras import keras

        return keras(view)
    if by_block:
        from archc.backends.table.blocks import blocks

        return blocks(view)
    from archc.backends.table.layers import layers

    return layers(view)


def compared(views: list[View]) -> Table:
    """The table of several networks."""
    from archc.backends.table.comparison import comparison

    return comparison(views)


def printed(table: Table, format_: str = "table", width: int | None = None) -> Iterator[str]:
    """The lines of a table in a format; a `width` drops columns of plain text until it fits."""
    if format_ == "markdown":
        from archc.backends.table.markdown import markdown

        return markdown(table)
    if format_ == "latex":
        from archc.backends.table.latex import latex

        return latex(table)
    if format_ == "csv":
        from archc.backends.table.comma import comma

        return comma(table)
    from archc.backends.table.text import text

    return text(table, width)


def json_lines(reports: list[Report]) -> Iterator[str]:
    """The lines of the reports as the published contract."""
    from archc.analysis.contract import lines

    return lines(reports)
