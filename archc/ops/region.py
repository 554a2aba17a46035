"""Regions: a map of fixed sides for each box of a list of boxes."""

from __future__ import annotations

from fractions import Fraction
from math import log2
from typing import Any

from archc.diagnostics.kinds.sizes import ShapesDiffer
from archc.diagnostics.model import Kind
from archc.ops.base import Op, Result, needs_picture, option, within, wrong
from archc.ops.dims import positive
from archc.ops.lowering import Torch, Unsupported, options
from archc.ops.nodes import Nodes
from archc.ops.values import Number, Shape, Window, text_of

OUTPUT_HALF_PIXEL = 16
"""the opset from which on RoiAlign can shift its points"""


class Region(Op):
    """What the region poolings share: `R of 4` boxes (x1, y1, x2, y2) in pixels of the image."""

    size: Window = option("size", positional=True, doc="sides of each region's map")
    boxes: str = option("row", positional=True, doc="the row that gives the boxes, R of 4")
    scale: Number = option(
        "number", default=Fraction(1), doc="the map's side by the image's, scale=1/16"
    )

    def _regions(self, value: Shape, boxes: Any) -> Result:
        """One map of the wanted sides and the same channels for each box."""
        problem = within("scale", self.scale, 0, open_low=True) or positive("size", self.size.sides)
        if problem:
            return problem
        if not isinstance(boxes, Shape) or boxes.dims != (4,) or boxes.count is None:
            return wrong(self, "boxes such as R of 4", boxes)
        if value.count is not None:
            return wrong(self, "one map, not a map for each thing", value)
        if len(self.size.sides) != 2:
            return wrong(self, "a size of height and width, 7x7", value)
        return Shape((*self.size.sides, value.channels), boxes.count)

    def _called(self, name: str, more: str = "") -> Torch:
        values = options(size=self.size.sides, scale=float(self.scale))
        return Torch(f"{name}({{0}}, {{1}}, {{size}}, {{scale}}{more})", None, values, (name,))

    def _boxes(self, made: Nodes) -> str:
        boxes = made.inputs[1]
        assert isinstance(boxes, str)
        return boxes


def images_of(made: Nodes, boxes: str) -> str:
    """The number of its image for each box, those of the first image first."""
    if made.batch == 1:
        return made("Expand", made.ints(0), made.sides(boxes, 1, 2))
    ones = made("Expand", made.ints(1), made.sides(boxes, 0, 2))
    return made("Gather", made("NonZero", ones), made.integer(0), axis=0)


class RoiPool(Region):
    """Region pooling: each box, rounded to whole places, is cut into cells; the largest of each.

    No MACs.

    Example:
        image: input 38x50x512
        boxes: input R of 4
        from image
        roipool 7x7 boxes scale=1/16   -> R of 7x7x512

    Source: Girshick 2015, "Fast R-CNN", section 2.1.
    """

    words = ("roipool",)

    def shape(self, value: Any, boxes: Any) -> Result:
        return needs_picture(self, value) or self._regions(value, boxes)

    def torch(self, value: Shape, boxes: Shape) -> Torch:
        return self._called("roi_pool")

    def onnx(self, made: Nodes, value: Shape, boxes: Shape) -> str:
        given = self._boxes(made)
        rows = made.reshape(given, -1, 4)
        if made.batch == 1:
            numbered = made("Pad", rows, made.ints(0, 1, 0, 0))
        else:
            images = made.like(images_of(made, given), rows)
            numbered = made("Concat", made.unsqueeze(images, 1), rows, axis=1)
        return made(
            "MaxRoiPool",
            made.x,
            numbered,
            pooled_shape=self.size.sides,
            spatial_scale=float(self.scale),
        )


