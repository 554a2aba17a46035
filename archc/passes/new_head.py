"""Another number of classes: the last layer is new, everything before it keeps its weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archc.graph.ir import Network, Node
from archc.graph.rewrite import DoesNotFit, rewritten
from archc.ops.conv import Conv, FullyConnected
from archc.ops.pool import AvgPool, GlobalAvgPool, MaxPool
from archc.ops.resample import Crop, Resize, Upsample
from archc.ops.shape import Flatten
from archc.passes.base import Change, Pass, State, keys, refusal
from archc.record import replace

_BEHIND = (AvgPool, GlobalAvgPool, MaxPool, Flatten, Crop, Resize, Upsample)


class NewHead(Pass):
    """Give the layers that make the classes another number of outputs: transfer learning.

    The head of an output is its last fc or conv, with nothing but activations, dropout, poolings
    and changes of size behind it. Heads that are used in training only get as many. Their weights
    are new and leave the state; everything before them keeps its own.
    """

    name = "new-head"
    classes: int

    def change(self, network: Network) -> Change:
        heads, notes = self._heads(network)
        owners = {node.shares or node.path for node in heads}
        ops = {
            node.index: replace(node.op, channels=self.classes)
            for node in network.nodes
            if (node.shares or node.path) in owners and isinstance(node.op, (Conv, FullyConnected))
        }
        dropped = {key for node in heads for key in keys(network, node)}

        def weights(state: Mapping[str, Any]) -> State:
            return {key: value for key, value in state.items() if key not in dropped}

        try:
            changed = rewritten(network, ops)
        except DoesNotFit as problem:
            reason = f"`{problem.node.path}` does not fit behind it: {problem.kind.message}"
            raise refusal(self, heads[0], reason) from None
        return Change(changed, weights, notes)

    def _heads(self, network: Network) -> tuple[list[Node], tuple[str, ...]]:
        """The layers that make classes: the first one found says how many classes there were."""
        found: dict[str, Node] = {}
        blocking: Node | None = None
        for outputs in (network.outputs, network.training_outputs):
            for name, index in outputs.items():
                node = _last_layer(network, index)
                if isinstance(node.op, FullyConnected) or _is_plain(node):
                    found[name] = node
                elif blocking is None:
                    blocking = node
        if not found:
            reason = "no output ends in an fc or a conv, which could be the head"
            raise refusal(self, blocking, reason)
        classes = _channels(next(iter(found.values())))
        heads = {node.index: node for node in found.values() if _channels(node) == classes}
        others = [name for name, node in found.items() if _channels(node) != classes]
        notes = [
            f"{', '.join([node.path for node in heads.values()])}: {classes} to {self.classes}",
            *[f"output {name} stays: it does not make {classes} classes" for name in others],
        ]
        return list(heads.values()), tuple(notes)


def _last_layer(network: Network, index: int) -> Node:
    """The node behind which an output is only activated, pooled or resized."""
    node = network.nodes[index]
    while node.inputs and (node.op.elementwise or isinstance(node.op, _BEHIND)):
        if network.weights(node) or network.buffers(node):
            break
        node = network.nodes[node.inputs[0]]
    return node


def _is_plain(node: Node) -> bool:
    return isinstance(node.op, Conv) and not node.op.dw and node.op.groups == 1


def _channels(node: Node) -> int:
    assert isinstance(node.op, (Conv, FullyConnected)) and node.op.channels is not None
    return node.op.channels
