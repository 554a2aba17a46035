"""Maps made larger, smaller, cut, padded."""

from __future__ import annotations

from math import prod
from typing import Any

from archc.backends.onnx.reading.call import Call
from archc.backends.onnx.reading.problem import Unreadable
from archc.backends.onnx.reading.reader import Reading
from archc.backends.onnx.reading.readers.registry import reads
from archc.backends.onnx.reading.views import View
from archc.ops.channels import MoreChannels
from archc.ops.pool import Unpool
from archc.ops.resample import Crop, Pad, Resize, Upsample
from archc.ops.values import Shape, Window

FILLS = {"constant": "zeros", "reflect": "reflect", "edge": "replicate", "wrap": "circular"}


@reads("Resize", "Upsample")
def resize(reading: Reading, call: Call) -> View:
    """By a whole factor, or to sides."""
    view = reading.view(call.inputs[0])
    index = reading.settled(view, "map")
    shape = reading.shape(index)
    assert isinstance(shape, Shape)
    rule = _rule(call)
    scales, sizes = _asked(reading, call, shape)
    if scales is not None:
        if any(scale != int(scale) or scale < 1 for scale in scales):
            sizes = tuple([int(side * scale) for side, scale in zip(shape.spatial, scales)])
            if reading.opened:
                raise Unreadable("sides times a broken factor")
        else:
            factors = tuple([int(scale) for scale in scales])
            if len(set(factors)) == 1:
                return reading.emit(Upsample(factor=factors[0], **rule), index)
            return reading.emit(Upsample(factors=Window(factors), **rule), index)
    assert sizes is not None
    like = _like(reading, call, sizes)
    if like is not None:
        return reading.emit(Resize(like="like", **rule), index, like)
    return reading.emit(Resize(size=Window(sizes), **rule), index)


def _rule(call: Call) -> dict[str, Any]:
    """How numbers between places are found, if the language has that way."""
    mode = call.attribute("mode", "nearest")
    places = call.attribute("coordinate_transformation_mode", "half_pixel")
    if call.kind == "Upsample":
        places = "asymmetric"
    if mode == "nearest":
        near = call.attribute("nearest_mode", "round_prefer_floor")
        if places == "asymmetric" and (near == "floor" or call.kind == "Upsample"):
            return {"mode": "nearest"}
        raise Unreadable("nearest neighbours by another rule")
    if mode == "cubic" and abs(call.attribute("cubic_coeff_a", -0.75) + 0.75) > 1e-6:
        raise Unreadable("another cubic")
    if call.attribute("antialias", 0) or call.attribute("exclude_outside", 0):
        raise Unreadable("a resize with a filter")
    names = {"linear": "bilinear", "cubic": "bicubic"}
    if mode not in names or places not in ("align_corners", "half_pixel", "pytorch_half_pixel"):
        raise Unreadable("numbers between places by another rule")
    return {"mode": names[mode], "corners": places == "align_corners"}


def _asked(reading: Reading, call: Call, shape: Shape) -> tuple[Any, Any]:
    """The factors or the sizes of the map's sides."""
    old = call.kind == "Upsample" or reading.opset < 11
    name = call.given(1) if old else call.given(2)
    axes = call.attribute("axes")
    for given, is_sizes in ((name, False), ("" if old else call.given(3), True)):
        found = reading.array(given) if given else None
        if found is None or not found.size:
            continue
        numbers = [float(one) for one in found]
        if axes is None and len(numbers) == shape.rank + 2:
            numbers = numbers[2:]
        if len(numbers) != shape.rank:
            raise Unreadable("a resize of other sides")
        return (None, tuple([int(one) for one in numbers])) if is_sizes else (tuple(numbers), None)
    raise Unreadable("sides that are found while it runs")


def _like(reading: Reading, call: Call, sizes: tuple[int, ...]) -> int | None:
    return _like_of(reading, call.given(3), call.inputs[0], sizes)


def _like_of(reading: Reading, asked: str, own: str, sizes: tuple[int, ...]) -> int | None:
    """The row whose sides are taken, where the model says so."""
    for name in reversed(reading.sized.get(asked, ())):
        view = reading.known(name)
        if view is None or name == own or isinstance(view.base, str):
            continue
        if view.shape[2:] == sizes:
            return reading.settled(view)
    return None


@reads("Pad")
def pad(reading: Reading, call: Call) -> View:
    """More rows and columns, or more channels."""
    view = reading.view(call.inputs[0])
    pads = reading.integers(call.given(1)) if call.given(1) else call.attribute("pads")
    fill = reading.scalar(call.inputs[2]) if call.given(2) else call.attribute("value", 0.0)
    rank, mode = len(view.sides), call.attribute("mode", "constant")
    if pads is None or fill or call.given(3) or len(pads) != 2 * rank or min(pads) < 0:
        raise Unreadable("other pads")
    before, behind = pads[:rank], pads[rank:]
    if not any(pads):
        return view
    if behind[1] and not any((*before, *behind[2:], behind[0])) and mode == "constant":
        index = reading.settled(view)
        return reading.emit(MoreChannels(channels=view.shape[1] + behind[1]), index)
    if before[0] or before[1] or behind[0] or behind[1]:
        raise Unreadable("pads of channels")
    found = reading.settled(view, "map")
    same = before == behind
    ends = [(before, "both")] if same else [(before, "before"), (behind, "after")]
    for amounts, end in ends:
        if any(amounts):
            found = _padded(reading, found, amounts[2:], end, FILLS[mode])
    return reading.emit_nothing(found)


def _padded(reading: Reading, index: int, amounts: Any, end: str, fill: str) -> int:
    one = amounts[0] if len(set(amounts)) == 1 else None
    size = None if one is not None else Window(tuple(amounts))
    found = reading.emit(Pad(amount=one, amounts=size, fill=fill, end=end), index).base
    assert isinstance(found, int)
    return found


@reads("CenterCropPad")
def crop(reading: Reading, call: Call) -> View:
    """The middle of a map."""
    view = reading.view(call.inputs[0])
    rank = len(view.sides)
    axes = call.attribute("axes") or tuple(range(rank))
    sizes = reading.integers(call.inputs[1])
    index = reading.settled(view, "map")
    shape = reading.shape(index)
    if sizes is None or sorted([axis % rank for axis in axes]) != list(range(2, rank)):
        raise Unreadable("a crop of other sides")
    if any(size > side for size, side in zip(sizes, shape.spatial)):
        raise Unreadable("a crop that pads")
    like = _like_of(reading, call.inputs[1], call.inputs[0], sizes)
    if like is not None:
        return reading.emit(Crop(like="like"), index, like)
    return reading.emit(Crop(size=Window(sizes)), index)


@reads("MaxUnpool")
def unpool(reading: Reading, call: Call) -> View:
    """Back to where a max pooling found its numbers."""
    pooled = reading.pooled.get(call.inputs[1])
    if pooled is None:
        raise Unreadable("places that no pooling found")
    before = reading.rows[pooled].inputs[0]
    index = reading.settled(reading.view(call.inputs[0]), "map")
    found = reading.emit(Unpool(pool="pool"), index, pooled, before)
    wanted = reading.integers(call.given(2)) if call.given(2) else None
    if wanted is not None and prod(wanted) != prod(found.shape):
        raise Unreadable("an unpooling to another size")
    return found