class RoiAlign(Region):
    """Region alignment: each box is cut into cells without rounding; a mean of points of each.

    The points (`sampling` x `sampling` in a cell) are interpolated. On a list of maps of one width
    each box takes the map that fits its size (feature pyramids); their scales then follow from the
    sides. `aligned` moves the points by half a place. No MACs.

    Example:
        image: input 56x56x256
        boxes: input R of 4
        from image
        roialign 7x7 boxes scale=1/4   -> R of 7x7x256

    Source: He et al. 2017, "Mask R-CNN", section 3; torchvision's MultiScaleRoIAlign.
    """

    words = ("roialign",)
    sampling: int = option("integer", default=2, doc="points along each side of a cell")
    aligned: bool = option("flag", default=False, doc="shifted by half a place")

    def shape(self, value: Any, boxes: Any) -> Result:
        maps: tuple[Shape, ...] = (value,) if isinstance(value, Shape) else value
        if not maps:
            return wrong(self, "one map or more", value)
        for item in maps:
            problem: Kind | None = needs_picture(self, item)
            if problem:
                return problem
        if len({(item.channels, item.count) for item in maps}) > 1:
            rule = "the maps of a list may differ in their sides alone"
            return ShapesDiffer("align", tuple([text_of(item) for item in maps]), rule)
        return self._regions(maps[0], boxes)

    def torch(self, value: Any, boxes: Shape) -> Torch:
        more = f", sampling={self.sampling}" + (", aligned=True" if self.aligned else "")
        if isinstance(value, Shape):
            return self._called("roi_align", more)
        call = f"pyramid_roi_align({{0}}, {{1}}, {{size}}, {{image}}.shape[2:]{more})"
        values = options(size=self.size.sides)
        return Torch(call, None, values, ("pyramid_roi_align",))

    def onnx(self, made: Nodes, value: Any, boxes: Shape) -> str | Unsupported:
        if self.aligned and made.opset < OUTPUT_HALF_PIXEL:
            return Unsupported(f"RoiAlign has no `aligned` before opset {OUTPUT_HALF_PIXEL}")
        given = self._boxes(made)
        rows, images = made.reshape(given, -1, 4), images_of(made, given)
        if isinstance(value, Shape):
            return self._aligned(made, made.x, rows, images, float(self.scale))
        return self._chosen(made, value, rows, images)

    def _aligned(self, made: Nodes, given: str, rows: str, images: str, scale: float) -> str:
        """The regions of one map."""
        shifted = made.opset >= OUTPUT_HALF_PIXEL and not self.aligned
        return made(
            "RoiAlign",
            given,
            rows,
            images,
            coordinate_transformation_mode="output_half_pixel" if shifted else None,
            output_height=self.size.sides[0],
            output_width=self.size.sides[1],
            sampling_ratio=self.sampling,
            spatial_scale=scale,
        )

    def _chosen(self, made: Nodes, maps: tuple[Shape, ...], rows: str, images: str) -> str:
        """Each box on the map that fits it, as Lin et al. 2017, equation 1, choose the map."""
        names = made.inputs[0]
        assert isinstance(names, tuple) and made.image is not None
        side = made.image.spatial[0]
        levels = [round(log2(side / shape.spatial[0])) for shape in maps]
        order = sorted(range(len(maps)), key=lambda at: -maps[at].spatial[0])
        areas = self._areas(made, rows) if len(order) > 1 else ""
        found = ""
        for at in order:
            cells = self._aligned(made, names[at], rows, images, 0.5 ** levels[at])
            if found:
                least = (224 * 2 ** (levels[at] - 4 - 1e-6)) ** 2  # floor(4 + log2(side / 224))
                fits = made("GreaterOrEqual", areas, made.number(least))
                found = made("Where", fits, cells, found)
            else:
                found = cells
        return found

    def _areas(self, made: Nodes, rows: str) -> str:
        """The area of each box, as R,1,1,1."""
        first, last = made.slice(rows, 0, 2, 1), made.slice(rows, 2, 4, 1)
        areas = made.reduce("ReduceProd", made("Sub", last, first), 1)
        return made.unsqueeze(areas, 2, 3)
