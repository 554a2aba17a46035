"""What only training needs, left out: heads that help it, dropped numbers and paths."""

from __future__ import annotations

from archc.graph.ir import Network
from archc.graph.rewrite import rewritten
from archc.ops.base import Op
from archc.ops.join import Add, Max, Mean
from archc.ops.regular import Dropout, DropPath
from archc.passes.base import readers
from archc.record import replace


def strip_training(network: Network) -> Network:
    """The network at inference: what its outputs do not need is gone, chance too."""
    ops: dict[int, Op] = {}
    instead: dict[int, int] = {}
    for node in network.nodes:
        if isinstance(node.op, (Dropout, DropPath)):
            instead[node.index] = node.inputs[0]
        elif isinstance(node.op, (Add, Mean, Max)) and node.op.droppath:
            ops[node.index] = replace(node.op, droppath=0)
    gone = frozenset(_unread(network))
    return rewritten(network, ops, instead, gone, outputs=network.outputs)


def _unread(network: Network) -> set[int]:
    """The nodes that no output needs; the network's inputs stay."""
    read = readers(network)
    needed = {*network.outputs.values(), *network.inputs.values()}
    found: set[int] = set()
    for node in reversed(network.nodes):
        if node.index not in needed and all(reader.index in found for reader in read[node.index]):
            found.add(node.index)
    return found
