"""Nets for segmentation without a public twin: their papers' figures, by arithmetic."""

from __future__ import annotations

import archc

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


def conv(window: int, before: int, after: int) -> int:
    """Weights of a conv without biases."""
    return window * window * before * after


def separable(before: int, after: int) -> int:
    """Weights of a 3x3 conv for each channel and a 1x1 conv, with batch norm behind both."""
    return 9 * before + 2 * before + conv(1, before, after) + 2 * after


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


def test_deconvnet_is_the_list_of_the_paper():
    graph = archc.load("deconvnet").graph
    layers = [node for node in graph.nodes if node.op.word in ("conv", "deconv")]
    *body, scores = [(node.shape.spatial[0], node.shape.channels) for node in layers]
    listed = [(side, after) for _, after, times, side in DECONVNET for _ in range(times)]
    assert body == listed
    assert scores == (224, 21)
    params, macs, before = 0, 0, 3
    for window, after, times, side in DECONVNET:
        for _ in range(times):
            params += conv(window, before, after) + 3 * after  # a bias, and batch norm's two
            is_first_deconv = (window, before) == (7, 4096)  # a deconv's places are its input's
            macs += conv(window, before, after) * (1 if is_first_deconv else side * side)
            before = after
    assert archc.load("deconvnet").params == params + conv(1, 64, 21) + 21
    assert archc.load("deconvnet").macs == macs + conv(1, 64, 21) * 224 * 224


def test_deeplabv3plus_is_deeplabv3_and_a_decoder():
    """On ResNet-101: 48 channels from the trunk, and one more conv on all 304."""
    low = conv(1, 256, 48) + 2 * 48
    more = conv(3, 256 + 48, 256) + 2 * 256
    before = archc.load("deeplabv3.resnet101").params
    assert archc.load("deeplabv3plus.resnet101").params == before + low + more


def test_deeplabv3plus_on_xception_is_a_trunk_a_pyramid_and_a_decoder():
    trunk = archc.load("xception65").params - conv(1, 2048, 1000) - 1000
    pyramid = 3 * separable(2048, 256) + 2 * (conv(1, 2048, 256) + 2 * 256)
    pyramid += conv(1, 5 * 256, 256) + 2 * 256
    decoder = conv(1, 256, 48) + 2 * 48 + separable(304, 256) + separable(256, 256)
    scores = conv(1, 256, 21) + 21
    assert archc.load("deeplabv3plus.xception65").params == trunk + pyramid + decoder + scores
