"""Specs, and public implementations that call the same layers otherwise."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from tests.oracles.twins.packages import Make, pytorchcv, timm, torchvision
from tests.oracles.twins.twin import Twin

CIFAR = ((1, 3, 32, 32),)


class Renamed(nn.Module):
    """A module whose state_dict has other keys: those of an older release."""

    def __init__(self, inner: nn.Module, pattern: str, replacement: str) -> None:
        super().__init__()
        self.inner = inner
        self._pattern, self._replacement = pattern, replacement

    def forward(self, *values: Tensor) -> Any:
        return self.inner(*values)

    def state_dict(self, *args: Any, **options: Any) -> dict[str, Any]:
        state = self.inner.state_dict(*args, **options)
        return {re.sub(self._pattern, self._replacement, key): one for key, one in state.items()}


def old_densenet() -> nn.Module:
    """torchvision's DenseNet as its first weights name it: `norm.1` for `norm1`."""
    pattern = r"(denselayer\d+)\.(norm|conv)([12])"
    return Renamed(torchvision("densenet121")(), pattern, r"\1.\2.\3")


def of(package: str, make: Callable[..., Make], net: str, model: str, **more: Any) -> Twin:
    """One pair: the spec's net and a package's model."""
    inputs = more.pop("inputs", ((1, 3, 224, 224),))
    return Twin(net=net, package=package, model=model, make=make(model, **more), inputs=inputs)


PYTORCHCV = (
    ("resnet.18", "resnet18", {}),
    ("resnet_v1.50", "resnet50", {}),
    ("preact_resnet_cifar.164", "preresnet164bn_cifar10", {"inputs": CIFAR}),
    ("wide_resnet.16-10", "wrn16_10_cifar10", {"inputs": CIFAR}),
    ("pyramidnet.110-48", "pyramidnet110_a48_cifar10", {"inputs": CIFAR}),
    ("resnext.50-32x4d", "resnext50_32x4d", {}),
    ("densenet.121", "densenet121", {}),
    ("densenet_cifar.BC-100-12", "densenet100_k12_bc_cifar10", {"inputs": CIFAR}),
    ("vgg.A", "vgg11", {}),
    ("vgg_bn.11", "bn_vgg11b", {}),
    ("alexnet_torchvision", "alexnetb", {}),
    ("squeezenet.1.1", "squeezenet_v1_1", {}),
    ("xception", "xception", {"inputs": ((1, 3, 299, 299),)}),
    ("bn_inception", "bninception", {}),
    ("darknet19", "darknet19", {}),
    ("mobilenet_v1.0.25-224", "mobilenet_wd4", {}),
    ("se_resnet.50", "seresnet50", {}),
    ("efficientnet.b0", "efficientnet_b0", {}),
)
TIMM = (
    ("preact_resnet.50", "resnetv2_50", {}),
    ("vgg.D", "vgg16", {}),
    ("vgg_bn.11", "vgg11_bn", {}),
    ("mobilenet_v2.1.0", "mobilenetv2_100", {}),
    ("mobilenet_v3_large", "mobilenetv3_large_100", {}),
    ("mnasnet_a1", "semnasnet_100", {}),
    ("mnasnet_b1.1.0", "mnasnet_100", {}),
    ("efficientnet.b0", "efficientnet_b0", {}),
    ("xception", "legacy_xception", {"inputs": ((1, 3, 299, 299),)}),
    ("regnet.x_200mf", "regnetx_002", {}),
    ("regnet.y_200mf", "regnety_002", {}),
    ("darknet53", "darknet53", {"inputs": ((1, 3, 256, 256),)}),
    ("vit.b16", "vit_base_patch16_224", {}),
    ("deit.ti", "deit_tiny_patch16_224", {}),
    ("swin.t", "swin_tiny_patch4_window7_224", {}),
    ("convnext.tiny", "convnext_tiny", {}),
    ("hrnet.w18", "hrnet_w18", {}),
)

PAIRS = [
    *[of("pytorchcv", pytorchcv, net, model, **more) for net, model, more in PYTORCHCV],
    *[of("timm", timm, net, model, **more) for net, model, more in TIMM],
    Twin(
        net="densenet.121", package="torchvision", model="densenet121, old keys", make=old_densenet
    ),
]
"""pairs that are mapped and give the same outputs"""
TWINS = (
    ("segmentation", "unet_bn"),
    ("generative", "generator.torch"),
    ("sequence", "c3d"),
)
"""more of them, by their lists in tests/oracles/twins"""


def twins() -> list[Twin]:
    """The pairs of other lists."""
    found = []
    for family, net in TWINS:
        listed = importlib.import_module(f"tests.oracles.twins.{family}").TWINS
        found.append(next(one for one in listed if one.net == net))
    return found
