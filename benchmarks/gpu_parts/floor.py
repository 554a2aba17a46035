"""The least time a network can take on a machine: the roofline, kernel by kernel.

Every conv, fc, attention and pooling reads its inputs and its weights once and writes its output
once; the slower of its arithmetic and its bytes counts. What works element by element is part of
the kernel before it, sums cost the reading of their other paths, concatenations are written in
place, views cost nothing. Who merges two of these kernels into one can be faster.
"""

from __future__ import annotations

from archc.analysis.amounts import fixed, numbers
from archc.analysis.cost import INFERENCE, measure
from archc.analysis.report import shape_of
from archc.graph.ir import Network, Node
from archc.ops.base import Op
from archc.ops.ends import Input


class Kernel:
    """What one kernel does for a whole batch."""

    __slots__ = ("bytes", "operations")

    def __init__(self, operations: int, moved: int) -> None:
        self.operations = operations
        self.bytes = moved


def kernels(network: Network, batch: int, width: int) -> list[Kernel]:
    """The kernels of inference; numbers are `width` bytes wide."""
    costs = measure(network)
    found: list[Kernel] = []
    last: dict[int, int] = {}
    """of each row, the last kernel that its value needs; -1 for what comes from outside"""

    def size(index: int) -> int:
        return width * batch * fixed(numbers(shape_of(network.nodes[index])))

    for node in network.nodes:
        if costs.roles[node.index] != INFERENCE:
            continue
        last[node.index] = max([last.get(index, -1) for index in node.inputs], default=-1)
        read = [size(index) for index in node.inputs]
        if is_kernel(node):
            cost = costs.of[node.index]
            moved = sum(read) + size(node.index) + width * cost.params
            last[node.index] = len(found)
            found.append(Kernel(2 * batch * fixed(cost.macs), moved))
        elif is_sum(node.op) and last[node.index] >= 0:
            found[last[node.index]].bytes += sum(read) - max(read)
    return found


def is_kernel(node: Node) -> bool:
    """Whether the row cannot be a part of the kernel before it."""
    op = node.op
    if op.role == "join":
        return type(op).macs is not Op.macs
    return not (isinstance(op, Input) or op.elementwise or op.rearranges)


def is_sum(op: Op) -> bool:
    """A join that works number by number."""
    return op.role == "join" and type(op).macs is Op.macs and op.word not in ("concat", "append")


def floor_seconds(
    network: Network, batch: int, width: int, operations: float, bandwidth: float
) -> float:
    """The floor on a machine with so many operations and bytes a second."""
    return sum(
        [
            max(kernel.operations / operations, kernel.bytes / bandwidth)
            for kernel in kernels(network, batch, width)
        ]
    )
