"""What is known of the two sides before they are compared: groups, names, order."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from itertools import pairwise

from archc.graph.ir import Network
from archc.weights.dataflow import Dataflow
from archc.weights.names import groups_of, starred, template, words
from archc.weights.units import IN_ORDER, Unit

ORDERED = 0.8
"""of neighbours that are known, how many have to be in order before an order is believed"""

Groups = list[tuple[int, ...]]


class Ours:
    """A network's layers, their names and their dataflow."""

    def __init__(self, network: Network, units: list[Unit]) -> None:
        self.units = units
        self.flow = Dataflow(network, units)
        self.templates = [template(unit.path) for unit in units]
        self._block = {unit.path: network.nodes[unit.node].block.name for unit in units}

    @cached_property
    def words(self) -> list[frozenset[str]]:
        return [words(unit.path) for unit in self.units]

    @cached_property
    def groups(self) -> Groups:
        """Layers whose names begin alike."""
        return distinct(groups_of([unit.path for unit in self.units]).values())

    @cached_property
    def chains(self) -> Groups:
        return distinct(self.flow.chains)

    @cached_property
    def pairs(self) -> tuple[Groups, Groups]:
        """Layers with the normalisation behind them, and with the one before them."""
        return distinct(self.flow.norms), distinct(self.flow.activated)

    def same_block(self, block: str, other: str, names: list[str]) -> bool:
        """Whether layers of these names stand in uses of one block, here and there."""
        pairs = [(self._block.get(block + name), self._block.get(other + name)) for name in names]
        return block != other and all(mine == theirs for mine, theirs in pairs)

    def in_turn(self, places: list[int]) -> bool:
        """Whether layers come one after the other: by their numbers, if they are what their names
        differ in, else by the values they work on.
        """
        found = [self.templates[place] for place in places]
        if len({name for name, _ in found}) == 1:
            return found == sorted(found)
        return self.in_series(places)

    def in_series(self, places: list[int]) -> bool:
        """Whether each of these layers works on what the one before it gave."""
        return all(self.flow.follows(later, first) for first, later in pairwise(places))


class Theirs:
    """A checkpoint's layers and their names."""

    def __init__(self, units: list[Unit]) -> None:
        self.units = units
        self.templates = [template(unit.path) for unit in units]

    @cached_property
    def words(self) -> list[frozenset[str]]:
        return [words(unit.path) for unit in self.units]

    @cached_property
    def groups(self) -> Groups:
        return distinct(groups_of([unit.path for unit in self.units]).values())

    @cached_property
    def pairs(self) -> Groups:
        """Two layers whose names begin alike, or differ in one word: `conv1` and `bn1`."""
        found: dict[str, list[int]] = {}
        for unit in self.units:
            for name in starred(unit.path):
                found.setdefault(name, []).append(unit.place)
        both = [*self.groups, *distinct(found.values())]
        return distinct([one for one in both if len(one) == 2])

    @cached_property
    def is_as_defined(self) -> bool:
        """Whether the file keeps the order of a definition: weights before their biases. Sorted
        files, as safetensors often are, do not.
        """
        orders = [[role for role, _ in unit.keys] for unit in self.units if len(unit.keys) > 1]
        if not orders:
            paths = [unit.path for unit in self.units]
            return paths not in (sorted(paths), sorted(paths, reverse=True))
        return all(order == [role for role in IN_ORDER if role in order] for order in orders)


def distinct(groups: Iterable[Iterable[int]]) -> Groups:
    """Groups of two and more, each once."""
    return [
        one for one in dict.fromkeys([tuple(sorted(group)) for group in groups]) if len(one) > 1
    ]


def mostly_rising(numbers: list[int]) -> bool:
    """Whether numbers hardly ever go down."""
    rising = sum([first <= later for first, later in pairwise(numbers)])
    return rising >= ORDERED * (len(numbers) - 1)
