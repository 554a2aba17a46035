"""Maps padded, cut, pooled, unpooled and merged."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@torch.fx.wrap
def same_pad(
    x: Tensor, window: tuple[int, ...], stride: tuple[int, ...], fill: float = 0.0
) -> Tensor:
    """Room for ceil(side / stride) windows, an odd pad behind: TensorFlow's "same"."""
    pads: list[int] = []
    for side, reach, step in zip(x.shape[2:], window, stride):
        total = max((-(-side // step) - 1) * step + reach - side, 0)
        pads = [
            total // 2,
            total - total // 2,
            *pads,
        ]  # F.pad begins with the last side
    return F.pad(x, pads, value=fill)


@torch.fx.wrap
def crop(x: Tensor, sides: tuple[int, ...], at: int | None = None) -> Tensor:
    """The centre of a map, or what begins at row and column `at`."""
    for axis, side in enumerate(sides, 2):
        start = (x.shape[axis] - side) // 2 if at is None else at
        x = x.narrow(axis, start, side)
    return x


def max_unpool(x: Tensor, indices: Tensor, like: Tensor) -> Tensor:
    """Numbers back to where max pooling found them (Zeiler and Fergus 2014, 2.1)."""
    places = x.new_zeros(like.shape).flatten(2)
    return places.scatter(2, indices.flatten(2), x.flatten(2)).view_as(like)


class SameAvgPool(nn.Module):
    """Average pooling with "same" pads that do not count in the means (TensorFlow)."""

    def __init__(
        self, window: tuple[int, ...], stride: tuple[int, ...], count_all: bool = False
    ) -> None:
        super().__init__()
        self.window = window
        self.stride = stride
        self.count_all = count_all

    def forward(self, x: Tensor) -> Tensor:
        means = self.padded_means(x)
        if self.count_all:
            return means
        return means / self.padded_means(torch.ones_like(x[:1, :1]))

    def padded_means(self, x: Tensor) -> Tensor:
        pool = (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)[len(self.window) - 1]
        return pool(same_pad(x, self.window, self.stride), self.window, self.stride)

    def extra_repr(self) -> str:
        return f"{self.window}, {self.stride}, count_all={self.count_all}"


class MergePatches(nn.Module):
    """Squares of places as channels, column by column (Swin: Liu et al. 2021, 3.1)."""

    def __init__(self, factor: int) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        step = self.factor
        places = [(row, column) for column in range(step) for row in range(step)]
        return torch.cat(
            [x[:, :, row::step, column::step] for row, column in places], 1
        )

    def extra_repr(self) -> str:
        return f"{self.factor}"
