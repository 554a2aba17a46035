"""Peak memory at inference: the bytes of values alive at once, row after row in text order.

A value lives from its node to its last use, an output to the end. An operator that works element by
element writes over its input where that dies there; so does a join (`add`) on a path of the
result's size. What only rearranges one value is a view of it: reshape, flatten, chunk, crop, and
transposes and tokens of a map too, which torch serves by strides. Other joins make a new value.
Weights and workspaces are not counted, and what no inference output needs does not run.

Counts unknown until the network runs are 0 unless they are given; rows of a `scan` hold one step.
"""

from __future__ import annotations

from collections.abc import Mapping

from archc.analysis.amounts import evaluate, numbers, shapes_in
from archc.analysis.cost import INFERENCE, Costs
from archc.graph.ir import Node
from archc.ops.base import Op
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
        self._network = network
        self._width = width
        self._counts = counts
        self._alive = 0
        self._held: dict[int, int] = {}
        self._sizes: dict[Value, int] = {}
        self._buffers: dict[int, tuple[int, ...]] = {}
        self._last = self._last_uses()
        self._owner: dict[int, int] = {}

    def step(self, node: Node) -> int:
        """Run one node; returns the bytes alive while it runs."""
        index = node.index
        if _is_view(node):
            alive = self._alive
        else:
            overwritten = self._overwritten(node)
            if overwritten is None:
                self._held[index] = size = self._size(node.shape)
                self._alive += size
            else:
                self._held[index] = self._held.pop(overwritten)
            alive = self._alive
        for source in (*node.inputs, index):
            self._free(source, index)
        return alive

    def _last_uses(self) -> dict[int, int]:
        """The node that uses a buffer last; outputs are used behind the end."""
        end = len(self._network.nodes)
        last: dict[int, int] = {}
        for node in self.nodes:
            index = node.index
            for source in node.inputs:
                for buffer in self._buffers.get(source, ()):
                    last[buffer] = index
            if _is_view(node):
                seen = [self._buffers.get(source, ()) for source in _looked_at(node)]
                self._buffers[index] = tuple([buffer for group in seen for buffer in group])
            else:
                self._buffers[index] = (index,)
                last[index] = index
        for output in self._network.outputs.values():
            for buffer in self._buffers.get(output, ()):
                last[buffer] = end
        return last

    def _overwritten(self, node: Node) -> int | None:
        """The buffer that the node writes its result into, if it can."""
        op = node.op
        if not (op.elementwise or (op.role == "join" and type(op).macs is Op.macs)):
            return None
        for source in node.inputs:
            buffers = self._buffers.get(source, ())
            if len(buffers) != 1 or self._last[buffers[0]] != node.index:
                continue
            if self._held.get(buffers[0]) == self._size(node.shape):
                return buffers[0]
        return None

    def _free(self, source: int, now: int) -> None:
        for buffer in self._buffers.get(source, ()):
            if self._last[buffer] == now:
                self._alive -= self._held.pop(buffer, 0)

    def _size(self, value: Value | None) -> int:
        assert value is not None
        size = self._sizes.get(value)
        if size is None:
            size = 0
            for shape in shapes_in((value,)):
                wide = INTEGER_BYTES if shape.is_integer else self._width
                size += evaluate(numbers(shape), self._counts) * wide
            self._sizes[value] = size
        return size


def _is_view(node: Node) -> bool:
    if node.op.role == "join":
        return not isinstance(node.shape, Shape)
    return node.op.rearranges


def _looked_at(node: Node) -> tuple[int, ...]:
    """The inputs a view shows: all paths of a list, else the running value."""
    return node.inputs if node.op.role == "join" else node.inputs[:1]
