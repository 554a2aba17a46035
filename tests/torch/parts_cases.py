"""Every part on an input, as a module: a new part is tested by a line in CASES."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from archc.backends.torch.parts import attention, fused, maps, norms, paths, regions, rows

Case = tuple[nn.Module, tuple[Tensor, ...]]


def waves(*size: int) -> Tensor:
    """Numbers that look random and are the same everywhere."""
    count = math.prod(size)
    return torch.sin(torch.arange(count, dtype=torch.float64) * 0.7).view(size)


def waving(module: nn.Module) -> nn.Module:
    """The module in double precision with waves for its numbers, variances positive."""
    module.double()
    for name, tensor in module.state_dict().items():
        if tensor.is_floating_point():
            value = waves(*tensor.shape) + 0.3
            tensor.copy_(value.abs() + 0.5 if name == "running_var" else value)
    return module


def held(forward: Callable[..., Tensor], *layers: nn.Module) -> nn.Module:
    """A module whose forward calls a part that is a function."""
    module: nn.Module = type("Held", (nn.Module,), {"forward": forward})()
    module.layers = nn.Sequential(*layers)
    return module


def corners(*boxes: tuple[float, ...]) -> Tensor:
    """Boxes of two images, N,R,4."""
    return torch.tensor(boxes, dtype=torch.float64).unflatten(0, (2, -1))


BOXES = corners((0, 0, 63, 47), (8, 4, 20, 40), (30, 6, 31, 7), (12, 10, 60, 44))
OUTSIDE = corners((-40, -9, 9, 21), (50, 40, 90, 77), (80, 3, 99, 9), (-3, -2, 70, 50))

FUSED: dict[str, Callable[[], Case]] = {
    "FusedConv1d": lambda: (fused.FusedConv1d(3, 4, 3), (waves(2, 3, 9),)),
    "FusedConv2d": lambda: (
        fused.FusedConv2d(3, 4, 3, padding="same", activation="silu"),
        (waves(2, 3, 7, 6),),
    ),
    "FusedConv3d": lambda: (
        fused.FusedConv3d(3, 6, 2, stride=2, groups=3, activation="gelu"),
        (waves(2, 3, 4, 6, 5),),
    ),
    "FusedConvTranspose1d": lambda: (fused.FusedConvTranspose1d(3, 4, 3), (waves(2, 3, 5),)),
    "FusedConvTranspose2d": lambda: (
        fused.FusedConvTranspose2d(3, 4, 3, stride=2, output_padding=1, activation="tanh"),
        (waves(2, 3, 4, 5),),
    ),
    "FusedConvTranspose3d": lambda: (
        fused.FusedConvTranspose3d(3, 4, 2, activation="sigmoid"),
        (waves(2, 3, 2, 3, 2),),
    ),
    "FusedLinear": lambda: (fused.FusedLinear(6, 4, activation="gelu_tanh"), (waves(2, 6),)),
}

CLASSES: dict[str, Callable[[], Case]] = {
    "SameAvgPool": lambda: (maps.SameAvgPool((3, 2), (2, 1)), (waves(2, 3, 7, 6),)),
    "SameAvgPool of a line": lambda: (maps.SameAvgPool((3,), (2,), True), (waves(2, 3, 8),)),
    "MergePatches": lambda: (maps.MergePatches(2), (waves(2, 3, 4, 6),)),
    "FrozenBatchNorm": lambda: (norms.FrozenBatchNorm(3), (waves(2, 3, 4, 5),)),
    "ChannelNorm": lambda: (norms.ChannelNorm(4), (waves(2, 4, 3, 5),)),
    "ChannelNorm of a volume": lambda: (norms.ChannelNorm(4), (waves(2, 4, 3, 2, 2),)),
    "L2Norm": lambda: (norms.L2Norm(3, scale=20.0), (waves(2, 3, 4, 5),)),
    "L2Norm of things": lambda: (norms.L2Norm(3, affine=False, dim=2), (waves(2, 5, 3),)),
    "StochasticDepth": lambda: (paths.StochasticDepth(0.5), (waves(2, 3, 4, 5),)),
    "DropPaths": lambda: (paths.DropPaths("mean", 0.5), (waves(2, 3, 4), waves(2, 3, 4).cos())),
    "WeightedSum": lambda: (paths.WeightedSum(2), (waves(2, 3, 4), waves(2, 3, 4).cos())),
    "WindowAttention": lambda: (
        attention.WindowAttention(4, 2, (3, 2), shift=1),
        (waves(2, 4, 4, 5),),
    ),
    **FUSED,
}

FUNCTIONS: dict[str, Callable[[], Case]] = {
    "same_pad": lambda: (
        held(lambda _, x: maps.same_pad(x, (3, 2), (2, 2))),
        (waves(2, 3, 7, 6),),
    ),
    "crop": lambda: (
        held(lambda _, x, like: maps.crop(x, like.shape[2:])),
        (waves(2, 3, 7, 6), waves(2, 1, 3, 4)),
    ),
    "max_unpool": lambda: (
        held(lambda _, x, at, like: maps.max_unpool(x, at, like)),
        (waves(2, 3, 2, 2), torch.arange(24).view(2, 3, 2, 2) % 20, waves(2, 3, 5, 4)),
    ),
    "run": lambda: (
        held(lambda self, x: rows.run(self.layers, x, 1, 3), nn.Tanh(), nn.Linear(5, 4), nn.Tanh()),
        (waves(2, 3, 5),),
    ),
    "gram": lambda: (held(lambda _, x: attention.gram(x, mean=True)), (waves(2, 3, 5),)),
    "causal_mask": lambda: (
        held(lambda _, x: x @ x.mT + attention.causal_mask(x, x)),
        (waves(2, 4, 3),),
    ),
    "roi_align": lambda: (
        held(lambda _, x, boxes: regions.roi_align(x, boxes, (3, 2), 0.25)),
        (waves(2, 3, 12, 16), BOXES),
    ),
    "pyramid_roi_align": lambda: (
        held(
            lambda _, fine, coarse, boxes: regions.pyramid_roi_align(
                [fine, coarse], boxes * 8, (3, 2), (192, 256)
            )
        ),
        (waves(2, 3, 12, 16), waves(2, 3, 6, 8), BOXES),
    ),
    "roi_pool": lambda: (
        held(lambda _, x, boxes: regions.roi_pool(x, boxes, (3, 2), 0.25)),
        (waves(2, 3, 12, 16), OUTSIDE),
    ),
}

CASES = CLASSES | FUNCTIONS


def example(name: str) -> Case:
    """A module that is ready to be compared, and its inputs."""
    module, inputs = CASES[name]()
    return waving(module).eval(), inputs


def results(module: Any, inputs: tuple[Tensor, ...]) -> list[Tensor]:
    """The output, and what flows back from it to the first input and to all parameters."""
    x, *others = [value.detach().clone() for value in inputs]
    x.requires_grad_()
    output = module(x, *others)
    output.square().sum().backward()
    parameters = getattr(module, "parameters", list)()
    return [output, x.grad, *[parameter.grad for parameter in parameters]]
