"""Twins of the nets that make pictures, and of those that judge style."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from tests.oracles.twins.packages import torchvision, without_parents
from tests.oracles.twins.twin import Twin

STYLE = (1, 6, 11, 20, 29)
"""relu1_1, relu2_1, ... relu5_1 among VGG-19's layers"""


def bolts(name: str, *values: int) -> Callable[[], nn.Module]:
    """A net of lightning-bolts' DCGAN, which follows PyTorch's example."""

    def make() -> nn.Module:
        module = without_parents("pl_bolts.models.gans.dcgan.components")
        net: nn.Module = getattr(module, name)(*values)
        return net

    return make


def vgg19_features() -> nn.Module:
    """VGG-19 up to the last layer that style reads."""
    features: Any = torchvision("vgg19")().get_submodule("features")
    kept: nn.Module = features[: STYLE[-1] + 1]
    return kept


def style(features: Any, image: Tensor) -> list[Tensor]:
    """The Gram matrix of each layer that style reads."""
    grams = []
    for index, layer in enumerate(features):
        image = layer(image)
        if index in STYLE:
            rows = image.flatten(2)
            grams.append(rows @ rows.transpose(1, 2))
    return grams


TWINS = [
    Twin(
        net="generator.torch",
        package="lightning-bolts",
        model="DCGANGenerator",
        make=bolts("DCGANGenerator", 100, 64, 3),
        inputs=((1, 100, 1, 1),),
    ),
    Twin(
        net="discriminator.torch",
        package="lightning-bolts",
        model="DCGANDiscriminator",
        make=bolts("DCGANDiscriminator", 64, 3),
        inputs=((1, 3, 64, 64),),
    ),
    Twin(
        net="style_features",
        package="torchvision",
        model="vgg19",
        make=vgg19_features,
        run=style,
        depth=False,  # the Gram matrices' products look like layers
        written_in=lambda: torchvision("vgg19")().__class__,
    ),
]
