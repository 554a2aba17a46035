"""Channels picked, dealt out, added, and compared with each other."""

from __future__ import annotations

from typing import Any

from archc.diagnostics.kinds.values import ValueNotAllowed
from archc.ops.base import Op, Result, needs_map, needs_numbers, needs_things, option, wrong
from archc.ops.conv import bad_groups
from archc.ops.lowering import Torch, channel_axis, options
from archc.ops.nodes import Nodes
from archc.ops.values import Shape


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

    def torch(self, value: Shape) -> Torch:
        values = options(of=self.of, index=self.number - 1)
        return Torch(f"{{0}}.chunk({{of}}, dim={channel_axis(value)})[{{index}}]", values=values)

    def onnx(self, made: Nodes, value: Shape) -> str:
        if self.of == 1:
            return made.x
        each = value.channels // self.of
        start = (self.number - 1) * each
        return made.slice(made.x, start, start + each, channel_axis(value))


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

    def torch(self, value: Shape) -> Torch:
        values = options(groups=self.groups)
        if value.rank:
            return Torch("F.channel_shuffle({0}, {groups})", values=values)
        axis = channel_axis(value)
        rows = f"torch.unflatten({{0}}, {axis}, ({{groups}}, -1))"
        dealt = f"{rows}.transpose({axis}, {axis + 1}).flatten({axis}, {axis + 1})"
        return Torch(dealt, values=values)

    def onnx(self, made: Nodes, value: Shape) -> str:
        if self.groups in (1, value.channels):
            return made.x
        each = value.channels // self.groups
        order = [row * each + column for column in range(each) for row in range(self.groups)]
        return made.picked(made.x, channel_axis(value), *order)


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

    def torch(self, value: Shape) -> Torch:
        sides = "0, 0, " * value.rank
        more = self.channels - value.channels
        return Torch(f"F.pad({{0}}, ({sides}0, {{more}}))", values=options(more=more))

    def onnx(self, made: Nodes, value: Shape) -> str:
        if self.channels == value.channels:
            return made.x
        axis, axes = channel_axis(value), 2 + (value.rank or int(value.count is not None))
        behind = [self.channels - value.channels if at == axis else 0 for at in range(axes)]
        return made("Pad", made.x, made.ints(*[0] * axes, *behind))


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

    def torch(self, value: Shape) -> Torch:
        rows = "{0}.flatten(2)" if value.rank else "{0}.transpose(1, 2)"
        mean = ", mean=True" if self.mean else ""
        return Torch(f"gram({rows}{mean})", parts=("gram",))

    def onnx(self, made: Nodes, value: Shape) -> str:
        rows = made.reshape(made.x, 0, 0, -1) if value.rank > 1 else made.x
        turned = made.transpose(rows, 0, 2, 1)
        if not value.rank:
            rows, turned = turned, rows
        found = made("MatMul", rows, turned)
        if not self.mean:
            return found
        return made("Div", found, self._divisor(made, value, rows))

    def _divisor(self, made: Nodes, value: Shape, rows: str) -> str:
        """How many numbers there are, as a float."""
        places = value.numbers_each // value.channels if value.rank else value.count
        if isinstance(places, int) and not (value.rank and made.opened):
            return made.number(places * value.channels)
        each = made("Expand", made.number(value.channels), made.sides(rows, 2))
        return made.reduce("ReduceSum", each, 0, keepdims=False)
