"""Numbers that follow one open size steadily: by slope * period from n to n + period, always."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import lcm
from typing import Any

from archc.graph.elaborate.formulas import Formulas
from archc.graph.elaborate.scope import Scope, Side
from archc.record import Record
from archc.syntax import tree


class Unsteady(Exception):
    """A number that is not known to be steady, in words."""


class Steady(Record):
    """f(n + period) = f(n) + slope * period for every n; `wild` follows in an unknown way."""

    letter: str | None = None
    slope: Fraction = Fraction(0)
    period: int = 1
    wild: bool = False

    @property
    def moves(self) -> bool:
        """Whether it follows a size at all."""
        return self.letter is not None or self.wild

    def met(self, other: Steady) -> Steady:
        """Two sides that must be equal: the one that grows more, with the period of both."""
        if self is other:
            return self
        more = self if self.slope >= other.slope else other
        return Steady(self._letter(other), more.slope, lcm(self.period, other.period))

    def plus(self, other: Steady) -> Steady:
        """The sum."""
        period = lcm(self.period, other.period)
        return Steady(self._letter(other), self.slope + other.slope, period)

    def minus(self, other: Steady) -> Steady:
        """The difference."""
        return self.plus(other.times(Fraction(-1)))

    def times(self, factor: Fraction) -> Steady:
        """The product with a constant."""
        if not self.moves:
            return self
        if self.wild:
            raise Unsteady("a count that follows a size")
        return Steady(self.letter, self.slope * factor, self.period)

    def floored(self, divisor: Fraction | int = 1) -> Steady:
        """Divided by a constant and rounded in any way."""
        if not self.moves:
            return self
        found = self.times(1 / Fraction(divisor))
        step = found.slope * found.period
        return Steady(found.letter, found.slope, found.period * step.denominator)

    def _letter(self, other: Steady) -> str | None:
        if self.wild or other.wild:
            raise Unsteady("a count that follows a size")
        letters = {self.letter, other.letter} - {None}
        if len(letters) > 1:
            raise Unsteady("a condition on two letters")
        return self.letter or other.letter


_NOT_LINEAR = "a formula of a size that is not linear"
CONSTANT = Steady()
WILD = Steady(wild=True)


def growth_of(
    expression: tree.Expression, scope: Scope, formulas: Formulas, grown: list[Any]
) -> Steady:
    """How a formula follows the open sizes; raises Unsteady. `grown` are the nodes' sides."""
    return _Reader(scope, formulas, grown).grow(expression)


class _Reader:
    """Reads the formulas of one scope."""

    def __init__(self, scope: Scope, formulas: Formulas, grown: list[Any]) -> None:
        self.scope = scope
        self.formulas = formulas
        self.grown = grown

    def grow(self, formula: Any) -> Steady:
        if isinstance(formula, tree.Name):
            return self._side(formula)
        if not any(self._side(name).moves for name in _names(formula)):
            return CONSTANT
        if isinstance(formula, tree.Signed):
            return self.grow(formula.operand).times(Fraction(-1 if formula.sign == "-" else 1))
        if isinstance(formula, tree.Function) and formula.name in ("floor", "ceil", "round"):
            return self.grow(formula.arguments[0]).floored()
        if isinstance(formula, tree.Arithmetic):
            return self._chain(formula)
        raise Unsteady(_NOT_LINEAR)

    def _side(self, name: tree.Name) -> Steady:
        found = self.scope.find(name.parts[0])
        if type(found) is not Side:
            return CONSTANT
        if found.node < 0:
            return Steady(found.letter, Fraction(1))
        sides = self.grown[found.node][0]
        known: Steady = sides[found.axis] if found.axis >= 0 else sides[-1]
        return known

    def _constant(self, formula: Any) -> Fraction:
        value = self.formulas.number(formula, self.scope)
        if isinstance(value, float):
            raise Unsteady("a formula of a size that is not exact")
        return Fraction(value)

    def _chain(self, formula: tree.Arithmetic) -> Steady:
        """Operations one after the other."""
        value = self.grow(formula.first)
        for number, (sign, operand) in enumerate(formula.rest):
            right = self.grow(operand)
            if sign in "+-":
                value = value.plus(right) if sign == "+" else value.minus(right)
            elif sign == "*" and not value.moves and right.moves:
                value = right.times(self._factor(formula, number))
            elif right.moves:
                raise Unsteady(_NOT_LINEAR)
            elif value.moves:
                value = _by(value, sign, self._constant(operand))
        return value

    def _factor(self, formula: tree.Arithmetic, before: int) -> Fraction:
        """The constant in front of a side: `2*3*H`, `3/4*H`."""
        factor = self._constant(formula.first)
        for sign, operand in formula.rest[:before]:
            number = self._constant(operand)
            if sign not in "*/" or sign == "//" or not number:
                raise Unsteady(_NOT_LINEAR)
            factor = factor * number if sign == "*" else factor / number
        return factor


def _by(value: Steady, sign: str, number: Fraction) -> Steady:
    if number == 0 and sign != "*":
        raise Unsteady("a division by zero")
    if sign == "*":
        return value.times(number)
    if sign == "mod":
        return value.minus(value.floored(number).times(number))
    # `/` must come out whole in the end, which has the same period as rounding it.
    return value.floored(number)


def _names(item: Any) -> Iterator[tree.Name]:
    return (found for found in parts_of(item) if isinstance(found, tree.Name))


def parts_of(item: Any) -> Iterator[Any]:
    """A formula and every formula in it."""
    if isinstance(item, (tuple, list)):
        for one in item:
            yield from parts_of(one)
    elif isinstance(item, Record) and hasattr(item, "span"):
        yield item
        for name in type(item).__fields__:
            if name != "span":
                yield from parts_of(getattr(item, name))


def numbers_in(item: Any) -> set[int]:
    """The numbers written in a formula, rounded down."""
    found = [part.value for part in parts_of(item) if isinstance(part, tree.Number)]
    return {int(number) for number in found}
