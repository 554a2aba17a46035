"""Peak memory at inference: the bytes of values alive at once, row after row in text order.

A value lives from its node to its last use, an output to the end. An operator that works element by
element writes over its input where that dies there; so does a join (`add`) on a path of the
result's size. What only rearranges one value is a view of it: reshape, flatten, chunk, crop, and
transposes and tokens of a map too, which torch serves by strides. Other joins make a new value.
Weights and workspaces are not counted, and what no inference output needs does not run.

Rows of a `scan` hold one step, and the next step needs again what the first one read: values from
outside live to the end of the scan, and so does a row that `prev` reads. What the scan gives has
its place from the first step on.

Counts unknown until the network runs are 0 unless they are given.
"""

from __future__ import annotations

from collections.abc import Mapping

from archc.analysis.amounts import evaluate, numbers, shapes_in
from archc.analysis.cost import INFERENCE, Costs
from archc.analysis.loops import Loops
from archc.graph.ir import Node
from archc.ops.base import Op
from archc.ops.stack import List
from archc.ops.values import Shape, Value

FLOAT_BYTES = 4
INTEGER_BYTES = 8

DTYPES = {
    "float64": 8,
    "float32": 4,
    "bfloat16": 2,
    "float16": 2,
    "float8": 1,
    "int8": 1,
}
SHORT_DTYPES = {
    "fp64": "float64",
    "fp32": "float32",
    "bf16": "bfloat16",
    "fp16": "float16",
    "fp8": "float8",
}


def peak_bytes(
    costs: Costs,
    *,
    width: int = FLOAT_BYTES,
    counts: Mapping[str, int] | None = None,
    during: frozenset[int] | None = None,
) -> int:
    """The most bytes alive at once for one sample, numbers being `width` bytes wide.

    With `during`, the most while these nodes run.
    """
    run = _Run(costs, width, counts or {})
    peak = 0
    for node in run.nodes:
        alive = run.step(node)
        if alive > peak and (during is None or node.index in during):
            peak = alive
    return peak


class _Run:
    """The buffers of one run. A view has the buffers of the value it looks at."""

    def __init__(self, costs: Costs, width: int, counts: Mapping[str, int]) -> None:
        network, roles = costs.network, costs.roles
        self.nodes = [node for node in network.nodes if roles[node.index] == INFERENCE]
        self._width = width
        self._counts = counts
        self._alive = 0
        self._sizes: dict[int, int] = {}
        self._kinds: dict[int, tuple[bool, bool]] = {}
        count = len(network.nodes)
        self._held = [0] * count
        self._last = [-1] * count
        self._buffer = [-1] * count
        """the one buffer of a node's value; -1 where there are none or several"""
        self._several: dict[int, tuple[int, ...]] = {}
        self._loops = Loops(costs)
        self._late: dict[int, list[int]] = {}
        """the buffers that live to the end of a scan, by its last node"""
        for node in self.nodes:
            self._look_ahead(node)
        for row, end in self._loops.carried:
            self._keep(row, end)
        for output in network.outputs.values():
            for buffer in self._buffers(output):
                self._last[buffer] = count

    def step(self, node: Node) -> int:
        """Run one node; returns the bytes alive while it runs."""
        index = node.index
        view, overwrites = self._kind(node)
        for early in self._loops.begun.get(index, ()):
            self._held[early.index] = self._size(early.shape)
            self._alive += self._held[early.index]
        if not view and index not in self._loops.early:
            size = self._size(node.shape)
            target = self._overwritten(node, size) if overwrites else None
            if target is None:
                self._alive += size
            else:
                self._held[target] = 0
            self._held[index] = size
        alive = self._alive
        for source in node.inputs:
            self._free(source, index)
        if self._last[index] == index:
            self._free(index, index)
        for buffer in self._late.get(index, ()):
            self._free(buffer, index)
        return alive

    def _look_ahead(self, node: Node) -> None:
        """Note the buffers of a node's value, and that it uses those of its inputs.

        A list uses nothing: what reads it, or its items, does.
        """
        index = node.index
        for source in node.inputs:
            for buffer in () if isinstance(node.op, List) else self._buffers(source):
                self._last[buffer] = max(self._last[buffer], index)
            end = self._loops.end_for(index, source)
            if end is not None:
                self._keep(source, end)
        if not self._kind(node)[0]:
            self._buffer[index] = self._last[index] = index
            return
        sources = node.inputs if node.op.role == "join" else node.inputs[:1]
        seen = tuple([buffer for source in sources for buffer in self._buffers(source)])
        if len(seen) == 1:
            self._buffer[index] = seen[0]
        else:
            self._several[index] = seen

    def _keep(self, index: int, end: int) -> None:
        """Let a value live to the end of a scan."""
        for buffer in self._buffers(index):
            if self._last[buffer] < end:
                self._last[buffer] = end
                self._late.setdefault(end, []).append(buffer)

    def _buffers(self, index: int) -> tuple[int, ...]:
        buffer = self._buffer[index]
        return (buffer,) if buffer >= 0 else self._several.get(index, ())

    def _overwritten(self, node: Node, size: int) -> int | None:
        """The buffer that the node writes its result into, if it can."""
        for source in node.inputs:
            buffer = self._buffer[source]
            if buffer >= 0 and self._last[buffer] == node.index and self._held[buffer] == size:
                return buffer
        return None

    def _free(self, source: int, now: int) -> None:
        for buffer in self._buffers(source):
            if self._last[buffer] == now:
                self._alive -= self._held[buffer]
                self._held[buffer] = 0

    def _kind(self, node: Node) -> tuple[bool, bool]:
        """Whether the node is a view, and whether it can write over an input."""
        op = node.op
        kind = self._kinds.get(id(op))
        if kind is None:
            join = op.role == "join"
            view = not isinstance(node.shape, Shape) if join else op.rearranges
            kind = view, op.elementwise or (join and type(op).macs is Op.macs)
            self._kinds[id(op)] = kind
        return kind

    def _size(self, value: Value | None) -> int:
        assert value is not None
        size = self._sizes.get(id(value))
        if size is None:
            size = 0
            for shape in shapes_in((value,)):
                wide = INTEGER_BYTES if shape.is_integer else self._width
                size += evaluate(numbers(shape), self._counts) * wide
            self._sizes[id(value)] = size
        return size
