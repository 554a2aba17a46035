"""Transposed convolution."""

from __future__ import annotations

from typing import Any

from archc.diagnostics.kinds.sizes import SizeNotPositive
from archc.diagnostics.kinds.values import MissingValue, ValueNotAllowed
from archc.diagnostics.model import Kind
from archc.ops.base import Result, Tensors, needs_map, option
from archc.ops.conv import Filter, bad_groups, bad_pad
from archc.ops.dims import each_side
from archc.ops.initial import bad_start, initial
from archc.ops.lowering import Torch, square
from archc.ops.nodes import Nodes
from archc.ops.values import Drawn, Shape


class Deconv(Filter):
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
    weighted = True
    outpad: int = option("integer", default=0, minimum=0, doc="added behind")
    init: str | Drawn | None = initial("bilinear")

    def shape(self, value: Any) -> Result:
        problem = needs_map(self, value)
        problem = problem or bad_pad(self.pad, value) or self._bad_channels(value)
        sides = problem or self._sides(value)
        if isinstance(sides, Kind):
            return sides
        strides = self._stride(value) or (1,) * value.rank
        if isinstance(strides, Kind):
            return strides
        problem = self._bad_outpad(strides) or bad_start(self.start, self.bias)
        problem = problem or self._bad_bilinear(value)
        if problem:
            return problem
        spatial: list[int] = []
        for axis, size in enumerate(value.spatial):
            out = self._places(axis, size, sides[axis], strides[axis])
            if isinstance(out, Kind):
                return out
            spatial.append(out)
        return Shape((*spatial, self._out()), value.count)

    def weights(self, value: Shape) -> Tensors:
        out = self._out()
        return self._tensors(value, value.channels, out // self.groups, out)

    def macs(self, inputs: tuple[Any, ...], output: Shape) -> int:
        value: Shape = inputs[0]
        return value.numbers * (self._out() // self.groups) * self._window_product(value)

    def torch(self, value: Shape) -> Torch:
        pad, outpad = self._padding(value)
        parts = ("bilinear_",) if self.init == "bilinear" else ()
        make = self._held(value, "ConvTranspose", self._out(), pad, outpad)
        return Torch(make=make, parts=parts)

    def onnx(self, made: Nodes, value: Shape) -> str:
        sides, strides = self._sides(value), self._stride(value) or (1,) * value.rank
        assert not isinstance(sides, Kind) and not isinstance(strides, Kind)
        pads, outpads = self._padding(value)
        bias = [made.tensor("bias")] if self.bias else []
        return made(
            "ConvTranspose",
            made.x,
            made.tensor("weight"),
            *bias,
            dilations=(self.dilate,) * value.rank,
            group=self.groups,
            kernel_shape=sides,
            output_padding=each_side(outpads, value.rank),
            pads=each_side(pads, value.rank) * 2,
            strides=strides,
        )

    def _padding(self, value: Shape) -> tuple[Any, Any]:
        """torch's padding and output padding."""
        if self.pad != "same":
            return self._even_pad(value), self.outpad
        sides, strides = self._sides(value), self._stride(value) or (1,) * value.rank
        assert not isinstance(sides, Kind) and not isinstance(strides, Kind)
        reach = [self.dilate * (side - 1) + 1 for side in sides]
        pads = [self._pads(axis, *pair) for axis, pair in enumerate(zip(reach, strides))]
        return square(tuple([pad for pad, _ in pads])), square(tuple([out for _, out in pads]))

    def _out(self) -> int:
        assert self.channels is not None
        return self.channels

    def _places(self, axis: int, size: int, side: int, stride: int) -> int | Kind:
        reach = self.dilate * (side - 1) + 1
        pad, outpad = self._pads(axis, reach, stride)
        out = (size - 1) * stride - 2 * pad + reach + outpad
        if out >= 1:
            return out
        formula = f"({size} - 1)*{stride} - 2*{pad} + {reach} + {outpad} = {out}"
        takes = f"less than that, since {formula} leaves nothing"
        if pad:
            return ValueNotAllowed("pad", str(self.pad), takes)
        return SizeNotPositive("deconv", size, reach, 0, "every side", formula)

    def _pads(self, axis: int, reach: int, stride: int) -> tuple[int, int]:
        """What is taken off at both ends of a side, and what is added behind."""
        if self.pad == "same":
            pad = max(-((stride - reach) // 2), 0)
            return pad, 2 * pad - (reach - stride)
        if isinstance(self.pad, str):
            return (reach - 1) // 2, self.outpad
        return each_side(self.pad, axis + 1)[axis], self.outpad

    def _bad_outpad(self, strides: tuple[int, ...]) -> Kind | None:
        if not self.outpad:
            return None
        if self.pad == "same":
            return ValueNotAllowed("outpad", str(self.outpad), "no value beside pad=same")
        limit = max(min(strides), self.dilate)
        if self.outpad < limit:
            return None
        takes = f"less than the stride or dilation, {limit}"
        return ValueNotAllowed("outpad", str(self.outpad), takes)

    def _bad_bilinear(self, value: Shape) -> Kind | None:
        if self.init != "bilinear" or value.channels == self._out():
            return None
        takes = f"as many channels out as come in, {value.channels}, which it enlarges one by one"
        return ValueNotAllowed("init", "bilinear", takes)

    def _bad_channels(self, value: Shape) -> Kind | None:
        if self.channels is None:
            example = f"{self.word} {self.window or '4x4/2'} 64"
            return MissingValue(self.word, "a number of channels", example)
        problem = bad_groups(self.groups, value.channels, "incoming channels")
        return problem or bad_groups(self.groups, self.channels, "outgoing channels")
