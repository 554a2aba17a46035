"""Twins of the nets for video."""

from __future__ import annotations

from torch import nn

from tests.oracles.twins.generative import module_of_file
from tests.oracles.twins.packages import torchvision
from tests.oracles.twins.twin import Twin

CLIP = ((1, 3, 16, 112, 112),)


def c3d() -> nn.Module:
    """C3D of mmaction2 up to fc7, and a classifier of Sports-1M's 487 classes."""
    trunk: nn.Module = module_of_file("mmaction", "models/backbones/c3d.py").C3D()
    return nn.Sequential(trunk, nn.Linear(4096, 487))


TWINS = [
    Twin(
        net="c3d",
        package="mmaction2",
        model="C3D",
        make=c3d,
        inputs=CLIP,
        written_in=lambda: module_of_file("mmaction", "models/backbones/c3d.py").C3D,
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
