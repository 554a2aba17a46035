"""Nets without a public twin: the arithmetic of their papers' own tables, layer by layer."""

from __future__ import annotations

from math import prod

import pytest
import torch
from torch import nn

import archc
from archc.analysis.cost import measure


def conv(incoming, outgoing, *window, bias=True):
    """Weights of a convolution, and a bias for each outgoing channel."""
    return incoming * outgoing * prod(window) + outgoing * bias


def fc(incoming, outgoing):
    """Weights and biases of a fully connected layer."""
    return (incoming + 1) * outgoing


def bn(channels):
    """A scale and a shift for each channel."""
    return 2 * channels


def wave(first, *widths, classes=10):
    """Dai et al. 2016, Table 1: the first window is 80 long, the others 3; each has batch norm."""
    layers = [conv(1, first, 80), bn(first)]
    for before, width in zip((first, *widths), widths):
        layers += [conv(before, width, 3), bn(width)]
    return [*layers, fc(widths[-1], classes)]


def vgg(*stages):
    """Simonyan and Zisserman 2014, Table 1: (channels, window, window, ...) for each stage."""
    before, layers = 3, []
    for channels, *windows in stages:
        for window in windows:
            layers.append(conv(before, channels, window, window))
            before = channels
    return [*layers, fc(7 * 7 * 512, 4096), fc(4096, 4096), fc(4096, 1000)]


def torchs(*modules):
    """What torch's own layers hold."""
    return [sum(tensor.numel() for tensor in module.parameters()) for module in modules]


VGG_D = vgg((64, 3, 3), (128, 3, 3), (256, 3, 3, 3), (512, 3, 3, 3), (512, 3, 3, 3))
VGG_E_CONVS = vgg((64, 3, 3), (128, 3, 3), *[(c, 3, 3, 3, 3) for c in (256, 512, 512)])[:16]
RESIDUAL = [conv(128, 128, 3, 3), bn(128)] * 2

with torch.device("meta"):
    ATTEND = torchs(nn.Linear(512, 512), nn.Linear(512, 512), nn.Linear(512, 1))
    SHOW_ATTEND_TELL = [
        *VGG_E_CONVS,
        *torchs(nn.Linear(512, 512), nn.Linear(512, 512), nn.Embedding(10000, 512)),
        *ATTEND,
        *torchs(nn.LSTM(1024, 512), nn.Linear(512, 512), nn.Linear(512, 512)),
        *torchs(nn.Linear(512, 10000)),
    ]
    SHOW_AND_TELL = [
        *VGG_D[:-1],
        *torchs(nn.Linear(4096, 512), nn.Embedding(10000, 512), nn.LSTM(512, 512)),
        *torchs(nn.Linear(512, 10000)),
    ]

TABLES = {
    "lenet5": [conv(1, 6, 5, 5), conv(6, 16, 5, 5), conv(16, 120, 5, 5), fc(120, 84), fc(84, 10)],
    "alexnet.grouped": [  # section 3.5: a kernel of conv2, conv4 and conv5 sees half of the maps
        conv(3, 96, 11, 11),
        conv(48, 256, 5, 5),
        conv(256, 384, 3, 3),
        conv(192, 384, 3, 3),
        conv(192, 256, 3, 3),
        fc(6 * 6 * 256, 4096),
        fc(4096, 4096),
        fc(4096, 1000),
    ],
    "vgg.A-LRN": vgg((64, 3), (128, 3), (256, 3, 3), (512, 3, 3), (512, 3, 3)),
    "vgg.C": vgg((64, 3, 3), (128, 3, 3), (256, 3, 3, 1), (512, 3, 3, 1), (512, 3, 3, 1)),
    "nin_imagenet": [
        *(conv(3, 96, 11, 11), conv(96, 96, 1), conv(96, 96, 1)),
        *(conv(96, 256, 5, 5), conv(256, 256, 1), conv(256, 256, 1)),
        *(conv(256, 384, 3, 3), conv(384, 384, 1), conv(384, 384, 1)),
        *(conv(384, 1024, 3, 3), conv(1024, 1024, 1), conv(1024, 1000, 1)),
    ],
    "autoencoder": [
        *(conv(1, 16, 3, 3), conv(16, 32, 3, 3), fc(7 * 7 * 32, 32)),
        *(fc(32, 7 * 7 * 32), conv(32, 16, 3, 3), conv(16, 1, 3, 3)),
    ],
    "vae": [fc(784, 500), fc(500, 20), fc(500, 20), fc(20, 500), fc(500, 784)],
    "generator.paper": [
        *(conv(100, 1024, 4, 4, bias=False), bn(1024)),
        *(conv(1024, 512, 5, 5, bias=False), bn(512)),
        *(conv(512, 256, 5, 5, bias=False), bn(256)),
        *(conv(256, 128, 5, 5, bias=False), bn(128)),
        conv(128, 3, 5, 5, bias=False),
    ],
    "discriminator.paper": [
        conv(3, 128, 5, 5, bias=False),
        *(conv(128, 256, 5, 5, bias=False), bn(256)),
        *(conv(256, 512, 5, 5, bias=False), bn(512)),
        *(conv(512, 1024, 5, 5, bias=False), bn(1024)),
        conv(1024, 1, 4, 4, bias=False),
    ],
    "style_transfer": [
        *(conv(3, 32, 9, 9), bn(32), conv(32, 64, 3, 3), bn(64), conv(64, 128, 3, 3), bn(128)),
        *RESIDUAL * 5,
        *(conv(128, 64, 3, 3), bn(64), conv(64, 32, 3, 3), bn(32), conv(32, 3, 9, 9)),
    ],
    "siamese": [
        *(conv(1, 64, 10, 10), conv(64, 128, 7, 7), conv(128, 128, 4, 4), conv(128, 256, 4, 4)),
        *(fc(6 * 6 * 256, 4096), fc(4096, 1)),
    ],
    "rgbd": [
        *(conv(3, 32, 5, 5, bias=False), bn(32), conv(32, 64, 3, 3, bias=False), bn(64)),
        *(conv(1, 16, 5, 5, bias=False), bn(16), conv(16, 32, 3, 3, bias=False), bn(32)),
        *(conv(64 + 32, 128, 3, 3, bias=False), bn(128), fc(128 + 12, 64), fc(64, 20)),
    ],
    "show_and_tell": SHOW_AND_TELL,
    "show_attend_tell": SHOW_ATTEND_TELL,
    "waveform.M3": wave(256, 256),
    "waveform.M5": wave(128, 128, 256, 512),
    "waveform.M11": wave(64, *[64] * 2, *[128] * 2, *[256] * 3, *[512] * 2),
    "waveform.M18": wave(64, *[64] * 4, *[128] * 4, *[256] * 4, *[512] * 4),
}


def weighted(network):
    """The nodes that hold weights, with what they cost."""
    costs = measure(network)
    return {
        node: costs.of[node.index]
        for node in network.nodes
        if network.weights(node) and not node.shares
    }


@pytest.mark.parametrize("net", TABLES)
def test_every_layer_holds_what_the_table_says(net):
    model = archc.load(net)
    assert [cost.params for cost in weighted(model.graph).values()] == TABLES[net]
    assert model.params == sum(TABLES[net])


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
