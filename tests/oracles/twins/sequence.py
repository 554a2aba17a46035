"""Twins of the nets for video."""

from __future__ import annotations

from typing import Any

from torch import nn

from tests.oracles.twins.packages import torchvision, without_parents
from tests.oracles.twins.twin import Twin

CLIP = ((1, 3, 16, 112, 112),)


def c3d_class() -> Any:
    return without_parents("mmaction.models.backbones.c3d").C3D


def c3d() -> nn.Module:
    """C3D of mmaction2 up to fc7, and a classifier of Sports-1M's 487 classes."""
    return nn.Sequential(c3d_class()(), nn.Linear(4096, 487))


TWINS = [
    Twin(
        net="c3d",
        package="mmaction2",
        model="C3D",
        make=c3d,
        inputs=CLIP,
        written_in=c3d_class,
    ),
    *(
        Twin(
            net=f"video_resnet.{kind}",
            package="torchvision",
            model=f"{kind}_18",
            make=torchvision(f"{kind}_18"),
            inputs=CLIP,
            same_names=True,
        )
        for kind in ("r3d", "mc3", "r2plus1d")
    ),
]
