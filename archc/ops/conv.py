"""Convolution, and what layers with a window share."""

from __future__ import annotations

from typing import Any

from archc.diagnostics.kinds.sizes import GroupsDoNotDivide
from archc.diagnostics.kinds.values import MissingValue, ValueNotAllowed
from archc.diagnostics.model import Kind
from archc.ops.base import Op, Reach, Result, Tensors, needs_map, option
from archc.ops.dims import Slide, each_side, fit_rank, positive
from archc.ops.initial import bad_start, beginning, initial, initial_bias
from archc.ops.lowering import Make, Torch, options, square, unlike
from archc.ops.nodes import Nodes
from archc.ops.values import Drawn, Number, Padding, Shape, Window

DIVISORS_SHOWN = 6
DIVISORS_TRIED = 4096


class Windowed(Op):
    """What conv, deconv and the poolings share: a window with a stride, `3x3/2` or by name."""

    window: Window | None = option(
        "window", default=None, positional=True, doc="sides and stride, 3x3/2"
    )
    kernel: int | None = option("integer", default=None, doc="one side for all, as on 1-D maps")
    stride: int | None = option("integer", default=None, doc="one stride for all sides")

    @property
    def options(self) -> dict[str, Any]:
        """As everywhere, but with the window's sides and stride apart."""
        shown = super().options
        shown.pop("kernel", None)
        sides, strides = self._written()
        if sides:
            shown["window"] = "x".join([str(side) for side in sides])
        if strides or "stride" in type(self).always_shown:
            shown["stride"] = _one_or_all(strides or (1,))
        return shown

    def reach(self) -> Reach | None:
        sides, strides = self._written()
        return sides or (1,), strides or (1,), (getattr(self, "dilate", 1),)

    def _written(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Sides and strides as the row gives them; empty where it does not."""
        stride = () if self.stride is None else (self.stride,)
        if self.window is None:
            return () if self.kernel is None else (self.kernel,), stride
        return self.window.sides, self.window.stride or stride

    def _sides(self, value: Shape) -> tuple[int, ...] | Kind:
        """The window's sides on this map."""
        if self.window is None:
            if self.kernel is None:
                return MissingValue(self.word, "a window", f"{self.word} 3x3")
            return (self.kernel,) * value.rank
        if self.kernel is not None:
            takes = "a value only where no window is written"
            return ValueNotAllowed("kernel", str(self.kernel), takes)
        problem = fit_rank(self.word, "window", self.window.sides, value)
        return problem or positive("window", self.window.sides) or self.window.sides

    def _stride(self, value: Shape) -> tuple[int, ...] | Kind | None:
        """The strides as written, or None."""
        written = self.window.stride if self.window else None
        if self.stride is not None:
            if written is not None:
                takes = "a value only where the window has none"
                return ValueNotAllowed("stride", str(self.stride), takes)
            return (self.stride,) * value.rank
        if written is None:
            return None
        strides = written * value.rank if len(written) == 1 else written
        problem = fit_rank(self.word, "stride", strides, value) or positive("window", strides)
        return problem or strides


def _one_or_all(strides: tuple[int, ...]) -> int | str:
    return strides[0] if len(set(strides)) == 1 else "x".join([str(side) for side in strides])


def bad_pad(pad: Padding, value: Shape) -> Kind | None:
    """The problem if a pad is negative or has the wrong number of sides."""
    if isinstance(pad, str):
        return None
    sides = (pad,) if isinstance(pad, int) else pad
    if any(side < 0 for side in sides):
        shown = "x".join([str(side) for side in sides])
        return ValueNotAllowed("pad", shown, "sides of at least 0")
    return fit_rank("pad", "pad", pad, value) if isinstance(pad, tuple) else None


def bad_groups(
    groups: int, channels: int, what: str, option_name: str = "groups"
) -> GroupsDoNotDivide | None:
    """The problem if groups do not divide channels."""
    if channels % groups == 0:
        return None
    tried = range(1, min(channels, DIVISORS_TRIED) + 1)
    works = [number for number in tried if channels % number == 0]
    works.sort(key=lambda number: (abs(number - groups), number))
    nearest = tuple(sorted(works[:DIVISORS_SHOWN]))
    return GroupsDoNotDivide(what, channels, groups, option_name, nearest)


def ends(pads: tuple[tuple[int, int], ...]) -> tuple[int, ...]:
    """ONNX's pads: what comes before each side, then what comes behind each."""
    return (*[before for before, _ in pads], *[behind for _, behind in pads])


class Filter(Windowed):
    """What conv and deconv share."""

    channels: int | None = option("integer", default=None, positional=True, doc="outgoing channels")
    pad: Padding = option("padding", default=0, doc="zeros around: 1, 0x1x1, half or same")
    groups: int = option("integer", default=1, doc="groups of channels that do not see each other")
    dilate: int = option("integer", default=1, doc="distance between the window's taps")
    bias: bool = option("switch", default=True, doc="whether a bias is added")
    start: Drawn | Number | None = initial_bias()

    always_shown = ("window", "stride", "pad", "groups", "bias")

    def _held(self, value: Shape, name: str, out: int, padding: Any, outpad: Any = 0) -> Make:
        """The module of torch: a conv or a transposed one."""
        sides, strides = self._sides(value), self._stride(value) or (1,)
        assert not isinstance(sides, Kind) and not isinstance(strides, Kind)
        given = options(
            kernel_size=square(sides),
            stride=unlike(square(strides), 1),
            padding=unlike(padding, 0),
            output_padding=unlike(outpad, 0),
            dilation=unlike(self.dilate, 1),
            groups=unlike(value.channels if getattr(self, "dw", False) else self.groups, 1),
            bias=unlike(self.bias, True),
        )
        start = beginning(getattr(self, "init", None), self.start, self.bias)
        return Make(f"nn.{name}{value.rank}d", (value.channels, out), given, start)

    def _even_pad(self, value: Shape) -> int | tuple[int, ...]:
        """Zeros at both ends of each side, for a pad that is no word or `half`."""
        if self.pad == "half":
            sides = self._sides(value)
            assert not isinstance(sides, Kind)
            return square(tuple([self.dilate * (side - 1) // 2 for side in sides]))
        assert not isinstance(self.pad, str)
        return square(each_side(self.pad, value.rank))

    def _window_product(self, value: Shape) -> int:
        """How many taps the window has."""
        sides = self._sides(value)
        assert not isinstance(sides, Kind)
        product = 1
        for side in sides:
            product *= side
        return product

    def _tensors(self, value: Shape, outer: int, inner: int, out: int) -> Tensors:
        sides = self._sides(value)
        assert not isinstance(sides, Kind)
        tensors: Tensors = {"weight": (outer, inner, *sides)}
        if self.bias:
            tensors["bias"] = (out,)
        return tensors


class Conv(Filter):
    """Convolution: each output channel is a window's weighted sum over the incoming channels.

    out = (N + 2*pad - reach)/stride + 1 with reach = dilate*(window - 1) + 1; 1-, 2- and
    3-dimensional by the map. `pad=half` is the lecture's (F-1)/2, `pad=same` TensorFlow's. `dw`
    makes it depthwise: one filter for each incoming channel. MACs: places * channels *
    (incoming/groups) * window.

    Example:
        input 227x227x3
        conv 96 11x11/4          -> 55x55x96

    Source: LeCun et al. 1998, "Gradient-based learning applied to document recognition", section
    II.
    """

    words = ("conv",)
    weighted = True
    dw: bool = option("flag", default=False, doc="depthwise: groups = incoming channels")
    rounding: str = option(
        "choice",
        default="safe",
        positional=True,
        choices=("safe", "exact", "floor"),
        doc="if it does not tile",
    )
    init: str | Drawn | None = initial()

    def shape(self, value: Any) -> Result:
        problem = needs_map(self, value)
        problem = problem or bad_pad(self.pad, value) or self._bad_channels(value)
        problem = problem or bad_start(self.start, self.bias)
        sides = problem or self._sides(value)
        if isinstance(sides, Kind):
            return sides
        strides = self._stride(value) or (1,) * value.rank
        if isinstance(strides, Kind):
            return strides
        dilate = (self.dilate,) * value.rank
        spatial = Slide("conv", sides, strides, self.pad, dilate, self.rounding).over(value)
        if isinstance(spatial, Kind):
            return spatial
        return Shape((*spatial, self._out(value)), value.count)

    def weights(self, value: Shape) -> Tensors:
        out = self._out(value)
        return self._tensors(value, out, value.channels // self._groups(value), out)

    def macs(self, inputs: tuple[Any, ...], output: Shape) -> int:
        value: Shape = inputs[0]
        each = value.channels // self._groups(value) * self._window_product(value)
        return output.numbers * each

    def torch(self, value: Shape) -> Torch:
        out = self._out(value)
        if self.pad != "same":
            return Torch(make=self._held(value, "Conv", out, self._even_pad(value)))
        strides, sides = self._stride(value) or (1,), self._sides(value)
        assert not isinstance(strides, Kind) and not isinstance(sides, Kind)
        if set(strides) == {1}:
            return Torch(make=self._held(value, "Conv", out, "same"))
        reach = tuple([self.dilate * (side - 1) + 1 for side in sides])
        return Torch(
            call="{self}(same_pad({0}, {reach}, {stride}))",
            make=self._held(value, "Conv", out, 0),
            values=options(reach=reach, stride=strides),
            parts=("same_pad",),
        )

    def onnx(self, made: Nodes, value: Shape) -> str:
        sides, strides = self._sides(value), self._stride(value) or (1,) * value.rank
        assert not isinstance(sides, Kind) and not isinstance(strides, Kind)
        dilate = (self.dilate,) * value.rank
        pads = Slide("conv", sides, strides, self.pad, dilate, self.rounding).pads(value)
        follows = made.opened and self.pad == "same" and set(strides) != {1}
        bias = [made.tensor("bias")] if self.bias else []
        return made(
            "Conv",
            made.x,
            made.tensor("weight"),
            *bias,
            auto_pad="SAME_UPPER" if follows else None,
            dilations=dilate,
            group=self._groups(value),
            kernel_shape=sides,
            pads=None if follows else ends(pads),
            strides=strides,
        )

    def _out(self, value: Shape) -> int:
        return self.channels if self.channels is not None else value.channels

    def _groups(self, value: Shape) -> int:
        return max(value.channels, 1) if self.dw else self.groups

    def _channels_in_window(self, value: Shape) -> Kind | None:
        """`conv 3x3x128` on a picture: the last side was meant as channels."""
        window = self.window
        if window is None or len(window.sides) != value.rank + 1 or window.stride is not None:
            return None
        meant = f"{'x'.join([str(side) for side in window.sides[:-1]])} {window.sides[-1]}"
        takes = f"{value.rank} sides, and channels behind them"
        advice = f"channels stand apart: `{self.word} {meant}`"
        return ValueNotAllowed(
            "window", f"the {len(window.sides)} of {window}", takes, advice, meant
        )

    def _bad_channels(self, value: Shape) -> Kind | None:
        if self.dw and self.groups != 1:
            takes = "no value beside dw, which sets it"
            return ValueNotAllowed("groups", str(self.groups), takes)
        if self.channels is None and not self.dw:
            glued = self._channels_in_window(value)
            if glued is not None:
                return glued
            example = f"{self.word} {self.window or '3x3'} 64"
            return MissingValue(self.word, "a number of channels", example)
        groups = self._groups(value)
        problem = bad_groups(groups, value.channels, "incoming channels")
        return problem or bad_groups(groups, self._out(value), "outgoing channels")
