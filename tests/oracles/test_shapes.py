"""Every size in every net and variant of every spec is the one torch gives on the meta device."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.oracles import torch_meta

ROOT = Path(__file__).resolve().parents[2]
SPECS = sorted([path.stem for path in (ROOT / "specs").glob("*.arch")])


@pytest.mark.parametrize("spec", SPECS)
def test_sizes_are_torchs(spec, networks):
    for network in networks(spec):
        shapes = torch_meta.run(network).shapes
        differing = [
            f"{node.path}: {node.shape}, torch {shape}"
            for node, shape in zip(network.nodes, shapes)
            if torch_meta.with_numbers(node.shape) != shape
        ]
        assert not differing, (network.name, differing[:5])


@pytest.mark.parametrize("spec", SPECS)
def test_weights_are_torchs(spec, networks):
    """Names and sizes of every operator's tensors, trained or not."""
    for network in networks(spec):
        result = torch_meta.run(network)
        for node, ran in zip(network.nodes, result.nodes):
            ours = {**network.weights(node), **network.buffers(node)}
            theirs = {"" if name == torch_meta.BARE else name: size for name, size in ran.weights}
            assert ours == theirs, (network.name, node)
