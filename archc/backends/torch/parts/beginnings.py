"""How weights begin where torch.nn.init has no function for it."""

import torch
from torch import Tensor


@torch.no_grad()
def bilinear_(weight: Tensor) -> None:
    """A transposed conv enlarges each channel linearly (Long et al. 2014, 3.3)."""
    weights = torch.ones((), dtype=weight.dtype)
    for side in weight.shape[2:]:
        half = (side + 1) // 2
        centre = half - 1 + (side + 1) % 2 / 2
        weights = weights[..., None] * (1 - (torch.arange(side) - centre).abs() / half)
    weight.zero_()
    channels = torch.arange(len(weight))
    weight[channels, channels % weight.shape[1]] = weights.to(weight)
