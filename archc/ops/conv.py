"""Convolution, transposed convolution, and the fully connected layer."""

from __future__ import annotations

from typing import Any, ClassVar

from archc.diagnostics.kinds.sizes import GroupsDoNotDivide, SizeNotPositive
from archc.diagnostics.kinds.values import MissingValue, ValueNotAllowed
from archc.diagnostics.model import Kind
from archc.ops.base import Op, Result, Tensors, needs_map, option
from archc.ops.dims import Slide, each_side, fit_rank, positive
from archc.ops.values import Padding, Shape, Window

DIVISORS_SHOWN = 6


class Windowed(Op):
    """What conv, deconv and the poolings share: a window with a stride, given as `3x3/2` or by name."""

    window: Window | None = option("window", default=None, positional=True, doc="sides and stride, 3x3/2")
    kernel: int | None = option("integer", default=None, doc="one side for all: kernel=80 on 1-D maps")
    stride: int | None = option("integer", default=None, doc="one stride for all sides")

    def _sides(self, value: Shape) -> tuple[int, ...] | Kind:
        """The window's sides on this map."""
        if self.window is None:
            if self.kernel is None:
                return MissingValue(self.word, "a window", f"{self.word} 3x3")
            return (self.kernel,) * value.rank
        if self.kernel is not None:
            return ValueNotAllowed("kernel", str(self.kernel), "a value only where no window is written")
        problem = fit_rank(self.word, "window", self.window.sides, value)
        return problem or positive("window", self.window.sides) or self.window.sides

    def _stride(self, value: Shape) -> tuple[int, ...] | Kind | None:
        """The strides as written, or None."""
        written = self.window.stride if self.window else None
        if self.stride is not None:
            if written is not None:
                return ValueNotAllowed("stride", str(self.stride), "a value only where the window has none")
            return (self.stride,) * value.rank
        if written is None:
            return None
        strides = written * value.rank if len(written) == 1 else written
        return fit_rank(self.word, "stride", strides, value) or positive("window", strides) or strides


def bad_pad(pad: Padding, value: Shape) -> Kind | None:
    """The problem if a pad has the wrong number of sides."""
    return fit_rank("pad", "pad", pad, value) if isinstance(pad, tuple) else None


def bad_groups(groups: int, channels: int, what: str) -> Kind | None:
    """The problem if groups do not divide channels."""
    if channels % groups == 0:
        return None
    works = [number for number in range(1, min(channels, 4096) + 1) if channels % number == 0]
    works.sort(key=lambda number: (abs(number - groups), number))
    return GroupsDoNotDivide(what, channels, groups, works=tuple(sorted(works[:DIVISORS_SHOWN])))


