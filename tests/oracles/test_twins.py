"""torchvision's own models: parameters, products, state_dict keys and shapes are the same ones.

`torchvision.json` was written by torchvision itself. Its `params` count everything the model holds,
training heads included; its `macs` are those of one image in eval mode.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from archc.analysis.cost import INFERENCE, TRAINING, measure
from archc.api import loads
from tests.oracles.test_shapes import ROOT

MODELS = json.loads(Path(__file__).with_name("torchvision.json").read_text())["models"]
TWINS = {
    "alexnet": "alexnet_torchvision",
    "vgg11": "vgg.A",
    "vgg16": "vgg.D",
    "vgg19": "vgg.E",
    "googlenet": "googlenet_torchvision",
    "inception_v3": "inception_v3",
    "resnet18": "resnet.18",
    "resnet50": "resnet.50",
    "resnet152": "resnet.152",
    "resnext50_32x4d": "resnext.50-32x4d",
    "wide_resnet50_2": "wide_resnet_bottleneck.50-2",
    "densenet121": "densenet.121",
    "densenet201": "densenet.201",
    "mobilenet_v2": "mobilenet_v2.1.0",
    "mobilenet_v3_large": "mobilenet_v3_large",
    "shufflenet_v2_x1_0": "shufflenet_v2.1x",
    "shufflenet_v2_x2_0": "shufflenet_v2.2x",
    "vit_b_16": "vit.b16",
    "squeezenet1_1": "squeezenet.1.1",
    "vgg16_bn": "vgg_bn.16",
    "fcn_resnet50": "fcn_resnet.50",
}
WITHOUT_HEADS = {"fcn_resnet50"}
"""measured without the auxiliary head, at a size the open spec has to be asked for"""
WITH_BN = """
use vgg from "vgg.arch" with conv = conv pad=half ; bn ; relu
net vgg16_bn()
  input 224x224x3
  vgg: vgg.D
"""


def test_every_model_has_a_spec():
    assert set(MODELS) == set(TWINS)


@pytest.mark.parametrize("model", TWINS)
def test_twin(model, networks):
    channels, *sides = MODELS[model]["input"]
    asked = "x".join(map(str, (*sides, channels))) if model in WITHOUT_HEADS else None
    (network,) = networks(TWINS[model], asked)
    agrees(network, MODELS[model], heads=model not in WITHOUT_HEADS)


def test_a_policy_at_import_makes_the_twin_with_batch_norm(monkeypatch):
    """Batch norm behind every conv of a file that has none: the keys lie one level deeper."""
    monkeypatch.chdir(ROOT / "specs")
    agrees(loads(WITH_BN).graph, MODELS["vgg16_bn"], level="vgg.")


def agrees(network, expected, level="", *, heads=True):
    """The network's state, costs and input are those of torchvision's model."""
    costs = measure(network)
    counted = (INFERENCE, TRAINING) if heads else (INFERENCE,)
    state = [
        [network.key(node, tensor).removeprefix(level), list(size)]
        for node, role in zip(network.nodes, costs.roles)
        if role in counted and not node.shares
        for tensor, size in {**network.weights(node), **network.buffers(node)}.items()
    ]
    text = json.dumps(sorted(state), separators=(",", ":"))
    assert len(state) == expected["state_keys"]
    assert hashlib.sha256(text.encode()).hexdigest() == expected["state_sha256"]
    assert sum(costs.sum(role).params for role in counted) == expected["params"]
    if "macs" in expected:
        assert costs.sum(INFERENCE).macs == expected["macs"]
    (size,) = [network.nodes[index].shape for index in network.inputs.values()]
    assert [size.channels, *size.spatial] == expected["input"]
