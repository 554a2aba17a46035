"""Window arithmetic: how many places a window has on a side, and the four ways to round.

out = (N + pads - reach) / stride + 1, reach = dilate * (window - 1) + 1 (CS231n, "Spatial
arrangement"). Shared by conv, deconv and the poolings; one fact, one place.
"""

from __future__ import annotations

from archc.diagnostics.kinds.sizes import SizeNotPositive, SizeNotWhole, WindowRank, arithmetic
from archc.diagnostics.kinds.values import ValueNotAllowed
from archc.diagnostics.model import Kind, Repair
from archc.ops.values import Padding, Shape
from archc.record import Record

AXES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}
LARGEST_REPAIR_PAD = 3
LARGEST_REPAIR_STRIDE = 64


class Slide(Record):
    """A window that moves over a map: sizes, strides, pads and dilations of every side."""

    layer: str
    window: tuple[int, ...]
    stride: tuple[int, ...]
    pad: Padding
    dilate: tuple[int, ...]
    rounding: str

    def over(self, value: Shape) -> tuple[int, ...] | Kind:
        """The spatial sides of the output, or the problem on the first side that has one."""
        pads = self.pad if isinstance(self.pad, str) else each_side(self.pad, value.rank)
        result: list[int] = []
        for axis in range(value.rank):
            side = self._places(value, axis, pads)
            if isinstance(side, Kind):
                return side
            result.append(side)
        return tuple(result)

    def pads(self, value: Shape) -> tuple[tuple[int, int], ...]:
        """Zeros before and after each side; `same` puts the odd one behind, as TensorFlow does."""
        if self.pad == "same":
            sides = enumerate(value.spatial)
            return tuple([same_pads(n, self._reach(i), self.stride[i]) for i, n in sides])
        if self.pad == "half":
            halves = [self.dilate[i] * (self.window[i] - 1) // 2 for i in range(value.rank)]
            return tuple([(half, half) for half in halves])
        given = (0,) * value.rank if isinstance(self.pad, str) else each_side(self.pad, value.rank)
        return tuple([(pad, pad) for pad in given])

    def _reach(self, axis: int) -> int:
        return self.dilate[axis] * (self.window[axis] - 1) + 1

    def _places(self, value: Shape, axis: int, pads: tuple[int, ...] | str) -> int | Kind:
        size = value.spatial[axis]
        stride, reach = self.stride[axis], self._reach(axis)
        if pads == "same":
            return -(-size // stride)
        half = self.dilate[axis] * (self.window[axis] - 1) // 2
        pad = half if isinstance(pads, str) else pads[axis]
        room = size + 2 * pad - reach
        if self.rounding == "ceil" and room > -stride:
            return self._rounded_up(size, room, stride, pad)
        if room < 0:
            return self._too_large(size, axis, pad)
        left = room % stride
        unseen = left if self.rounding == "exact" else left - pad - max(0, stride - reach)
        if self.rounding == "floor" or unseen <= 0:
            return room // stride + 1
        name = self._axis(axis)
        seen = max(left - pad, 0)
        tried = self._repairs(size, axis, pad)
        sides, over = glued(self.window), glued(value.spatial)
        return SizeNotWhole(
            self.layer, size, reach, stride, pad, name, name, seen, sides, over, tried
        )

    def _rounded_up(self, size: int, room: int, stride: int, pad: int) -> int:
        """torch's ceil_mode: the last window has to start inside the input or the pad before it."""
        places = -(-room // stride) + 1
        return places - 1 if (places - 1) * stride >= size + pad else places

    def _too_large(self, size: int, axis: int, pad: int) -> Kind:
        reach = self._reach(axis)
        shown = arithmetic(size, reach, self.stride[axis], pad)
        return SizeNotPositive(self.layer, size, reach, pad, self._axis(axis), shown)

    def _axis(self, axis: int) -> str:
        return AXES.get(len(self.window), ("side",) * len(self.window))[axis]

    def _repairs(self, size: int, axis: int, pad: int) -> tuple[Repair, ...]:
        stride, reach = self.stride[axis], self._reach(axis)
        found: list[Repair] = []
        for other in range(LARGEST_REPAIR_PAD + 1):
            if other != pad and other * 2 <= reach and (size + 2 * other - reach) % stride == 0:
                found.append(Repair("pad", str(other), arithmetic(size, reach, stride, other)))
                break
        for other in range(min(stride - 1, LARGEST_REPAIR_STRIDE), 1, -1):
            if (size + 2 * pad - reach) % other == 0:
                window = "x".join([str(side) for side in self.window])
                shown = arithmetic(size, reach, other, pad)
                found.append(Repair("window", f"{window}/{other}", shown))
                break
        room = size + 2 * pad - reach
        found.append(Repair("", "floor", f"as torch does: {room // stride + 1}"))
        if self.layer.endswith("pool"):
            found.append(Repair("", "ceil", f"as Caffe does: {-(-room // stride) + 1}"))
        return tuple(found)


def glued(sides: tuple[int, ...]) -> str:
    """Sides as the language writes them: `7x7`."""
    return "x".join([str(side) for side in sides])


def same_pads(size: int, reach: int, stride: int) -> tuple[int, int]:
    """TensorFlow's `same`: out = ceil(N/S), the surplus pad goes behind."""
    total = max((-(-size // stride) - 1) * stride + reach - size, 0)
    return total // 2, total - total // 2


def each_side(value: int | tuple[int, ...], rank: int) -> tuple[int, ...]:
    """One number for every side, or the numbers as given."""
    return (value,) * rank if isinstance(value, int) else value


def fit_rank(layer: str, what: str, value: tuple[int, ...] | None, shape: Shape) -> Kind | None:
    """The problem if a window (stride, pad) has another number of sides than the map."""
    if value is None or len(value) == shape.rank:
        return None
    suggestion = f"{value[0]}" if shape.rank == 1 else "x".join([str(value[0])] * shape.rank)
    if shape.rank == 1:
        suggestion = f"kernel={suggestion}"
    return WindowRank(layer, f"a {what}", len(value), str(shape), shape.rank, suggestion)


def positive(option: str, sides: tuple[int, ...]) -> Kind | None:
    """The problem if a window, stride or dilation has a side below 1."""
    if all(side >= 1 for side in sides):
        return None
    shown = "x".join([str(side) for side in sides])
    return ValueNotAllowed(option=option, value=shown, takes="sides of at least 1")
