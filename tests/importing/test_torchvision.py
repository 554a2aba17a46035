"""torchvision's nets as PyTorch exports them: the spec has their parameters and products.

What the nets have was measured by torchvision's own code (tests/oracles/twins). Outputs are
compared where the models are made: tests/importing/export.py.
"""

from __future__ import annotations

import json

import pytest

import archc
from archc.building.imported import imported
from tests.importing.models import names, unpacked
from tests.oracles.twins.make import HERE, families

ALIASES = {"mobilenet_v2": "mobilenet_v2, width_mult=1.0"}
HEADS = {"googlenet": 6624904, "inception_v3": 23834568}
"""parameters without the heads that torchvision has for training alone: no export has them"""
SHORT = {"resnet50": 150, "googlenet": 150, "vit_b_16": 40, "resnet18": 40}
RECORDS = {
    record["model"]: record
    for family in families()
    for record in json.loads((HERE / f"{family}.json").read_text(encoding="utf-8"))
    if record["package"].startswith("torchvision")
}
OLD = [name for name in names() if not name.endswith(".new")]


def test_twelve_nets_at_least():
    assert len(OLD) >= 12


@pytest.mark.parametrize("name", OLD)
def test_parameters_and_products(name, tmp_path):
    found = imported(unpacked(name, tmp_path), name)
    net = archc.loads(found.text)
    record = RECORDS[ALIASES.get(name, name)]
    assert (net.params, net.macs) == (HEADS.get(name, record["params"]), record["macs"])
    assert not found.read.externs
    assert not found.notes


@pytest.mark.parametrize("name", [name for name in names() if name.endswith(".new")])
def test_the_new_exporter(name, tmp_path):
    """It folds batch norms: the products stay, and parameters are those of the folded layers."""
    found = imported(unpacked(name, tmp_path), name.removesuffix(".new"))
    net = archc.loads(found.text)
    record = RECORDS[name.removesuffix(".new")]
    assert net.macs == record["macs"]
    assert net.params <= record["params"]
    assert not found.read.externs


@pytest.mark.parametrize("name", SHORT)
def test_repeated_structure_is_written_once(name, tmp_path):
    text = imported(unpacked(name, tmp_path), name).text
    assert len(text.splitlines()) < SHORT[name]
    assert "block" in text


@pytest.mark.parametrize("name", ["resnet50", "vit_b_16", "mobilenet_v2"])
def test_keys_are_those_of_the_model(name, tmp_path):
    """torch's state_dict loads into the module of the spec."""
    torchvision = pytest.importorskip("torch", reason="the module is torch's")
    found = imported(unpacked(name, tmp_path), name)
    shipped = {"resnet50": "resnet.50", "vit_b_16": "vit.b16", "mobilenet_v2": "mobilenet_v2.1.0"}
    own, theirs = archc.loads(found.text).torch(), archc.load(shipped[name]).torch()
    with torchvision.device("meta"):
        sizes = {key: value.shape for key, value in theirs.state_dict().items()}
        assert {key: value.shape for key, value in own.state_dict().items()} == sizes


@pytest.mark.parametrize("name", ["resnet50", "googlenet", "vit_b_16"])
def test_check_has_nothing_to_say(name, tmp_path):
    path = tmp_path / "model.arch"
    path.write_text(imported(unpacked(name, tmp_path), name).text)
    assert [found.message for found in archc.check(str(path))] == []


def test_same_model_same_bytes(tmp_path):
    path = unpacked("googlenet", tmp_path)
    assert imported(path, "net").text == imported(path, "net").text
