"""ResNet-50 through torch's exporter: exported.py WEIGHTS.safetensors MODEL.onnx [MODULE].

torchvision's where it can be imported, after MODULE if one is named; else the module that archc
makes.
"""

from __future__ import annotations

import importlib
import sys

import torch
from safetensors.torch import load_file
from torch import nn


def module(shim: str) -> nn.Module:
    """The network, on no particular weights."""
    try:
        if shim:
            importlib.import_module(shim)
        found: nn.Module = importlib.import_module("torchvision").models.resnet50()
    except Exception:  # one that does not fit this torch fails in many ways
        found = importlib.import_module("archc").load("resnet.50").torch()
    return found


def main() -> None:
    """Write the model."""
    weights, path, *shim = sys.argv[1:]
    network = module("".join(shim)).eval()
    network.load_state_dict(load_file(weights))
    torch.onnx.export(network, (torch.zeros(1, 3, 224, 224),), path, dynamo=True)


if __name__ == "__main__":
    main()
