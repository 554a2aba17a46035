"""Modules at other sizes than those they were made at: the smallest legal ones, and no squares."""

from __future__ import annotations

import pytest
import torch

from archc.api import ArchError, load
from archc.backends.torch.live import checked_source, compare, module_class
from archc.ops.values import Shape
from tests.shipped import opened, picture

LARGER = ((32, 64), (36, 72), (48, 96), (28, 56), (96, 192))
"""what is added to the height and the width of a closed input, until a sum works"""
ONE_SIZE = {
    "siamese": "both of its pictures would have to change",
    "rgbd": "both of its pictures would have to change",
    "waveform": "has no height and width",
}


def built(network):
    with torch.device("meta"):
        return module_class(network)().eval()


def agree(network, module):
    """Sizes of all layers with weights and of all outputs are those of the analysis."""
    with torch.device("meta"), torch.no_grad():
        compare(network, module)


def at(name, *sides):
    """A shipped network with another size of its first input."""
    (first, *_) = load(name).graph.inputs.values()
    channels = load(name).graph.nodes[first].shape.channels
    return load(name, input="x".join(map(str, (*sides, channels)))).graph


@pytest.mark.parametrize("net", opened())
def test_open_networks_run_at_every_size(net):
    """Made at the smallest legal size or at the spec's own, a module runs at a size in between."""
    network = opened()[net]
    smallest = at(network.name, *picture(network, 1, 1))
    other = at(network.name, *picture(network, 90, 130))
    made = built(smallest)
    agree(smallest, made)
    agree(other, made)
    agree(other, built(network))


def test_closed_networks_are_built_at_a_size_that_is_no_square(shipped):
    if shipped.net in opened():
        return
    first = shipped.nodes[next(iter(shipped.inputs.values()))].shape
    assert isinstance(first, Shape)
    if shipped.net in ONE_SIZE:
        assert len(shipped.inputs) > 1 or len(first.spatial) == 1
        return
    *before, height, width = first.spatial
    for more, yet_more in LARGER:
        try:
            other = at(shipped.name, *before, height + more, width + yet_more)
        except ArchError:
            continue
        assert checked_source(other)
        return
    raise AssertionError("no larger size works")
