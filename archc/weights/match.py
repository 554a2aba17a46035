"""Which layer of a checkpoint is which layer of a network, where their names differ.

Layers of one size form a cell. Evidence splits cells until each holds one layer of each side:
what stands together in blocks, words that both names have, how names changed elsewhere, numbers,
and the file's order if it has one. A cell that nothing splits is ambiguous: nothing is guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable

from archc.graph.ir import Network
from archc.graph.tensors import StateTensor
from archc.record import Record
from archc.weights.cells import Cell, Cells
from archc.weights.checkpoint import Checkpoint, WeightsProblem
from archc.weights.names import groups_of, is_under
from archc.weights.naming import numbers, renames, same_names, same_words
from archc.weights.order import contradicted, order
from archc.weights.sides import Ours, Theirs
from archc.weights.structure import structure
from archc.weights.units import Unit, split_key, units_of_checkpoint, units_of_network

Evidence = Callable[[Cells, Ours, Theirs], bool]
EVIDENCE: tuple[Evidence, ...] = (structure, same_words, renames, numbers, order)
"""from the strongest to the weakest; after each split the strongest is asked again"""


class Pair(Record):
    """A layer of the network, the checkpoint's that it is, and what told so."""

    ours: Unit
    theirs: Unit
    evidence: str


class Unsettled(Record):
    """Layers of one size that nothing tells apart, or more of them on one side."""

    ours: tuple[Unit, ...]
    theirs: tuple[Unit, ...]


class Match(Record):
    """What is known of which layer is which; `unused` layers of the checkpoint have no place."""

    network: Network
    checkpoint: Checkpoint
    tensors: dict[str, StateTensor]
    pairs: tuple[Pair, ...]
    ambiguous: tuple[Unsettled, ...]
    unequal: tuple[Unsettled, ...]
    missing: tuple[Unit, ...]
    unused: tuple[Unit, ...]

    @property
    def ok(self) -> bool:
        """Whether every layer of each has its place in the other."""
        return not (self.ambiguous or self.unequal or self.missing or self.unused)


def match(
    network: Network,
    checkpoint: Checkpoint,
    given: tuple[tuple[str, str], ...] = (),
    without: tuple[str, ...] = (),
) -> Match:
    """Find out which layer is which; `given` are pairs of names, of layers or beginnings, and
    `without` names of layers of the checkpoint that are not wanted.

    Raises WeightsProblem if a name that was given names nothing, or if a pair cannot be.
    """
    units, tensors = units_of_network(network)
    others = units_of_checkpoint(checkpoint, units, without)
    sides = Ours(network, units), Theirs(others)
    cells = _begun(units, others, given)
    if not units or (not given and same_names(cells, *sides)):
        return _result(network, checkpoint, tensors, cells, (units, others))
    _refine(cells, sides, EVIDENCE)
    if contradicted(cells, *sides):
        cells = _begun(units, others, given)
        _refine(cells, sides, EVIDENCE[1:])
        cells.reunite(contradicted(cells, *sides))
    return _result(network, checkpoint, tensors, cells, (units, others))


def _begun(units: list[Unit], others: list[Unit], given: tuple[tuple[str, str], ...]) -> Cells:
    """Cells of one size, as far apart as the user put them."""
    cells = Cells(units, others)
    _set_apart(cells, units, others)
    for pair in given:
        _settle(cells, units, others, pair)
    return cells


def _refine(cells: Cells, sides: tuple[Ours, Theirs], evidence: tuple[Evidence, ...]) -> None:
    while cells.open() and any(ask(cells, *sides) for ask in evidence):
        pass


