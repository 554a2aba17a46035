"""Normalisations that torch lacks."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class FrozenBatchNorm(nn.Module):
    """Batch normalisation whose numbers stay (torchvision's FrozenBatchNorm2d)."""

    weight: Tensor
    bias: Tensor
    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.register_buffer("weight", torch.ones(channels))
        self.register_buffer("bias", torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        mean, var = self.running_mean, self.running_var
        return F.batch_norm(x, mean, var, self.weight, self.bias, eps=self.eps)

    def extra_repr(self) -> str:
        return f"{len(self.weight)}, eps={self.eps}"


class ChannelNorm(nn.LayerNorm):
    """Layer normalisation of the channels at each place (ConvNeXt: Liu et al. 2022)."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


class L2Norm(nn.Module):
    """Channels at each place to one length, then scaled (ParseNet: Liu et al. 2016)."""

    weight: Tensor | None

    def __init__(
        self,
        channels: int,
        scale: float = 1.0,
        eps: float = 1e-10,
        affine: bool = True,
        dim: int = 1,
    ) -> None:
        super().__init__()
        self.eps = eps
        self.dim = dim
        weight = nn.Parameter(torch.full((channels,), scale)) if affine else None
        self.register_parameter("weight", weight)

    def forward(self, x: Tensor) -> Tensor:
        wide = x.to(
            torch.promote_types(x.dtype, torch.float32)
        )  # squares overflow a half
        length = (wide.square().sum(self.dim, keepdim=True) + self.eps).sqrt()
        x = (wide / length).to(x.dtype)
        if self.weight is None:
            return x
        return (x.movedim(self.dim, -1) * self.weight).movedim(-1, self.dim)

    def extra_repr(self) -> str:
        return f"eps={self.eps}, dim={self.dim}"
