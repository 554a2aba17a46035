"""Numbers and words of operators as Python writes them, some of them as parameters of a class."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from archc.graph.parameters import Cell
from archc.ops.lowering import Filled, Make, Torch, Unlike

WINDOW = ("kernel_size", "stride", "padding")
"""arguments of torch's convolutions behind the channels, which need no names if they say it"""


class Writer:
    """Writes the constants of one operator; its numbers come from the cells, in order."""

    def __init__(self, cells: tuple[Cell, ...]) -> None:
        self._cells = list(reversed(cells))
        self._owner = ""
        self.kept: set[str] = set()
        """parameters that the forward reads, so that the class has to keep them"""

    def values(self, found: Torch) -> dict[str, str]:
        """What stands in the place of the names in the operator's call."""
        self._owner = "self."
        texts = {name: self._text(value) for name, value in found.values}
        self._owner = ""
        return texts

    def made(self, make: Make) -> tuple[str, ...]:
        """The arguments of what is made; torch's defaults are left out."""
        given = [self._text(value) for value in make.values]
        expected = iter(WINDOW)
        for name, value in make.options:
            text = self._text(value)
            if text == name == next(expected, ""):
                given.append(text)
            elif not isinstance(value, Unlike) or text != number(value.default):
                expected = iter(())
                given.append(f"{name}={text}")
        return tuple(given)

    def _text(self, value: Any) -> str:
        if isinstance(value, Unlike):
            value = value.value
        if isinstance(value, Filled):
            return self._tensor(value)
        if isinstance(value, tuple) and not self._is_whole():
            sides = [self._text(side) for side in value]
            return f"({', '.join(sides)}{',' if len(sides) == 1 else ''})"
        if isinstance(value, float) and abs(value) == float("inf"):
            return 'float("-inf")' if value < 0 else 'float("inf")'
        if isinstance(value, bool) or not isinstance(value, (int, float, tuple)):
            return f'"{value}"' if isinstance(value, str) else repr(value)
        cell = self._cells.pop()
        if self._owner and cell.parameter:
            self.kept.add(cell.parameter)
        return formula(cell, self._owner)

    def _is_whole(self) -> bool:
        """Whether the next cell is a tuple, not one of its sides."""
        return bool(self._cells) and isinstance(self._cells[-1].value, tuple)

    def _tensor(self, value: Filled) -> str:
        size = ", ".join([self._text(side) for side in value.size])
        if value.std:
            return f"torch.randn({size}) * {value.std}"
        if value.value in (0, 1):
            return f"torch.{'ones' if value.value else 'zeros'}({size})"
        return f"torch.full(({size}{',' if len(value.size) == 1 else ''}), {number(value.value)})"


def formula(cell: Cell, owner: str = "") -> str:
    """`4 * c`, `in_channels // 2`, `3 * (num_classes + 5)`, or a number."""
    if not cell.parameter:
        return number(cell.value)
    name = f"{owner}{cell.parameter}"
    if cell.more:
        return sum_text(name, int(cell.factor), cell.more)
    if cell.factor == 1:
        return name
    if cell.factor < 1:
        return f"{name} // {1 / Fraction(cell.factor)}"
    return f"{cell.factor} * {name}"


def sum_text(name: str, factor: int, more: int, times: str = " * ") -> str:
    """`3 * (num_classes + 5)`, `num_classes - 1`."""
    sign = "+" if more > 0 else "-"
    if factor == 1:
        return f"{name} {sign} {abs(more)}"
    if more % factor == 0:
        return f"{factor}{times}({name} {sign} {abs(more) // factor})"
    return f"{factor}{times}{name} {sign} {abs(more)}"


def number(value: Any) -> str:
    """A number as Python writes it."""
    return repr(_plain(value)).replace("e-0", "e-")


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return value.numerator if value.denominator == 1 else float(value)
    return value
