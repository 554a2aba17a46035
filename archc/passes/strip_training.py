"""What only training needs, left out: heads that help it, dropped numbers and paths."""

from __future__ import annotations

from archc.graph.ir import Network
from archc.graph.rewrite import rewritten
from archc.graph.tensors import alive
from archc.ops.base import Op
from archc.ops.join import Add, Max, Mean
from archc.ops.regular import Dropout, DropPath
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
    gone = frozenset(range(len(network.nodes))) - alive(network, training=False)
    return rewritten(network, ops, instead, gone, outputs=network.outputs)


def without_idle(network: Network) -> Network:
    """The network without rows that do nothing: what no output needs, dropout with chance 0.

    Where some of its dropouts have a chance the others stay, as their blocks are alike.
    """
    gone = frozenset(range(len(network.nodes))) - alive(network)
    instead: dict[int, int] = {}
    for kind in (Dropout, DropPath):
        found = [node for node in network.nodes if isinstance(node.op, kind)]
        if not any(node.op.p for node in found if isinstance(node.op, kind)):
            instead.update({node.index: node.inputs[0] for node in found})
    return rewritten(network, instead=instead, gone=gone) if gone or instead else network
