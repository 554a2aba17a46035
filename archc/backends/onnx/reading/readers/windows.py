"""Layers with a window: convolutions, poolings."""

from __future__ import annotations

from typing import Any

from archc.backends.onnx.reading.call import Call
from archc.backends.onnx.reading.problem import Unreadable
from archc.backends.onnx.reading.reader import Reading
from archc.backends.onnx.reading.readers.registry import decimal, reads
from archc.backends.onnx.reading.views import View
from archc.diagnostics.model import Kind
from archc.ops.base import Op
from archc.ops.conv import Conv, ends
from archc.ops.deconv import Deconv
from archc.ops.dims import Slide
from archc.ops.pool import AvgPool, GlobalAvgPool, LPPool, MaxPool
from archc.ops.resample import Pad
from archc.ops.values import Padding, Shape, Window
from archc.record import replace


def _map(reading: Reading, call: Call) -> tuple[int, Shape]:
    index = reading.settled(reading.view(call.inputs[0]), "map")
    shape = reading.shape(index)
    assert isinstance(shape, Shape)
    return index, shape


def _sides(call: Call, name: str, rank: int, default: int = 1) -> tuple[int, ...]:
    found = tuple(call.attribute(name) or (default,) * rank)
    if len(found) != rank:
        raise Unreadable(f"{name} for another number of sides")
    return found


def _alike(sides: tuple[int, ...]) -> int | tuple[int, ...]:
    return sides[0] if len(set(sides)) == 1 else sides


def _window(sides: tuple[int, ...], strides: tuple[int, ...], said: bool) -> dict[str, Any]:
    """A window and its stride as a row gives them; a stride of 1 only where it must be `said`."""
    moved = None if set(strides) == {1} and not said else strides
    if len(sides) > 1:
        short = (moved[0],) if moved and len(set(moved)) == 1 else moved
        return {"window": Window(sides, short)}
    return {"kernel": sides[0], "stride": moved[0] if moved else None}


class _Padding:
    """The zeros around a map: as an option, or as a row before."""

    def __init__(self, call: Call, slide: Slide, shape: Shape) -> None:
        rank = shape.rank
        given = call.attribute("pads") or (0,) * (2 * rank)
        auto = call.attribute("auto_pad", "NOTSET")
        same = ends(replace(slide, pad="same").pads(shape))
        self.before, self.behind = tuple(given[:rank]), tuple(given[rank:])
        self.option: Padding = 0
        self.apart = False
        if auto == "SAME_UPPER":
            self.option = "same"
        elif auto == "SAME_LOWER":
            raise Unreadable("auto_pad=SAME_LOWER")
        elif self.before == self.behind:
            self.option = _alike(self.before) if any(self.before) else 0
        elif tuple(given) == same and auto == "NOTSET":
            self.option = "same"
        else:
            self.apart = True

    def rows(self, reading: Reading, index: int) -> int:
        """The map with its zeros, by rows of their own."""
        found = index
        for amounts, end in ((self.before, "before"), (self.behind, "after")):
            if any(amounts):
                size = Window(amounts) if len(amounts) > 1 else None
                amount = amounts[0] if len(amounts) == 1 else None
                base = reading.emit(Pad(amount=amount, amounts=size, end=end), found).base
                assert isinstance(base, int)
                found = base
        return found


@reads("Conv")
def conv(reading: Reading, call: Call) -> View:
    """Convolution, depthwise where each channel has its own filter."""
    index, shape = _map(reading, call)
    weight = reading.view(call.inputs[1])
    out, sides = weight.shape[0], weight.shape[2:]
    if len(sides) != shape.rank:
        raise Unreadable("a window for another number of sides")
    strides = _sides(call, "strides", shape.rank)
    dilate = _one(call, "dilations", shape.rank)
    group = call.attribute("group", 1)
    slide = Slide("conv", sides, strides, 0, (dilate,) * shape.rank, "floor")
    padding = _Padding(call, slide, shape)
    if padding.apart:
        index = padding.rows(reading, index)
    dw = group == shape.channels and group > 1
    op = Conv(
        **_window(sides, strides, False),
        channels=None if dw and out == group else out,
        pad=padding.option,
        groups=1 if dw else group,
        dilate=dilate,
        bias=bool(call.given(2)),
        dw=dw,
    )
    op = _rounded(reading, op, index)
    tensors = {"bias": reading.view(call.inputs[2])} if call.given(2) else {}
    return reading.emit(op, index, weight=weight, **tensors)


