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


CONSTANT = Steady()
WILD = Steady(wild=True)


def growth_of(
    expression: tree.Expression, scope: Scope, formulas: Formulas, grown: list[Any]
) -> Steady:
    """How a formula follows the open sizes; raises Unsteady."""

    def side(name: tree.Name) -> Steady:
        found = scope.find(name.parts[0])
        if type(found) is not Side:
            return CONSTANT
        if found.node < 0:
            return Steady(found.letter, Fraction(1))
        sides = grown[found.node][0]
        known: Steady = sides[found.axis] if found.axis >= 0 else sides[-1]
        return known

    def grow(formula: Any) -> Steady:
        if isinstance(formula, tree.Name):
            return side(formula)
        if all(not side(name).moves for name in _names(formula)):
            return CONSTANT
        if isinstance(formula, tree.Signed):
            return grow(formula.operand).times(Fraction(-1 if formula.sign == "-" else 1))
        if isinstance(formula, tree.Function) and formula.name in ("floor", "ceil", "round"):
            return grow(formula.arguments[0]).floored()
        if isinstance(formula, tree.Arithmetic):
            return chain(formula)
        raise Unsteady("a formula of a size that is not linear")

    def constant(formula: Any) -> Fraction:
        value = formulas.number(formula, scope)
        if isinstance(value, float):
            raise Unsteady("a formula of a size that is not exact")
        return Fraction(value)

    def chain(formula: tree.Arithmetic) -> Steady:
        value = grow(formula.first)
        front: list[tuple[str, Any]] = []
        for sign, operand in formula.rest:
            right = grow(operand)
            if sign in "+-":
                value = value.plus(right) if sign == "+" else value.minus(right)
            elif sign == "*" and not value.moves and right.moves:
                if front and any(before not in ("*", "/") for before, _ in front):
                    raise Unsteady("a formula of a size that is not linear")
                factor = constant(formula.first)
                for before, number in front:
                    known = constant(number)
                    factor = factor * known if before == "*" else factor / known
                value = right.times(factor)
            elif right.moves:
                raise Unsteady("a formula of a size that is not linear")
            elif value.moves:
                value = _by(value, sign, constant(operand))
            front.append((sign, operand))
        return value

    return grow(expression)


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
