"""Another number of classes: the last layer is new, everything before it keeps its weights."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from archc.graph.ir import Network, Node
from archc.graph.rewrite import DoesNotFit, rewritten
from archc.ops.conv import Conv
from archc.ops.join import Mean
from archc.ops.linear import FullyConnected
from archc.ops.pool import AvgPool, GlobalAvgPool, MaxPool
from archc.ops.resample import Crop, Resize, Upsample
from archc.ops.shape import Flatten
from archc.ops.stack import List
from archc.passes.base import Change, Pass, State, keys, refusal
from archc.record import replace

_BEHIND = (AvgPool, GlobalAvgPool, MaxPool, Flatten, Crop, Resize, Upsample)
_JOINED = (List, Mean)
"""joins whose paths make classes each for itself"""


class NewHead(Pass):
    """Give the layers that make the classes another number of outputs: transfer learning.

    The head of an output is its last fc or conv, with nothing but activations, dropout, poolings
    and changes of size behind it; a list and a mean have one for each path. Heads that are used
    in training only get as many. Their weights are new and leave the state; everything before
    them keeps its own.
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
        for node, other in zip(network.nodes, changed.nodes):
            if node.index not in ops and network.weights(node) != changed.weights(other):
                raise refusal(self, node, "its weights would change too: it goes on from the head")
        return Change(changed, weights, notes)

    def _heads(self, network: Network) -> tuple[list[Node], tuple[str, ...]]:
        """The layers that make classes: the first one found says how many classes there were."""
        found: dict[int, Node] = {}
        others: dict[int, Node] = {}
        for index in (*network.outputs.values(), *network.training_outputs.values()):
            for node in _last_layers(network, index):
                is_head = isinstance(node.op, FullyConnected) or _is_plain(node)
                (found if is_head else others)[node.index] = node
        if not found:
            reason = "no output ends in an fc or a conv, which could be the head"
            raise refusal(self, next(iter(others.values()), None), reason)
        classes = _channels(next(iter(found.values())))
        heads = [node for node in found.values() if _channels(node) == classes]
        notes = [f"{_names(heads)}: {classes} to {self.classes}"]
        stay = [node for node in (*found.values(), *others.values()) if node not in heads]
        if stay:
            notes.append(f"as it was, since it does not make {classes} classes: {_names(stay)}")
        return heads, tuple(notes)


def _names(nodes: Iterable[Node]) -> str:
    return ", ".join(dict.fromkeys([node.shares or node.path for node in nodes]))


def _last_layers(network: Network, index: int) -> Iterator[Node]:
    """The nodes behind which an output is only joined, activated, pooled or resized."""
    pending = [network.nodes[index]]
    while pending:
        node = pending.pop()
        passed = node.op.elementwise or isinstance(node.op, _BEHIND)
        if passed and node.inputs and not (network.weights(node) or network.buffers(node)):
            pending.append(network.nodes[node.inputs[0]])
        elif isinstance(node.op, _JOINED):
            pending += [network.nodes[one] for one in reversed(node.inputs)]
        else:
            yield node


def _is_plain(node: Node) -> bool:
    return isinstance(node.op, Conv) and not node.op.dw and node.op.groups == 1


def _channels(node: Node) -> int:
    assert isinstance(node.op, (Conv, FullyConnected)) and node.op.channels is not None
    return node.op.channels
