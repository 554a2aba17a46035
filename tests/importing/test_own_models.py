"""What archc writes is read back: the spec of a shipped net's model gives the same graph again."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from archc.analysis.cost import measure
from archc.backends.onnx.build import Options, built
from archc.backends.onnx.reading.network import read
from archc.building.imported import VALUES_OF_BLOCKS, written_from
from archc.graph.tensors import alive, tensors_of
from archc.limits import DEFAULT
from archc.session import Session
from archc.source import SourceFile
from tests.importing.isomorphic import MADE, exported, fingerprint, opened_again

OTHERS = ["sppnet_detector"]
SPECS = sorted((Path(__file__).resolve().parents[2] / "specs").glob("*.arch"))


def first_of(path: Path):
    """The first network of a file, or of one that a name leaves open."""
    return next(iter(Session(DEFAULT).networks(str(path))))


def again(text: str, size: str | None):
    """The network of a text, open as it was."""
    found = next(iter(Session(DEFAULT).networks_of(SourceFile("<text>", text), None, size)))
    found.asked = ""
    return found


def compared(network) -> None:
    """Assert that the imported spec is the same graph, with the same keys and costs."""
    model = exported(network)
    found = written_from(opened_again(model), network.net, "", None, DEFAULT)
    size = ",".join([f"{name}={value}" for name, value in network.evaluated_at.items()]) or None
    other = again(found.text, size)
    whole, wanted = measure(other).sum(), measure(network).sum()
    assert (whole.params, whole.macs) == (wanted.params, wanted.macs)
    assert not found.read.externs and not found.notes
    assert fingerprint(exported(other)) == fingerprint(model)
    assert sizes_of(other) == sizes_of(network)


def sizes_of(network) -> dict[str, tuple[int, ...]]:
    """The sides of each tensor that inference needs, by key."""
    kept = alive(network, training=False)
    found = tensors_of(network).items()
    return {key: tensor.shape for key, tensor in found if tensor.node.index in kept}


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_graph_comes_back(path, request, monkeypatch):
    """Of the first network of each file, of all with --full; none needs the plainer texts."""
    monkeypatch.setattr("archc.building.imported.VALUES_OF_BLOCKS", VALUES_OF_BLOCKS[:1])
    networks = Session(DEFAULT).networks(str(path))
    if not request.config.getoption("--full"):
        networks = islice(networks, 1)
    for network in networks:
        compared(network)


@pytest.mark.parametrize("name", OTHERS)
def test_other_networks_of_a_file(name, networks):
    """Those whose layers the first network of the file does not have."""
    (network,) = networks(name)
    compared(network)


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
