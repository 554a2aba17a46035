"""lark's callbacks for formulas and sizes: one method a rule, children in, tree node out."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from lark import UnexpectedInput

from archc.record import replace
from archc.source import SourceFile, Span
from archc.syntax import tree

ONE = Fraction(1)
UNITS: dict[str, int | Fraction] = {"": 1, "%": Fraction(1, 100), "B": 1}
UNITS |= {unit: 1000 ** int(power) for power, unit in enumerate("KMGT", 1)}
UNITS |= {f"{unit}i": 1024 ** int(power) for power, unit in enumerate("KMGT", 1)}
UNITS |= {f"{unit}B": UNITS[unit] for unit in ("K", "M", "G", "T", "Ki", "Mi", "Gi", "Ti")}

_NUMBER = re.compile(r"(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?(.*)")
_SIDE = re.compile(r"\?|\d+(?:[/*]\d+)?|[A-Z][A-Z0-9_]*(?:[/*]\d+)?|\(")
_QUOTED_PART = re.compile(r'"([^"]*)"|([^."]+)')

Children = list[Any]


class BadFormula(Exception):
    """A mistake in a formula inside a size or a repetition."""

    def __init__(self, problem: UnexpectedInput, start: int, end: int) -> None:
        super().__init__(start)
        self.problem = problem
        self.start = start
        self.end = end


class TooManyDigits(Exception):
    """A number beyond the limit of digits; the parser reports it."""

    def __init__(self, span: Span, digits: int) -> None:
        super().__init__(digits)
        self.span = span
        self.digits = digits


class FormulaRules:
    """The rules of formulas and sizes, and where tokens lie in the file.

    `open` begins a file; `base` is the offset of the line being parsed, `whole` the span of it.
    """

    source: SourceFile
    base: int
    whole: Span
    digits: int
    inner_parse: Callable[[str, int], Any]

    def open(self, source: SourceFile, inner: Callable[[str, int], Any], digits: int) -> None:
        """Begin a file; `inner` parses a formula that stands inside a token."""
        self.source = source
        self.base = 0
        self.inner_parse = inner
        self.digits = digits

    # ---- places ---------------------------------------------------------------------------------

    def span(self, token: Any) -> Span:
        """The span of a token or node."""
        known: Span | None = getattr(token, "span", None)
        if known is not None:
            return known
        return Span(self.source, self.base + token.start_pos, self.base + token.end_pos)

    def around(self, children: Children) -> Span:
        """From the first child to the last."""
        present = [child for child in children if child is not None and child != ()]
        first = self.span(present[0])
        last = present[-1]
        while isinstance(last, (tuple, list)):
            last = last[-1]
        return Span(self.source, first.start, self.span(last).end)

    # ---- formulas -------------------------------------------------------------------------------

    def number(self, children: Children) -> tree.Number:
        return self._number(str(children[0]), self.span(children[0]))

    def _number(self, text: str, span: Span) -> tree.Number:
        if text.isdigit() and len(text) <= self.digits:
            return tree.Number(span, int(text), ONE)
        match = _NUMBER.fullmatch(text)
        assert match is not None
        whole, decimals, exponent, unit = match.groups()
        decimals = decimals or ""
        power = int(exponent) if exponent and len(exponent) < 6 else (0 if not exponent else 10**6)
        if len(whole) + len(decimals) + abs(power) > self.digits:
            raise TooManyDigits(span, len(whole) + len(decimals) + abs(power))
        scale = Fraction(10) ** (power - len(decimals)) * UNITS[unit]
        value = int(whole + decimals) * scale
        return tree.Number(span, value.numerator if value.denominator == 1 else value, scale)

    def name(self, children: Children) -> tree.Name:
        return self._name(children[0])

    def _name(self, token: Any) -> tree.Name:
        span, text = self.span(token), str(token)
        if '"' not in text:
            return tree.Name(span, tuple(text.split(".")))
        return tree.Name(
            span, tuple([quoted or bare for quoted, bare in _QUOTED_PART.findall(text)])
        )

    def string(self, children: Children) -> tree.Text:
        return tree.Text(self.span(children[0]), str(children[0])[1:-1])

    def switch(self, children: Children) -> tree.Switch:
        return tree.Switch(self.span(children[0]), str(children[0]) == "yes")

    def size(self, children: Children) -> tree.Size:
        return self._size(children[0])

    def _size(self, token: Any) -> tree.Size:
        text, sides, at = str(token), [], 0
        while at < len(text):
            match = _SIDE.match(text, at)
            assert match is not None
            end = closing_bracket(text, at) if match.group() == "(" else match.end()
            sides.append(self._side(token, text[at:end], at))
            at = end + 1
        return tree.Size(self.span(token), tuple(sides))

    def _side(self, token: Any, text: str, at: int) -> Any:
        if text == "?":
            return None
        start = self.base + token.start_pos + at
        if text.isdigit():
            return self._number(text, Span(self.source, start, start + len(text)))
        if text.startswith("("):
            return self.inner_parse(text[1:-1], start + 1)
        return self.inner_parse(text, start)

    def sum(self, children: Children) -> tree.Arithmetic:
        rest = [(str(sign), operand) for sign, operand in zip(children[1::2], children[2::2])]
        return tree.Arithmetic(self.around(children), children[0], tuple(rest))

    term = sum

    def power(self, children: Children) -> tree.Power:
        return tree.Power(self.around(children), tuple(children))

    def signed(self, children: Children) -> Any:
        """A sign in front is that of the first term alone: `(-c + 10)` is 10 - c."""
        sign, first, *rest = children
        signed = tree.Signed(self.around([sign, first]), str(sign), first)
        return self.sum([signed, *rest]) if rest else signed

    def negative(self, children: Children) -> Any:
        first, *rest = children
        span = self.span(first)
        signed = tree.Signed(Span(span.source, span.start - 1, span.end), "-", first)
        return self.sum([signed, *rest]) if rest else signed

    def function(self, children: Children) -> tree.Function:
        arguments = tuple([child for child in children[1:] if child is not None])
        return tree.Function(self.around(children), str(children[0]), arguments)

    def choice(self, children: Children) -> tree.Choice:
        then, _, condition, otherwise = children
        return tree.Choice(self.around(children), condition, then, otherwise)

    def cond(self, children: Children) -> tree.Logic:
        return tree.Logic(self.around(children), "or", tuple(children))

    def conj(self, children: Children) -> tree.Logic:
        return tree.Logic(self.around(children), "and", tuple(children))

    def negation(self, children: Children) -> tree.Negation:
        return tree.Negation(self.around(children), len(children) - 1, children[-1])

    def comparison(self, children: Children) -> tree.Comparison:
        left, relation, right = children
        return tree.Comparison(self.around(children), str(relation), left, right)

    # ---- sizes ----------------------------------------------------------------------------------

    def shape(self, children: Children) -> tree.ShapeText:
        count, dims = children
        return tree.ShapeText(self.around(children), count, self._known(dims))

    def shape_of(self, children: Children) -> tree.ShapeText:
        return tree.ShapeText(self.around(children), children[0], self._known(children[1]))

    def list_of(self, children: Children) -> tree.ShapeList:
        """The brackets and commas are kept, so that its span has them."""
        shapes = tuple([child for child in children if isinstance(child, tree.ShapeText)])
        return tree.ShapeList(self.around(children), shapes)

    def count(self, children: Children) -> Any:
        if len(children) == 1:
            return self._plain(children[0])
        name, sign, number = children
        if sign is None:
            return self._plain(name)
        rest = ((str(sign), self._plain(number)),)
        return tree.Arithmetic(self.around(children), self._plain(name), rest)

    def bracketed(self, children: Children) -> Any:
        """A formula whose span has its brackets, as the span of a size must."""
        return replace(children[1], span=self.around(children))

    def dims(self, children: Children) -> Any:
        return self._plain(children[0])

    def _known(self, dims: Any) -> Any:
        """None for `?`, which stays a token until the shape has its span."""
        return None if getattr(dims, "type", None) == "ANY" else dims

    def _plain(self, child: Any) -> Any:
        kind = getattr(child, "type", None)
        if kind == "NUMBER":
            return self._number(str(child), self.span(child))
        if kind == "SIZE":
            return self._size(child)
        return child if kind in (None, "ANY") else self._name(child)


def closing_bracket(text: str, at: int) -> int:
    """The offset behind the bracket that closes the one at `at`."""
    depth = 0
    for end in range(at, len(text)):
        depth += {"(": 1, ")": -1}.get(text[end], 0)
        if depth == 0:
            return end + 1
    raise AssertionError("the lexer gives balanced brackets")
