"""Beside torchvision itself: fresh modules begin with numbers of the same kind, layer by layer."""

from __future__ import annotations

import math

import torch

from archc.api import load
from tests.torch.beside import TWINS, skip_without_torchvision, torchvision

skip_without_torchvision()

LIGHT = (
    "densenet.121",
    "efficientnet.b0",
    "googlenet_torchvision",
    "mobilenet_v2.1.0",
    "mobilenet_v3_small",
    "regnet.y_400mf",
    "resnet.18",
    "shufflenet_v2.0.5x",
    "squeezenet.1.1",
)
LEFT_BY_TORCHVISION = {
    "googlenet_torchvision": "fc",
    "inception_v3": "fc",
    "mask_rcnn": "roi_heads.mask_predictor",
    "regnet": "se.fc",
}
"""layers whose weights it begins and whose biases it forgets: they are torch's there, 0 here"""
AUTHORS_DIFFER = {"mnasnet_b1": "classifier.1.weight"}
"""sqrt(3) times as wide there"""
ASKED = {
    "googlenet_torchvision": lambda: torchvision.models.googlenet(init_weights=True),
    "inception_v3": lambda: torchvision.models.inception_v3(init_weights=True),
}
"""nets that begin as torch's layers do unless they are asked, which is slow there"""
FEW = 4096
"""fewer numbers do not tell what shape their distribution has"""
SIGMAS = 6


def pytest_generate_tests(metafunc):
    nets = TWINS if metafunc.config.getoption("--full") else [net for net in TWINS if net in LIGHT]
    metafunc.parametrize("net", nets)


def test_fresh_modules_begin_alike(net):
    torch.manual_seed(1)
    theirs = parameters_of(ASKED[net]() if net in ASKED else TWINS[net].make())
    ours = parameters_of(load(net).torch(seed=2))
    assert ours.keys() == theirs.keys()
    found = [
        f"{name}: {said(ours[name])}, torchvision {said(theirs[name])}"
        for name in ours
        if not is_left(net, name) and not alike(ours[name], theirs[name])
    ]
    assert not found


def parameters_of(module):
    return {name: tensor.detach() for name, tensor in module.named_parameters()}


def is_left(net, name):
    """Whether torchvision does not say how these numbers begin, or not as the authors do."""
    name_of_net = net.partition(".")[0]
    if name == AUTHORS_DIFFER.get(name_of_net):
        return True
    return name.endswith("bias") and LEFT_BY_TORCHVISION.get(name_of_net, " ") in name


def alike(ours, theirs):
    """Whether two tensors may well be drawn in one way: mean, deviation, and the fourth moment,
    which is 3 for normal numbers and 1.8 for even ones.
    """
    number, spread = ours.numel(), max(deviation(ours), deviation(theirs))
    if abs(ours.mean() - theirs.mean()) > SIGMAS * spread * math.sqrt(2 / number) + 1e-7:
        return False
    if abs(deviation(ours) - deviation(theirs)) > SIGMAS * spread / math.sqrt(number):
        return False
    if number < FEW or spread == 0:
        return True
    return bool(abs(fourth(ours) - fourth(theirs)) < SIGMAS * math.sqrt(48 / number))


def deviation(tensor):
    return float(tensor.std(correction=0))


def fourth(tensor):
    """The fourth moment in units of the deviation."""
    return (tensor - tensor.mean()).double().pow(4).mean() / tensor.double().var() ** 2


def said(tensor):
    return f"{tensor.mean().item():.3g} with deviation {deviation(tensor):.3g}"
