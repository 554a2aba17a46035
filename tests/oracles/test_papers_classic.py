"""Classifiers and matchers without a public twin: their papers' own tables, layer by layer."""

from __future__ import annotations

from math import prod

import pytest

import archc
from archc.analysis.cost import measure
from tests.oracles.papers import Layer, compares, connected, costs, costs_of_layers, normed, totals


def vgg(*stages):
    """Simonyan and Zisserman 2014, Table 1: (channels, window, window, ...) for each stage."""
    before, side, layers = 3, 224, []
    for channels, *windows in stages:
        for window in windows:
            layers.append(Layer(window, before, channels, side))
            before = channels
        side //= 2
    return [*layers, *connected(7 * 7 * 512, 4096, 4096, 1000)]


def mlpconv(window, incoming, channels, side, last=None):
    """Lin et al. 2013, section 3.2: a conv and two 1x1 convs."""
    return [
        Layer(window, incoming, channels, side),
        Layer(1, channels, channels, side),
        Layer(1, channels, last or channels, side),
    ]


TABLES = {
    "alexnet.grouped": [  # section 3.5: a kernel of conv2, conv4 and conv5 sees half of the maps
        Layer(11, 3, 96, 55),
        Layer(5, 96, 256, 27, groups=2),
        Layer(3, 256, 384, 13),
        Layer(3, 384, 384, 13, groups=2),
        Layer(3, 384, 256, 13, groups=2),
        *connected(6 * 6 * 256, 4096, 4096, 1000),
    ],
    "vgg.A-LRN": vgg((64, 3), (128, 3), (256, 3, 3), (512, 3, 3), (512, 3, 3)),
    "vgg.C": vgg((64, 3, 3), (128, 3, 3), (256, 3, 3, 1), (512, 3, 3, 1), (512, 3, 3, 1)),
    "nin_imagenet": [
        *(mlpconv(11, 3, 96, 54) + mlpconv(5, 96, 256, 27)),
        *(mlpconv(3, 256, 384, 13) + mlpconv(3, 384, 1024, 6, last=1000)),
    ],
    "siamese": [  # Figure 4; both images go through the same tower
        *(Layer(10, 1, 64, 96, times=2), Layer(7, 64, 128, 42, times=2)),
        *(Layer(4, 128, 128, 18, times=2), Layer(4, 128, 256, 6, times=2)),
        *(Layer(1, 6 * 6 * 256, 4096, times=2), Layer(1, 4096, 1)),
    ],
    "rgbd": [
        *(normed(5, 3, 32, 64), normed(3, 32, 64, 32)),
        *(normed(5, 1, 16, 64), normed(3, 16, 32, 32)),
        *(normed(3, 64 + 32, 128, 16), *connected(128 + 12, 64, 20)),
    ],
}


def weighted(network):
    """The nodes that hold weights, with what they cost."""
    costs = measure(network)
    return {
        node: costs.of[node.index]
        for node in network.nodes
        if network.weights(node) and not node.shares
    }


@compares(*TABLES)
@pytest.mark.parametrize("net", TABLES)
def test_every_layer_costs_what_the_table_says(net):
    assert costs_of_layers(net) == [(layer.params, layer.macs) for layer in TABLES[net]]
    assert costs(net) == totals(TABLES[net])


def test_the_neurons_of_alexnet():
    """Section 3.5 counts them; its 253,440 of the first layer is 55 x 48 x 96: docs/errata.md."""
    neurons = [prod(node.shape.dims) for node in weighted(archc.load("alexnet.grouped").graph)]
    assert neurons == [55 * 55 * 96, 186_624, 64_896, 64_896, 43_264, 4096, 4096, 1000]


def test_the_file_of_nin_for_imagenet():
    """Caffe's Model Zoo: "a snapshot of size 29MB"."""
    assert round(archc.load("nin_imagenet").params * 4 / 2**20) == 29


# ---- LeNet-5 of 1998, section II.B --------------------------------------------------------------

LAYERS = {
    "C1": (156, 122_304),
    "S2": (12, 5_880),
    "C3": (1_516, 151_600),
    "S4": (32, 2_000),
    "C5": (48_120, 48_120),
    "F6": (10_164, 10_164),
}
"""parameters and connections"""
TABLE_1 = """
X . . . X X X . . X X X X . X X
X X . . . X X X . . X X X X . X
X X X . . . X X X . . X . X X X
. X X X . . X X X X . . X . X X
. . X X X . . X X X X . X X . X
. . . X X X . . X X X X . X X X
"""
"""row: a map of S2, column: a map of C3 that sees it"""


def test_the_maps_that_c3_sees():
    seen = [set() for _ in range(16)]
    network = archc.load("lenet5_1998").graph
    for node in network.nodes:
        if node.op.word == "chunk":
            _, joined, _ = node.path.split(".")
            seen[int(joined.removeprefix("joined")) - 1].add(node.op.number - 1)
    rows = [line.split() for line in TABLE_1.split("\n") if line]
    assert seen == [{row for row in range(6) if rows[row][column] == "X"} for column in range(16)]


@compares("lenet5_1998")
def test_the_parameters_and_connections_of_1998():
    """A connection is a product or a bias; a unit of S2 and S4 has four inputs and a bias."""
    params, connections = dict.fromkeys(LAYERS, 0), dict.fromkeys(LAYERS, 0)
    for node, cost in weighted(archc.load("lenet5_1998").graph).items():
        layer = node.path.partition(".")[0]
        units = prod(node.shape.dims)
        inputs = 4 * units if layer in ("S2", "S4") else cost.macs
        params[layer] += cost.params
        connections[layer] += inputs + units
    assert {layer: (params[layer], connections[layer]) for layer in LAYERS} == LAYERS
    assert sum(params.values()) == 60_000
    assert sum(connections.values()) + 84 * 10 == 340_908  # the distances' own
