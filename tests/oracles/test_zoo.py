"""Every spec with a public twin: its parameters, products, depth, sizes and (where equal) names.

The twins were measured by their own code: `tests/oracles/twins/` says how.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path

import pytest

import archc
from archc.analysis.amounts import evaluate
from archc.analysis.cost import INFERENCE, TRAINING, measure
from archc.graph.ir import Network
from tests.oracles.twins.make import families
from tests.oracles.twins.twin import digest, trimmed

HERE = Path(__file__).parent / "twins"
RECORDS = {
    f"{record['net']} = {record['package'].partition(' ')[0]} {record['model']}": record
    for family in families()
    for record in json.loads((HERE / f"{family}.json").read_text(encoding="utf-8"))
}


@functools.cache
def loaded(net):
    """A shipped network by name."""
    return archc.load(net).graph


def tensors(network: Network, *, training_heads: bool, stored: bool):
    """Keys and sizes of the network's tensors, without or with those that are not trained."""
    counted = (INFERENCE, TRAINING) if training_heads else (INFERENCE,)
    for node, role in zip(network.nodes, measure(network).roles):
        if role in counted and not node.shares:
            found = {**network.weights(node), **(network.buffers(node) if stored else {})}
            for tensor, size in found.items():
                yield network.key(node, tensor), list(size)


@pytest.mark.parametrize("twin", RECORDS)
def test_the_spec_is_its_public_twin(twin):
    expected = RECORDS[twin]
    network = loaded(expected["net"])
    heads = expected["training_heads"]
    costs = measure(network)
    counted = (INFERENCE, TRAINING) if heads else (INFERENCE,)
    whole = costs.sum(INFERENCE)
    assert sum(costs.sum(part).params for part in counted) == expected["params"]
    assert evaluate(whole.macs, expected["counts"]) == expected["macs"]
    weights = [size for _, size in tensors(network, training_heads=heads, stored=False)]
    assert digest(trimmed(weights)) == expected["shapes_sha256"]
    if "depth" in expected:
        assert archc.load(expected["net"]).layers == expected["depth"]
    if "state_sha256" in expected:
        state = [list(pair) for pair in tensors(network, training_heads=heads, stored=True)]
        assert digest(sorted(state)) == expected["state_sha256"]
