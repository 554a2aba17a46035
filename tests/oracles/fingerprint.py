"""Weights and images made from names alone: implementations are compared without a download.

fill(state_dict) sets every tensor from the crc32 of its key; image(shape) is one fixed input. Two
modules with equal keys and shapes that are filled this way must give equal outputs.
torchvision.json holds what torchvision's own modules gave (eval mode, float32, CPU, batch 2).
"""

import zlib

import torch


def fill(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """A state_dict of the same keys and shapes, with values that depend on these alone."""
    out = {}
    for key, old in state.items():
        g = torch.Generator().manual_seed(zlib.crc32(key.encode()))
        if not old.is_floating_point():
            out[key] = torch.zeros_like(old)
        elif key.endswith("running_var"):
            out[key] = torch.rand(old.shape, generator=g) + 0.5
        elif key.endswith("running_mean"):
            out[key] = 0.1 * torch.randn(old.shape, generator=g)
        elif old.dim() > 1:
            out[key] = torch.randn(old.shape, generator=g) * (2.0 / old[0].numel()) ** 0.5
        elif key.endswith("weight"):
            out[key] = 0.4 * torch.rand(old.shape, generator=g) + 0.6
        else:
            out[key] = 0.1 * torch.randn(old.shape, generator=g)
    return out


def image(shape: tuple[int, ...], batch: int = 2) -> torch.Tensor:
    """One fixed batch; shape is C, H, W."""
    return torch.randn((batch, *shape), generator=torch.Generator().manual_seed(0))


def digest(y: torch.Tensor) -> dict:
    """What is kept of an output: its shape, its first eight numbers, its 2-norm."""
    y = y.detach().double()
    return {"shape": list(y.shape), "first": y.flatten()[:8].tolist(), "norm": y.norm().item()}


def spread(y: torch.Tensor) -> list[float]:
    """Eight numbers from all over an output: the first ones and the norm do not see an exchange."""
    y = y.detach().double().flatten()
    places = [round(step * (len(y) - 1) / 7) for step in range(8)]
    return y[places].tolist()
