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
    needs_numbers,
    needs_things,
    option,
    wrong,
)
from archc.ops.dims import positive
from archc.ops.join import over_all, over_things
from archc.ops.lowering import Torch, flat, options
from archc.ops.nodes import Nodes
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

    def torch(self, value: Shape) -> Torch:
        if value.rank == 0:
            return Torch("{0}" if value.count is None else "{0}.flatten(1)")
        return Torch(flat(value))

    def onnx(self, made: Nodes, value: Shape) -> str:
        if value.rank == 0 and value.count is None:
            return made.x
        found = made("Flatten", made.x, axis=1)
        return made.unsqueeze(found, 0) if value.rank and value.count is not None else found


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

    def torch(self, value: Shape) -> Torch:
        dims = self._dims()
        assert not isinstance(dims, Kind)
        if len(dims) == 1:
            return Torch(flat(value))
        sides = (dims[-1], *dims[:-1])
        values = options(**{f"side{i}": side for i, side in enumerate(sides)})
        named = ", ".join([f"{{side{i}}}" for i in range(len(sides))])
        return Torch(f"{{0}}.reshape(-1, {named})", values=values)

    def onnx(self, made: Nodes, value: Shape) -> str:
        dims = self._dims()
        assert not isinstance(dims, Kind)
        if len(dims) == 1:
            if value.rank == 0:
                return made.x
            found = made("Flatten", made.x, axis=1)
            return made.unsqueeze(found, 0) if value.count is not None else found
        return made.reshape(made.x, -1, dims[-1], *dims[:-1])


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

    def torch(self, value: Shape) -> Torch:
        return Torch("{0}.transpose(1, 2)")

    def onnx(self, made: Nodes, value: Shape) -> str:
        return made.transpose(made.x, 0, 2, 1)


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

    def torch(self, value: Shape) -> Torch:
        if self.numbers in (None, value.channels):
            return Torch("{0}.flatten(2).transpose(1, 2)" if value.rank else "{0}.unsqueeze(1)")
        places = "{0}.movedim(1, -1)" if value.rank else "{0}"
        values = options(numbers=self.numbers)
        return Torch(f"torch.unflatten({places}.flatten(1), 1, (-1, {{numbers}}))", values=values)

    def onnx(self, made: Nodes, value: Shape) -> str:
        if self.numbers in (None, value.channels):
            if not value.rank:
                return made.unsqueeze(made.x, 1)
            flat_ = made.x if value.rank == 1 else made.reshape(made.x, 0, 0, -1)
            return made.transpose(flat_, 0, 2, 1)
        assert self.numbers is not None
        last = made.transpose(made.x, 0, *range(2, value.rank + 2), 1) if value.rank else made.x
        return made.reshape(last, 0, -1, self.numbers)


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

    def torch(self, value: Shape) -> Torch:
        return Torch("{0}[:, {index}]", values=options(index=-1 if self.last else self.index))

    def onnx(self, made: Nodes, value: Shape) -> str:
        at = -1 if self.index is None else self.index
        return made("Gather", made.x, made.integer(at), axis=1)


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

    def torch(self, value: Shape) -> Torch:
        sides = (self.length,) if self.size is None else self.size.sides
        return Torch(
            "torch.unflatten({0}.transpose(1, 2), 2, {sides})", values=options(sides=sides)
        )

    def onnx(self, made: Nodes, value: Shape) -> str:
        sides = (self.length or 0,) if self.size is None else self.size.sides
        found = made.transpose(made.x, 0, 2, 1)
        return found if len(sides) == 1 else made.reshape(found, 0, 0, *sides)


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

    def torch(self, value: Shape) -> Torch:
        return Torch("{0}.sum(0, keepdim=True)" if value.rank else "{0}.sum(1)")

    def onnx(self, made: Nodes, value: Shape) -> str:
        return over_all(made, "ReduceSum", value)
