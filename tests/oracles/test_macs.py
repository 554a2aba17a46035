"""Multiplications of every spec are half the operations that torch's FlopCounterMode sees.

On the meta device the counter sees attention too, and LSTM as the products it is made of, so there
is no exception. It counts what a padded border multiplies, as archc does.
"""

from __future__ import annotations

import pytest

from archc.analysis.amounts import evaluate
from archc.analysis.cost import measure
from tests.oracles import torch_meta
from tests.oracles.test_shapes import SPECS


@pytest.mark.parametrize("spec", SPECS)
def test_macs_are_torchs(spec, networks):
    for network in networks(spec):
        ours = evaluate(measure(network).sum().macs, torch_meta.COUNTS)
        assert ours == torch_meta.run(network).macs, network.name


def test_a_scan_counts_its_rows_once_for_each_thing(network_of):
    """What the counter sees of one step is multiplied by the number of steps."""
    text = "net a()\n  input 5 of 64\n  scan\n    fc 32\n    fc 16\n  fc 2\n"
    network = network_of(text)
    assert torch_meta.run(network).macs == 5 * (64 * 32 + 32 * 16 + 16 * 2)
    assert measure(network).sum().macs == 5 * (64 * 32 + 32 * 16 + 16 * 2)
