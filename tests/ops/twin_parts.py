"""What twins are made of: the table they enter, and where values lie in torch's memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from archc.ops.base import Op
from archc.ops.values import Shape

Run = Callable[..., Any]
Twin = tuple[nn.Module, Run]
Maker = Callable[..., Twin]
BARE = "bare"
"""the name here of a tensor whose key is the row's name itself"""

TWINS: dict[type[Op], Maker] = {}


def twin(*classes: type[Op]) -> Callable[[Maker], Maker]:
    def enter(maker: Maker) -> Maker:
        for cls in classes:
            TWINS[cls] = maker
        return maker

    return enter


def function(run: Run) -> Twin:
    """A twin without tensors."""
    return nn.Module(), run


def module(layer: nn.Module) -> Twin:
    return layer, layer


def tensors(**sizes: tuple[int, ...]) -> nn.Module:
    """A module with these parameters."""
    holder = nn.Module()
    for name, size in sizes.items():
        holder.register_parameter(name, nn.Parameter(torch.empty(size)))
    return holder


def by_rank(name: str, rank: int, space: Any = nn) -> Any:
    return getattr(space, f"{name}{rank}d")


def each(value: Shape) -> tuple[int, ...]:
    """The sides of one thing in torch's order."""
    return (value.channels, *value.spatial) if value.dims else ()


def memory(value: Shape) -> tuple[int, ...]:
    """Where a value lies in torch: N,C,H,W; N,T,D; R,C,H,W."""
    if value.count is None:
        return (1, *each(value))
    return (value.things, *each(value)) if value.rank > 0 else (1, value.things, *each(value))


def flat_things(x: Tensor, value: Shape) -> Tensor:
    """`R of HxWxC` has R in the batch place, `R of D` behind the batch."""
    return x.flatten(1) if value.count is None else x.flatten(1).unsqueeze(0)


def channels_second(layer: nn.Module, value: Shape) -> Run:
    """Features of `T of D` come second in torch's channel layers, as in maps."""
    if value.rank == 0 and value.count is not None:
        return lambda x: layer(x.transpose(1, 2)).transpose(1, 2)
    return layer
