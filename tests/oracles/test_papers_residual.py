"""Figures of residual and highway papers that no public module gives, by their own arithmetic."""

from __future__ import annotations

from math import prod

import pytest

import archc
from tests.oracles.papers import Layer, compares, costs, totals
from tests.oracles.test_shapes import ROOT


def gated(channels, side, layers):
    """Highway layers: each has the transform and the gate, two layers of one size."""
    return Layer(3, channels, channels, side, 2 * layers)


def deep(layers, units=50):
    """arXiv:1505.00387, section 3.1: a plain layer, the highway layers, the classes."""
    return [Layer(1, 784, units), Layer(1, units, units, 1, 2 * layers), Layer(1, units, 10)]


def mnist(width):
    """The authors' mnist_network.prototxt: a 5x5 conv, eight highway layers, three pools."""
    first, last = Layer(5, 1, width, 24), Layer(1, 3 * 3 * width, 10)
    return [first, gated(width, 24, 2), gated(width, 12, 3), gated(width, 6, 3), last]


def cifar(classes):
    """The authors' cifar10_network.prototxt: plain convs where the channels change."""
    return [
        *(Layer(3, 3, 32, 32), gated(32, 32, 4)),
        *(Layer(3, 32, 80, 16), gated(80, 16, 5)),
        *(Layer(3, 80, 128, 8), gated(128, 8, 5)),
        *(Layer(1, 128, 100, 8), Layer(1, 100, classes)),
    ]


HIGHWAYS = {
    **{f"highway.{layers + 1}": deep(layers) for layers in (9, 19, 49, 99)},
    **{f"highway_mnist.{width}": mnist(width) for width in (16, 32)},
    "highway_cifar": cifar(10),
}


@compares(*HIGHWAYS)
@pytest.mark.parametrize("net", HIGHWAYS)
def test_highway_networks(net):
    assert costs(net) == totals(HIGHWAYS[net])


def test_highway_networks_have_the_totals_of_the_authors_logs(monkeypatch):
    """Caffe's "total trainable parameters", which their CIFAR-10 log gives for 100 classes."""
    assert archc.load("highway_mnist.32").params == 151_690
    monkeypatch.chdir(ROOT / "specs")
    text = (
        'use highway_cifar from "highway.arch"\n\n'
        "net hundred()\n  input 32x32x3\n  highway_cifar classes=100\n"
    )
    assert archc.loads(text).params == 2_265_928


def test_a_highway_layer_has_as_many_weights_as_its_plain_rival():
    """ "Approximately 5000": 50 units with gates, 71 without."""
    assert (deep(1)[1].params, Layer(1, 71, 71).params) == (5_100, 5_112)


def weights_alone(net):
    """Numbers in the convs and fully connected layers, without biases and batch norms."""
    network = archc.load(net).graph
    sizes = [network.weights(node)["weight"] for node in network.nodes if is_product(node)]
    return sum(prod(size) for size in sizes)


def is_product(node):
    return node.op.word in ("conv", "fc")


@pytest.mark.parametrize(
    ("net", "published"),
    [
        ("preact_resnet_cifar.164", "1.7M"),
        ("preact_resnet_cifar.1001", "10.2M"),
        ("pyramidnet.200-240", "26.6M"),
        ("pyramidnet.236-220", "26.8M"),
        ("pyramidnet.272-200", "26.0M"),
        ("pyramidnet_imagenet.200-300", "62.1M"),
        ("pyramidnet_imagenet.200-450", "116.4M"),
    ],
)
def test_some_papers_count_weights_alone(net, published):
    assert f"{weights_alone(net) / 1e6:.1f}M" == published


@pytest.mark.parametrize(
    ("net", "published"), [("se_resnet.50", "3.87"), ("se_resnet.152", "11.32")]
)
def test_the_gates_of_se_resnet_in_its_paper(net, published):
    """One operation more for each number that a gate averages, one for each that it scales."""
    network = archc.load(net).graph
    maps = [node.shape for node in network.nodes if node.op.word == "mul"]
    numbers = sum(prod(size.spatial) * size.channels for size in maps)
    assert f"{(archc.load(net).macs + 2 * numbers) / 1e9:.2f}" == published


@pytest.mark.parametrize("depth", [18, 34])
def test_option_a_costs_nothing(depth):
    plain, zeros = archc.load(f"resnet_v1.plain{depth}"), archc.load(f"resnet_v1.{depth}A")
    assert (plain.params, plain.macs) == (zeros.params, zeros.macs)


def test_figure_3_of_resnet():
    """3.6 billion for the plain and for the residual net of 34 layers, 19.6 for VGG-19."""
    macs = [archc.load(net).macs for net in ("resnet_v1.plain34", "resnet_v1.34A", "vgg.E")]
    assert [f"{number / 1e9:.1f}" for number in macs] == ["3.6", "3.6", "19.6"]


@pytest.mark.parametrize("net", ["wide_resnet.28-10", "wide_resnet.16-8", "wide_resnet.40-4"])
def test_depth_of_wide_resnet_counts_every_conv(net):
    convs = [node for node in archc.load(net).graph.nodes if node.op.word == "conv"]
    assert len(convs) == int(net.split(".")[1].split("-")[0])


@pytest.mark.parametrize("net", ["preact_resnet.50", "preact_resnet_cifar.164", "wide_resnet.16-8"])
def test_a_projection_reads_what_the_first_conv_reads(net):
    """As in the authors' code: batch norm and relu are common to both paths."""
    network = archc.load(net).graph
    projections = [node for node in network.nodes if node.path.endswith(".downsample")]
    assert len(projections) in (3, 4)
    for node in projections:
        unit = node.path.removesuffix("downsample")
        (first,) = [other for other in network.nodes if other.path == f"{unit}conv1"]
        assert node.inputs == first.inputs
        assert network.nodes[node.inputs[0]].op.word == "relu"
