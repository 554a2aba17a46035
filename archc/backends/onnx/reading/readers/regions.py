"""Regions: a map of fixed sides for each box, of one map or of the maps of a pyramid."""

from __future__ import annotations

from fractions import Fraction
from math import log2, prod
from typing import Any

from archc.backends.onnx.reading.call import Call
from archc.backends.onnx.reading.problem import Unreadable
from archc.backends.onnx.reading.reader import Reading
from archc.backends.onnx.reading.readers.registry import decimal, reads
from archc.backends.onnx.reading.views import View, whole
from archc.ops.ends import Input
from archc.ops.region import OUTPUT_HALF_PIXEL, RoiAlign, RoiPool
from archc.ops.stack import List
from archc.ops.values import Shape, Window
from archc.record import replace

CORNERS = 4
"""numbers of a box"""
CLOSE = 1e-5
CANONICAL = 224
"""the side of a box that takes the map of level 4 of a pyramid"""
SAME = ("Cast", "CastLike", "Identity", "Squeeze", "Unsqueeze", "Reshape", "Flatten")


@reads("MaxRoiPool")
def roi_pool(reading: Reading, call: Call) -> View:
    """Regions by rounded places: boxes with the number of their image in front."""
    sides = Window(tuple(call.attribute("pooled_shape")))
    scale = decimal(call.attribute("spatial_scale", 1.0))
    index = reading.settled(reading.view(call.inputs[0]), "map")
    boxes = _numbered(reading, call.inputs[1])
    return reading.emit(RoiPool(size=sides, boxes="boxes", scale=scale), index, boxes)


@reads("RoiAlign")
def roi_align(reading: Reading, call: Call) -> View:
    """Regions by points between places."""
    since = reading.opset >= OUTPUT_HALF_PIXEL
    places = call.attribute("coordinate_transformation_mode", "half_pixel" if since else "")
    if call.attribute("mode", "avg") != "avg" or call.attribute("sampling_ratio", 0) < 1:
        raise Unreadable("regions by another rule")
    op = RoiAlign(
        size=Window((call.attribute("output_height", 1), call.attribute("output_width", 1))),
        boxes="boxes",
        scale=decimal(call.attribute("spatial_scale", 1.0)),
        sampling=call.attribute("sampling_ratio", 0),
        aligned=places == "half_pixel",
    )
    index = reading.settled(reading.view(call.inputs[0]), "map")
    cut = _behind(reading, call.inputs[1], "Slice", "Gather")
    if reading.known(call.inputs[1]) is None and cut is not None:
        boxes = _numbered(reading, cut.inputs[0])
    else:
        boxes = _boxes(reading, call.inputs[1])
        _check_images(reading, call.inputs[2], boxes)
    return reading.emit(op, index, boxes)


def _behind(reading: Reading, name: str, *kinds: str) -> Call | None:
    """The node of one of these kinds that gives a value, through what moves nothing."""
    call = reading.calls.get(name)
    while call is not None and call.kind in SAME and call.kind not in kinds:
        call = reading.calls.get(call.inputs[0])
    return call if call is not None and call.kind in kinds else None


def _boxes(reading: Reading, name: str) -> int:
    """The row of boxes, those of all samples behind each other."""
    view = reading.view(name)
    made = reading.row(view)
    index = reading.in_order(view)
    shape = made.shape
    if index is None or not isinstance(shape, Shape) or shape.count is None:
        raise Unreadable("boxes that are worked out")
    if shape.dims != (CORNERS,) or prod(view.shape) != prod(reading.sizes(made)):
        raise Unreadable("boxes of other numbers")
    return index


