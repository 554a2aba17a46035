"""The nodes of formulas and sizes; `syntax.tree` has them all."""

from __future__ import annotations

from fractions import Fraction

from archc.record import Record
from archc.source import Span


class Number(Record):
    """A number as written: exact, and the value of half its last digit's unit for `~=`."""

    span: Span
    value: int | Fraction
    unit: Fraction


class Name(Record):
    """A name, perhaps with dots inwards: `n`, `body.layer3`, `vgg."A-LRN"`."""

    span: Span
    parts: tuple[str, ...]


class Text(Record):
    """A quoted text."""

    span: Span
    value: str


class Switch(Record):
    """`yes` or `no`."""

    span: Span
    value: bool


class Size(Record):
    """Glued sides, `3x3` or `HxWx(2*C)`; None stands for `?`."""

    span: Span
    sides: tuple[Expression | None, ...]


class Arithmetic(Record):
    """`first` and then pairs of a sign (`+ - * / // mod`) and an operand, from left to right."""

    span: Span
    first: Expression
    rest: tuple[tuple[str, Expression], ...]


class Power(Record):
    """`a ^ b ^ c`, from right to left."""

    span: Span
    items: tuple[Expression, ...]


class Signed(Record):
    """A leading `-` or `+`."""

    span: Span
    sign: str
    operand: Expression


class Function(Record):
    """`max(a, b)`: the bracket touches the name."""

    span: Span
    name: str
    arguments: tuple[Expression, ...]


class Choice(Record):
    """`(a if condition else b)`."""

    span: Span
    condition: Expression
    then: Expression
    otherwise: Expression


class Comparison(Record):
    """`left == right` and its kin."""

    span: Span
    relation: str
    left: Expression
    right: Expression


class Logic(Record):
    """Several conditions joined by `and` or by `or`."""

    span: Span
    word: str
    items: tuple[Expression, ...]


class Negation(Record):
    """`not`, as often as written."""

    span: Span
    times: int
    operand: Expression


class Preset(Record):
    """A block with some values filled in, as a cell holds it: `bottleneck groups=32`."""

    span: Span
    name: Name
    keywords: tuple[Keyword, ...]


class Keyword(Record):
    """`name=value` on a row."""

    span: Span
    name: str
    name_span: Span
    value: Expression


class ShapeText(Record):
    """A size with perhaps a count in front, `196 of 512`; `dims` None is `?`."""

    span: Span
    count: Expression | None
    dims: Expression | None


class ShapeList(Record):
    """The shapes of a list: `[13x13x255, 26x26x255]`."""

    span: Span
    items: tuple[ShapeText, ...]


Expression = (
    Number
    | Name
    | Text
    | Switch
    | Size
    | Arithmetic
    | Power
    | Signed
    | Function
    | Choice
    | Comparison
    | Logic
    | Negation
    | Preset
    | ShapeText
    | ShapeList
)