def _settle(cells: Cells, units: list[Unit], others: list[Unit], pair: tuple[str, str]) -> None:
    """Layers under one of the given names are those under the other."""
    mine, other = _named(units, pair[0], "network"), _named(others, pair[1], "checkpoint")
    settled = False
    for cell in list(cells.all):
        ours, theirs = _apart(cell.left, mine), _apart(cell.right, other)
        has_one = min(len(mine), len(other)) == 1  # a layer by itself, and what it lies in there
        if not (ours[True] and theirs[True]) and (has_one or not (ours[True] or theirs[True])):
            continue
        if len(ours[True]) != len(theirs[True]):
            unit = (units[cell.left[0]] if cell.left else others[cell.right[0]]).text
            raise WeightsProblem(
                f"{pair[0]}={pair[1]} cannot be: layers of {unit} are"
                f" {len(ours[True])} in {pair[0]}, {len(theirs[True])} in {pair[1]}"
            )
        cells.divide(cell, ours, theirs, "given")
        settled = True
    if not settled:
        raise WeightsProblem(f"{pair[0]}={pair[1]} cannot be: they have no layers of one size")


def _apart(places: list[int], named: set[int]) -> dict[Hashable, list[int]]:
    """Those that are named, and the others."""
    return {
        True: [place for place in places if place in named],
        False: [place for place in places if place not in named],
    }


def _named(units: list[Unit], name: str, side: str) -> set[int]:
    path = split_key(name)[0]
    found = {unit.place for unit in units if is_under(unit.path, name) or unit.path == path}
    if not found:
        raise WeightsProblem(f"there is no `{name}` in the {side}")
    return found


def _set_apart(cells: Cells, units: list[Unit], others: list[Unit]) -> None:
    """Whole groups that one side has too much: heads for training, a part that is not wanted."""
    for cell_side, group_units in ((True, units), (False, others)):
        surplus: Counter[int] = Counter()
        foreign: set[int] = set()
        for cell in cells.all:
            mine, other = (cell.left, cell.right) if cell_side else (cell.right, cell.left)
            if len(mine) > len(other):
                surplus[cell.number] = len(mine) - len(other)
                foreign.update([] if other else mine)
        if foreign and surplus.total() > len(foreign):
            _remove(cells, cell_side, group_units, surplus, foreign)


def _remove(
    cells: Cells, is_left: bool, units: list[Unit], surplus: Counter[int], foreign: set[int]
) -> None:
    """Put groups around layers that the other side lacks into cells of their own."""
    colours = cells.of_left if is_left else cells.of_right
    groups = sorted(groups_of([unit.path for unit in units]).items(), key=lambda one: -len(one[1]))
    taken: set[int] = set()
    for start, places in groups:
        content = Counter([colours[place] for place in places])
        known = start[-1] in "._/" and not taken.intersection(places)
        if known and foreign.intersection(places) and content <= surplus:
            surplus -= content
            taken.update(places)
    for cell in list(cells.all):
        places = cell.left if is_left else cell.right
        gone = [place for place in places if place in taken]
        if gone and len(gone) < len(places):
            stay = [place for place in places if place not in taken]
            mine: dict[Hashable, list[int]] = {True: stay, False: gone}
            other: dict[Hashable, list[int]] = {True: cell.right if is_left else cell.left}
            left, right = (mine, other) if is_left else (other, mine)
            cells.divide(cell, left, right, cell.evidence)


def _result(
    network: Network,
    checkpoint: Checkpoint,
    tensors: dict[str, StateTensor],
    cells: Cells,
    sides: tuple[list[Unit], list[Unit]],
) -> Match:
    units, others = sides
    pairs = [
        Pair(units[left], others[right], cells.all[cells.of_left[left]].evidence)
        for left, right in cells.decided()
    ]

    def unsettled(wanted: list[Cell]) -> tuple[Unsettled, ...]:
        found = [
            Unsettled(
                tuple([units[at] for at in sorted(cell.left)]),
                tuple([others[at] for at in sorted(cell.right)]),
            )
            for cell in wanted
        ]
        return tuple(sorted(found, key=lambda one: one.ours[0].place))

    return Match(
        network,
        checkpoint,
        tensors,
        tuple(pairs),
        unsettled(cells.open()),
        unsettled([one for one in cells.all if one.left and one.right and _differ(one)]),
        tuple([unit for unit in units if not cells.all[cells.of_left[unit.place]].right]),
        tuple([unit for unit in others if not cells.all[cells.of_right[unit.place]].left]),
    )


def _differ(cell: Cell) -> bool:
    return len(cell.left) != len(cell.right)
