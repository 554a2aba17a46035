"""Which layers of a network follow on each other, and which belong together for it."""

from __future__ import annotations

from itertools import pairwise

from archc.graph.ir import Network, Node
from archc.weights.units import Unit


class Dataflow:
    """The units of a network in its graph.

    `before[unit]` is the unit whose value it works on, if nothing joins in between; `behind[unit]`
    the one that works on its own value, if no other reads it; `chains` are
    units that follow on each other with nobody else reading in between; `norms` are layers with
    the normalisation behind them, `activated` normalisations with the layer behind them.
    """

    def __init__(self, network: Network, units: list[Unit]) -> None:
        self.network = network
        self._units = units
        self._users = _users(network)
        self._of_node: dict[int, list[int]] = {}
        for unit in units:
            self._of_node.setdefault(unit.node, []).append(unit.place)
        self.before: dict[int, int] = {}
        self._alone: dict[int, int] = {}
        self._connect()
        self.behind = {earlier: later for later, earlier in self._alone.items()}
        self._ancestry = self._ancestors()
        self.chains = self._chains()
        self.norms, self.activated = self._pairs()

    def follows(self, later: int, earlier: int) -> bool:
        """Whether a unit works on what another one gave, near or far."""
        node = self._units[earlier].node
        return bool(self._ancestry[self._units[later].node] >> node & 1)

    def _connect(self) -> None:
        for places in self._of_node.values():
            for earlier, later in pairwise(places):
                self.before[later] = self._alone[later] = earlier
            node: Node | None = self.network.nodes[self._units[places[0]].node]
            alone = True
            while node is not None:
                node, read_once = self._source(node)
                alone = alone and read_once
                if node is not None and node.index in self._of_node:
                    last = self._of_node[node.index][-1]
                    self.before[places[0]] = last
                    if alone:
                        self._alone[places[0]] = last
                    break

    def _source(self, node: Node) -> tuple[Node | None, bool]:
        """The one node that a node reads, and whether nobody else does."""
        if len(set(node.inputs)) != 1:
            return None, False
        index = node.inputs[0]
        return self.network.nodes[index], self._users.get(index, 0) == 1

    def _ancestors(self) -> list[int]:
        """For each node, the nodes before it, as the bits of a number."""
        found: list[int] = []
        for node in self.network.nodes:
            bits = 0
            for index in node.inputs:
                if index < node.index:
                    bits |= found[index] | 1 << index
            found.append(bits)
        return found

    def _chains(self) -> list[list[int]]:
        chain_of: dict[int, list[int]] = {}
        for unit in self._units:
            before = self._alone.get(unit.place)
            chain = [] if before is None else chain_of.get(before, [])
            chain.append(unit.place)
            chain_of[unit.place] = chain
        return list({id(chain): chain for chain in chain_of.values()}.values())

    def _pairs(self) -> tuple[list[list[int]], list[list[int]]]:
        norms, activated = [], []
        for later, earlier in self._alone.items():
            first, second = self._is_norm(earlier), self._is_norm(later)
            if second and not first:
                norms.append([earlier, later])
            elif first and not second:
                activated.append([earlier, later])
        return norms, activated

    def _is_norm(self, place: int) -> bool:
        return self.network.nodes[self._units[place].node].op.elementwise


def _users(network: Network) -> dict[int, int]:
    """How many nodes read each node; an output is one more reader."""
    found: dict[int, int] = {}
    for node in network.nodes:
        for index in set(node.inputs):
            found[index] = found.get(index, 0) + 1
    for index in (*network.outputs.values(), *network.training_outputs.values()):
        found[index] = found.get(index, 0) + 1
    return found
