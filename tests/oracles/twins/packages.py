"""How the packages that hold many twins build one by name, imported only then."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
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


def without_parents(name: str) -> ModuleType:
    """A module whose package imports more than its network needs: the package itself is not run."""
    *parents, _ = name.split(".")
    found = PathFinder.find_spec(parents[0])
    assert found is not None and found.origin is not None
    folder = Path(found.origin).parent
    for depth in range(1, len(parents) + 1):
        package = ModuleType(".".join(parents[:depth]))
        package.__path__ = [str(folder.joinpath(*parents[1:depth]))]
        sys.modules.setdefault(package.__name__, package)
    return importlib.import_module(name)
