"""Nets that make pictures and have no public twin: their papers' tables, layer by layer."""

from __future__ import annotations

import pytest

from tests.oracles.papers import Layer, compares, connected, costs, costs_of_layers, normed, totals


def restyled(window, incoming, channels, side):
    """Convs of style transfer have biases, and batch norm behind them."""
    return Layer(window, incoming, channels, side, norm=True)


TABLES = {
    "autoencoder": [
        *(Layer(3, 1, 16, 14), Layer(3, 16, 32, 7), *connected(7 * 7 * 32, 32, 7 * 7 * 32)),
        *(Layer(3, 32, 16, 7), Layer(3, 16, 1, 14)),  # transposed, from 7x7 and from 14x14
    ],
    # Kingma and Welling 2013, Appendix C
    "vae": [*connected(784, 500, 20), *connected(500, 20), *connected(20, 500, 784)],
    # Radford et al. 2015, Figure 1: transposed convs, from 1x1, 4x4, 8x8, 16x16 and 32x32
    "generator.paper": [
        *(normed(4, 100, 1024, 1), normed(5, 1024, 512, 4), normed(5, 512, 256, 8)),
        *(normed(5, 256, 128, 16), Layer(5, 128, 3, 32, bias=False)),
    ],
    "discriminator.paper": [
        *(Layer(5, 3, 128, 32, bias=False), normed(5, 128, 256, 16), normed(5, 256, 512, 8)),
        *(normed(5, 512, 1024, 4), Layer(4, 1024, 1, bias=False)),
    ],
    # Johnson et al. 2016, supplementary Table 1: each conv of the residual units loses a border
    "style_transfer": [
        *(restyled(9, 3, 32, 336), restyled(3, 32, 64, 168), restyled(3, 64, 128, 84)),
        *[restyled(3, 128, 128, side) for side in (82, 80, 78, 76, 74, 72, 70, 68, 66, 64)],
        *(restyled(3, 128, 64, 64), restyled(3, 64, 32, 128)),  # transposed
        Layer(9, 32, 3, 256),
    ],
}


@compares(*TABLES)
@pytest.mark.parametrize("net", TABLES)
def test_every_layer_costs_what_the_table_says(net):
    assert costs_of_layers(net) == [(layer.params, layer.macs) for layer in TABLES[net]]
    assert costs(net) == totals(TABLES[net])
