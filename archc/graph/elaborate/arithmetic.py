"""Exact arithmetic of formulas: the signs, the comparisons, and the functions there are."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from archc.graph.elaborate.scope import Scalar


def as_whole(value: Scalar) -> int | None:
    """The integer a number is, or None."""
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    return value.numerator if value.denominator == 1 else None


def divisible(value: Scalar, divisor: Scalar) -> int:
    """MobileNet's rounding: the nearest multiple, at least the divisor, never below 90 % of the
    value.
    """
    step = as_whole(divisor)
    if step is None or step < 1:
        raise ValueError(divisor)
    rounded = max(step, math.floor(value + Fraction(step, 2)) // step * step)
    return rounded + step if rounded < Fraction(9, 10) * Fraction(value) else rounded


def _square_root(value: Scalar) -> float:
    return math.sqrt(value)


def _round(value: Scalar) -> int:
    return (
        math.floor(value + Fraction(1, 2))
        if not isinstance(value, float)
        else math.floor(value + 0.5)
    )


def lowest(value: Scalar) -> Scalar:
    """An integer where a fraction is one."""
    if isinstance(value, Fraction) and value.denominator == 1:
        return value.numerator
    return value


def _floored(left: Scalar, right: Scalar) -> int:
    return int(left // right)


FUNCTIONS: dict[str, tuple[int, int, Callable[..., Any]]] = {
    "floor": (1, 1, math.floor),
    "ceil": (1, 1, math.ceil),
    "round": (1, 1, _round),
    "min": (1, 99, min),
    "max": (1, 99, max),
    "sqrt": (1, 1, _square_root),
    "log2": (1, 1, math.log2),
    "divisible": (2, 2, divisible),
}
OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": _floored,
    "mod": operator.mod,
}
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
