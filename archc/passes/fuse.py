"""Layers with the sums and activations behind them as one operator, and joins in place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archc.graph.ir import Network, Node
from archc.graph.rewrite import rewritten
from archc.graph.uses import Uses, owner_of
from archc.ops.act import Activation
from archc.ops.base import Op
from archc.ops.conv import Conv
from archc.ops.deconv import Deconv
from archc.ops.fused import ACTIVATIONS, Fused, Overwriting
from archc.ops.join import Add, Join, Mul, Sub
from archc.ops.linear import FullyConnected
from archc.ops.values import Shape
from archc.passes.base import outputs, readers
from archc.passes.overwriting import Memory, scan_of
from archc.record import Record, replace


class Fusing(Record):
    """What becomes a part of one layer: `gone` are the nodes, `other` is the value it adds."""

    layer: Node
    activation: Activation | None = None
    other: int | None = None
    into: bool = False
    gone: tuple[int, ...] = ()

    @property
    def kind(self) -> tuple[Any, ...]:
        """What must be the same for all uses of one layer."""
        return self.activation, self.other is not None


def fused(network: Network) -> Network:
    """The network with layers as `Fused`, and with joins that overwrite a path: for inference.

    A conv, deconv or fc takes along the activation that alone reads it, a conv or fc the sum
    between the two as well. Outputs stay, and so do keys and sizes of all tensors.
    """
    places = _Places(network)
    layers = [node for node in network.nodes if isinstance(node.op, (Conv, Deconv, FullyConnected))]
    ops: dict[int, Op] = {}
    inputs: dict[int, tuple[int, ...]] = {}
    instead: dict[int, int] = {}
    for one in _agreed([places.behind(node) for node in layers]):
        index = one.layer.index
        ops[index] = Fused(
            layer=one.layer.op,
            activation=one.activation,
            adds=one.other is not None,
            into=one.into,
        )
        if one.other is not None:
            inputs[index] = (*one.layer.inputs, one.other)
        instead.update(dict.fromkeys(one.gone, index))
    return _in_place(rewritten(network, ops, instead, inputs=inputs))


class _Places:
    """What stands behind each layer."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._readers = readers(network)
        self._outputs = outputs(network)
        self._memory = Memory(network)

    def behind(self, layer: Node) -> Fusing:
        """The sum and the activation that alone read what the layer gives."""
        other, into = None, False
        gone: list[int] = []
        last, join = layer, self._only_reader(layer)
        if join is not None and self._is_sum(layer, join):
            other = next(index for index in join.inputs if index != layer.index)
            into = self._memory.may_overwrite(other, by=join, at=layer.index)
            gone.append(join.index)
            last = join
        behind = self._only_reader(last)
        activation = None
        beside = behind is not None and behind.block is layer.block
        # What begins a block may run behind another layer too, where the block is used again.
        if beside and behind is not None and type(behind.op) in ACTIVATIONS:
            assert isinstance(behind.op, Activation)
            activation = behind.op
            gone.append(behind.index)
        return Fusing(layer, activation, other, into, tuple(gone))

    def _only_reader(self, node: Node) -> Node | None:
        """The one node that reads a value, in the same step of a scan."""
        found = self._readers[node.index]
        if len(found) != 1 or node.index in self._outputs:
            return None
        late = found[0].index in self._network.carried
        return None if late or scan_of(found[0]) is not scan_of(node) else found[0]

    def _is_sum(self, layer: Node, join: Node) -> bool:
        """Whether a join adds to the layer's value one of the same size that is there before it."""
        if not isinstance(join.op, Add) or join.op.paths != "equal" or join.op.droppath:
            return False
        shapes = [self._network.nodes[index].shape for index in join.inputs]
        return (
            isinstance(layer.op, (Conv, FullyConnected))
            and join.block is layer.block
            and shapes == [join.shape] * 2
            and max(join.inputs) == layer.index
            and join.inputs.count(layer.index) == 1
        )


def _agreed(found: list[Fusing]) -> Iterator[Fusing]:
    """The uses of one layer are alike; what is not the same for all of them stays apart."""
    uses: dict[str, list[Fusing]] = {}
    for one in found:
        uses.setdefault(owner_of(one.layer), []).append(one)
    for alike in uses.values():
        same = len({one.kind for one in alike}) == 1
        into = all(one.into for one in alike)
        for one in alike:
            yield replace(one, into=into) if same else Fusing(one.layer)


def _in_place(network: Network) -> Network:
    """Sums, differences and products are written over a path that nobody reads again."""
    memory = Memory(network)
    first_runs = Uses(network).first_runs()
    uses: dict[int, list[tuple[Node, tuple[int, ...]]]] = {}
    for node in network.nodes:
        if isinstance(node.op, (Add, Sub, Mul)):
            run = first_runs.get(node.index, node.index)
            uses.setdefault(run, []).append((node, tuple(_free(network, memory, node))))
    ops: dict[int, Op] = {}
    inputs: dict[int, tuple[int, ...]] = {}
    for alike in uses.values():
        common = set(alike[0][1]).intersection(*[places for _, places in alike])
        for node, _ in alike if common else ():
            first = min(common)
            assert isinstance(node.op, Join)
            ops[node.index] = Overwriting(join=node.op)
            others = [index for at, index in enumerate(node.inputs) if at != first]
            inputs[node.index] = (node.inputs[first], *others)
    return rewritten(network, ops, inputs=inputs)


def _free(network: Network, memory: Memory, join: Node) -> Iterator[int]:
    """The places of the paths that a join may write over."""
    if getattr(join.op, "droppath", 0) or getattr(join.op, "paths", "equal") != "equal":
        return
    if not all(isinstance(network.nodes[index].shape, Shape) for index in join.inputs):
        return
    for place, index in enumerate(join.inputs[:1] if isinstance(join.op, Sub) else join.inputs):
        whole = network.nodes[index].shape == join.shape
        if whole and memory.may_overwrite(index, by=join, at=join.index):
            yield place
