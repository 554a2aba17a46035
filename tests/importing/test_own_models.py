"""What archc writes is read back: the spec of a shipped net's model gives the same graph again."""

from __future__ import annotations

from pathlib import Path

import pytest

from archc.analysis.cost import measure
from archc.backends.onnx.build import Options, built
from archc.backends.onnx.reading.network import read
from archc.backends.onnx.reading.problem import ModelProblem
from archc.building.imported import VALUES_OF_BLOCKS, written_from
from archc.diagnostics.model import ArchError
from archc.limits import DEFAULT
from archc.session import Session
from archc.source import SourceFile
from tests.importing.isomorphic import MADE, exported, fingerprint, opened_again

SPECS = sorted((Path(__file__).resolve().parents[2] / "specs").glob("*.arch"))
LACKING = {
    "caption": "Scan",
    "caption_lstm": "LSTM",
    "fast_rcnn": "RoI pooling",
    "faster_rcnn": "code of the user's",
    "faster_rcnn_fpn": "code of the user's",
    "lenet5_1998": "parts of channels in an order of their own",
    "mask_rcnn": "code of the user's",
    "pspnet": "adaptive pooling of open sizes",
    "rcnn": "regions of a fixed number",
    "retinanet": "layers that work on every item of a list",
    "sppnet": "adaptive pooling with windows of different sizes",
    "sppnet_detector": "RoI pooling",
    "swin": "attention in windows",
}
"""specs whose models are not read back whole so far, and what is missing"""


def first_of(path: Path):
    """The first network of a file, or of one that a name leaves open."""
    return next(iter(Session(DEFAULT).networks(str(path))))


def again(text: str, size: str | None):
    """The network of a text, open as it was."""
    found = next(iter(Session(DEFAULT).networks_of(SourceFile("<text>", text), None, size)))
    found.asked = ""
    return found


def is_read_back(network) -> bool:
    """Whether the imported spec is the same graph, with the same costs."""
    model = exported(network)
    found = written_from(opened_again(model), network.net, "", None, DEFAULT)
    size = ",".join([f"{name}={value}" for name, value in network.evaluated_at.items()]) or None
    other = again(found.text, size)
    assert measure(other).sum().params == measure(network).sum().params or found.read.externs
    return not found.read.externs and fingerprint(exported(other)) == fingerprint(model)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_graph_comes_back(path):
    try:
        whole = is_read_back(first_of(path))
    except (ModelProblem, ArchError):
        whole = False
    assert whole == (path.stem not in LACKING), "LACKING says what is missing"


def test_every_way_to_write_blocks_is_tried():
    assert VALUES_OF_BLOCKS[-1] == 0


@pytest.mark.parametrize("opset", [13, 17, 24])
@pytest.mark.parametrize("name", ["resnet", "vit", "convnext", "mobilenet_v3", "unet_bn"])
def test_other_opsets(name, opset):
    network = first_of(next(path for path in SPECS if path.stem == name))
    found = read(opened_again(exported(network, opset)), "net")
    assert not found.externs
    assert measure(found.network).sum().params == measure(network).sum().params


@pytest.mark.parametrize("name", ["resnet", "vit"])
def test_weights_that_are_inputs(name):
    """What `archc build --weights none` writes."""
    network = first_of(next(path for path in SPECS if path.stem == name))
    found = read(opened_again(built(network, Options()).with_inputs().model), "net")
    assert list(found.network.inputs) == list(network.inputs)
    assert measure(found.network).sum().params == measure(network).sum().params


def test_the_model_keeps_its_name():
    assert opened_again(exported(first_of(SPECS[0]))).path == MADE