def _one(call: Call, name: str, rank: int) -> int:
    found = set(_sides(call, name, rank))
    if len(found) > 1:
        raise Unreadable(f"{name} that differ by side")
    return found.pop()


def _rounded(reading: Reading, op: Any, index: int) -> Any:
    """With `floor` where the safe rule refuses, or where other sizes could."""
    plain = op.shape(reading.shape(index))
    if reading.opened or isinstance(plain, Kind):
        return replace(op, rounding="floor")
    return op


@reads("ConvTranspose")
def deconv(reading: Reading, call: Call) -> View:
    """Transposed convolution."""
    index, shape = _map(reading, call)
    weight = reading.view(call.inputs[1])
    sides, rank = weight.shape[2:], shape.rank
    pads = call.attribute("pads") or (0,) * (2 * rank)
    auto = call.attribute("auto_pad", "NOTSET") not in ("NOTSET", "VALID")
    if tuple(pads[:rank]) != tuple(pads[rank:]) or auto or call.attribute("output_shape"):
        raise Unreadable("uneven pads of a transposed convolution")
    group = call.attribute("group", 1)
    op = Deconv(
        **_window(sides, _sides(call, "strides", rank), False),
        channels=weight.shape[1] * group,
        pad=_alike(tuple(pads[:rank])),
        groups=group,
        dilate=_one(call, "dilations", rank),
        outpad=_one_of(call, "output_padding", rank),
        bias=bool(call.given(2)),
    )
    tensors = {"bias": reading.view(call.inputs[2])} if call.given(2) else {}
    return reading.emit(op, index, weight=weight, **tensors)


def _one_of(call: Call, name: str, rank: int) -> int:
    found = set(_sides(call, name, rank, 0))
    if len(found) > 1:
        raise Unreadable(f"{name} that differ by side")
    return found.pop()


def _pooling(reading: Reading, call: Call, cls: Any, **options: Any) -> tuple[Op, int]:
    index, shape = _map(reading, call)
    if not call.attribute("kernel_shape"):
        raise Unreadable("a pooling without a window")
    sides = _sides(call, "kernel_shape", shape.rank)
    strides = _sides(call, "strides", shape.rank)
    if set(_sides(call, "dilations", shape.rank)) != {1}:
        raise Unreadable("a pooling with gaps")
    rounding = "ceil" if call.attribute("ceil_mode", 0) else "safe"
    slide = Slide(cls.words[0], sides, strides, 0, (1,) * shape.rank, "floor")
    padding = _Padding(call, slide, shape)
    if padding.apart or (cls is LPPool and padding.option):
        raise Unreadable("uneven pads of a pooling")
    if cls is not LPPool:
        options["pad"] = padding.option
    op = cls(**_window(sides, strides, True), rounding=rounding, **options)
    if rounding == "ceil":
        return op, index
    return _rounded(reading, op, index), index


@reads("MaxPool")
def max_pool(reading: Reading, call: Call) -> View | list[View]:
    """Max pooling; the places it found are a value that `unpool` alone reads."""
    op, index = _pooling(reading, call, MaxPool)
    found = reading.emit(op, index)
    if len(call.outputs) < 2 or not call.outputs[1]:
        return found
    assert isinstance(found.base, int)
    reading.pooled[call.outputs[1]] = found.base
    return [found]


@reads("AveragePool")
def avg_pool(reading: Reading, call: Call) -> View:
    """Average pooling."""
    op, index = _pooling(reading, call, AvgPool)
    counts = bool(call.attribute("count_include_pad", 0))
    pad = getattr(op, "pad", 0)
    if pad and counts != (pad != "same"):
        op = replace(op, count="all" if counts else "real")
    return reading.emit(op, index)


@reads("LpPool")
def lp_pool(reading: Reading, call: Call) -> View:
    """Power pooling."""
    op, index = _pooling(reading, call, LPPool, p=decimal(call.attribute("p", 2)))
    return reading.emit(op, index)


@reads("GlobalAveragePool")
def gap(reading: Reading, call: Call) -> View:
    """The mean of each channel."""
    return reading.emit(GlobalAvgPool(), _map(reading, call)[0])


@reads("GlobalMaxPool")
def global_max(reading: Reading, call: Call) -> View:
    """The largest of each channel."""
    index, shape = _map(reading, call)
    return reading.emit(MaxPool(to=Window((1,) * shape.rank)), index)
