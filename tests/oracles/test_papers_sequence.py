"""Nets for sound and for sentences without a public twin, layer by layer."""

from __future__ import annotations

import pytest

from tests.oracles.papers import Layer, Row, compares, connected, costs, costs_of_layers, totals

WORDS = 11
"""of the sentences that the captions are counted for"""
VOCABULARY = 10_000


def waveform(first, *stages, classes=10):
    """Dai et al. 2016, Table 1: the first window is 80 long and moves by 4, the others are 3 long.

    Each conv has batch norm, each stage stands behind a pooling by 4; the stages are widths.
    """
    before, side = first, 32_000 // 4
    layers = [Layer(80, 1, first, side, norm=True, rank=1)]
    for widths in stages:
        side = -(-side // 4)
        for width in widths:
            layers.append(Layer(3, before, width, side, norm=True, rank=1))
            before = width
    return [*layers, *connected(before, classes)]


def vgg(*stages):
    """VGG's 3x3 convs on maps of 224, 112, ...: (channels, how many) for each stage."""
    before, side, layers = 3, 224, []
    for channels, convs in stages:
        for _ in range(convs):
            layers.append(Layer(3, before, channels, side))
            before = channels
        side //= 2
    return layers


def lstm(incoming, units, times):
    """Four gates see the input and the state; torch has two biases for each."""
    weights = 4 * units * (incoming + units)
    return Row(weights + 2 * 4 * units, weights * times)


def embedding(width):
    """A row for each word, and no products."""
    return Row(VOCABULARY * width)


VGG_16 = vgg((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
VGG_19 = vgg((64, 2), (128, 2), (256, 4), (512, 4), (512, 4))
PLACES = 14 * 14

TABLES = {
    "waveform.M3": waveform(256, [256]),
    "waveform.M5": waveform(128, [128], [256], [512]),
    "waveform.M11": waveform(64, [64] * 2, [128] * 2, [256] * 3, [512] * 2),
    "waveform.M18": waveform(64, [64] * 4, [128] * 4, [256] * 4, [512] * 4),
    # Vinyals et al. 2014, equations 10 to 12: the image is read before the words
    "show_and_tell": [
        *(*VGG_16, *connected(7 * 7 * 512, 4096, 4096, 512), embedding(512)),
        *(lstm(512, 512, WORDS + 1), Layer(1, 512, VOCABULARY, times=WORDS + 1)),
    ],
    # Xu et al. 2015, section 3.1
    "show_attend_tell": [
        *(*VGG_19, *connected(512, 512), *connected(512, 512), embedding(512)),
        Layer(1, 512, 512, times=PLACES * WORDS),  # of each place, with the state: how much it is
        Layer(1, 512, 512, times=WORDS),  # looked at for the next word
        Layer(1, 512, 1, times=PLACES * WORDS),
        lstm(512 + 512, 512, WORDS),
        *[Layer(1, 512, 512, times=WORDS)] * 2,  # equation 7, for the state and for what is seen
        Layer(1, 512, VOCABULARY, times=WORDS),
    ],
}


@compares(*TABLES)
@pytest.mark.parametrize("net", TABLES)
def test_every_layer_costs_what_the_table_says(net):
    assert costs_of_layers(net, T=WORDS) == [(layer.params, layer.macs) for layer in TABLES[net]]
    assert costs(net, T=WORDS) == totals(TABLES[net])
