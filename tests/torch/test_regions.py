"""Regions: against the kernels' loops written out, torchvision's numbers, and its operators."""

from __future__ import annotations

import math
import sys
from itertools import product
from types import ModuleType

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from archc.backends.torch.parts import regions
from tests.torch.parts_cases import BOXES, OUTSIDE, waves

# torchvision 0.29, `_roi_align` of BOXES on waves: sum, sum of squares, two numbers.
ALIGNED = {
    False: [-0.33249663, 6.0534953, -0.01670671, -0.20336373],
    True: [-2.00413216, 8.55520576, -0.02558259, -0.23967308],
}
ALIGN = (
    "roi_align(Tensor input, Tensor rois, float spatial_scale, SymInt pooled_height,"
    " SymInt pooled_width, int sampling_ratio, bool aligned) -> Tensor"
)
POOL = (
    "roi_pool(Tensor input, Tensor rois, float spatial_scale, SymInt pooled_height,"
    " SymInt pooled_width) -> (Tensor, Tensor)"
)


@pytest.fixture(autouse=True)
def _without_torchvision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regions, "REGION_DEVICES", [])


@pytest.mark.parametrize("aligned", ALIGNED)
def test_alignment_is_torchvisions(aligned: bool) -> None:
    y = regions.roi_align(waves(2, 3, 12, 16), BOXES, (3, 2), 0.25, aligned=aligned)
    found = [y.sum(), y.square().sum(), y[0, 1, 2, 1], y[3, 2, 0, 0]]
    assert [value.item() for value in found] == pytest.approx(ALIGNED[aligned], rel=1e-5)


def point(x: Tensor, row: float, column: float) -> Tensor:
    """bilinear_interpolate of torchvision's kernels."""
    height, width = x.shape[1:]
    if row < -1 or row > height or column < -1 or column > width:
        return x.new_zeros(x.shape[0])
    row, column = min(max(row, 0), height - 1), min(max(column, 0), width - 1)
    top, left = int(row), int(column)
    bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
    down, across = row - top, column - left
    upper = (1 - across) * x[:, top, left] + across * x[:, top, right]
    lower = (1 - across) * x[:, bottom, left] + across * x[:, bottom, right]
    return (1 - down) * upper + down * lower


def align_loops(
    x: Tensor, boxes: Tensor, size: tuple[int, int], scale: float, sampling: int, aligned: bool
) -> Tensor:
    found = []
    for image, box in [(i, box) for i, images in enumerate(boxes.tolist()) for box in images]:
        left, top, right, bottom = [side * scale - 0.5 * aligned for side in box]
        least = 0 if aligned else 1
        height, width = max(bottom - top, least) / size[0], max(right - left, least) / size[1]
        points = [(at + 0.5) / sampling for at in range(sampling)]
        for row, column in product(range(size[0]), range(size[1])):
            values = [
                point(x[image], top + (row + down) * height, left + (column + across) * width)
                for down, across in product(points, points)
            ]
            found.append(torch.stack(values).mean(0))
    return torch.stack(found).unflatten(0, (-1, *size)).permute(0, 3, 1, 2)


@pytest.mark.parametrize("boxes", [BOXES, OUTSIDE], ids=["inside", "outside"])
@pytest.mark.parametrize("aligned", [False, True])
@pytest.mark.parametrize("sampling", [1, 2, 3])
def test_alignment_by_points(boxes: Tensor, aligned: bool, sampling: int) -> None:
    x = waves(2, 3, 12, 16)
    found = regions.roi_align(x, boxes, (3, 2), 0.25, sampling, aligned)
    assert_close(found, align_loops(x, boxes, (3, 2), 0.25, sampling, aligned))


def pool_loops(x: Tensor, boxes: Tensor, size: tuple[int, int], scale: float) -> Tensor:
    """Fast R-CNN's kernel, halves rounded away from zero as C does."""
    found = []
    sides = x.shape[2:]
    for image, box in [(i, box) for i, images in enumerate(boxes.tolist()) for box in images]:
        left, top, right, bottom = [
            math.copysign(math.floor(abs(side * scale) + 0.5), side) for side in box
        ]
        for cell in product(range(size[0]), range(size[1])):
            spans = []
            ends = ((top, bottom), (left, right))
            for at, (first, last), cells, side in zip(cell, ends, size, sides):
                step = max(last - first + 1, 1) / cells
                begin, end = math.floor(at * step) + first, math.ceil((at + 1) * step) + first
                spans.append(slice(int(min(max(begin, 0), side)), int(min(max(end, 0), side))))
            part = x[image, :, spans[0], spans[1]].flatten(1)
            found.append(part.amax(1) if part.numel() else x.new_zeros(x.shape[1]))
    return torch.stack(found).unflatten(0, (-1, *size)).permute(0, 3, 1, 2)


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (7, 7), (20, 5)])
@pytest.mark.parametrize("scale", [1 / 4, 1 / 16])
def test_pooling_by_cells(size: tuple[int, int], scale: float) -> None:
    x = waves(2, 3, 12, 16)
    torch.manual_seed(1)
    corner = torch.rand(2, 30, 2, dtype=torch.float64) * 80 - 20
    boxes = torch.cat([corner, corner + torch.rand(2, 30, 2, dtype=torch.float64) * 70 - 5], 2)
    halves = torch.tensor([[[-10.0, -6, 2, 6], [2, 6, 10, 14]]]).double().expand(2, -1, -1)
    for given in (BOXES, OUTSIDE, boxes, halves):
        found = regions.roi_pool(x, given, size, scale)
        assert torch.equal(found, pool_loops(x, given, size, scale))


