"""Rows and tables that do not fit what they use."""

from __future__ import annotations

from archc.diagnostics.model import Kind
from archc.diagnostics.similar import suggestion


class WrongNumberOfValues(Kind):
    """What it means:
        The row gives its layer, block or extern more values than it takes, or too few.
    Why:
        Values without a name are told apart by their look and order; one too many has no home.
    Example:
        net toy()
          input 8x8x3
          conv 3x3 8 16
    Fix:
        Drop the value, or say by name what it is: `groups=16`.
    """

    slug = "wrong-number-of-values"
    word: str
    given: int
    takes: str

    @property
    def message(self) -> str:
        return f"`{self.word}` takes {self.takes}, and is given {self.given}"


class NothingToDrop(Kind):
    """What it means:
        `no X` on a row whose layer has no step X here.
    Why:
        If it were ignored, a change of the `every` line would go unnoticed by the rows that
        rely on it.
    Example:
        net toy()
          every conv = conv pad=half ; relu
          input 8x8x3
          conv 3x3 8 no bn
    Fix:
        Remove the `no X`, or name a step that the `every` line adds.
    """

    slug = "nothing-to-drop"
    word: str
    dropped: str
    steps: tuple[str, ...]

    @property
    def message(self) -> str:
        return f"`{self.word}` has no step `{self.dropped}` to drop"

    @property
    def notes(self) -> tuple[str, ...]:
        if not self.steps:
            return (f"no `every {self.word} = ...` is in force here",)
        return (f"here `{self.word}` means: {' ; '.join(self.steps)}",)


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
        A column of a table has the name of nothing that the block or net could be given.
    Why:
        Each cell is a value of the block in front of it, given by the name in the header.
    Example:
        block unit(c)
          conv 3x3 c pad=1
        net toy()
          input 8x8x3
          columns | c  | stride
          unit    | 16 | 2
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
