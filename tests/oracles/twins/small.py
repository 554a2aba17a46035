"""Twins of SqueezeNet and the Darknets."""

from __future__ import annotations

from tests.oracles.twins.packages import pytorchcv, timm, torchvision
from tests.oracles.twins.twin import Twin

TWINS = [
    Twin(
        net="squeezenet.1.0",
        package="torchvision",
        model="squeezenet1_0",
        make=torchvision("squeezenet1_0"),
        same_names=True,
    ),
    Twin(
        net="squeezenet.1.1",
        package="torchvision",
        model="squeezenet1_1",
        make=torchvision("squeezenet1_1"),
        same_names=True,
    ),
    Twin(
        net="darknet19",
        package="pytorchcv",
        model="darknet19",
        make=pytorchcv("darknet19"),
    ),
    Twin(
        net="darknet53",
        package="timm",
        model="darknet53",
        make=timm("darknet53"),
        inputs=((1, 3, 256, 256),),
    ),
]
