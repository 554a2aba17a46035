"""Sizes behind the lines of a class that is used at several sizes: `HxWx4*c`, `H/sxW/sx64`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from archc.backends.torch.constants import sum_text
from archc.backends.torch.naming import NUM_CLASSES
from archc.ops.dims import AXES
from archc.ops.values import Number, Shape, Value, text_of

Column = tuple[Number, ...]
Columns = Mapping[str, Column]


def common_size(
    shapes: Sequence[Value | None], incoming: Sequence[Value | None], parameters: Columns
) -> str:
    """One size for all uses: numbers where they agree, else by H, W and the class's parameters."""
    texts = list(dict.fromkeys([text_of(shape) for shape in shapes if shape is not None]))
    if len(texts) == 1:
        return texts[0]
    found = [shape for shape in shapes if isinstance(shape, Shape)]
    alike = {(shape.rank, shape.count) for shape in found}
    if len(found) != len(shapes) or len(alike) > 1:
        return ""
    known = {**_letters(incoming), **parameters}
    columns = list(zip(*[shape.dims for shape in found]))
    names = list(known)[: len(columns)]
    size = "x".join(
        [
            _side(column, {**_own(known, name), **known}, parameters)
            for column, name in zip(columns, [*names, *["C"] * len(columns)])
        ]
    )
    return size if found[0].count is None else f"{found[0].count} of {size}"


def _letters(incoming: Sequence[Value | None]) -> dict[str, Column]:
    """The sides of what comes in, by letter."""
    maps = [value for value in incoming if isinstance(value, Shape)]
    if len(maps) != len(incoming) or len({value.rank for value in maps}) > 1:
        return {}
    names = [*[axis[0].upper() for axis in AXES.get(maps[0].rank, ())], "C"]
    return dict(zip(names, zip(*[value.dims for value in maps])))


def _own(known: Columns, name: str) -> Columns:
    """The letter of this very side, which is tried first."""
    return {name: known[name]} if name in known else {}


def _side(column: Column, known: Columns, parameters: Columns) -> str:
    """One side as a number, a letter, or a letter by a number or by a parameter."""
    if len(set(column)) == 1:
        return str(column[0])
    for name, values in known.items():
        text = _multiple(name, values, column)
        if text:
            return text
    for name, values in known.items():
        for step, strides in parameters.items():
            if all(s and -(-value // s) == side for side, value, s in zip(column, values, strides)):
                return f"{name}/{step}"
    return _per_class(column, parameters)


def _per_class(column: Column, parameters: Columns) -> str:
    """The side as a sum with the number of classes in it; "?" if it is something else."""
    classes = parameters.get(NUM_CLASSES, ())
    if len(column) != 2 or len(classes) != 2:
        return "?"
    factor = int(column[1] - column[0])
    return f"({sum_text(NUM_CLASSES, factor, int(column[0] - factor * classes[0]))})"


def _multiple(name: str, values: Column, column: Column) -> str:
    """The side as a letter, by a whole number or not; empty if it is something else."""
    ratios = {Fraction(side) / Fraction(value) for side, value in zip(column, values) if value}
    ratio = ratios.pop() if len(ratios) == 1 else Fraction(0)
    if ratio == 1:
        return name
    if ratio.denominator == 1 and ratio:
        return f"({ratio}*{name})"
    return f"{name}/{ratio.denominator}" if ratio.numerator == 1 else ""
