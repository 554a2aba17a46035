"""Layers as the tables of papers give them, and the networks that are compared with their paper's.

The numbers of a layer follow from what a paper prints; archc has no part in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

import archc
from archc.analysis.amounts import evaluate
from archc.analysis.cost import measure
from archc.ops.norm import BatchNorm

Test = TypeVar("Test", bound=Callable[..., Any])

COMPARED: set[str] = set()
"""Networks whose parameters and products a test of a paper's arithmetic compares."""


def compares(*nets: str) -> Callable[[Test], Test]:
    """Mark a test that compares the parameters and the products of networks."""

    def mark(test: Test) -> Test:
        COMPARED.update(nets)
        return test

    return mark


class Layer(NamedTuple):
    """Convs with square windows; on a 1x1 map, fully connected layers.

    `side` is that of the map they give, of a transposed conv that of the map it reads. There are
    `copies` of them; each is used so many `times` with the same weights. `rank` 1 is sound.
    """

    window: int
    incoming: int
    channels: int
    side: int = 1
    copies: int = 1
    groups: int = 1
    bias: bool = True
    norm: bool = False
    times: int = 1
    rank: int = 2

    @property
    def weights(self) -> int:
        return self.window**self.rank * self.incoming // self.groups * self.channels

    @property
    def params(self) -> int:
        return self.copies * (self.weights + (self.bias + 2 * self.norm) * self.channels)

    @property
    def macs(self) -> int:
        return self.copies * self.times * self.weights * self.side**self.rank


class Row(NamedTuple):
    """Parameters and products of a layer of another kind."""

    params: int
    macs: int = 0


def connected(*widths: int) -> list[Layer]:
    """Fully connected layers from each width to the next."""
    return [Layer(1, *pair) for pair in pairwise(widths)]


def normed(window: int, incoming: int, channels: int, side: int, groups: int = 1) -> Layer:
    """A conv without biases, and batch norm."""
    return Layer(window, incoming, channels, side, groups=groups, bias=False, norm=True)


def totals(layers: Iterable[Layer | Row]) -> tuple[int, int]:
    """Parameters and products."""
    listed = list(layers)
    return sum(layer.params for layer in listed), sum(layer.macs for layer in listed)


def costs(net: str, image: str | None = None, **counts: int) -> tuple[int, int]:
    """Parameters and products of a shipped network, with numbers for counts such as `R`."""
    found = measure(archc.load(net, input=image).graph).sum()
    return found.params, evaluate(found.macs, counts)


def costs_of_layers(net: str, **counts: int) -> list[tuple[int, int]]:
    """The same of each layer with weights, in text order, with the batch norm behind it."""
    network = archc.load(net).graph
    measured = measure(network)
    found: dict[str, list[int]] = {}
    layer = ""
    for node in network.nodes:
        if network.weights(node):
            layer = layer if isinstance(node.op, BatchNorm) else node.shares or node.path
            cost = measured.of[node.index]
            sums = found.setdefault(layer, [0, 0])
            sums[0] += cost.params
            sums[1] += evaluate(cost.macs, counts)
    return [(params, macs) for params, macs in found.values()]
