"""Twins of the residual networks."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any

from torch import nn

from tests.oracles.twins.packages import Make, pytorchcv, timm, torchvision
from tests.oracles.twins.twin import Twin

IMAGENET = ((1, 3, 224, 224),)
CIFAR = ((1, 3, 32, 32),)


def vision(net: str, model: str) -> Twin:
    """A twin of torchvision, whose names the spec has."""
    return Twin(
        net=net, package="torchvision", model=model, make=torchvision(model), same_names=True
    )


def cv(
    net: str, model: str, make: Make | None = None, inputs: Sequence[Sequence[int]] = IMAGENET
) -> Twin:
    """A twin of pytorchcv, by name or made of its parts."""
    made = make or pytorchcv(model)
    return Twin(net=net, package="pytorchcv", model=model, make=made, inputs=inputs)


def called(package: str, function: str, *values: Any, **options: Any) -> Make:
    """What a function of a package builds."""

    def make() -> nn.Module:
        return getattr(importlib.import_module(package), function)(*values, **options)

    return make


def with_units(make: Make, change: Callable[[Any], nn.Module]) -> Make:
    """pytorchcv's net, each residual unit of it changed."""

    def changed() -> nn.Module:
        net = make()
        for stage in net.features.children():
            for name, unit in stage.named_children():
                if hasattr(unit, "resize_identity"):
                    setattr(stage, name, change(unit))
        return net

    return changed


def plain(unit: Any) -> nn.Module:
    """The body of a unit and its activation, without the shortcut."""
    return nn.Sequential(unit.body, unit.activ)


def option_a(unit: Any) -> nn.Module:
    """Every second place and zeros for the new channels, where the unit has a projection."""
    if unit.resize_identity:
        conv = unit.identity_conv.conv
        zeros = nn.ConstantPad3d((0, 0, 0, 0, 0, conv.out_channels - conv.in_channels), 0)
        unit.identity_conv = nn.Sequential(nn.MaxPool2d(1, stride=2), zeros)
    return unit


def option_c(unit: Any) -> nn.Module:
    """A projection also where the unit has none."""
    from pytorchcv.models.common.conv import conv1x1_block

    if not unit.resize_identity:
        channels = unit.body.conv2.conv.out_channels
        unit.resize_identity = True
        unit.identity_conv = conv1x1_block(
            in_channels=channels, out_channels=channels, activation=None
        )
    return unit


def option_a_cifar(depth: int) -> Twin:
    """The nets of section 4.2 as they are published, with option A."""

    def make() -> nn.Module:
        from bayesian_torch.models.deterministic.resnet import BasicBlock, ResNet

        return ResNet(BasicBlock, [(depth - 2) // 6] * 3)

    return Twin(
        net=f"resnet_cifar.{depth}",
        package="bayesian-torch",
        model=f"deterministic resnet{depth}",
        make=make,
        inputs=CIFAR,
    )


def wide(depth: int, k: int) -> Twin:
    """A Wide-ResNet of any depth and width."""
    function = called(
        "pytorchcv.models.wrn_cifar",
        "get_wrn_cifar",
        num_classes=10,
        blocks=depth,
        width_factor=k,
    )
    return cv(f"wide_resnet.{depth}-{k}", f"wrn{depth}_{k}_cifar10", function, CIFAR)


def pyramid(blocks: int, alpha: int) -> Twin:
    """A PyramidNet for ImageNet of any depth and slope."""
    function = called("pytorchcv.models.pyramidnet", "get_pyramidnet", blocks=blocks, alpha=alpha)
    return cv(f"pyramidnet_imagenet.{blocks}-{alpha}", f"pyramidnet{blocks}_a{alpha}", function)


def caffe(net: str, model: str) -> Twin:
    """A net of the SE authors, ported from Caffe."""
    make = called("pretrainedmodels", model, pretrained=None)
    return Twin(net=net, package="pretrainedmodels", model=model, make=make)


def preactivated(depth: int, *layers: int) -> Twin:
    """timm's ResNet v2: what a changing unit projects is activated, and the stem is bare."""
    return Twin(
        net=f"preact_resnet.{depth}",
        package="timm",
        model=f"resnetv2_50, layers={list(layers)}",
        make=timm("resnetv2_50", layers=list(layers)),
    )


TWINS = [
    *[vision(f"resnet.{depth}", f"resnet{depth}") for depth in (18, 34, 50, 101, 152)],
    *[
        cv(f"resnet_v1.plain{depth}", f"resnet{depth}, plain", with_units(make, plain))
        for depth, make in ((18, pytorchcv("resnet18")), (34, pytorchcv("resnet34")))
    ],
    cv("resnet_v1.18A", "resnet18, option A", with_units(pytorchcv("resnet18"), option_a)),
    cv("resnet_v1.34A", "resnet34, option A", with_units(pytorchcv("resnet34"), option_a)),
    vision("resnet_v1.34B", "resnet34"),
    cv("resnet_v1.34C", "resnet34, option C", with_units(pytorchcv("resnet34"), option_c)),
    *[cv(f"resnet_v1.{depth}", f"resnet{depth}") for depth in (50, 101, 152)],
    *[option_a_cifar(depth) for depth in (20, 32, 44, 56, 110, 1202)],
    *[
        cv(f"resnet_cifar.{depth}B", f"resnet{depth}_cifar10", inputs=CIFAR)
        for depth in (20, 56, 110)
    ],
    *[
        cv(
            f"resnet_cifar.plain{depth}",
            f"resnet{depth}_cifar10, plain",
            with_units(pytorchcv(f"resnet{depth}_cifar10"), plain),
            CIFAR,
        )
        for depth in (20, 56)
    ],
    preactivated(50, 3, 4, 6, 3),
    preactivated(101, 3, 4, 23, 3),
    preactivated(152, 3, 8, 36, 3),
    preactivated(200, 3, 24, 36, 3),
    cv("preact_resnet_cifar.164", "preresnet164bn_cifar10", inputs=CIFAR),
    cv("preact_resnet_cifar.1001", "preresnet1001_cifar10", inputs=CIFAR),
    *[wide(40, k) for k in (1, 2, 4, 8)],
    *[wide(depth, k) for depth in (16, 22) for k in (8, 10)],
    *[wide(28, k) for k in (10, 12)],
    vision("wide_resnet_bottleneck.50-2", "wide_resnet50_2"),
    vision("wide_resnet_bottleneck.101-2", "wide_resnet101_2"),
    vision("resnext.50-32x4d", "resnext50_32x4d"),
    Twin(
        net="resnext.101-32x4d",
        package="timm",
        model="resnext101_32x4d",
        make=timm("resnext101_32x4d"),
        same_names=True,
    ),
    vision("resnext.101-64x4d", "resnext101_64x4d"),
    vision("resnext.101-32x8d", "resnext101_32x8d"),
    *[
        cv(f"pyramidnet.110-{alpha}", f"pyramidnet110_a{alpha}_cifar10", inputs=CIFAR)
        for alpha in (48, 84, 270)
    ],
    *[
        cv(f"pyramidnet.{depth}-{alpha}", f"pyramidnet{depth}_a{alpha}_bn_cifar10", inputs=CIFAR)
        for depth, alpha in ((164, 270), (200, 240), (236, 220), (272, 200))
    ],
    pyramid(101, 360),
    pyramid(200, 300),
    pyramid(200, 450),
    *[caffe(f"se_resnet.{depth}", f"se_resnet{depth}") for depth in (50, 101, 152)],
    caffe("senet", "senet154"),
]
