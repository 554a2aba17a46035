"""Tables whose cells or columns do not fit."""

from __future__ import annotations

from archc.diagnostics.model import Kind
from archc.diagnostics.similar import suggestion


class CellCount(Kind):
    """What it means:
        A row of a table has more or fewer cells than its header has columns.
    Why:
        A cell too few would shift all cells behind it by one column.
    Example:
        net toy()
          variants | A        | B        | C
          input 8x8x3
          | conv3-64 | conv3-64
    Fix:
        Write one cell for each column; an empty one between bars is allowed.
    """

    slug = "cell-count"
    given: int
    names: tuple[str, ...]
    header_line: int

    @property
    def message(self) -> str:
        cells = "1 cell" if self.given == 1 else f"{self.given} cells"
        wanted = len(self.names)
        columns = "1 column" if wanted == 1 else f"{wanted} columns"
        return f"{cells}, but the header has {columns}: {', '.join(self.names)}"

    @property
    def notes(self) -> tuple[str, ...]:
        return (f"the header is line {self.header_line}",)


class ColumnUnknown(Kind):
    """What it means:
        A column of a table has the name of nothing that the net or block could be given.
    Why:
        Each cell is a value of the net, or of the block in front of it, by the name in the header.
    Example:
        net toy(width=1)
          variants | wide
            small  | 1
            large  | 2
          input 8x8x3
          conv 3x3 8*width
    Fix:
        Use a parameter's name, or `x` (repeat), `first NAME`, `->`, `meta NAME` or a metric.
    """

    slug = "column-unknown"
    column: str
    word: str
    candidates: tuple[str, ...]

    @property
    def message(self) -> str:
        return f"`{self.word}` has nothing called `{self.column}`"

    @property
    def help(self) -> tuple[str, ...]:
        said = suggestion(self.column, self.candidates, f"`{self.word}` takes")
        return (said or f"`{self.word}` takes no values",)
