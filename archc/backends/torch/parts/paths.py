"""Paths that are dropped while training, and weighted sums of paths."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class StochasticDepth(nn.Module):
    """The end of a path that, while training, drops samples (Huang et al. 2016)."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        kept = F.dropout(x.new_ones(x.shape[0]), self.p)  # 0 or 1 / (1 - p)
        return (x.transpose(0, -1) * kept).transpose(0, -1)

    def extra_repr(self) -> str:
        return f"p={self.p}"


class DropPaths(nn.Module):
    """A join that drops paths, but never all (FractalNet: Larsson et al. 2017).

    Each sample in training loses a path with chance `p`; `how` is sum, mean or amax.
    """

    def __init__(self, how: str, p: float) -> None:
        super().__init__()
        self.how = how
        self.p = p

    def forward(self, *paths: Tensor) -> Tensor:
        x = torch.stack(paths)
        if self.training:
            x = self.survivors(x.flatten(2)).view_as(x)
        joined: Tensor = getattr(torch, self.how)(x, 0)
        return joined

    def survivors(self, x: Tensor) -> Tensor:
        chance = torch.rand_like(x[:, :, :1], dtype=torch.float32)
        kept = chance >= chance.amax(0).clamp(max=self.p)
        if self.how == "mean":
            x = x / kept.to(x.dtype).mean(0)
        return x.masked_fill(~kept, float("-inf") if self.how == "amax" else 0.0)

    def extra_repr(self) -> str:
        return f"{self.how}, p={self.p}"


class WeightedSum(nn.Module):
    """A sum of paths with trained shares (BiFPN: Tan et al. 2020, section 3.3)."""

    def __init__(self, paths: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(paths))

    def forward(self, first: Tensor, *others: Tensor) -> Tensor:
        weight = F.relu(self.weight)
        weight = weight / (weight.sum() + 1e-4)
        total = weight[0] * first
        for index, path in enumerate(others, 1):
            total = total + weight[index] * path
        return total
