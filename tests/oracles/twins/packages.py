"""How the packages that hold many twins build one by name, imported only then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn

Make = Callable[[], nn.Module]


def torchvision(model: str, **options: Any) -> Make:
    """A model of torchvision without trained weights; detectors without a trained trunk."""

    def make() -> nn.Module:
        from torchvision.models import get_model

        return get_model(model, weights=None, **options)

    return make


def timm(model: str, **options: Any) -> Make:
    """A model of timm."""

    def make() -> nn.Module:
        from timm import create_model

        return create_model(model, pretrained=False, **options)

    return make


def pytorchcv(model: str, **options: Any) -> Make:
    """A model of pytorchcv, which has many of the older networks."""

    def make() -> nn.Module:
        from pytorchcv.model_provider import get_model

        return get_model(model, pretrained=False, **options)

    return make
