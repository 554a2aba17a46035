"""Sizes behind the lines of a class that is used at several sizes: `HxWx64`, `H/s x W/s x 4c`.

A side is the number that it is in all uses; else a parameter of the class or a letter of what
comes in (H, W, C), one of these by a number, a side by a stride, or a sum of what is stacked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction

from archc.backends.torch.constants import sum_text
from archc.backends.torch.naming import NUM_CLASSES
from archc.ops.dims import AXES
from archc.ops.values import Number, Shape, Value, text_of

Column = tuple[Number, ...]
Columns = Mapping[str, Column]
Shapes = Sequence[Value | None]


def common_size(
    shapes: Shapes,
    incoming: Shapes,
    parameters: Columns,
    stacked: Sequence[Shapes] = (),
    lone: bool = True,
) -> str:
    """One size for all uses; empty where none can be said in a few signs.

    `stacked` are the values whose channels the size has behind each other, each in all uses. C is
    said where what comes in is `lone`.
    """
    texts = list(dict.fromkeys([text_of(shape) for shape in shapes if shape is not None]))
    if len(texts) == 1:
        return texts[0]
    found = [shape for shape in shapes if isinstance(shape, Shape)]
    alike = {(shape.rank, shape.count) for shape in found}
    if len(found) != len(shapes) or len(alike) > 1:
        return ""
    letters = _letters(incoming)
    columns = list(zip(*[shape.dims for shape in found]))
    names = [axis[0].upper() for axis in AXES.get(found[0].rank, ())]
    sides = [
        _side(column, {**_own(letters, name), **letters, **parameters}, parameters)
        for column, name in zip(columns[:-1], names)
    ]
    known = {**parameters, **(_own(letters, "C") if lone else {})}
    sides.append(_side(columns[-1], known, {}) or _sum(stacked, known))
    if not all(sides):
        return ""
    size = _joined(sides)
    return size if found[0].count is None else f"{found[0].count} of {size}"


def _joined(sides: Sequence[str]) -> str:
    """`56x56x64`, `HxWxC`; with spaces and brackets where a side is more than a sign."""
    if len(sides) == 1:
        return sides[0]
    if all(re.fullmatch(r"\d+|[A-Z]", side) for side in sides):
        return "x".join(sides)
    return " x ".join([f"({side})" if _is_sum(side) else side for side in sides])


def _is_sum(side: str) -> bool:
    """Whether a side has + or - outside of brackets."""
    return bool(re.search(r" [+-] ", re.sub(r"\(.*\)", "", side)))


def _letters(incoming: Shapes) -> dict[str, Column]:
    """The sides of what comes in, by letter."""
    maps = [value for value in incoming if isinstance(value, Shape)]
    if len(maps) != len(incoming) or len({value.rank for value in maps}) > 1:
        return {}
    names = [*[axis[0].upper() for axis in AXES.get(maps[0].rank, ())], "C"]
    return dict(zip(names, zip(*[value.dims for value in maps])))


def _own(known: Columns, name: str) -> Columns:
    """The letter of this very side, which is tried first."""
    return {name: known[name]} if name in known else {}


def _side(column: Column, known: Columns, strides: Columns) -> str:
    """One side as a number, a name, a name by a number, or by a stride; else empty."""
    if len(set(column)) == 1:
        return str(column[0])
    for name, values in known.items():
        if values == column:
            return name
    for name, values in known.items():
        text = _multiple(name, values, column)
        if text:
            return text
    for name, values in known.items():
        for step, by in strides.items():
            if all(s and -(-value // s) == side for side, value, s in zip(column, values, by)):
                return f"{name}/{step}"
    return _per_class(column, known)


def _sum(stacked: Sequence[Shapes], known: Columns) -> str:
    """The channels of several values, behind each other."""
    sides: list[str] = []
    for shapes in stacked:
        channels = tuple([shape.channels for shape in shapes if isinstance(shape, Shape)])
        sides.append(_side(channels, known, {}) if len(channels) == len(shapes) else "")
    total = sum([int(side) for side in sides if side.isdigit()])
    terms = [side for side in sides if not side.isdigit()]
    return " + ".join([*terms, *([str(total)] if total else [])]) if all(sides) else ""


def _per_class(column: Column, known: Columns) -> str:
    """The side as a sum with the number of classes in it."""
    classes = known.get(NUM_CLASSES, ())
    if len(column) != 2 or len(classes) != 2:
        return ""
    factor = int(column[1] - column[0])
    return sum_text(NUM_CLASSES, factor, int(column[0] - factor * classes[0]), "*")


def _multiple(name: str, values: Column, column: Column) -> str:
    """The side as a whole multiple or part of a name; empty if it is something else."""
    ratios = {Fraction(side) / Fraction(value) for side, value in zip(column, values) if value}
    ratio = ratios.pop() if len(ratios) == 1 else Fraction(0)
    if ratio.denominator == 1 and ratio:
        return f"{ratio}{name}" if len(name) == 1 else f"{ratio}*{name}"
    return f"{name}/{ratio.denominator}" if ratio.numerator == 1 else ""
