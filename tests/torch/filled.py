"""Live modules filled as tests/oracles/twins fills public ones, so that outputs can be compared."""

from __future__ import annotations

import torch

from archc.api import load
from archc.backends.torch.live import module_class
from tests.oracles import fingerprint
from tests.oracles.twins.detection import BOXES

WITH_SOFTMAX = {"vgg", "vgg16"}
"""nets that end in the paper's softmax; torchvision leaves it to the loss"""


def module_of(name):
    """A shipped network's live module, in eval mode."""
    network = load(name).graph
    module = module_class(network)().eval()
    assert hasattr(module, "softmax") == (network.net in WITH_SOFTMAX)
    if network.net in WITH_SOFTMAX:
        module.softmax = torch.nn.Identity()
    if hasattr(module, "propose"):
        module.propose = lambda *given: torch.tensor([BOXES])
    return module


def filled(name):
    """The module with weights made from names."""
    module = module_of(name)
    module.load_state_dict(fingerprint.fill(module.state_dict()), strict=True)
    return module


@torch.no_grad()
def outputs_of(module, sizes):
    """What a module gives for images made from their sizes."""
    return tensors(module(*[fingerprint.image(size[1:], size[0]) for size in sizes]))


def tensors(value):
    """All tensors in what a module gives."""
    if isinstance(value, torch.Tensor):
        return [value]
    return [tensor for item in value if item is not None for tensor in tensors(item)]
