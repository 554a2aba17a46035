"""The starters of `archc new`: right as they stand, short, and with torch's numbers."""

from __future__ import annotations

import pytest

import archc
from archc.analysis.cost import measure
from archc.catalogue import starters
from archc.files import shipped_nets
from archc.session import Session
from archc.source import SourceFile
from archc.syntax.format import format_text
from tests.oracles import torch_meta

STARTERS = starters()
TEACHES = {
    "classifier": ("columns", "every", "use", "check params"),
    "detector": ("concat", "block", "output", "meta example"),
    "gan": ("block", "deconv", "leaky"),
    "segmentation": ("where", "use", "with"),
}


def text_of(starter):
    with open(STARTERS[starter], encoding="utf-8") as file:
        return file.read()


def networks(starter):
    return list(Session().networks(STARTERS[starter]))


def test_there_is_one_for_each_usual_task():
    assert set(STARTERS) == set(TEACHES)
    assert not set(STARTERS) & set(shipped_nets()), "archc new would not know which is meant"


@pytest.mark.parametrize("starter", STARTERS)
def test_it_has_no_error_no_warning_and_the_canonical_form(starter):
    assert [found.message for found in archc.check(STARTERS[starter])] == []
    assert format_text(SourceFile("starter.arch", text_of(starter))) == text_of(starter)


@pytest.mark.parametrize("starter", STARTERS)
def test_it_is_a_page_that_explains_itself(starter):
    lines = text_of(starter).splitlines()
    assert 15 <= len(lines) <= 40
    assert max(map(len, lines)) <= 100
    assert lines[0].startswith("# ") and sum("#" in line for line in lines) >= 5
    assert sum(" -> " in line for line in lines) >= 5
    assert all(word in text_of(starter) for word in TEACHES[starter])
    assert "meta paper" not in text_of(starter), "a starter is nobody's published network"


@pytest.mark.parametrize("starter", STARTERS)
def test_sizes_and_costs_are_torchs(starter):
    for network in networks(starter):
        ran = torch_meta.run(network)
        assert [node.shape for node in network.nodes] == ran.shapes
        assert measure(network).sum().macs == ran.macs


def test_the_pair_is_the_one_of_pytorchs_tutorial():
    """Its DCGAN has 3,576,704 and 2,765,568 parameters, and no biases at its ends."""
    generator, discriminator = [measure(network).sum().params for network in networks("gan")]
    assert generator == 3_576_704 + 3
    assert discriminator == 2_765_568 + 64 + 1


@pytest.mark.parametrize("size", ["16x16x3", "48x80x3", "512x512x3"])
def test_the_segmentation_net_gives_a_class_for_every_pixel(size):
    network = archc.load(STARTERS["segmentation"], input=size)
    (report,) = [network.report()]
    outputs = [str(report.network.nodes[index].shape) for index in network.graph.outputs.values()]
    assert outputs == [size.replace("x3", "x2")]
