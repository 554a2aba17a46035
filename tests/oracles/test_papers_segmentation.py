"""Nets for segmentation without a public twin: their papers' figures, by arithmetic."""

from __future__ import annotations

import pytest

import archc
from tests.oracles.papers import Layer, compares, costs, normed, totals

# U-Net, Figure 1: the sides that are printed beside the maps, from top left down and up again.
UNET_SIDES = (
    *(572, 570, 568, 284, 282, 280, 140, 138, 136, 68, 66, 64, 32, 30, 28),
    *(56, 54, 52, 104, 102, 100, 200, 198, 196, 392, 390, 388),
)

# DeconvNet, the paper's list of layers: window, channels out, how often, side.
DECONVNET = (
    *((3, 64, 2, 224), (3, 128, 2, 112), (3, 256, 3, 56), (3, 512, 3, 28), (3, 512, 3, 14)),
    *((7, 4096, 1, 1), (1, 4096, 1, 1), (7, 512, 1, 7)),
    *((3, 512, 3, 14), (3, 512, 2, 28), (3, 256, 1, 28), (3, 256, 2, 56), (3, 128, 1, 56)),
    *((3, 128, 1, 112), (3, 64, 1, 112), (3, 64, 2, 224)),
)


# U-Net's convs, by the side they give; of the 2x2 transposed ones, the side they read.
UNET = [
    *(Layer(3, 1, 64, 570), Layer(3, 64, 64, 568)),
    *(Layer(3, 64, 128, 282), Layer(3, 128, 128, 280)),
    *(Layer(3, 128, 256, 138), Layer(3, 256, 256, 136)),
    *(Layer(3, 256, 512, 66), Layer(3, 512, 512, 64)),
    *(Layer(3, 512, 1024, 30), Layer(3, 1024, 1024, 28), Layer(2, 1024, 512, 28)),
    *(Layer(3, 1024, 512, 54), Layer(3, 512, 512, 52), Layer(2, 512, 256, 52)),
    *(Layer(3, 512, 256, 102), Layer(3, 256, 256, 100), Layer(2, 256, 128, 100)),
    *(Layer(3, 256, 128, 198), Layer(3, 128, 128, 196), Layer(2, 128, 64, 196)),
    *(Layer(3, 128, 64, 390), Layer(3, 64, 64, 388), Layer(1, 64, 2, 388)),
]


def separable(before, after, side):
    """A 3x3 conv for each channel and a 1x1 conv across them, with batch norm behind both."""
    return [normed(3, before, before, side, groups=before), normed(1, before, after, side)]


def bottlenecks(before, width, units, came, side):
    """He et al. 2015, Table 1: units of 1x1, 3x3 and 1x1 convs; the first may halve a map.

    `came` is the side of the map that comes in. The stride is in the 3x3 conv.
    """
    after = 4 * width
    first = [normed(1, before, width, came), normed(3, width, width, side)]
    first += [normed(1, width, after, side), normed(1, before, after, side)]
    other = [normed(1, after, width, side), normed(3, width, width, side)]
    other.append(normed(1, width, after, side))
    return first + (units - 1) * other


def xception_unit(before, widths, came, side):
    """Chen et al. 2018, Figure 4: three separable convs, the last with the stride, and a 1x1."""
    layers = [normed(1, before, widths[-1], side)]
    for number, width in enumerate(widths):
        layers += separable(before, width, side if number == 2 else came)
        before = width
    return layers


# 513x513 and an output stride of 16: maps of 257, 129, 65 and 33
RESNET_101 = [
    normed(7, 3, 64, 257),
    *bottlenecks(64, 64, 3, 129, 129),
    *bottlenecks(256, 128, 4, 129, 65),
    *bottlenecks(512, 256, 23, 65, 33),
    *bottlenecks(1024, 512, 3, 33, 33),
]
XCEPTION_65 = [
    *(normed(3, 3, 32, 257), normed(3, 32, 64, 257)),
    *xception_unit(64, (128, 128, 128), 257, 129),
    *xception_unit(128, (256, 256, 256), 129, 65),
    *xception_unit(256, (728, 728, 728), 65, 33),
    *(16 * 3 * separable(728, 728, 33)),
    *xception_unit(728, (728, 1024, 1024), 33, 33),
    *(separable(1024, 1536, 33) + separable(1536, 1536, 33) + separable(1536, 2048, 33)),
]


def dense(before, after, side):
    """What stands in the place of `separable` on ResNet."""
    return [normed(3, before, after, side)]


def deeplabv3plus(trunk, conv):
    """Figure 2: the pyramid on the last map, the decoder at 129x129 with 48 channels of the trunk.

    The pyramid's last path is the mean of the map, one place.
    """
    return [
        *(*trunk, normed(1, 2048, 256, 33), *(3 * conv(2048, 256, 33)), normed(1, 2048, 256, 1)),
        *(normed(1, 5 * 256, 256, 33), normed(1, 256, 48, 129)),
        *(*conv(256 + 48, 256, 129), *conv(256, 256, 129), Layer(1, 256, 21, 129)),
    ]


DEEPLABS = {
    "deeplabv3plus.resnet101": deeplabv3plus(RESNET_101, dense),
    "deeplabv3plus.xception65": deeplabv3plus(XCEPTION_65, separable),
}


def kernels(net: str) -> list[list[int]]:
    """Sizes of all weights of convs."""
    graph = archc.load(net).graph
    return sorted(
        list(graph.weights(node)["weight"])
        for node in graph.nodes
        if node.op.word in ("conv", "deconv")
    )


def test_unet_has_the_sides_of_its_figure():
    graph = archc.load("unet.valid").graph
    sides = [
        node.shape.spatial[0]
        for node in graph.nodes
        if node.op.word in ("input", "conv", "maxpool", "deconv")
    ]
    assert tuple(sides[:-1]) == UNET_SIDES
    assert sides[-1] == 388


def test_unet_of_the_paper_has_the_weights_of_those_that_keep_the_size():
    assert kernels("unet.valid") == kernels("unet.same")


@compares("unet.valid")
def test_the_convs_of_unet_add_up():
    assert costs("unet.valid") == totals(UNET)


@compares("deconvnet")
def test_deconvnet_is_the_list_of_the_paper():
    graph = archc.load("deconvnet").graph
    layers = [node for node in graph.nodes if node.op.word in ("conv", "deconv")]
    *body, scores = [(node.shape.spatial[0], node.shape.channels) for node in layers]
    listed = [(side, after) for _, after, times, side in DECONVNET for _ in range(times)]
    assert body == listed
    assert scores == (224, 21)
    expected, before = [], 3
    for window, after, times, side in DECONVNET:
        for _ in range(times):
            is_first_deconv = (window, before) == (7, 4096)  # a deconv's places are its input's
            places = 1 if is_first_deconv else side
            expected.append(Layer(window, before, after, places, norm=True))
            before = after
    assert costs("deconvnet") == totals([*expected, Layer(1, 64, 21, 224)])


@compares(*DEEPLABS)
@pytest.mark.parametrize("net", DEEPLABS)
def test_deeplabv3plus_is_a_trunk_a_pyramid_and_a_decoder(net):
    assert costs(net) == totals(DEEPLABS[net])