class Conv(Windowed):
    """Convolution: each output channel is a window's weighted sum over the incoming channels.

    out = (N + 2*pad - reach)/stride + 1 with reach = dilate*(window - 1) + 1; 1-, 2- and 3-dimensional by
    the map. `pad=half` is the lecture's (F-1)/2, `pad=same` TensorFlow's. `dw` makes it depthwise: one
    filter for each incoming channel. MACs: places * channels * (incoming/groups) * window.

    Example:
        input 227x227x3
        conv 96 11x11/4          -> 55x55x96

    Source: LeCun et al. 1998, "Gradient-based learning applied to document recognition", section II.
    """

    words = ("conv",)
    weighted: ClassVar[bool] = True
    channels: int | None = option("integer", default=None, positional=True, doc="outgoing channels")
    pad: Padding = option("padding", default=0, doc="zeros around: a number, 0x1x1, half or same")
    groups: int = option("integer", default=1, doc="channel groups that do not see each other")
    dilate: int = option("integer", default=1, doc="distance between the window's taps")
    bias: bool = option("switch", default=True, doc="whether a bias is added")
    dw: bool = option("flag", default=False, doc="depthwise: groups = incoming channels")
    rounding: str = option(
        "choice", default="safe", positional=True, choices=("safe", "exact", "floor"), doc="if it does not tile"
    )
    init: str | None = option("choice", default=None, choices=("he", "xavier", "zero"), doc="initial weights")
    start: Any = option("number", default=None, doc="initial value of the bias")

    def shape(self, value: Any) -> Result:
        problem = needs_map(self, value, "reshape 7x7x32 or map 14x14 makes a map")
        problem = problem or bad_pad(self.pad, value) or self._bad_channels(value)
        sides = problem or self._sides(value)
        if isinstance(sides, Kind):
            return sides
        strides = self._stride(value)
        if isinstance(strides, Kind):
            return strides
        slide = Slide(
            "conv", sides, strides or (1,) * value.rank, self.pad, (self.dilate,) * value.rank, self.rounding
        )
        spatial = slide.over(value)
        return spatial if isinstance(spatial, Kind) else Shape((*spatial, self._out(value)), value.count)

    def weights(self, value: Shape) -> Tensors:
        sides = self._sides(value)
        assert not isinstance(sides, Kind)
        out = self._out(value)
        tensors: Tensors = {"weight": (out, value.channels // self._groups(value), *sides)}
        if self.bias:
            tensors["bias"] = (out,)
        return tensors

    def macs(self, inputs: tuple[Any, ...], output: Any) -> int:
        value: Shape = inputs[0]
        product = output.numbers * (value.channels // self._groups(value))
        for side in self._sides(value):
            product *= side
        return int(product)

    def reach(self) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]] | None:
        sides = self.window.sides if self.window else (self.kernel or 1,)
        written = self.window.stride if self.window else None
        return sides, written or (self.stride or 1,), (self.dilate,)

    def _out(self, value: Shape) -> int:
        return self.channels if self.channels is not None else value.channels

    def _groups(self, value: Shape) -> int:
        return value.channels if self.dw else self.groups

    def _bad_channels(self, value: Shape) -> Kind | None:
        if self.dw and self.groups != 1:
            return ValueNotAllowed("groups", str(self.groups), "no value beside dw, which sets it")
        if self.channels is None and not self.dw:
            return MissingValue(self.word, "a number of channels", f"{self.word} {self.window or '3x3'} 64")
        groups = self._groups(value)
        problem = bad_groups(groups, value.channels, "incoming channels")
        return problem or bad_groups(groups, self._out(value), "outgoing channels")


class Deconv(Windowed):
    """Transposed convolution: a conv's sizes backwards, to make maps larger.

    out = (N - 1)*stride - 2*pad + reach + outpad. `pad=same` gives stride*N exactly: pad =
    ceil((F-S)/2), outpad = 2*pad - (F-S). MACs: incoming places * incoming channels *
    (channels/groups) * window.

    Example:
        input 4x4x1024
        deconv 5x5/2 512 pad=same -> 8x8x512

    Source: Zeiler et al. 2010, "Deconvolutional networks"; Dumoulin and Visin 2016, section 4.
    """

    words = ("deconv",)
    weighted: ClassVar[bool] = True
    channels: int | None = option("integer", default=None, positional=True, doc="outgoing channels")
    pad: Padding = option("padding", default=0, doc="taken off around: a number, 0x1x1, half or same")
    outpad: int = option("integer", default=0, minimum=0, doc="added behind")
    groups: int = option("integer", default=1, doc="channel groups that do not see each other")
    dilate: int = option("integer", default=1, doc="distance between the window's taps")
    bias: bool = option("switch", default=True, doc="whether a bias is added")
    init: str | None = option(
        "choice", default=None, choices=("he", "xavier", "zero", "bilinear"), doc="initial weights"
    )
    start: Any = option("number", default=None, doc="initial value of the bias")

    def shape(self, value: Any) -> Result:
        problem = needs_map(self, value, "reshape 7x7x32 or map 14x14 makes a map")
        problem = problem or bad_pad(self.pad, value) or self._bad_channels(value)
        sides = problem or self._sides(value)
        if isinstance(sides, Kind):
            return sides
        strides = self._stride(value) or (1,) * value.rank
        if isinstance(strides, Kind):
            return strides
        if self.outpad and self.outpad >= max(max(strides), self.dilate):
            return ValueNotAllowed("outpad", str(self.outpad), "less than the stride or dilation")
        spatial: list[int] = []
        for axis, size in enumerate(value.spatial):
            reach = self.dilate * (sides[axis] - 1) + 1
            pad, outpad = self._pads(axis, reach, strides[axis])
            out = (size - 1) * strides[axis] - 2 * pad + reach + outpad
            if out < 1:
                formula = f"({size} - 1)*{strides[axis]} - 2*{pad} + {reach} + {outpad} = {out}"
                return SizeNotPositive("deconv", size, reach, 0, "every side", formula)
            spatial.append(out)
        return Shape((*spatial, self._out()), value.count)

    def weights(self, value: Shape) -> Tensors:
        sides = self._sides(value)
        assert not isinstance(sides, Kind)
        tensors: Tensors = {"weight": (value.channels, self._out() // self.groups, *sides)}
        if self.bias:
            tensors["bias"] = (self._out(),)
        return tensors

    def macs(self, inputs: tuple[Any, ...], output: Any) -> int:
        value: Shape = inputs[0]
        product = value.numbers * (self._out() // self.groups)
        for side in self._sides(value):
            product *= side
        return int(product)

    def reach(self) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]] | None:
        sides = self.window.sides if self.window else (self.kernel or 1,)
        written = self.window.stride if self.window else None
        return sides, written or (self.stride or 1,), (self.dilate,)

    def _out(self) -> int:
        assert self.channels is not None
        return self.channels

    def _pads(self, axis: int, reach: int, stride: int) -> tuple[int, int]:
        if self.pad == "same":
            pad = max(-((stride - reach) // 2), 0)
            return pad, 2 * pad - (reach - stride)
        if self.pad == "half":
            return (reach - 1) // 2, self.outpad
        sides = each_side(self.pad, axis + 1) if not isinstance(self.pad, str) else (0,) * (axis + 1)
        return sides[axis], self.outpad

    def _bad_channels(self, value: Shape) -> Kind | None:
        if self.channels is None:
            return MissingValue(self.word, "a number of channels", f"{self.word} {self.window or '4x4/2'} 64")
        problem = bad_groups(self.groups, value.channels, "incoming channels")
        return problem or bad_groups(self.groups, self.channels, "outgoing channels")


class FullyConnected(Op):
    """Fully connected: every output is a weighted sum of all incoming numbers.

    A map is flattened first, channels outermost as in torch; on `T of D` it acts on each thing, on
    `R of HxWxC` each thing is flattened. MACs: things * incoming * outgoing.

    Example:
        input 7x7x512
        fc 4096                  -> 4096

    Source: Rosenblatt 1958; LeCun et al. 1998 (F6).
    """

    words = ("fc",)
    weighted: ClassVar[bool] = True
    channels: int = option("integer", positional=True, doc="outgoing numbers")
    bias: bool = option("switch", default=True, doc="whether a bias is added")
    init: str | None = option("choice", default=None, choices=("he", "xavier", "zero"), doc="initial weights")
    start: Any = option("number", default=None, doc="initial value of the bias")

    def shape(self, value: Any) -> Result:
        if not isinstance(value, Shape) or value.is_integer:
            from archc.diagnostics.kinds.sizes import WrongInput

            return WrongInput(self.word, "numbers", value, "embed turns words into numbers")
        return Shape((self.channels,), value.count)

    def weights(self, value: Shape) -> Tensors:
        tensors: Tensors = {"weight": (self.channels, value.numbers_each)}
        if self.bias:
            tensors["bias"] = (self.channels,)
        return tensors

    def macs(self, inputs: tuple[Any, ...], output: Any) -> int:
        return int(inputs[0].numbers * self.channels)