def test_no_boxes() -> None:
    x, boxes = waves(2, 3, 12, 16), torch.zeros(2, 0, 4)
    assert regions.roi_align(x, boxes, (3, 2), 0.25).shape == (0, 3, 3, 2)
    assert regions.roi_pool(x, boxes, (3, 2), 0.25).shape == (0, 3, 3, 2)
    assert regions.pyramid_roi_align([x], boxes, (3, 2), (48, 64)).shape == (0, 3, 3, 2)


def test_boxes_take_the_map_that_fits() -> None:
    """torchvision's LevelMapper(2, 5) for squares of these sides."""
    sides = [10.0, 111, 112, 113, 223, 224, 225, 447, 448, 449, 800]
    levels = [0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    maps = [waves(1, 3, 832 // stride, 1024 // stride) for stride in (4, 8, 16, 32)]
    boxes = torch.tensor([[[0.0, 0, side, side] for side in sides]], dtype=torch.float64)
    found = regions.pyramid_roi_align(maps, boxes, (2, 2), (832, 1024))
    for at, level in enumerate(levels):
        one = boxes[:, at : at + 1]
        wanted = regions.roi_align(maps[level], one, (2, 2), 1 / (4 * 2**level))
        assert_close(found[at : at + 1], wanted)
    assert torch.equal(regions.pyramid_roi_align(maps[::-1], boxes, (2, 2), (832, 1024)), found)


def test_scales_are_powers_of_two() -> None:
    """A side of 25 for an image of 800 is 1/32, and so is one of 26 for 800."""
    x, boxes = waves(2, 3, 26, 30), BOXES * 8
    found = regions.pyramid_roi_align([x], boxes, (2, 2), (800, 960), aligned=True)
    assert torch.equal(found, regions.roi_align(x, boxes, (2, 2), 1 / 32, aligned=True))


def test_boxes_get_no_gradient() -> None:
    x, boxes = waves(2, 3, 12, 16).requires_grad_(), BOXES.clone().requires_grad_()
    regions.pyramid_roi_align([x], boxes, (2, 2), (48, 64)).sum().backward()
    assert x.grad.any() and boxes.grad is None


# ---- torchvision -------------------------------------------------------------------------------


def test_without_torchvision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchvision", None)
    assert regions.region_devices() == []


def test_a_torchvision_that_cannot_be_imported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pytest.TempPathFactory
) -> None:
    text = 'raise RuntimeError("operator torchvision::nms does not exist")'
    (tmp_path / "torchvision.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "torchvision", raising=False)
    assert regions.region_devices() == []


def test_a_torchvision_without_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchvision", ModuleType("torchvision"))
    with torch.library._scoped_library("torchvision", "FRAGMENT") as library:
        library.define(ALIGN)
        library.define(POOL)
        assert regions.region_devices() == []


def test_a_torchvision_that_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is given N*R,5 boxes with their images' numbers, and no numbers of half precision."""

    def align(x: Tensor, rois: Tensor, scale: float, *more: int) -> Tensor:
        assert x.dtype == rois.dtype
        height, width, sampling, aligned = more
        boxes = rois[:, 1:].unflatten(0, (x.shape[0], -1))
        assert rois[:, 0].tolist() == [i for i in range(x.shape[0]) for _ in boxes[0]]
        return align_loops(x, boxes, (height, width), scale, sampling, bool(aligned))

    def pool(x: Tensor, rois: Tensor, scale: float, *size: int) -> tuple[Tensor, Tensor]:
        boxes = rois[:, 1:].unflatten(0, (x.shape[0], -1))
        cells = pool_loops(x, boxes, (size[0], size[1]), scale)
        return cells, cells.long()

    monkeypatch.setitem(sys.modules, "torchvision", ModuleType("torchvision"))
    x = waves(2, 3, 12, 16)
    wanted = (
        regions.roi_align(x, OUTSIDE, (3, 2), 0.25, 3),
        regions.roi_pool(x, BOXES, (3, 2), 0.25),
    )
    with torch.library._scoped_library("torchvision", "FRAGMENT") as library:
        library.define(ALIGN)
        library.define(POOL)
        library.impl("roi_align", align, "CPU")
        library.impl("roi_pool", pool, "CPU")
        assert regions.region_devices() == ["cpu"]
        with monkeypatch.context() as other:
            other.delattr(torch._C, "_dispatch_has_kernel_for_dispatch_key")
            assert regions.region_devices() == []
        monkeypatch.setattr(regions, "REGION_DEVICES", ["cpu"])
        assert_close(regions.roi_align(x, OUTSIDE, (3, 2), 0.25, 3), wanted[0])
        assert_close(regions.roi_pool(x, BOXES, (3, 2), 0.25), wanted[1])
        assert regions.roi_align(x.bfloat16(), BOXES, (3, 2), 0.25).dtype == torch.bfloat16
        on_meta = regions.roi_align(x.to("meta"), BOXES.to("meta"), (3, 2), 0.25)
        assert on_meta.shape == (4, 3, 3, 2)
