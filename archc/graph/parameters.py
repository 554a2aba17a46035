"""The numbers in which equal bodies differ, as parameters of one block.

A body's numbers are its leaves. Columns of leaves that are the same in all bodies stay numbers,
equal columns are one parameter, and a whole multiple of a parameter is a formula: the `4*c` of a
bottleneck.
"""

from __future__ import annotations

from fractions import Fraction

from archc.ops.values import Number
from archc.record import Record

PARAMETERS_AT_MOST = 8
"""bodies that differ in more numbers are blocks of their own: nobody reads a call of nine values"""


Given = Number | tuple[int, ...]
"""a number, or the sides of a window where these are one"""


class Leaf(Record):
    """One number of a body: its value, what a parameter for it is called, whether it may be a
    multiple of another, and whether a part of one.
    """

    value: Given
    hint: str
    scales: bool
    divides: bool = False


class Cell(Record):
    """A number of a block: `value`, or `factor` times the parameter of this name, and `more`."""

    value: Given
    parameter: str = ""
    factor: int | Fraction = 1
    more: int = 0

    def __str__(self) -> str:
        if not self.parameter:
            return str(self.value)
        if isinstance(self.factor, Fraction):
            return f"{self.parameter}/{self.factor.denominator}"
        return self.parameter if self.factor == 1 else f"{self.factor}*{self.parameter}"


class Parameters(Record):
    """Names of parameters, their values in each body, and the cell of each leaf."""

    names: tuple[str, ...]
    values: tuple[tuple[Given, ...], ...]
    cells: tuple[Cell, ...]


Column = tuple[Given, ...]


def parametrized(bodies: list[list[Leaf]], arguments: list[dict[str, str]]) -> Parameters | None:
    """The parameters of equal bodies; None if they would be too many.

    `arguments` are the values that the bodies were given in their own text, by name: where a
    column is one of them, its name is taken.
    """
    columns = [tuple([body[at].value for body in bodies]) for at in range(len(bodies[0]))]
    leaves = bodies[0]
    varying = list(dict.fromkeys([column for column in columns if len(set(column)) > 1]))
    names = _given_names(varying, arguments)
    known = {column: Cell(column[0], name) for column, name in names.items()}
    for column, leaf in zip(columns, leaves):
        if len(set(column)) == 1 or column in known:
            continue
        factored = _multiple(column, names, leaf) if leaf.scales else None
        if factored is None:
            name = _free(leaf.hint, set(names.values()))
            names[column] = name
            factored = Cell(column[0], name)
        known[column] = factored
    if len(names) > PARAMETERS_AT_MOST:
        return None
    cells = [known.get(column) or Cell(column[0]) for column in columns]
    values = tuple([tuple([column[row] for column in names]) for row in range(len(bodies))])
    return Parameters(tuple(names.values()), values, tuple(cells))


def of_classes(row: list[Leaf], wider: list[Leaf], name: str, classes: int) -> Parameters:
    """The parameters of a network: its number of classes, if numbers of it depend on that.

    `wider` are its numbers with one class more. Raises ClassesChangeMore for a number that is no
    multiple of the number of classes with something added.
    """
    cells = [_per_class(leaf.value, more.value, name, classes) for leaf, more in zip(row, wider)]
    if not any(cell.parameter for cell in cells):
        return Parameters((), ((), ()), tuple(cells))
    return Parameters((name,), ((classes,), (classes + 1,)), tuple(cells))


class ClassesChangeMore(Exception):
    """With another number of classes a network differs in more than numbers in proportion to it."""


def _per_class(value: Given, more: Given, name: str, classes: int) -> Cell:
    if value == more:
        return Cell(value)
    if not isinstance(value, int) or not isinstance(more, int) or more < value:
        raise ClassesChangeMore
    factor = more - value
    return Cell(value, name, factor, value - factor * classes)


def _given_names(varying: list[Column], arguments: list[dict[str, str]]) -> dict[Column, str]:
    """Columns that are a value which the bodies were given, in the order of the values."""
    found: dict[Column, str] = {}
    for name in dict.fromkeys([name for given in arguments for name in given]):
        texts = [given.get(name) for given in arguments]
        for column in varying:
            if column not in found and _is_given(column, texts):
                found[column] = name
                break
    return found


def _is_given(column: Column, texts: list[str | None]) -> bool:
    """Whether a column has these values; a body without one has the default, the same for all."""
    defaults = set()
    for value, text in zip(column, texts):
        if text is None:
            defaults.add(value)
        elif _number(text) != value:
            return False
    return len(defaults) <= 1


def _number(text: str) -> Number | None:
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        return None


def _multiple(column: Column, names: dict[Column, str], leaf: Leaf) -> Cell | None:
    """A column as a whole multiple of a parameter, or as a whole part of one."""
    own = _numbers(column)
    for base, name in names.items():
        numbers = _numbers(base)
        if not numbers or numbers[0] == 0 or name in ("s", "k"):
            continue
        ratio = Fraction(own[0]) / Fraction(numbers[0])
        whole = ratio.denominator == 1 and ratio > 1
        part = ratio.numerator == 1 and ratio < 1 and leaf.divides
        if (whole or part) and all(value == ratio * other for value, other in zip(own, numbers)):
            return Cell(column[0], name, int(ratio) if whole else ratio)
    return None


def _numbers(column: Column) -> list[Number]:
    """The column if all of it are numbers, else nothing."""
    found = [value for value in column if not isinstance(value, tuple)]
    return found if len(found) == len(column) else []


def _free(hint: str, taken: set[str]) -> str:
    number, name = 1, hint
    while name in taken:
        number += 1
        name = f"{hint}{number}"
    return name
