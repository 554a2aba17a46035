"""A map of fixed sides for each box, by torchvision's operators where they work.

Maps are N,C,H,W, `scale` times as large as their images; boxes are N,R,4 in pixels of
these (x1, y1, x2, y2); regions are N*R,C,h,w, those of the first image first.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def region_devices() -> list[str]:
    """Where torchvision's operators work: nowhere if it is missing or broken."""
    devices = ("cpu", "cuda", "mps", "xpu")
    try:
        # Nothing public of torch 2.4 tells it, and a trial would begin to use a GPU.
        has_kernel = torch._C._dispatch_has_kernel_for_dispatch_key
        __import__("torchvision")
        x, box = torch.zeros(1, 1, 1, 1), torch.zeros(1, 5)
        torch.ops.torchvision.roi_align(x, box, 1.0, 1, 1, 1, False)
        torch.ops.torchvision.roi_pool(x, box, 1.0, 1, 1)
        return [d for d in devices if has_kernel("torchvision::roi_align", d.upper())]
    except Exception:  # noqa: BLE001 - it can be broken in any way
        return []


REGION_DEVICES = region_devices()


def numbered(boxes: Tensor) -> Tensor:
    """N*R,5: the boxes of all images, each behind the number of its image."""
    image = torch.arange(boxes.shape[0], dtype=boxes.dtype, device=boxes.device)
    image = image[:, None, None].expand(-1, boxes.shape[1], 1)
    return torch.cat([image, boxes], 2).flatten(0, 1)


def region_points(first: Tensor, last: Tensor, points: int, least: float) -> Tensor:
    """N,R,points: the middles of equal parts of each box, `least` long at least."""
    step = (last - first).clamp(min=least) / points
    middles = torch.arange(points, dtype=first.dtype, device=first.device) + 0.5
    return first[:, :, None] + step[:, :, None] * middles


@torch.fx.wrap
def roi_align(
    x: Tensor,
    boxes: Tensor,
    size: tuple[int, int],
    scale: float,
    sampling: int = 2,
    aligned: bool = False,
) -> Tensor:
    """The mean of some points in each cell of a box (Mask R-CNN: He et al. 2017, 3)."""
    dtype = torch.promote_types(x.dtype, torch.float32)
    maps, boxes = x.to(dtype), boxes.detach().to(dtype)
    if x.device.type in REGION_DEVICES:
        cells: Tensor = torch.ops.torchvision.roi_align(
            maps, numbered(boxes), scale, *size, sampling, aligned
        )
        return cells.to(x.dtype)
    height, width = x.shape[2:]
    left, top, right, bottom = (boxes * scale - (0.5 if aligned else 0.0)).unbind(2)
    least = 0.0 if aligned else 1.0
    rows = region_points(top, bottom, size[0] * sampling, least)[:, :, :, None]
    columns = region_points(left, right, size[1] * sampling, least)[:, :, None]
    inside = (rows >= -1) & (rows <= height) & (columns >= -1) & (columns <= width)
    down, across = (2 * rows + 1) / height - 1, (2 * columns + 1) / width - 1
    grid = torch.stack([across.expand_as(inside), down.expand_as(inside)], 4).flatten(
        1, 2
    )
    points = F.grid_sample(maps, grid, padding_mode="border", align_corners=False)
    points = points * inside.flatten(1, 2)[:, None]
    cells = torch.unflatten(points, 3, (size[1], sampling))
    cells = torch.unflatten(cells, 2, (boxes.shape[1], size[0], sampling)).mean((4, 6))
    return cells.transpose(1, 2).flatten(0, 1).to(x.dtype)


@torch.fx.wrap
def pyramid_roi_align(
    maps: list[Tensor],
    boxes: Tensor,
    size: tuple[int, int],
    sides: tuple[int, ...],
    sampling: int = 2,
    aligned: bool = False,
) -> Tensor:
    """RoIAlign on the map that fits a box (FPN: Lin et al. 2017, equation 1)."""
    corners = boxes.detach().float()
    extent = (corners[:, :, 2:] - corners[:, :, :2]).prod(2).sqrt()
    wanted = torch.floor(4 + torch.log2(extent / 224) + 1e-6).flatten()
    found: Tensor | None = None
    for x in sorted(maps, key=lambda x: -x.shape[2]):
        level = round(math.log2(sides[0] / x.shape[2]))
        cells = roi_align(x, boxes, size, 0.5**level, sampling, aligned)
        fits = (wanted >= level)[:, None, None, None]
        found = cells if found is None else torch.where(fits, cells, found)
    assert found is not None
    return found


def range_maxima(x: Tensor, dim: int) -> Tensor:
    """Maxima of 1, 2, 4, ... neighbours from each place on, table behind table."""
    tables = [x]
    while 2 ** len(tables) <= x.shape[dim]:
        half = 2 ** (len(tables) - 1)
        tables.append(torch.maximum(tables[-1], tables[-1].roll(-half, dim)))
    return torch.cat(tables, dim)


def region_ranges(
    first: Tensor, last: Tensor, cells: int, side: int
) -> tuple[Tensor, Tensor]:
    """N,R,cells,2: places of `range_maxima` that cover a cell; and which are empty."""
    steps = torch.arange(cells + 1, dtype=first.dtype, device=first.device)
    edges = ((last - first + 1).clamp(min=1) / cells)[:, :, None] * steps
    begin = (edges[:, :, :-1].floor() + first[:, :, None]).clamp(0, side).long()
    end = (edges[:, :, 1:].ceil() + first[:, :, None]).clamp(0, side).long()
    powers = 2 ** torch.arange(1, 32, device=first.device)
    table = torch.bucketize(end - begin, powers, right=True)
    starts = torch.stack([begin, end - 2**table], 3).clamp(0, side - 1)
    return table[:, :, :, None] * side + starts, end <= begin


@torch.fx.wrap
def roi_pool(x: Tensor, boxes: Tensor, size: tuple[int, int], scale: float) -> Tensor:
    """The largest number in each cell of a box (Fast R-CNN: Girshick 2015, 2.1)."""
    dtype = torch.promote_types(x.dtype, torch.float32)
    boxes = boxes.detach().to(dtype)
    if x.device.type in REGION_DEVICES:
        cells: Tensor
        cells, _ = torch.ops.torchvision.roi_pool(
            x.to(dtype), numbered(boxes), scale, *size
        )
        return cells.to(x.dtype)
    boxes = boxes * scale
    whole = (
        boxes.trunc() + (2 * boxes.frac()).trunc()
    )  # halves away from 0, as C rounds
    left, top, right, bottom = whole.unbind(2)
    rows, no_rows = region_ranges(top, bottom, size[0], x.shape[2])
    columns, no_columns = region_ranges(left, right, size[1], x.shape[3])
    tables = range_maxima(range_maxima(x, 2), 3)
    places = (
        rows[:, :, :, None, :, None] * tables.shape[3] + columns[:, :, None, :, None]
    )
    index = places.flatten(1)[:, None].expand(-1, x.shape[1], -1)
    cells = torch.unflatten(tables.flatten(2).gather(2, index), 2, places.shape[1:])
    empty = no_rows[:, :, :, None] | no_columns[:, :, None]
    cells = cells.amax((5, 6)).masked_fill(empty[:, None], 0.0)
    return cells.transpose(1, 2).flatten(0, 1)
