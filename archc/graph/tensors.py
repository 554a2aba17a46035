"""The tensors that a network keeps: the keys, sizes and kinds of its state_dict."""

from __future__ import annotations

from collections.abc import Iterable

from archc.graph.ir import Instance, Network, Node
from archc.ops.scan import Gather, Scan
from archc.record import Record

INTEGERS = ("num_batches_tracked", "relative_position_index")
"""buffers that count or point; all other tensors are floats"""


class StateTensor(Record):
    """One tensor of a network: its key, its name inside `node`, its size in torch's order.

    `dtype` is `float32` or `int64`; `trained` is false for a buffer.
    """

    key: str
    name: str
    node: Node
    shape: tuple[int, ...]
    dtype: str
    trained: bool


def tensors_of(network: Network) -> dict[str, StateTensor]:
    """By key, in text order, what the outputs need, those for training too.

    Layers that share weights have them once.
    """
    needed = alive(network)
    found: dict[str, StateTensor] = {}
    for node in network.nodes:
        if node.index not in needed:
            continue
        weights = network.weights(node)
        for name, size in {**weights, **network.buffers(node)}.items():
            key, dtype = network.key(node, name), "int64" if name in INTEGERS else "float32"
            tensor = StateTensor(key, name, node, tuple(size), dtype, name in weights)
            found.setdefault(key, tensor)
    return found


def alive(network: Network, *, training: bool = True) -> set[int]:
    """The nodes that an output needs, and the inputs; with those for training, or without."""
    ends = [*network.outputs.values()]
    ends += network.training_outputs.values() if training else ()
    return {*network.inputs.values(), *leading_to(network, ends)}


def leading_to(network: Network, values: Iterable[int]) -> set[int]:
    """The nodes that some values need, also from one step before, and these themselves."""
    pending = [*values]
    found: set[int] = set()
    while pending:
        index = pending.pop()
        if index not in found:
            found.add(index)
            pending.extend(network.nodes[index].inputs)
            pending.extend(_scanned(network, index))
            pending.extend([network.carried[index]] if index in network.carried else [])
    return found


def _scanned(network: Network, index: int) -> list[int]:
    """What a scan runs over: its rows run once for each thing, whether they read it or not."""
    node = network.nodes[index]
    if not isinstance(node.op, Gather):
        return []
    beside = [item for item in node.block.items if isinstance(item, Instance)]
    return [
        item.index
        for scan in beside
        if scan.output == index
        for item in scan.items
        if isinstance(item, Node) and isinstance(item.op, Scan)
    ]
