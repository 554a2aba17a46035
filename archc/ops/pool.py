"""Poolings: the largest number, the mean or the p-norm of each window; and undoing the first."""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import Any

from archc.diagnostics.kinds.sizes import IndicesMismatch
from archc.diagnostics.kinds.values import MissingValue, ValueNotAllowed
from archc.diagnostics.model import Kind
from archc.ops.adaptive import adapted, adaptive, sides_of
from archc.ops.base import Op, Result, needs_map, option, within, wrong
from archc.ops.conv import Windowed, bad_pad, ends
from archc.ops.dims import Slide, each_side, fit_rank, positive
from archc.ops.lowering import Make, Torch, Unsupported, options, square, unlike
from archc.ops.nodes import Nodes
from archc.ops.values import Number, Padding, Shape, Window, text_of

ALONE = 2
"""`maxpool` without a window is 2x2/2, as on the slides"""


class Pooling(Windowed):
    """What the poolings share. Alone they mean 2x2/2.

    With a window the stride must be written, unless the window covers the padded map: frameworks
    disagree on the default, torch takes the window's sides, Caffe 1.
    """

    rounding: str = option(
        "choice",
        default="safe",
        positional=True,
        choices=("safe", "exact", "floor", "ceil"),
        doc="if it does not tile",
    )

    def _written(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        sides, strides = super()._written()
        return (sides, strides) if sides or strides else ((ALONE,), (ALONE,))

    def _pooled(self, value: Shape, pad: Padding) -> Result:
        """The output's shape: the channels stay."""
        problem = bad_pad(pad, value)
        if problem:
            return problem
        if self.window is None and self.kernel is None and self.stride is None:
            sides, strides = (ALONE,) * value.rank, (ALONE,) * value.rank
        else:
            written = self._sides(value)
            if isinstance(written, Kind):
                return written
            moved = self._stride(value) or self._only_place(value, written, pad)
            if isinstance(moved, Kind):
                return moved
            sides, strides = written, moved
        problem = self._wide_pad(sides, pad)
        slide = Slide(self.word, sides, strides, pad, (1,) * value.rank, self.rounding)
        spatial = problem or slide.over(value)
        return spatial if isinstance(spatial, Kind) else value.with_spatial(spatial)

    def _only_place(
        self, value: Shape, sides: tuple[int, ...], pad: Padding
    ) -> tuple[int, ...] | Kind:
        """A stride of 1 if the window has one place; else the stride is missing."""
        pads = (0,) * value.rank if isinstance(pad, str) else each_side(pad, value.rank)
        room = [n + 2 * p - side for n, p, side in zip(value.spatial, pads, sides)]
        if max(room) <= 0 and not isinstance(pad, str):
            return (1,) * value.rank
        shown = str(sides[0]) if self.window is None else str(self.window)
        example = f"kernel={shown} stride={shown}" if self.window is None else f"{shown}/2"
        return MissingValue(self.word, "a stride beside its window", f"{self.word} {example}")

    def _wide_pad(self, sides: tuple[int, ...], pad: Padding) -> Kind | None:
        """A window that lies in the pad alone would have nothing to take the largest of."""
        if isinstance(pad, str):
            return None
        pads = each_side(pad, len(sides))
        if all(amount <= side // 2 for amount, side in zip(pads, sides)):
            return None
        shown = "x".join([str(amount) for amount in pads])
        return ValueNotAllowed("pad", shown, f"at most half of the window, {min(sides) // 2}")

    def _slid(self, value: Shape, name: str, pad: Padding, **more: Any) -> Make:
        """torch's module for a window that slides; `pad=same` comes before it."""
        sides, strides = self._slide(value)
        given = options(
            kernel_size=square(sides),
            stride=unlike(square(strides), square(sides)),  # torch's default
            padding=unlike(self._even_pad(sides, pad), 0),
            ceil_mode=unlike(self.rounding == "ceil", False),
            **more,
        )
        return Make(f"nn.{name}{value.rank}d", (), given)

    def _window(self, made: Nodes, value: Shape, pad: Padding) -> dict[str, Any]:
        """ONNX's attributes for a window that slides."""
        sides, strides = self._slide(value)
        ones = (1,) * value.rank
        pads = Slide(self.word, sides, strides, pad, ones, self.rounding).pads(value)
        follows = made.opened and pad == "same" and set(strides) != {1}
        return {
            "auto_pad": "SAME_UPPER" if follows else None,
            "ceil_mode": 1 if self._rounds_up(made, value, pad) else None,
            "kernel_shape": sides,
            "pads": None if follows else ends(pads),
            "strides": strides,
        }

    def _rounds_up(self, made: Nodes, value: Shape, pad: Padding) -> bool:
        """Whether a last window goes beyond the map, which ONNX has to be told."""
        if self.rounding != "ceil" or pad == "same":
            return False
        places = self._places(value, pad, "ceil")
        return made.opened or places != self._places(value, pad, "floor")

    def _real(self, made: Nodes, found: str, value: Shape, pad: Padding) -> str:
        """Without a window that would begin beyond the map on one side, where the last one of
        another goes beyond it: ONNX's checker counts it, nobody else does.
        """
        if made.opened or not self._rounds_up(made, value, pad):
            return found
        (sides, strides), places = self._slide(value), self._pooled(value, pad)
        assert isinstance(places, Shape)
        pads = Slide(self.word, sides, strides, pad, (1,) * value.rank, self.rounding).pads(value)
        for axis, number in enumerate(places.spatial):
            room = value.spatial[axis] + sum(pads[axis]) - sides[axis]
            if number < -(-room // strides[axis]) + 1:
                found = made.slice(found, 0, number, axis + 2)
        return found

    def _places(self, value: Shape, pad: Padding, rounding: str) -> tuple[int, ...] | Kind:
        sides, strides = self._slide(value)
        return Slide(self.word, sides, strides, pad, (1,) * value.rank, rounding).over(value)

    def _slide(self, value: Shape) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Sides and strides of the window on this map, which has room for it."""
        alone = self.window is None and self.kernel is None
        sides = (ALONE,) * value.rank if alone else self._sides(value)
        strides = self._stride(value) or ((ALONE if alone else 1),) * value.rank
        assert not isinstance(sides, Kind) and not isinstance(strides, Kind)
        return sides, strides

    def _even_pad(self, sides: tuple[int, ...], pad: Padding) -> int | tuple[int, ...]:
        if pad == "half":
            return square(tuple([(side - 1) // 2 for side in sides]))
        return 0 if isinstance(pad, str) else square(each_side(pad, len(sides)))

    def _adapted(self, value: Shape, to: Window | int, pad: Padding) -> Result:
        """The output's shape for `to=6x6`, whatever the input's sides are."""
        if self.window or self.kernel or self.stride or pad != 0:
            takes = "a size only where no window, stride or pad is written"
            return ValueNotAllowed("to", str(to), takes)
        sides = sides_of(to, value)
        problem = fit_rank(self.word, "size", sides, value) or positive("to", sides)
        return problem or value.with_spatial(sides)


class MaxPool(Pooling):
    """Max pooling: the largest number under the window, each channel for itself.

    out = (N + 2*pad - window)/stride + 1; alone it means 2x2/2. `to=6x6` chooses the windows so
    that the output has this size (adaptive pooling). Pads count as minus infinity.

    Example:
        input 224x224x64
        maxpool 2x2/2            -> 112x112x64

    Source: Ranzato et al. 2007, "Unsupervised learning of invariant feature hierarchies".
    """

    words = ("maxpool",)
    pad: Padding = option("padding", default=0, doc="around: 1, 0x1x1, half or same")
    to: Window | None = option("size", default=None, doc="the output's sides, to=6x6")

    def shape(self, value: Any) -> Result:
        problem = needs_map(self, value)
        if problem:
            return problem
        if self.to is not None:
            return self._adapted(value, self.to, self.pad)
        return self._pooled(value, self.pad)

    def torch(self, value: Shape) -> Torch:
        if self.to is not None:
            return Torch(make=adaptive("Max", self.to, value))
        make = self._slid(value, "MaxPool", self.pad)
        if self.pad != "same":
            return Torch(make=make)
        sides, strides = self._slide(value)
        values = options(window=sides, stride=strides, fill=float("-inf"))
        return Torch(
            "{self}(same_pad({0}, {window}, {stride}, {fill}))", make, values, ("same_pad",)
        )

    def onnx(self, made: Nodes, value: Shape) -> str | Unsupported:
        if self.to is not None and not made.indexed:
            return adapted(made, "Max", self.to, value)
        window = self._window(made, value, self.pad)
        if self.to is not None:
            sides = sides_of(self.to, value)
            if made.opened or any(n % side for n, side in zip(value.spatial, sides)):
                return Unsupported("the places that windows of different sides found are not kept")
            each = tuple([n // side for n, side in zip(value.spatial, sides)])
            window = {"kernel_shape": each, "strides": each}
        if not made.indexed:
            return self._real(made, made("MaxPool", made.x, **window), value, self.pad)
        found, places = made.several(2, "MaxPool", made.x, **window)
        made.window = window
        made.places = self._real(made, places, value, self.pad)
        return self._real(made, found, value, self.pad)


class AvgPool(Pooling):
    """Average pooling: the mean of the numbers under the window, each channel for itself.

    out = (N + 2*pad - window)/stride + 1; alone it means 2x2/2. Zeros of `pad=1` or `pad=half` are
    counted in the mean (torch's default), those of `pad=same` are not (TensorFlow's): `count=all`
    and `count=real` say it. `to=6x6` chooses the windows so that the output has this size.

    Example:
        input 8x8x2048
        avgpool 8x8              -> 1x1x2048

    Source: LeCun et al. 1998, section II.B (subsampling).
    """

    words = ("avgpool",)
    pad: Padding = option("padding", default=0, doc="zeros around: 1, 0x1x1, half or same")
    to: Window | None = option("size", default=None, doc="the output's sides, to=6x6")
    count: str | None = option(
        "choice", default=None, choices=("all", "real"), doc="whether pads count in the mean"
    )

    def shape(self, value: Any) -> Result:
        problem = needs_map(self, value)
        if problem:
            return problem
        if self.to is not None:
            return self._adapted(value, self.to, self.pad)
        return self._pooled(value, self.pad)

    def torch(self, value: Shape) -> Torch:
        if self.to is not None:
            return Torch(make=adaptive("Avg", self.to, value))
        if self.pad != "same":
            counted = False if self.count == "real" else None
            return Torch(make=self._slid(value, "AvgPool", self.pad, count_include_pad=counted))
        sides, strides = self._slide(value)
        given = options(count_all=unlike(self.count == "all", False))
        return Torch(make=Make("SameAvgPool", (sides, strides), given))

    def onnx(self, made: Nodes, value: Shape) -> str | Unsupported:
        if self.to is not None:
            return adapted(made, "Average", self.to, value)
        window = self._window(made, value, self.pad)
        counted = self.count == "all" or (self.count is None and self.pad != "same")
        padded = window["pads"] is None or any(window["pads"])
        counts = 1 if counted and padded else None
        found = made("AveragePool", made.x, count_include_pad=counts, **window)
        return self._real(made, found, value, self.pad)


class GlobalAvgPool(Op):
    """Global average pooling: the mean of each channel over the whole map.

    The map keeps its sides, all 1; `flatten` makes a vector of it, `fc` does so by itself.

    Example:
        input 7x7x2048
        gap                      -> 1x1x2048

    Source: Lin et al. 2014, "Network in network", section 3.2.
    """

    words = ("gap",)

    def shape(self, value: Any) -> Result:
        return needs_map(self, value) or value.with_spatial((1,) * value.rank)

    def torch(self, value: Shape) -> Torch:
        return Torch(make=Make(f"nn.AdaptiveAvgPool{value.rank}d", (1,)))

    def onnx(self, made: Nodes, value: Shape) -> str:
        return made("GlobalAveragePool", made.x)


class LPPool(Pooling):
    """Power pooling: the p-norm of the numbers under the window, (sum of x^p)^(1/p).

    p = 1 is the sum, p = 2 (the default) the length; it comes near max pooling as p grows. Without
    pads, as in torch. Alone it means 2x2/2.

    Example:
        input 32x32x16
        lppool 2x2/2 p=2         -> 16x16x16

    Source: Sermanet et al. 2012, "Convolutional neural networks applied to house numbers".
    """

    words = ("lppool",)
    p: Number = option("number", default=Fraction(2), doc="the power")

    def shape(self, value: Any) -> Result:
        problem = needs_map(self, value) or within("p", self.p, 0, open_low=True)
        return problem or self._pooled(value, 0)

    def torch(self, value: Shape) -> Torch:
        made = self._slid(value, "LPPool", 0)
        return Torch(make=Make(made.name, (float(self.p),), made.options))

    def onnx(self, made: Nodes, value: Shape) -> str:
        window = self._window(made, value, 0)
        sides, _ = self._slide(value)
        if self.p % 2 == 0 and window["ceil_mode"] is None:
            return made("LpPool", made.x, p=int(self.p), **window)
        power = float(self.p)  # torch's numbers: signs stay, windows beyond the map weigh more
        given = made.x if power == 1 else made("Pow", made.x, made.number(power))
        sums = made("Mul", made("AveragePool", given, **window), made.number(prod(sides)))
        return sums if power == 1 else made("Pow", sums, made.number(1 / power))


class Unpool(Op):
    """Max unpooling: each number goes back to where the named max pooling found it, the rest is 0.

    The output has the shape that went into that pooling; the value must have the pooled shape.

    Example:
        input 8x8x16
        maxpool as pool1
        conv 3x3 16 pad=half
        unpool pool1             -> 8x8x16

    Source: Zeiler and Fergus 2014, "Visualizing and understanding convolutional networks", 2.1.
    """

    words = ("unpool",)
    role = "move"
    wants_pool_input = True
    pool: str = option("row", positional=True, doc="the maxpool row to undo")

    def shape(self, value: Any, pooled: Any, before: Any) -> Result:
        problem = needs_map(self, value) or needs_map(self, pooled) or needs_map(self, before)
        if problem:
            return problem
        if value != pooled:
            return IndicesMismatch(self.pool, text_of(pooled), text_of(value))
        if before.count != value.count or before.rank != value.rank:
            return wrong(self, f"a value pooled from {before}", value)
        return Shape(before.dims, before.count)

    def torch(self, value: Shape, pooled: Shape, before: Shape) -> Torch:
        return Torch("max_unpool({0}, {indices}, {2})", parts=("max_unpool",))

    def onnx(self, made: Nodes, value: Shape, pooled: Shape, before: Shape) -> str:
        like, window = made.inputs[2], dict(made.window)
        assert isinstance(like, str)
        sides = made.sides_of(like, before)
        if not window.pop("ceil_mode", None) and not window.pop("auto_pad", None):
            return made("MaxUnpool", made.x, made.places, sides, **window)
        # MaxUnpool refuses windows that go beyond the map; places count through all samples
        zeros = made("Expand", made.number(0), made("ReduceProd", sides, keepdims=1))
        flat = made.reshape(made.places, -1), made.reshape(made.x, -1)
        return made("Reshape", made("ScatterElements", zeros, *flat, axis=0), sides)
