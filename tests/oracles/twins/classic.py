"""Twins of the nets from LeNet-5 to VGG and Network in Network."""

from __future__ import annotations

from torch import nn

from tests.oracles.twins.packages import pytorchcv, torchvision, without_parents
from tests.oracles.twins.twin import Twin


def lenet5() -> nn.Module:
    """MMPretrain's LeNet-5 with its classifier."""
    net: nn.Module = without_parents("mmpretrain.models.backbones.lenet").LeNet5(10)
    return net


TWINS = [
    Twin(
        net="lenet5",
        package="mmpretrain",
        model="LeNet5",
        make=lenet5,
        inputs=((1, 1, 32, 32),),
    ),
    Twin(
        net="alexnet.slide",
        package="pytorchcv",
        model="alexnet",
        make=pytorchcv("alexnet"),
        inputs=((1, 3, 227, 227),),
    ),
    Twin(
        net="alexnet_torchvision",
        package="torchvision",
        model="alexnet",
        make=torchvision("alexnet"),
        same_names=True,
    ),
    *(
        Twin(net=f"zfnet.{variant}", package="pytorchcv", model=model, make=pytorchcv(model))
        for variant, model in (("paper", "zfnet"), ("slide", "zfnetb"))
    ),
    *(
        Twin(net=net, package="torchvision", model=model, make=torchvision(model), same_names=True)
        for net, model in (
            ("vgg.A", "vgg11"),
            ("vgg.B", "vgg13"),
            ("vgg.D", "vgg16"),
            ("vgg.E", "vgg19"),
            ("vgg16", "vgg16"),
            ("vgg_bn.11", "vgg11_bn"),
            ("vgg_bn.13", "vgg13_bn"),
            ("vgg_bn.16", "vgg16_bn"),
            ("vgg_bn.19", "vgg19_bn"),
        )
    ),
    Twin(
        net="nin",
        package="pytorchcv",
        model="nin_cifar10",
        make=pytorchcv("nin_cifar10"),
        inputs=((1, 3, 32, 32),),
    ),
]
