"""Tables of papers, written out: their rows give the numbers of the specs without archc.

For nets that no public implementation equals, and for columns that papers print row by row.
"""

from __future__ import annotations

import pytest

import archc
from archc.analysis.cost import INFERENCE, TRAINING, measure
from tests.oracles.papers import Layer, compares, connected, totals

CLASSES = 1000


def inception(c, side, n1, r3, n3, r5, n5, pp):
    """The module of Figure 2b as the table's columns describe it."""
    return [
        Layer(1, c, n1, side),
        Layer(1, c, r3, side),
        Layer(3, r3, n3, side),
        Layer(1, c, r5, side),
        Layer(5, r5, n5, side),
        Layer(1, c, pp, side),
    ]


def auxiliary(c):
    """Section 5: pool to 4x4, a 1x1 conv with 128 filters, 1024 units, the classes."""
    return [Layer(1, c, 128, 4), *connected(4 * 4 * 128, 1024, CLASSES)]


# name: side, #1x1, #3x3 reduce, #3x3, #5x5 reduce, #5x5, pool proj (Szegedy et al. 2014, Table 1)
MODULES = {
    "i3a": (28, 64, 96, 128, 16, 32, 32),
    "i3b": (28, 128, 128, 192, 32, 96, 64),
    "i4a": (14, 192, 96, 208, 16, 48, 64),
    "i4b": (14, 160, 112, 224, 24, 64, 64),
    "i4c": (14, 128, 128, 256, 24, 64, 64),
    "i4d": (14, 112, 144, 288, 32, 64, 64),
    "i4e": (14, 256, 160, 320, 32, 128, 128),
    "i5a": (7, 256, 160, 320, 32, 128, 128),
    "i5b": (7, 384, 192, 384, 48, 128, 128),
}
SIZES = {"i3a": 256, "i3b": 480, "i4a": 512, "i4b": 512, "i4c": 512, "i4d": 528, "i4e": 832}
SIZES |= {"i5a": 832, "i5b": 1024}


def googlenet():
    """The table's layers, module by module."""
    layers = {"stem": [Layer(7, 3, 64, 112), Layer(1, 64, 64, 56), Layer(3, 64, 192, 56)]}
    channels = 192
    for name, (side, *columns) in MODULES.items():
        layers[name] = inception(channels, side, *columns)
        n1, _, n3, _, n5, pp = columns
        channels = n1 + n3 + n5 + pp
        assert channels == SIZES[name]
    layers["fc"] = connected(channels, CLASSES)
    return layers


def measured(net, role=INFERENCE, row=None):
    """Parameters and products of a shipped net, or of one of its rows."""
    network = archc.load(net).graph
    chosen = None
    if row is not None:
        chosen = [node.index for node in network.nodes if f"{node.path}.".startswith(f"{row}.")]
        assert chosen
    cost = measure(network).sum(role, chosen)
    return cost.params, cost.macs


@compares("googlenet")
def test_googlenet_is_its_table():
    layers = [layer for group in googlenet().values() for layer in group]
    assert measured("googlenet") == totals(layers)


@pytest.mark.parametrize("row", [*MODULES, "fc"])
def test_each_row_of_googlenet(row):
    assert measured("googlenet", row=row) == totals(googlenet()[row])


def test_the_auxiliary_classifiers_of_googlenet():
    """Chainer 7.8.1's GoogLeNet, made for the Caffe weights, holds as many: 13,378,280."""
    params, macs = totals([*auxiliary(SIZES["i4a"]), *auxiliary(SIZES["i4d"])])
    assert measured("googlenet", TRAINING) == (params, macs)
    assert params + measured("googlenet")[0] == 13_378_280


@compares("inception_naive", "inception_bottleneck")
def test_the_lectures_inception_modules():
    """28x28x256 to 128 of 1x1, 192 of 3x3, 96 of 5x5 and the pool: 854M, with reductions 271M."""
    naive = [Layer(1, 256, 128, 28), Layer(3, 256, 192, 28), Layer(5, 256, 96, 28)]
    assert [layer.macs for layer in naive] == [25_690_112, 346_816_512, 481_689_600]
    assert measured("inception_naive") == totals(naive)
    reduced = inception(256, 28, 128, 64, 192, 64, 96, 64)
    assert measured("inception_bottleneck") == totals(reduced)


# Iandola et al. 2016, Table 1, column "#parameters before pruning"
SQUEEZENET = {
    "features.0": 14_208,
    "features.3": 11_920,
    "features.4": 12_432,
    "features.5": 45_344,
    "features.7": 49_440,
    "features.8": 104_880,
    "features.9": 111_024,
    "features.10": 188_992,
    "features.12": 197_184,
    "classifier.1": 513_000,
}


@pytest.mark.parametrize("row", SQUEEZENET)
def test_parameters_of_squeezenet(row):
    assert measured("squeezenet.1.0", row=row)[0] == SQUEEZENET[row]


def test_squeezenet_has_no_other_parameters():
    assert measured("squeezenet.1.0")[0] == sum(SQUEEZENET.values()) == 1_248_424


def test_billions_of_operations_of_the_darknets():
    """Two for each product: YOLO9000's Section 3 for 224, YOLOv3's Table 2 for 256."""
    assert round(2 * measured("darknet19")[1] / 1e9, 2) == 5.58
    at_256 = measured("darknet19")[1] * 256**2 / 224**2
    assert round(2 * at_256 / 1e9, 2) == 7.29
    assert round(2 * measured("darknet53")[1] / 1e9, 2) == 18.57
