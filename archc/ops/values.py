"""What operators are given and what they give: shapes, counts, windows.

Sizes are exact Python integers of any length. A shape is for one sample; the batch is never part
of it.
"""

from __future__ import annotations

from fractions import Fraction

from archc.record import Record

Number = int | Fraction | float
"""A number on a row: exact as written, a float only behind sqrt, log2 and broken powers."""


class Count(Record):
    """A number of things unknown until the network runs, `R` or `T+1`: a letter and a number."""

    symbol: str
    plus: int = 0

    def __str__(self) -> str:
        return f"{self.symbol}+{self.plus}" if self.plus else self.symbol


class Shape:
    """Sides of one value, channels last (`14x14x512`), and perhaps a count in front (`196 of 512`).

    `dims` is (*spatial, channels); it is empty for `T of int`, whose things are whole numbers.
    `count` is None for a single thing, an integer, or a `Count`.
    """

    __slots__ = ("_hash", "count", "dims")

    dims: tuple[int, ...]
    count: int | Count | None

    def __init__(self, dims: tuple[int, ...], count: int | Count | None = None) -> None:
        self.dims = dims
        self.count = count
        self._hash = hash((dims, count))

    @property
    def channels(self) -> int:
        """The last side."""
        return self.dims[-1]

    @property
    def spatial(self) -> tuple[int, ...]:
        """The sides before the channels: height and width, or depth, height and width."""
        return self.dims[:-1]

    @property
    def rank(self) -> int:
        """How many spatial sides: 0 for a vector, 2 for a picture."""
        return len(self.dims) - 1

    @property
    def is_integer(self) -> bool:
        """Whether each thing is a whole number, as the words of a text are."""
        return not self.dims

    @property
    def things(self) -> int:
        """How many things; a cost is asked for only with numbers in place of unknown counts."""
        if isinstance(self.count, Count):
            raise AssertionError(f"the count {self.count} has no number here")
        return 1 if self.count is None else self.count

    @property
    def numbers(self) -> int:
        """How many numbers one sample holds, all things together."""
        return self.things * self.numbers_each

    @property
    def numbers_each(self) -> int:
        """How many numbers one thing holds."""
        product = 1
        for side in self.dims:
            product *= side
        return product

    def with_channels(self, channels: int) -> Shape:
        """The same sides with another number of channels."""
        return Shape((*self.dims[:-1], channels), self.count)

    def with_spatial(self, spatial: tuple[int, ...]) -> Shape:
        """The same channels and count with other spatial sides."""
        return Shape((*spatial, self.dims[-1]), self.count)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Shape):
            return NotImplemented
        return self.dims == other.dims and self.count == other.count

    def __hash__(self) -> int:
        return self._hash

    def __str__(self) -> str:
        sides = "x".join([str(side) for side in self.dims]) if self.dims else "int"
        return sides if self.count is None else f"{self.count} of {sides}"

    def __repr__(self) -> str:
        return f"Shape({self})"


Value = Shape | tuple[Shape, ...]
"""What a row gives: one array, or a flat list of several."""


def text_of(value: Value) -> str:
    """The value as the language writes it; a list in brackets."""
    if isinstance(value, Shape):
        return str(value)
    return f"[{', '.join([str(item) for item in value])}]"


def number_text(value: Number) -> str:
    """A number as people write it: `0.5` for one half, `1/3` where no short decimal is exact."""
    if isinstance(value, Fraction) and value.denominator != 1:
        try:
            short = f"{float(value):.6g}"
        except OverflowError:
            return str(value)
        return short if Fraction(short) == value else str(value)
    return str(value)


class Window(Record):
    """Sides as written, `3x3`, and perhaps a stride, `3x3/2`. Any size too: `HxWx3` has three."""

    sides: tuple[int, ...]
    stride: tuple[int, ...] | None = None

    def __str__(self) -> str:
        sides = "x".join([str(side) for side in self.sides])
        if self.stride is None:
            return sides
        same = len(set(self.stride)) == 1
        return f"{sides}/{self.stride[0] if same else 'x'.join([str(s) for s in self.stride])}"


class Drawn(Record):
    """Numbers drawn at random: `normal(0.01)`, `normal(1, 0.02)`, `uniform(0.1)`.

    `spread` is the standard deviation of normal numbers, and how far even ones lie from `middle`.
    """

    shape: str
    spread: float
    middle: float = 0.0

    def __str__(self) -> str:
        numbers = (self.middle, self.spread) if self.middle else (self.spread,)
        return f"{self.shape}({', '.join([repr(one).removesuffix('.0') for one in numbers])})"


Padding = int | tuple[int, ...] | str
"""A number for every side, a number for each (`0x1x1`), or the word `half` or `same`."""
