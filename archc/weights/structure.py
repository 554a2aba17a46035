"""Evidence of what stands together: blocks, branches, a layer with its normalisation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable

from archc.weights.cells import Cells
from archc.weights.sides import Groups, Ours, Theirs

PAIRED = 0.6
"""of the normalisations that a network has beside its layers, how many a checkpoint must have in
names of their own before its pairs are believed"""

Marks = list[list[Hashable]]


def structure(cells: Cells, ours: Ours, theirs: Theirs) -> bool:
    """Split cells by the groups that their layers stand in.

    Groups are the same if they hold the same layers, as far as these are known, and if both sides
    have as many of them. On the network's side they come from names and from the dataflow, on the
    checkpoint's from names.
    """
    families = [(ours.groups, theirs.groups), (ours.chains, theirs.groups)]
    families += _paired(cells, ours, theirs)
    marks: Marks = [[] for _ in ours.units]
    other_marks: Marks = [[] for _ in theirs.units]
    for number, (mine, other) in enumerate(families):
        _mark(cells, number, (mine, marks), (other, other_marks))
    left = [frozenset(Counter(found).items()) for found in marks]
    right = [frozenset(Counter(found).items()) for found in other_marks]
    split = [
        cells.split(cell, left.__getitem__, right.__getitem__, "blocks") for cell in cells.open()
    ]
    return any(split)


def _mark(
    cells: Cells, number: int, ours: tuple[Groups, Marks], theirs: tuple[Groups, Marks]
) -> None:
    """Note at each layer the contents of its groups, where both sides have as many of them."""
    mine = _by_content(ours[0], cells.of_left)
    other = _by_content(theirs[0], cells.of_right)
    for content, groups in mine.items():
        same = other.get(content, [])
        if len(groups) == len(same):
            for found, marks in ((groups, ours[1]), (same, theirs[1])):
                for place in [place for group in found for place in group]:
                    marks[place].append((number, content))


def _by_content(groups: Groups, colours: list[int]) -> dict[Hashable, list[tuple[int, ...]]]:
    """Groups by the cells of their members: a sum of hashes does not depend on the order."""
    mixed = [hash((colour, 0x9E3779B97F4A7C15)) for colour in colours]
    found: dict[Hashable, list[tuple[int, ...]]] = {}
    for group in groups:
        found.setdefault((len(group), sum([mixed[place] for place in group])), []).append(group)
    return found


def _paired(cells: Cells, ours: Ours, theirs: Theirs) -> list[tuple[Groups, Groups]]:
    """The kind of pairs that the checkpoint's names have: norms behind layers, or before them."""
    other = _by_content(theirs.pairs, cells.of_right)
    shares = []
    for pairs in ours.pairs:
        mine = _by_content(pairs, cells.of_left)
        same = [len(found) for key, found in mine.items() if len(found) == len(other.get(key, ()))]
        shares.append(sum(same) / max(len(pairs), 1))
    best = max(shares)
    if best < PAIRED or shares[0] == shares[1]:
        return []
    return [(ours.pairs[shares.index(best)], theirs.pairs)]
