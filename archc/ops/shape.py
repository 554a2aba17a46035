"""The same numbers in another shape, or some of them; moves without module, number and key."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from archc.diagnostics.kinds.sizes import ChannelsNotWhole, ReshapeChangesCount
from archc.diagnostics.kinds.values import MissingValue, ValueNotAllowed
from archc.diagnostics.model import Kind
from archc.ops.base import (
    THINGS_HINT,
    Op,
    Result,
    needs_map,
    needs_numbers,
    needs_things,
    option,
    wrong,
)
from archc.ops.conv import bad_groups
from archc.ops.dims import positive
from archc.ops.join import over_things
from archc.ops.values import Count, Shape, Window


class Flatten(Op):
    """All numbers in one row: `HxWxC` to a vector, channels outermost as in torch.

    `R of HxWxC` is flattened thing by thing, `196 of 512` as a whole, one thing after the other
    (its count must be known). No MACs.

    Example:
        input 7x7x512
        flatten                  -> 25088

    Source: torch.nn.Flatten.
    """

    words = ("flatten",)
    role = "move"
    rearranges = True

    def shape(self, value: Any) -> Result:
        problem = needs_numbers(self, value)
        if problem:
            return problem
        if value.rank > 0 or value.count is None:
            return Shape((value.numbers_each,), value.count)
        if isinstance(value.count, Count):
            return wrong(self, "a known number of things", value, "`mean things` or `token last`")
        return Shape((value.numbers,))


class Reshape(Op):
    """The same numbers with other sides: `reshape 7x7x30`, `reshape 1470`.

    Numbers are read channels outermost (torch's C, H, W); of `R of D` each thing by itself. No
    MACs.

    Example:
        input 1470
        reshape 7x7x30           -> 7x7x30

    Source: Redmon et al. 2016, "You only look once" (the last layer).
    """

    words = ("reshape",)
    role = "move"
    rearranges = True
    size: Window | None = option("size", default=None, positional=True, doc="the new sides, 7x7x30")
    numbers: int | None = option("integer", default=None, positional=True, doc="a vector's length")

    def shape(self, value: Any) -> Result:
        problem = needs_numbers(self, value)
        if problem:
            return problem
        dims = self._dims()
        if isinstance(dims, Kind):
            return dims
        wanted = Shape(dims, value.count)
        if wanted.numbers_each == value.numbers_each:
            return wanted
        if isinstance(value.count, int) and wanted.numbers_each == value.numbers:
            return wrong(
                self,
                "one value, or things of that many numbers each",
                value,
                "`map 14x14` puts things back in their places, `flatten` makes one row",
            )
        numbers = value.numbers_each, wanted.numbers_each
        return ReshapeChangesCount("reshape", str(value), numbers[0], str(Shape(dims)), numbers[1])

    def _dims(self) -> tuple[int, ...] | Kind:
        if self.size is None:
            if self.numbers is None:
                return MissingValue("reshape", "a size", "reshape 7x7x30")
            return (self.numbers,)
        if self.numbers is not None:
            return ValueNotAllowed("numbers", str(self.numbers), "no value beside a size")
        return positive("size", self.size.sides) or self.size.sides


class Transpose(Op):
    """Things and numbers change places: `T of D` to `D of T`. T must be known. No MACs.

    Example:
        input 14x14x512
        tokens ; transpose       -> 512 of 196

    Source: Tolstikhin et al. 2021, "MLP-Mixer".
    """

    words = ("transpose",)
    role = "move"
    rearranges = True

    def shape(self, value: Any) -> Result:
        problem = needs_things(self, value)
        if problem:
            return problem
        if not isinstance(value.count, int):
            return wrong(self, "a known number of things", value)
        return Shape((value.count,), value.channels)


class Tokens(Op):
    """Each place of a map becomes a thing, row by row: `HxWxC` to `H*W of C`.

    With a number d the channels of a place become C/d things of d numbers each: `H*W*C/d of d`, as
    SSD orders its boxes. A vector is a map of one place. No MACs.

    Example:
        input 14x14x768
        tokens                   -> 196 of 768

    Source: Dosovitskiy et al. 2021 (ViT); Liu et al. 2016 (SSD, with d).
    """

    words = ("tokens",)
    role = "move"
    rearranges = True
    numbers: int | None = option("integer", default=None, positional=True, doc="of each thing")

    def shape(self, value: Any) -> Result:
        problem = needs_numbers(self, value)
        if problem:
            return problem
        if value.count is not None:
            return wrong(self, "a map such as 14x14x512", value, "things are tokens already")
        numbers = value.channels if self.numbers is None else self.numbers
        if numbers and value.channels % numbers:
            each = Fraction(value.channels, numbers)
            what = f"the tokens of each place, {value.channels}/{numbers},"
            return ChannelsNotWhole(what, str(each))
        return Shape((numbers,), value.numbers_each // numbers if numbers else 0)


class Token(Op):
    """One thing of `T of D`: `token 0` the first (the class token), `token last` the last. No MACs.

    Things are counted from 0.

    Example:
        input 14x14x768
        tokens
        token 0                  -> 768

    Source: Devlin et al. 2019, "BERT"; Dosovitskiy et al. 2021 (ViT).
    """

    words = ("token",)
    role = "move"
    rearranges = True
    index: int | None = option(
        "integer", default=None, positional=True, minimum=0, doc="which one, from 0"
    )
    last: bool = option("flag", default=False, doc="the last one")

    def shape(self, value: Any) -> Result:
        if not isinstance(value, Shape) or value.count is None or value.rank > 0:
            return wrong(self, "things such as 196 of 512", value, THINGS_HINT)
        if self.last == (self.index is not None):
            return MissingValue("token", "either a number or the word last", "token 0")
        if self.index is None or isinstance(value.count, Count) or self.index < value.count:
            return Shape(value.dims)
        takes = f"0 to {value.count - 1}, since things are counted from 0"
        return ValueNotAllowed("index", str(self.index), takes)


class Map(Op):
    """Things back to their places, row by row: `H*W of C` to `HxWxC`. No MACs.

    `map 196` gives a map of one side, `196x768`.

    Example:
        input 14x14x512
        tokens ; fc 256
        map 14x14                -> 14x14x256

    Source: Liu et al. 2021, "Swin transformer".
    """

    words = ("map",)
    role = "move"
    rearranges = True
    size: Window | None = option("size", default=None, positional=True, doc="sides of the map")
    length: int | None = option("integer", default=None, positional=True, doc="or its only side")

    def shape(self, value: Any) -> Result:
        problem = needs_things(self, value)
        if problem:
            return problem
        sides = (self.length,) if self.size is None else self.size.sides
        if sides[0] is None:
            return MissingValue("map", "the sides of the map", "map 14x14")
        if self.size is not None and self.length is not None:
            return ValueNotAllowed("length", str(self.length), "no value beside a size")
        places = Shape(tuple([side for side in sides if side is not None]))
        if value.count != places.numbers_each:
            return wrong(self, f"{places.numbers_each} things for {places}", value)
        return positive("size", places.dims) or Shape((*places.dims, value.channels))


class Chunk(Op):
    """One of several equal parts of the channels: `chunk 1 of=2` is the first half. No MACs.

    Chunks are counted from 1, everything else in the language from 0.

    Example:
        input 28x28x116
        chunk 2 of=2             -> 28x28x58

    Source: Ma et al. 2018, "ShuffleNet V2"; torch.chunk.
    """

    words = ("chunk",)
    role = "move"
    rearranges = True
    number: int = option("integer", positional=True, doc="which one, from 1")
    of: int = option("integer", doc="into how many parts")

    def shape(self, value: Any) -> Result:
        problem = needs_numbers(self, value)
        if problem:
            return problem
        if self.number > self.of:
            takes = f"1 to {self.of}, since chunks are counted from 1"
            return ValueNotAllowed("number", str(self.number), takes)
        problem = bad_groups(self.of, value.channels, "channels", "of")
        return problem or value.with_channels(value.channels // self.of)


class Shuffle(Op):
    """Channel shuffle: the channels of g groups are dealt out in turn. No MACs.

    The channels as a table of g rows are read column by column.

    Example:
        input 28x28x240
        shuffle 3                -> 28x28x240

    Source: Zhang et al. 2018, "ShuffleNet", section 3.1.
    """

    words = ("shuffle",)
    role = "move"
    rearranges = True
    groups: int = option("integer", positional=True, doc="groups of channels")

    def shape(self, value: Any) -> Result:
        problem = needs_numbers(self, value)
        return problem or bad_groups(self.groups, value.channels, "channels") or value


class MoreChannels(Op):
    """More channels, the new ones all zeros behind the old ones. No MACs.

    Example:
        input 32x32x16
        morechannels 32          -> 32x32x32

    Source: He et al. 2016, "Deep residual learning", shortcut option A.
    """

    words = ("morechannels",)
    role = "move"
    channels: int = option("integer", positional=True, doc="how many there are then")

    def shape(self, value: Any) -> Result:
        problem = needs_numbers(self, value)
        if not problem and self.channels < value.channels:
            takes = f"at least the {value.channels} there are"
            return ValueNotAllowed("channels", str(self.channels), takes)
        return problem or value.with_channels(self.channels)


class Gram(Op):
    """Gram matrix: how strongly each two channels go together, summed over all places.

    G[a][b] = sum of x[a]*x[b], over all places of a map or all things; C x C numbers. `mean`
    divides by places*C. MACs: C*C*places.

    Example:
        input 56x56x64
        gram                     -> 64x64

    Source: Gatys et al. 2016, "Image style transfer using CNNs"; Johnson et al. 2016 (mean).
    """

    words = ("gram",)
    role = "move"
    mean: bool = option("flag", default=False, doc="divided by the number of numbers")

    def shape(self, value: Any) -> Result:
        problem = needs_things(self, value)
        if not problem:
            return Shape((value.channels, value.channels))
        if needs_map(self, value):
            return wrong(self, "a map or things", value)
        return Shape((value.channels, value.channels), value.count)

    def macs(self, inputs: tuple[Any, ...], output: Any) -> int:
        value: Shape = inputs[0]
        return value.numbers * value.channels


class Sum(Op):
    """Sum over the things: `sum things` of `T of D` gives D. A move. No MACs.

    Joining paths by a sum is `add`.

    Example:
        input T of 512
        sum things               -> 512

    Source: Xu et al. 2015, "Show, attend and tell" (the weighted sum of places).
    """

    words = ("sum",)
    role = "move"
    things: bool = option("flag", default=False, doc="over the things of the running value")

    def shape(self, value: Any) -> Result:
        if not self.things:
            return MissingValue("sum", "the word things (`add` joins paths)", "sum things")
        return over_things(self, (value,))
