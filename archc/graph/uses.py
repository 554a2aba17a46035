"""Blocks that are used again: which uses run alike, so that one module serves them all.

A use that takes the weights of another one is the same module run again if each of its operators
is the same and reads the same: values of its own in the same places, and values from outside that
are one value in both uses or two in both.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archc.graph.described import numbers_of, own_value
from archc.graph.ir import Instance, Network, Node
from archc.graph.outline import SCAN
from archc.ops.pool import Unpool
from archc.ops.values import Shape


class Uses:
    """The uses of blocks in a network; a scan is no block.

    `nodes` are those of each use, outer uses first; `first` the use whose module another one runs
    again. `apart` are uses that can be no module: they take weights from outside and do more, or
    less, than the use that holds them; and the uses whose weights such ones take.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._indexed = {node.inputs[1] for node in network.nodes if isinstance(node.op, Unpool)}
        self.nodes: dict[Instance, list[Node]] = {}
        for node in network.nodes:
            for instance in reversed([*node.block.trace()]):
                if instance.name != SCAN:
                    self.nodes.setdefault(instance, []).append(node)
        self._at = {instance.path: instance for instance in self.nodes}
        self._keyed = {
            node.index for node in network.nodes if network.weights(node) or network.buffers(node)
        }
        self.first: dict[Instance, Instance] = {}
        self.apart: set[Instance] = set(self._scattered())
        for instance in self.nodes:
            self._find(instance)
        for again, first in [*self.first.items()]:
            if first in self.apart:
                self.apart.add(again)
                del self.first[again]

        self._again: dict[Instance, list[Instance]] = {}
        for again, first in self.first.items():
            self._again.setdefault(first, []).append(again)

    def of(self, first: Instance) -> list[Instance]:
        """A use and those that run its module again."""
        return [first, *self._again.get(first, ())]

    def together(self) -> Iterator[list[Instance]]:
        """The uses of each module that is run again; outer ones before those inside."""
        yield from [self.of(first) for first in self.nodes if first in self._again]

    def first_runs(self) -> dict[int, int]:
        """For each node of a use that runs a module again the node of the first use."""
        found: dict[int, int] = {}
        for first, *again in self.together():
            for use in again:
                found.update(zip(_indices(self.nodes[use]), _indices(self.nodes[first])))
        return found

    def outside(self, instance: Instance) -> list[int]:
        """The values of others that a use reads or hands on, in the order of their first reading:
        each is in the place of that of another use which runs alike.
        """
        own = {node.index for node in self.nodes[instance]}
        reads = [index for node in self.nodes[instance] for index in self._reads(node)]
        reads += [instance.output] if instance.output is not None else []
        return list(dict.fromkeys([index for index in reads if index not in own]))

    def _scattered(self) -> Iterator[Instance]:
        """Uses of whose weights some are held elsewhere, since the rows that held them are gone."""
        for index in self._keyed:
            node = self._network.nodes[index]
            inside = {*node.block.trace()}
            levels = node.path.split(".")
            for end in range(1, 0 if node.shares else len(levels)):
                around = self._at.get(".".join(levels[:end]))
                if around is not None and around not in inside:
                    yield around

    def _find(self, instance: Instance) -> None:
        """Whether a use has weights of its own, runs another one again, or is apart."""
        keyed = [node for node in self.nodes[instance] if node.index in self._keyed]
        if all(owner_of(node).startswith(f"{instance.path}.") for node in keyed):
            return
        inside = keyed[0].path.removeprefix(instance.path)
        held = owner_of(keyed[0])
        first = self._at.get(held.removesuffix(inside)) if held.endswith(inside) else None
        if first is not None and self._run(first) == self._run(instance):
            self.first[instance] = first
        else:
            self.apart.update([instance] if first is None else [instance, first])

    def _run(self, instance: Instance) -> list[Any]:
        """What a use does: equal for those that one module can serve."""
        nodes = self.nodes[instance]
        start, outside = nodes[0].index, self.outside(instance)
        places = {index: ("outside", at) for at, index in enumerate(outside)}
        return [instance.name] + [
            (
                node.index - start,
                numbers_of(node.op, self._own_sides(node)),
                tuple([places.get(index, index - start) for index in self._reads(node)]),
                owner_of(node) if node.index in self._keyed else "",
                node.index in self._indexed,
            )
            for node in nodes
        ]

    def _reads(self, node: Node) -> tuple[int, ...]:
        late = self._network.carried.get(node.index)
        return node.inputs if late is None else (*node.inputs, late)

    def _own_sides(self, node: Node) -> tuple[int, ...]:
        """The sides of what the body around a node is given, where they are open."""
        bodies = (one for one in node.block.trace() if one.name != SCAN)
        start = own_value(self._network, next(bodies, self._network.root))
        shape = None if start is None else self._network.nodes[start].shape
        return shape.spatial if isinstance(shape, Shape) and shape.dims else ()


def _indices(nodes: list[Node]) -> list[int]:
    return [node.index for node in nodes]


def owner_of(node: Node) -> str:
    """The path of the node that holds a node's weights: itself, or the one it shares them with."""
    return node.shares or node.path
