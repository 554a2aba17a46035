"""Rows of `tokens`, layers on each thing, `map` back: in torch the map stays, channels last.

So neither needs to know the sides, and a module works at other sizes than the spec's.
"""

from __future__ import annotations

from collections.abc import Iterator

from archc.graph.ir import Network, Node
from archc.graph.tensors import alive
from archc.ops.lowering import Torch
from archc.ops.shape import Map, Tokens
from archc.ops.values import Shape
from archc.record import Record

ON_EACH = frozenset(
    {
        "nn.Linear", "nn.LayerNorm", "nn.Dropout", "StochasticDepth",
        "nn.GELU", "nn.ReLU", "nn.SiLU", "nn.Hardswish", "nn.LeakyReLU", "nn.Identity",
    }
)  # fmt: skip
"""what torch does to the last side, whatever stands before it"""


class Kept(Record):
    """Nodes that take a map apart, that work on its places, and that bring it back."""

    starts: frozenset[int]
    between: frozenset[int]
    ends: frozenset[int]


def kept_maps(network: Network) -> Kept:
    """The maps that torch need not take apart."""
    readers: dict[int, list[int]] = {}
    for index in sorted(alive(network)):
        for read in network.nodes[index].inputs:
            readers.setdefault(read, []).append(index)
    ends = {*network.outputs.values(), *network.training_outputs.values()}
    rows = [
        row
        for node in network.nodes
        if _is_start(network, node) and (row := list(_row(network, node, readers, ends)))
    ]
    return Kept(
        frozenset([row[0] for row in rows]),
        frozenset([index for row in rows for index in row[1:-1]]),
        frozenset([row[-1] for row in rows]),
    )


def _is_start(network: Network, node: Node) -> bool:
    if not isinstance(node.op, Tokens) or node.op.numbers is not None:
        return False
    value = network.nodes[node.inputs[0]].shape
    return isinstance(value, Shape) and value.rank > 0


def _sides(node: Node) -> tuple[int, ...]:
    return node.shape.spatial if isinstance(node.shape, Shape) else ()


def _row(
    network: Network, start: Node, readers: dict[int, list[int]], ends: set[int]
) -> Iterator[int]:
    """The nodes from one that takes a map apart to the one that brings it back, if there is one."""
    found = [start.index]
    while True:
        after = readers.get(found[-1], [])
        if len(after) != 1 or found[-1] in ends:
            return
        node = network.nodes[after[0]]
        found.append(node.index)
        if isinstance(node.op, Map):
            if _sides(node) == _sides(network.nodes[start.inputs[0]]):
                yield from found
            return
        lowered = node.op.torch(*[network.nodes[index].shape for index in node.inputs])
        if not isinstance(lowered, Torch) or lowered.call != "{self}({0})":
            return
        if lowered.make is None or lowered.make.name not in ON_EACH:
            return
