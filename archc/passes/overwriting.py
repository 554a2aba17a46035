"""Which values may be written over: nobody reads them, or a view of them, again."""

from __future__ import annotations

from archc.graph.ir import Instance, Network, Node
from archc.ops.act import Activation, Softmax
from archc.ops.base import Op
from archc.ops.conv import Conv
from archc.ops.deconv import Deconv
from archc.ops.ends import Extern, Prev
from archc.ops.fused import Fused, Overwriting
from archc.ops.join import Add, Mul, Sub
from archc.ops.linear import FullyConnected
from archc.ops.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, LocalResponseNorm
from archc.ops.pool import AvgPool, GlobalAvgPool, MaxPool
from archc.ops.resample import Resize, Upsample
from archc.ops.stack import Append, Concat, MatMul
from archc.passes.base import outputs

FRESH = (
    *(Conv, Deconv, FullyConnected, Fused, Add, Sub, Mul, Overwriting, Concat, Append, MatMul),
    *(BatchNorm, GroupNorm, InstanceNorm, LayerNorm, LocalResponseNorm),
    *(AvgPool, GlobalAvgPool, MaxPool, Resize, Upsample),
)
"""operators whose value has memory of its own, all of it"""


class Memory:
    """Whose memory each value lies in, and until when that is read."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._owners: list[frozenset[int]] = []
        """for each value those in whose memory it may lie"""
        self._read: dict[int, set[int]] = {}
        """the nodes that read the memory of an owner, through any view"""
        self._kept: set[int] = set()
        """owners whose memory is read after the last node, or in the next step of a scan"""
        for node in network.nodes:
            self._add(node)
        for index in [*outputs(network), *network.inputs.values(), *network.carried.values()]:
            self._kept.update(self._owners[index])

    def _add(self, node: Node) -> None:
        before = [owner for index in node.inputs for owner in self._owners[index]]
        for owner in before:
            self._read.setdefault(owner, set()).add(node.index)
            if isinstance(node.op, (Extern, Prev)) or self._crosses(owner, node):
                self._kept.add(owner)
        own = isinstance(node.op, FRESH) or not before
        self._owners.append(frozenset([node.index] if own else before))

    def _crosses(self, owner: int, node: Node) -> bool:
        """Whether a row of a scan reads a value from outside: the next step reads it again."""
        return scan_of(node) is not None and scan_of(self._network.nodes[owner]) != scan_of(node)

    def may_overwrite(self, index: int, by: Node, at: int) -> bool:
        """Whether the value may be written over from node `at` on: from there on `by` alone reads
        its memory, once.
        """
        op: Op = self._network.nodes[index].op
        owners = self._owners[index]
        if len(owners) != 1 or owners & self._kept:
            return False
        by_number = isinstance(op, Activation) and not isinstance(op, Softmax)
        if not by_number and not isinstance(op, FRESH):
            return False
        (owner,) = owners
        later = {reader for reader in self._read[owner] if reader >= at}
        return later == {by.index} and sum([owner in self._owners[one] for one in by.inputs]) == 1


def scan_of(node: Node) -> Instance | None:
    """The innermost scan in which a node stands."""
    return next((block for block in node.block.trace() if block.times is not None), None)
