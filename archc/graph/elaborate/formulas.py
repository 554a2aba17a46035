"""Formulas: exact arithmetic over the names in sight.

Decimals and `+ - * / mod //` are exact rationals; sqrt, log2 and powers that are not whole are
floats; `round` halves up. Mistakes are raised as `Mistake` and become
diagnostics in one place.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any, ClassVar

from archc.diagnostics.kinds.expansion import DivisionByZero
from archc.diagnostics.kinds.names import UnknownName, UnknownOption, WrongNumberOfValues
from archc.diagnostics.kinds.values import ValueNotAllowed
from archc.diagnostics.model import Kind, Label
from archc.graph.elaborate.arithmetic import (
    COMPARISONS,
    FUNCTIONS,
    OPERATIONS,
    as_whole,
    lowest,
)
from archc.graph.elaborate.scope import (
    UNKNOWN,
    BlockDefinition,
    Datum,
    NetDefinition,
    NetVariant,
    Presets,
    RowRef,
    Scalar,
    Scope,
    Side,
    Word,
    describe,
    kind_of,
)
from archc.ops.values import Count, Drawn, Window
from archc.record import Record
from archc.source import Span
from archc.syntax import tree

NameLookup = Callable[[tree.Name, Scope], Datum | None]


DIVISIONS = ("/", "//", "mod")
DRAWN = {"normal": 2, "uniform": 1}
"""functions that say how numbers are drawn, and how many numbers they take: `normal(1, 0.02)`"""


class Mistake(Exception):
    """A mistake found while working something out: the kind, and where."""

    def __init__(self, kind: Kind, span: Span, *, other: Label | None = None) -> None:
        super().__init__(kind.message)
        self.kind = kind
        self.span = span
        self.other = other


class Silenced(Mistake):
    """Something depends on a value that is unknown because of a mistake already reported."""

    def __init__(self, span: Span) -> None:
        super().__init__(_UNSAID, span)


_UNSAID = ValueNotAllowed("this", "unknown", "something known")


class Known(Record):
    """A value already worked out, where a formula is expected: the cell of a table."""

    span: Span
    value: Datum


class Formulas:
    """Works out formulas. `lookup` finds what is no name of the scope (rows, words); `digits` is
    the limit. While `heard` is a list, every formula that is asked for is put into it.
    """

    def __init__(self, digits: int, lookup: NameLookup) -> None:
        self.largest = 10**digits
        self.digits = digits
        self.lookup = lookup
        self.heard: list[tuple[tree.Expression, Scope]] | None = None
        self.read_side: Callable[[Side], int] = int

    def evaluate(self, expression: tree.Expression, scope: Scope) -> Datum:
        """The value of an expression; raises Mistake."""
        heard = self.heard
        if heard is None:
            return self.RULES[type(expression)](self, expression, scope)
        heard.append((expression, scope))
        self.heard = None  # what stands inside it is not asked for by itself
        try:
            return self.RULES[type(expression)](self, expression, scope)
        finally:
            self.heard = heard

    def number(self, expression: tree.Expression, scope: Scope) -> Scalar:
        """The value, which must be a number."""
        value = self.evaluate(expression, scope)
        if isinstance(value, bool) or not isinstance(value, (int, Fraction, float)):
            kind = ValueNotAllowed("this", f"{kind_of(value)} ({describe(value)})", "a number")
            raise Mistake(kind, expression.span)
        return value

    def whole(self, expression: tree.Expression, scope: Scope, what: str) -> int:
        """The value, which must be a whole number of at least 0."""
        value = as_whole(self.number(expression, scope))
        if value is None or value < 0:
            shown = describe(self.number(expression, scope))
            raise Mistake(
                ValueNotAllowed(what, shown, "a whole number of at least 0"), expression.span
            )
        return value

    def truth(self, expression: tree.Expression, scope: Scope) -> bool:
        """The value, which must be a condition."""
        value = self.evaluate(expression, scope)
        if not isinstance(value, bool):
            takes = "a comparison, or yes or no"
            kind = ValueNotAllowed("a condition", f"{kind_of(value)} ({describe(value)})", takes)
            raise Mistake(kind, expression.span)
        return value

    # ---- one rule for each kind of expression --------------------------------------------------

    def _number(self, node: tree.Number, scope: Scope) -> Datum:
        return node.value

    def _text(self, node: tree.Text, scope: Scope) -> Datum:
        return node.value

    def _switch(self, node: tree.Switch, scope: Scope) -> Datum:
        return node.value

    def _name(self, node: tree.Name, scope: Scope) -> Datum:
        found = scope.find(node.parts[0])
        if len(node.parts) > 1:
            variant = ".".join(node.parts[1:])
            found = NetVariant(found, variant) if isinstance(found, NetDefinition) else None
        if found is None:
            found = self.lookup(node, scope)
        if type(found) is Side:
            return self.read_side(found)
        if found is UNKNOWN:
            raise Silenced(node.span)
        if isinstance(found, Count):
            shown = f"`{node.span.text}`, {kind_of(found)}"
            raise Mistake(ValueNotAllowed("this", shown, "a known number"), node.span)
        if found is None:
            name = ".".join(node.parts)
            raise Mistake(UnknownName(name, "name", tuple(scope.all_names())), node.span)
        return found

    def _size(self, node: tree.Size, scope: Scope) -> Datum:
        sides = []
        for side in node.sides:
            if side is None:
                raise Mistake(ValueNotAllowed("a side", "?", "a number here"), node.span)
            value = as_whole(self.number(side, scope))
            if value is None:
                shown = describe(self.number(side, scope))
                raise Mistake(ValueNotAllowed("a side", shown, "a whole number"), side.span)
            sides.append(value)
        return Window(tuple(sides))

    def _arithmetic(self, node: tree.Arithmetic, scope: Scope) -> Datum:
        value = self.evaluate(node.first, scope)
        for sign, operand in node.rest:
            if isinstance(value, Window) and sign == "/":
                value = self._strided(value, operand, scope)
                continue
            left = self._numeric(value, node.first.span)
            right = self.number(operand, scope)
            if right == 0 and sign in DIVISIONS and isinstance(operand, tree.Name):
                raise Mistake(
                    DivisionByZero(node.span.text), node.span, other=_zero(operand, scope)
                )
            value = self._apply(sign, left, right, node.span)
        return value

    def _strided(self, window: Window, operand: tree.Expression, scope: Scope) -> Window:
        if window.stride is not None:
            raise Mistake(ValueNotAllowed("a window", "two strides", "one stride"), operand.span)
        stride = self.evaluate(operand, scope)
        if isinstance(stride, Window):
            return Window(window.sides, stride.sides)
        whole = as_whole(stride) if isinstance(stride, (int, Fraction, float)) else None
        if whole is None or whole < 1 or isinstance(stride, bool):
            kind = ValueNotAllowed("a stride", describe(stride), "a whole number of at least 1")
            raise Mistake(kind, operand.span)
        return Window(window.sides, (whole,))

    def _numeric(self, value: Datum, span: Span) -> Scalar:
        if isinstance(value, bool) or not isinstance(value, (int, Fraction, float)):
            raise Mistake(
                ValueNotAllowed("a formula", f"{kind_of(value)} ({describe(value)})", "numbers"),
                span,
            )
        return value

    def _apply(self, sign: str, left: Scalar, right: Scalar, span: Span) -> Scalar:
        if sign in DIVISIONS:
            if right == 0:
                raise Mistake(DivisionByZero(span.text), span)
            if sign == "/" and isinstance(left, int) and isinstance(right, int):
                return self._checked(lowest(Fraction(left, right)), span)
        return self._checked(lowest(OPERATIONS[sign](left, right)), span)

    def _checked(self, value: Scalar, span: Span) -> Scalar:
        if isinstance(value, float):
            if math.isfinite(value) and abs(value) < self.largest:
                return value
        elif abs(value) < self.largest and (
            isinstance(value, int) or value.denominator < self.largest
        ):
            return value
        takes = f"numbers of at most {self.digits} digits"
        raise Mistake(ValueNotAllowed("a formula", "a larger one", takes), span)

    def _power(self, node: tree.Power, scope: Scope) -> Datum:
        value = self.number(node.items[-1], scope)
        for item in reversed(node.items[:-1]):
            value = self._raise(self.number(item, scope), value, node.span)
        return value

    def _raise(self, base: Scalar, exponent: Scalar, span: Span) -> Scalar:
        whole = as_whole(exponent)
        if base == 0 and exponent < 0:
            raise Mistake(DivisionByZero(span.text), span)
        if whole is None or isinstance(base, float):
            if base < 0:
                kind = ValueNotAllowed("a power", describe(base), "a base that is not negative")
                raise Mistake(kind, span)
            try:
                return self._checked(float(base) ** float(exponent), span)
            except OverflowError:
                return self._checked(math.inf, span)
        parts = (base, 1) if isinstance(base, int) else (base.numerator, base.denominator)
        bits = max(abs(parts[0]), parts[1]).bit_length() - 1
        if bits * abs(whole) > 4 * self.digits:
            return self._checked(math.inf, span)
        if abs(whole) > self.largest:
            return 1 if whole % 2 == 0 else base
        return self._checked(lowest(Fraction(base) ** whole), span)

    def _signed(self, node: tree.Signed, scope: Scope) -> Datum:
        value = self.number(node.operand, scope)
        return -value if node.sign == "-" else value

    def _choice(self, node: tree.Choice, scope: Scope) -> Datum:
        branch = node.then if self.truth(node.condition, scope) else node.otherwise
        return self.evaluate(branch, scope)

    def _comparison(self, node: tree.Comparison, scope: Scope) -> Datum:
        left, right = self.evaluate(node.left, scope), self.evaluate(node.right, scope)
        if node.relation in ("==", "!="):
            equal = bool(_comparable(left) == _comparable(right))
            return equal == (node.relation == "==")
        pair = self._numeric(left, node.left.span), self._numeric(right, node.right.span)
        return bool(COMPARISONS[node.relation](*pair))

    def _logic(self, node: tree.Logic, scope: Scope) -> Datum:
        stop = node.word == "or"
        for item in node.items:
            if self.truth(item, scope) == stop:
                return stop
        return not stop

    def _negation(self, node: tree.Negation, scope: Scope) -> Datum:
        return self.truth(node.operand, scope) ^ (node.times % 2 == 1)

    def _function(self, node: tree.Function, scope: Scope) -> Datum:
        values = [self.number(argument, scope) for argument in node.arguments]
        if node.name in DRAWN:
            return _drawn(node, values)
        if node.name not in FUNCTIONS:
            known = (*FUNCTIONS, *DRAWN)
            raise Mistake(UnknownName(node.name, "function", known), node.span)
        least, most, function = FUNCTIONS[node.name]
        if not least <= len(values) <= most:
            takes = str(least) if least == most else f"at least {least}"
            raise Mistake(WrongNumberOfValues(node.name, len(values), takes), node.span)
        try:
            return self._checked(lowest(function(*values)), node.span)
        except (ValueError, OverflowError, ZeroDivisionError):
            kind = ValueNotAllowed(
                node.name, ", ".join([describe(v) for v in values]), "positive numbers"
            )
            raise Mistake(kind, node.span) from None

    def _preset(self, node: tree.Preset, scope: Scope) -> Datum:
        block = self._name(node.name, scope)
        before = block.values if isinstance(block, Presets) else ()
        block = block.block if isinstance(block, Presets) else block
        if not isinstance(block, (BlockDefinition, NetDefinition, NetVariant)):
            takes = "a block or net in front"
            raise Mistake(ValueNotAllowed("a cell with values", kind_of(block), takes), node.span)
        definition = block.net if isinstance(block, NetVariant) else block
        names = tuple([parameter.name for parameter in definition.tree.parameters])
        for key in node.keywords:
            if key.name not in names:
                raise Mistake(UnknownOption(definition.name, key.name, names), key.name_span)
        values = [(key.name, self.evaluate(key.value, scope)) for key in node.keywords]
        return Presets(block, (*before, *values))

    def _known(self, node: Known, scope: Scope) -> Datum:
        return node.value

    def _shape(self, node: tree.Expression, scope: Scope) -> Datum:
        raise Mistake(ValueNotAllowed("this", "a shape", "a number, a size or a word"), node.span)

    RULES: ClassVar[dict[type, Callable[..., Datum]]] = {
        tree.Number: _number,
        tree.Text: _text,
        tree.Switch: _switch,
        tree.Name: _name,
        tree.Size: _size,
        tree.Arithmetic: _arithmetic,
        tree.Power: _power,
        tree.Signed: _signed,
        tree.Choice: _choice,
        tree.Comparison: _comparison,
        tree.Logic: _logic,
        tree.Negation: _negation,
        tree.Function: _function,
        tree.Preset: _preset,
        Known: _known,
        tree.ShapeText: _shape,
        tree.ShapeList: _shape,
    }


def _drawn(node: tree.Function, values: list[Scalar]) -> Drawn:
    """`normal(0.02)`, `normal(1, 0.02)`, `uniform(0.1)`."""
    most = DRAWN[node.name]
    if not 1 <= len(values) <= most:
        takes = "1 number" if most == 1 else f"1 to {most} numbers"
        raise Mistake(WrongNumberOfValues(node.name, len(values), takes), node.span)
    spread = values[-1]
    if not 0 < spread < 10**38:
        kind = ValueNotAllowed(node.name, describe(spread), "a number of more than 0, below 1e38")
        raise Mistake(kind, node.arguments[-1].span)
    return Drawn(node.name, float(spread), *map(float, values[:-1]))


def _comparable(value: Datum) -> Any:
    """What `==` compares: a block with values filled in is still that block."""
    if isinstance(value, Presets):
        return value.block
    if isinstance(value, (Word, RowRef)):
        return value.text
    return value


def _zero(name: tree.Name, scope: Scope) -> Label | None:
    """Where a name that is 0 got its value, as far as the text says."""
    place = scope.where(name.parts[0]) if len(name.parts) == 1 else None
    return Label(place, f"`{name.parts[0]}` is 0") if place is not None else None
