"""Evidence of order: where a file has that of a definition, and what speaks against a result."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from archc.weights.cells import Cells
from archc.weights.sides import Ours, Theirs, mostly_rising


def order(cells: Cells, ours: Ours, theirs: Theirs) -> bool:
    """Decide cells by the file's order, if their layers follow on each other in the network."""
    known = dict(cells.decided())
    if not theirs.is_as_defined or not mostly_rising(list(known.values())):
        return False
    if _neighbours(cells, ours.flow.before, -1) or _neighbours(cells, ours.flow.behind, 1):
        return True
    done = False
    for cell in cells.open():
        left, right = sorted(cell.left), sorted(cell.right)
        if ours.in_series(left) and _between(ours, known, left, right):
            done |= cells.in_turn(cell, left, right, "order")
    return done


def _neighbours(cells: Cells, beside: dict[int, int], step: int) -> bool:
    """A layer comes behind one like that whose value it works on, and before one like that which
    works on its own.
    """
    places, done = range(len(cells.of_right)), False
    for cell in cells.open():
        mine = {at: cells.of_left[beside[at]] if at in beside else -1 for at in cell.left}
        other = {at: cells.of_right[at + step] if at + step in places else -1 for at in cell.right}
        here, there = Counter(mine.values()), Counter(other.values())
        same = {one for one, count in here.items() if one >= 0 and there[one] == count}
        left = {at: one if one in same else -1 for at, one in mine.items()}
        right = {at: one if one in same else -1 for at, one in other.items()}
        done |= cells.split(cell, left.__getitem__, right.__getitem__, "order")
    return done


def _between(ours: Ours, known: dict[int, int], left: list[int], right: list[int]) -> bool:
    """Whether all that is known between two layers lies between them in the file, too."""
    follows = ours.flow.follows
    for at, (first, later) in enumerate(pairwise(left)):
        for place in range(first + 1, later):
            on_the_way = place in known and follows(place, first) and follows(later, place)
            if on_the_way and not right[at] < known[place] < right[at + 1]:
                return False
    return True


def contradicted(cells: Cells, ours: Ours, theirs: Theirs) -> set[int]:
    """Layers, by their places in the network, that follow on each other while their last numbers
    in the checkpoint go down.

    Those of no other size are as they are; a decoder may count its blocks down, but nobody counts
    down inside of one.
    """
    last: dict[tuple[str, tuple[int, ...]], tuple[int, int]] = {}
    found: set[int] = set()
    for left, right in cells.decided():
        name, numbers = theirs.templates[right]
        if not numbers:
            continue
        before, number = last.get((name, numbers[:-1]), (left, -1))
        if number > numbers[-1] and ours.flow.follows(left, before):
            both = [place for place in (left, before) if not cells.is_alone(place)]
            found.update(both)
        last[name, numbers[:-1]] = (left, numbers[-1])
    return found
