"""Twins of DenseNet and FractalNet."""

from __future__ import annotations

from torch import nn

from tests.oracles.twins.packages import Make, pytorchcv, torchvision
from tests.oracles.twins.twin import Twin

CIFAR = ((1, 3, 32, 32),)


def without_bottleneck(layers: int, growth: int) -> Make:
    """The paper's nets without B and C from pytorchcv's parts.

    pytorchcv's own ones compress by half and begin with two growth rates of channels, as BC does.
    """

    def make() -> nn.Module:
        from pytorchcv.models.densenet_cifar import (
            DenseSimpleUnit,
            PreResActivation,
            TransitionBlock,
            conv3x3,
        )

        channels = 16
        parts: list[nn.Module] = [conv3x3(3, channels)]
        for stage in range(3):
            if stage > 0:
                parts.append(TransitionBlock(channels, channels))
            for _ in range(layers):
                parts.append(DenseSimpleUnit(channels, channels + growth, dropout_rate=0.0))
                channels += growth
        end = [PreResActivation(channels), nn.AvgPool2d(8), nn.Flatten(), nn.Linear(channels, 10)]
        return nn.Sequential(*parts, *end)

    return make


def _file_of_cifar() -> type:
    from pytorchcv.models.densenet_cifar import CIFARDenseNet

    return CIFARDenseNet


def ultra_deep(columns: int) -> Make:
    """pytorchcv's FractalNet with the channels of the paper's Table 3."""

    def make() -> nn.Module:
        from pytorchcv.models.fractalnet_cifar import CIFARFractalNet

        return CIFARFractalNet(
            channels=[16, 32, 64, 128, 128],
            num_columns=columns,
            dropout_probs=[0.0] * 5,
            loc_drop_prob=0.15,
            glob_drop_ratio=0.5,
            num_classes=100,
        )

    return make


TWINS = [
    *[
        Twin(
            net=f"densenet.{depth}",
            package="torchvision",
            model=f"densenet{depth}",
            make=torchvision(f"densenet{depth}"),
            same_names=True,
        )
        for depth in (121, 161, 169, 201)
    ],
    *[
        Twin(
            net=f"densenet_cifar.{depth}-{growth}",
            package="pytorchcv",
            model="DenseSimpleUnit, TransitionBlock",
            make=without_bottleneck((depth - 4) // 3, growth),
            inputs=CIFAR,
            written_in=_file_of_cifar,
        )
        for depth, growth in ((40, 12), (100, 12), (100, 24))
    ],
    *[
        Twin(
            net=f"densenet_cifar.BC-{depth}-{growth}",
            package="pytorchcv",
            model=f"densenet{depth}_k{growth}_bc_cifar10",
            make=pytorchcv(f"densenet{depth}_k{growth}_bc_cifar10"),
            inputs=CIFAR,
        )
        for depth, growth in ((100, 12), (250, 24), (190, 40))
    ],
    Twin(
        net="fractalnet",
        package="pytorchcv",
        model="fractalnet_cifar10",
        make=pytorchcv("fractalnet_cifar10"),
        inputs=CIFAR,
    ),
    *[
        Twin(
            net=f"fractalnet_recursion.{5 * 2 ** (columns - 1)}",
            package="pytorchcv",
            model=f"CIFARFractalNet(num_columns={columns})",
            make=ultra_deep(columns),
            inputs=CIFAR,
        )
        for columns in range(1, 7)
    ],
]