def _numbered(reading: Reading, name: str) -> int:
    """The row of boxes that stand behind the numbers of their images."""
    call = _behind(reading, name, "Concat", "Pad")
    alone = call is not None and call.kind == "Pad" and reading.batch == 1
    if call is not None and alone and reading.integers(call.given(1)) == (0, 1, 0, 0):
        return _boxes(reading, call.inputs[0])
    if call is None or call.kind != "Concat" or len(call.inputs) != 2:
        raise Unreadable("boxes without the numbers of their images")
    boxes = _boxes(reading, call.inputs[1])
    _check_images(reading, call.inputs[0], boxes)
    return boxes


def _check_images(reading: Reading, name: str, boxes: int) -> None:
    """Raise Unreadable unless the boxes of the first sample are on the first image, and so on."""
    if reading.batch == 1 and reading.is_zero(name):
        return
    picked = _behind(reading, name, "Gather")
    found = _behind(reading, picked.inputs[0], "NonZero") if picked is not None else None
    ones = _behind(reading, found.inputs[0], "Expand") if found is not None else None
    if picked is None or ones is None or reading.integers(picked.inputs[1]) != (0,):
        raise Unreadable("boxes on images that are worked out")
    sides = reading.integers(ones.inputs[1])
    made = reading.rows[boxes]
    if reading.scalar(ones.inputs[0]) != 1 or sides != reading.sizes(made)[:2]:
        raise Unreadable("boxes on images that are worked out")


# ---- pyramids ----------------------------------------------------------------------------------


@reads("Where")
def chosen(reading: Reading, call: Call) -> View:
    """Each box on the map of a pyramid that fits its size: the smaller map for larger boxes."""
    fits = reading.calls.get(call.inputs[0])
    views = [reading.view(name) for name in call.inputs[1:3]]
    made, below = [reading.row(view) for view in views]
    align, finer = made.op, below.op
    regions = isinstance(align, RoiAlign) and isinstance(finer, RoiAlign)
    if not regions or fits is None or fits.kind != "GreaterOrEqual":
        raise Unreadable("a choice between values")
    assert isinstance(align, RoiAlign) and isinstance(finer, RoiAlign)
    maps, boxes = made.inputs
    names = (align.size, align.sampling, align.aligned)
    same = (finer.size, finer.sampling, finer.aligned) == names and below.inputs[1] == boxes
    alike = views[0].sides == views[1].sides == whole(0, reading.sizes(made)).sides
    if not same or not alike or not _is_least(reading, fits, boxes, align.scale):
        raise Unreadable("a choice between regions")
    before = below.inputs[0]
    listed = [*reading.rows[before].inputs] if reading.is_list(reading.rows[before]) else [before]
    if len(listed) == 1:
        _check_level(reading, before, finer.scale)
    _check_level(reading, maps, align.scale)
    found = reading.emit(List(), *listed, maps)
    op = replace(align, scale=Fraction(1))
    assert isinstance(found.base, int)
    return reading.emit(op, found.base, boxes)


def _check_level(reading: Reading, index: int, scale: Any) -> None:
    """Raise Unreadable unless a map's scale is what follows from its side and the picture's."""
    image = next(made.shape for made in reading.rows if isinstance(made.op, Input))
    level = round(log2(image.spatial[0] / reading.shape(index).spatial[0]))
    if abs(float(scale) * 2**level - 1) > CLOSE:
        raise Unreadable("a pyramid of other scales")


def _is_least(reading: Reading, fits: Call, boxes: int, scale: Any) -> bool:
    """Whether boxes of an area take this map from that area on which the pyramid's rule says."""
    least = reading.scalar(fits.inputs[1])
    level = -log2(float(scale))
    wanted = (CANONICAL * 2 ** (level - 4 - 1e-6)) ** 2
    area = _behind(reading, fits.inputs[0], "ReduceProd")
    side = _behind(reading, area.inputs[0], "Sub") if area is not None else None
    if least is None or side is None or abs(least / wanted - 1) > CLOSE:
        return False
    last, first = [reading.view(name) for name in side.inputs]
    same = first.base == last.base == boxes and first.sides == last.sides
    return same and last.offset - first.offset == 2 and first.shape[-1:] == (2,)
