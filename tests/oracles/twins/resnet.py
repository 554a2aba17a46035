"""Twins of the residual networks."""

from __future__ import annotations

from tests.oracles.twins.packages import torchvision
from tests.oracles.twins.twin import Twin

TWINS = [
    Twin(
        net=f"resnet.{depth}",
        package="torchvision",
        model=f"resnet{depth}",
        make=torchvision(f"resnet{depth}"),
        same_names=True,
    )
    for depth in (18, 34, 50, 101, 152)
]
