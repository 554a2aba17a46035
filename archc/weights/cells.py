"""Which layers of a checkpoint each layer of a network may be: sets that evidence splits."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping

from archc.weights.units import Unit

Key = Callable[[int], Hashable]


class Cell:
    """Layers of a network, and as far as is known the layers of a checkpoint that they are.

    `evidence` is what told them from others.
    """

    __slots__ = ("evidence", "left", "number", "right")

    def __init__(self, number: int, left: list[int], right: list[int], evidence: str) -> None:
        self.number = number
        self.left = left
        self.right = right
        self.evidence = evidence

    @property
    def is_open(self) -> bool:
        """Whether there is something to tell apart, and as many on both sides."""
        return len(self.left) == len(self.right) > 1

    @property
    def is_decided(self) -> bool:
        return len(self.left) == len(self.right) == 1


class Cells:
    """A partition of both sides' layers, by their places; a cell's number is its colour."""

    def __init__(self, left: list[Unit], right: list[Unit]) -> None:
        self.all: list[Cell] = []
        self._kind = [unit.signature for unit in left]
        self.of_left = [-1] * len(left)
        self.of_right = [-1] * len(right)
        ours: dict[Hashable, list[int]] = {}
        theirs: dict[Hashable, list[int]] = {}
        for units, by_signature in ((left, ours), (right, theirs)):
            for unit in units:
                by_signature.setdefault(unit.signature, []).append(unit.place)
        for signature in dict.fromkeys([*ours, *theirs]):
            self._add(ours.get(signature, []), theirs.get(signature, []), "shape")

    def open(self) -> list[Cell]:
        """The cells in which something is to be told apart, as they are now."""
        return [cell for cell in self.all if cell.is_open]

    def decided(self) -> Iterator[tuple[int, int]]:
        """The pairs that are known, in the network's order."""
        for place, number in enumerate(self.of_left):
            cell = self.all[number]
            if cell.is_decided:
                yield place, cell.right[0]

    def split(self, cell: Cell, left: Key, right: Key, evidence: str) -> bool:
        """Take a cell apart by keys that are the same on both sides; False if they are not, or
        tell nothing.
        """
        ours, theirs = _by_key(cell.left, left), _by_key(cell.right, right)
        sizes = {key: len(places) for key, places in ours.items()}
        if len(ours) < 2 or sizes != {key: len(places) for key, places in theirs.items()}:
            return False
        self.divide(cell, ours, theirs, evidence)
        return True

    def in_turn(self, cell: Cell, left: list[int], right: list[int], evidence: str) -> bool:
        """Decide a cell: its layers are each other in this order."""
        mine = {place: number for number, place in enumerate(left)}
        other = {place: number for number, place in enumerate(right)}
        return self.split(cell, mine.__getitem__, other.__getitem__, evidence)

    def divide(
        self,
        cell: Cell,
        ours: Mapping[Hashable, list[int]],
        theirs: Mapping[Hashable, list[int]],
        evidence: str,
    ) -> None:
        """Put parts with the same key into cells of their own; the first one stays where it was."""
        keys = list(dict.fromkeys([*ours, *theirs]))
        for key in keys[1:]:
            self._add(ours.get(key, []), theirs.get(key, []), evidence)
        cell.left, cell.right = ours.get(keys[0], []), theirs.get(keys[0], [])
        cell.evidence = evidence

    def is_alone(self, place: int) -> bool:
        """Whether no other layer of the network begins with the same sizes."""
        return self._kind.count(self._kind[place]) == 1

    def reunite(self, places: set[int]) -> None:
        """Undo what was decided of the cells that begin with the same layers as these."""
        kinds = {self._kind[place] for place in places}
        for kind in kinds:
            cells = [cell for cell in self.all if cell.left and self._kind[cell.left[0]] == kind]
            left = [place for cell in cells for place in cell.left]
            right = [place for cell in cells for place in cell.right]
            for cell in cells:
                cell.left, cell.right = [], []
            self._add(left, right, "shape")

    def _add(self, left: list[int], right: list[int], evidence: str) -> None:
        number = len(self.all)
        self.all.append(Cell(number, left, right, evidence))
        for place in left:
            self.of_left[place] = number
        for place in right:
            self.of_right[place] = number


def _by_key(places: list[int], key: Key) -> dict[Hashable, list[int]]:
    found: dict[Hashable, list[int]] = {}
    for place in places:
        found.setdefault(key(place), []).append(place)
    return found
