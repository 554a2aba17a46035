"""Whether two networks are the same, whatever text they come from.

The same: operators, wiring, shapes, keys, shared weights, inputs and outputs by name, the tree of
blocks. Not compared: places in the text, the names of blocks, and the paths of what has no keys.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from archc.graph.described import strides_of
from archc.graph.ir import Instance, Network, Node
from archc.ops.base import Op
from archc.ops.values import Window

MADE_AGAIN = "@"
"""stands in paths of layers that were made again and have no keys of their own"""


def difference(one: Network, other: Network) -> str:
    """The first difference in words, empty if the networks are the same."""
    if len(one.nodes) != len(other.nodes):
        return f"{len(one.nodes)} against {len(other.nodes)} nodes"
    facts, others = _Facts(one), _Facts(other)
    for node, twin in zip(one.nodes, other.nodes):
        first, second = facts.of(node), others.of(twin)
        for what, fact in first.items():
            if fact != second[what]:
                return f"{node.path}: {what} {fact} against {second[what]}"
    for what in ("inputs", "outputs", "training_outputs", "carried"):
        ours, theirs = getattr(one, what), getattr(other, what)
        if ours != theirs or list(ours) != list(theirs):
            return f"{what}: {ours} against {theirs}"
    return ""


def same_wiring(one: Network, other: Network) -> bool:
    """Whether two networks differ in nothing but numbers of their operators."""
    wirings = [
        (
            [(type(node.op), node.inputs, node.path, node.shares) for node in network.nodes],
            (network.inputs, network.outputs, network.training_outputs, network.carried),
        )
        for network in (one, other)
    ]
    return wirings[0] == wirings[1]


class _Facts:
    """What is compared of the nodes of one network."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.again = {node.block for node in network.nodes if node.shares}

    def of(self, node: Node) -> dict[str, Any]:
        """The facts of a node by name."""
        return {
            "operator": options(node.op),
            "inputs": node.inputs,
            "shape": node.shape,
            "shares": node.shares,
            "path": self._path(node),
            "block": _depth(node.block),
        }

    def _path(self, node: Node) -> str:
        """The path of a thing of the module tree; of moves and of what is made again, nothing."""
        tensors = self.network.weights(node) or self.network.buffers(node)
        own = node.op.role == "layer" or tensors
        return node.path if own and not node.shares and not self._is_again(node) else ""

    def _is_again(self, node: Node) -> bool:
        """Whether a node without weights stands among layers that are made again."""
        return MADE_AGAIN in node.path or any(block in self.again for block in node.block.trace())


def _depth(block: Instance) -> int:
    return sum(1 for _ in block.trace())


def options(op: Op) -> tuple[Any, ...]:
    """The operator and its options; rows are compared as inputs, not by their names."""
    values: list[Any] = [type(op)]
    for name, field in type(op).fields.items():
        value = getattr(op, name)
        if field.kind in ("row", "name") and op.word != "extern":
            value = value is not None
        if isinstance(value, Window):
            value = (value.sides, strides_of(op, value))
        values.append(float(value) if isinstance(value, (float, Fraction)) else value)
    return tuple(values)
