"""What each layer costs, and the whole network: parameters, MACs, the slides' memory column, depth.

- `params`: trained numbers. Layers that share weights count them once: at the first one that is
  built for inference. Those only training outputs need are counted apart; what no output needs
  counts nothing.
- `macs`: products, each with its addition, for one sample. Rows of a `scan` run once for each
  thing.
- `values`: the input plus the output of every layer that makes new numbers (`Op.own_box`). What
  works element by element (norms, activations, dropout, softmax, scale) shares the box of the row
  before it, and joins and moves show numbers that are already counted. The slide of VGG-16 adds up
  to 15,237,608.
- `layers`: layers with weights on the longest path from an input to an output.

Equal operators on equal shapes are worked out once, so repetition costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archc.analysis.amounts import (
    Amount,
    interpolate,
    numbers,
    of_count,
    product,
    total,
    unknowns,
    with_counts,
)
from archc.graph.ir import Instance, Network, Node
from archc.ops.base import Op, Tensors
from archc.ops.stack import List
from archc.record import Record

UNUSED, TRAINING, INFERENCE = 0, 1, 2
"""roles of a node: no output needs it, only training outputs do, an output does"""

REMEMBERED = 50_000


class Cost(Record):
    """What nodes cost for one sample; `biases` is that part of `params` which is added."""

    params: int = 0
    biases: int = 0
    macs: Amount = 0
    values: Amount = 0


FREE = Cost()


class Costs:
    """The costs of a network, node by node; `roles` says what each node is for."""

    __slots__ = ("network", "of", "roles")

    def __init__(self, network: Network, of: list[Cost], roles: bytearray) -> None:
        self.network = network
        self.of = of
        self.roles = roles

    def sum(self, role: int = INFERENCE, chosen: Iterable[int] | None = None) -> Cost:
        """The total over all nodes of a role, or over those of the chosen ones that have it."""
        roles, of = self.roles, self.of
        uses: dict[int, int] = {}
        distinct: dict[int, Cost] = {}
        for index in range(len(of)) if chosen is None else chosen:
            if roles[index] == role:
                cost = of[index]
                key = id(cost)
                uses[key] = uses.get(key, 0) + 1
                distinct[key] = cost
        shares = [(cost, uses[key]) for key, cost in distinct.items()]
        return Cost(
            sum([cost.params * times for cost, times in shares]),
            sum([cost.biases * times for cost, times in shares]),
            total([product(cost.macs, times) for cost, times in shares]),
            total([product(cost.values, times) for cost, times in shares]),
        )

    def layers(self, chosen: frozenset[int] | None = None) -> int:
        """Layers with weights on the longest path, counting the chosen ones if they are given."""
        roles = self.roles
        needed = [node for node in self.network.nodes if roles[node.index] == INFERENCE]
        return longest_path(needed, chosen)


def longest_path(nodes: Iterable[Node], chosen: frozenset[int] | None = None) -> int:
    """Layers with weights on the longest path through nodes in text order.

    Those in `chosen` count, if it is given; paths may lead through the others.
    """
    longest: dict[int, int] = {}
    deepest = 0
    for node in nodes:
        before = 0
        for source in node.inputs:
            depth = longest.get(source, 0)
            before = max(before, depth)
        if counts_as_layer(node.op) and (chosen is None or node.index in chosen):
            before += 1
            deepest = max(deepest, before)
        longest[node.index] = before
    return deepest


def measure(network: Network) -> Costs:
    """Work out what every node costs."""
    known = _Known(network)
    of = [known.cost(node) for node in network.nodes]
    for index, times in _scanned(network.root).items():
        cost = of[index]
        of[index] = Cost(
            cost.params, cost.biases, product(cost.macs, times), product(cost.values, times)
        )
    for index in network.carried:
        of[index] = FREE  # `prev` shows a value that is counted at the row it reads
    roles = _roles(network)
    _count_once(network, of, roles)
    return Costs(network, of, roles)


def counts_as_layer(op: Op) -> bool:
    """Whether the operator counts in the depth; the option `weighted` of `add` is another thing."""
    return op.weighted and "weighted" not in type(op).fields


def count_parameters(tensors: Tensors) -> tuple[int, int]:
    """How many numbers trained tensors hold, and how many of them are biases."""
    params = biases = 0
    for name, size in tensors.items():
        held = 1
        for side in size:
            held *= side
        params += held
        last = name.rpartition(".")[2]
        if last.startswith("bias") or last.endswith("bias"):
            biases += held
    return params, biases


class _Known:
    """Costs by operator and shapes: first by identity, which is quick, then by equality."""

    def __init__(self, network: Network) -> None:
        self._nodes = network.nodes
        self._same: dict[tuple[int, ...], Cost] = {}
        self._equal: dict[tuple[Any, ...], Cost] = {}

    def cost(self, node: Node) -> Cost:
        nodes = self._nodes
        op, inputs = node.op, node.inputs
        key: tuple[int, ...]
        if len(inputs) == 1:
            key = (id(op), id(node.shape), id(nodes[inputs[0]].shape))
        else:
            key = (id(op), id(node.shape), *[id(nodes[index].shape) for index in inputs])
        cost = self._same.get(key)
        if cost is None:
            shapes = [nodes[index].shape for index in inputs]
            equal = (op, node.shape, *shapes)
            cost = self._equal.get(equal)
            if cost is None:
                cost = _cost_of(op, tuple(shapes), node.shape)
                self._equal[equal] = cost
            if len(self._same) > REMEMBERED:
                self._same.clear()
            self._same[key] = cost
        return cost


def _cost_of(op: Op, inputs: tuple[Any, ...], output: Any) -> Cost:
    params, biases = count_parameters(op.weights(*inputs))

    def products(counts: dict[str, int]) -> int:
        return op.macs(
            tuple([with_counts(value, counts) for value in inputs]), with_counts(output, counts)
        )

    macs = interpolate(products, unknowns((*inputs, output)))
    cost = Cost(params, biases, macs, numbers(output) if op.own_box else 0)
    return FREE if cost == FREE else cost


def _scanned(root: Instance) -> dict[int, Amount]:
    """How often each node inside a `scan` runs."""
    found: dict[int, Amount] = {}
    open_: list[tuple[Instance, Amount]] = [(root, 1)]
    while open_:
        instance, times = open_.pop()
        if instance.times is not None:
            times = product(times, of_count(instance.times))
        for item in instance.items:
            if isinstance(item, Instance):
                open_.append((item, times))
            elif times != 1:
                found[item.index] = times
    return found


def _roles(network: Network) -> bytearray:
    """The role of every node: first what inference needs, then what training adds."""
    roles = bytearray(len(network.nodes))
    _mark(network, roles, network.outputs.values(), INFERENCE)
    _mark(network, roles, network.training_outputs.values(), TRAINING)
    for node in network.nodes:
        if isinstance(node.op, List) and not roles[node.index]:
            # What opens a list (joins, `each`, blocks) reads all its items, and not the list.
            roles[node.index] = min([roles[index] for index in node.inputs])
    return roles


def _mark(network: Network, roles: bytearray, starts: Iterable[int], role: int) -> None:
    nodes, carried = network.nodes, network.carried
    open_ = [index for index in starts if not roles[index]]
    while open_:
        index = open_.pop()
        if not roles[index]:
            roles[index] = role
            open_.extend([source for source in nodes[index].inputs if not roles[source]])
            if index in carried:
                open_.append(carried[index])


def _count_once(network: Network, of: list[Cost], roles: bytearray) -> None:
    """Leave the parameters of shared weights at one node, the first of those needed most."""
    groups: dict[str, list[int]] = {node.shares: [] for node in network.nodes if node.shares}
    if not groups:
        return
    for node in network.nodes:
        owner = node.shares or node.path
        if owner in groups:
            groups[owner].append(node.index)
    for indices in groups.values():
        payer = max(indices, key=lambda index: (roles[index], -index))
        for index in indices:
            if index != payer:
                cost = of[index]
                of[index] = Cost(0, 0, cost.macs, cost.values)
