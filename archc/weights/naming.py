"""Evidence of names: words that both sides have, how names changed elsewhere, numbers."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from archc.weights.cells import Cells
from archc.weights.names import below
from archc.weights.sides import Ours, Theirs, mostly_rising


def same_names(cells: Cells, ours: Ours, theirs: Theirs) -> bool:
    """Decide all cells if the names are the network's, behind a common beginning."""
    place = {unit.path: unit.place for unit in theirs.units}
    first = ours.units[0].path
    for path in [path for path in place if path == first or path.endswith("." + first)]:
        start = path[: len(path) - len(first)]
        found = [place.get(start + unit.path, -1) for unit in ours.units]
        if all(
            at >= 0 and theirs.units[at].signature == unit.signature
            for unit, at in zip(ours.units, found)
        ):
            _decide(cells, found)
            return True
    return False


def _decide(cells: Cells, found: list[int]) -> None:
    for cell in [cell for cell in cells.all if cell.left]:
        mine: dict[Hashable, list[int]] = {found[at]: [at] for at in cell.left}
        other: dict[Hashable, list[int]] = {found[at]: [found[at]] for at in cell.left}
        rest = [at for at in cell.right if at not in other]
        cells.divide(cell, mine, {**other, **({-1: rest} if rest else {})}, "names")


def same_words(cells: Cells, ours: Ours, theirs: Theirs) -> bool:
    """Split cells by words that some of their names have on both sides: `left`, `branch2`."""
    done = False
    for cell in cells.open():
        mine = {at: ours.words[at] for at in cell.left}
        other = {at: theirs.words[at] for at in cell.right}
        if {ours.units[at].path for at in mine} == {theirs.units[at].path for at in other}:
            mine = {at: frozenset((ours.units[at].path,)) for at in mine}
            other = {at: frozenset((theirs.units[at].path,)) for at in other}
        common = frozenset.union(*mine.values()) & frozenset.union(*other.values())
        common -= frozenset.intersection(*mine.values(), *other.values())
        left: dict[int, Hashable] = {at: words & common for at, words in mine.items()}
        right: dict[int, Hashable] = {at: words & common for at, words in other.items()}
        if all(left.values()) and all(right.values()):
            done |= cells.split(cell, left.__getitem__, right.__getitem__, "names")
    return done


def renames(cells: Cells, ours: Ours, theirs: Theirs) -> bool:
    """Split cells by how the same names changed in another use of the same block."""
    known = {ours.units[left].path: theirs.units[right].path for left, right in cells.decided()}
    ends: dict[str, list[str]] = {}
    for path in known:
        ends.setdefault(path.rpartition(".")[2], []).append(path)
    done = False
    for cell in cells.open():
        block, names = below([ours.units[at].path for at in cell.left])
        _, others = below([theirs.units[at].path for at in cell.right])
        blocks = [
            path.removesuffix(names[0])
            for path in ends.get(names[0].rpartition(".")[2], ())
            if path.endswith(names[0])
            and ours.same_block(block, path.removesuffix(names[0]), names)
        ]
        new = _agreed([[known.get(one + name) for name in names] for one in blocks], others)
        if new:
            left: dict[int, Hashable] = dict(zip(cell.left, new))
            right: dict[int, Hashable] = dict(zip(cell.right, others))
            done |= cells.split(cell, left.__getitem__, right.__getitem__, "renames")
    return done


def _agreed(blocks: Iterable[list[str | None]], others: list[str]) -> list[str]:
    """Which of the other names each name became in all blocks; empty if they do not agree."""
    found: set[tuple[str, ...]] = set()
    for paths in blocks:
        for other in others:
            start = (paths[0] or "").removesuffix(other)
            ends = [path[len(start) :] for path in paths if path and path.startswith(start)]
            if start + other == paths[0] and sorted(ends) == sorted(others):
                found.add(tuple(ends))
    return list(found.pop()) if len(found) == 1 else []


def numbers(cells: Cells, ours: Ours, theirs: Theirs) -> bool:
    """Decide cells whose names differ in numbers alone: these count the layers in their order.

    Not where the network's own numbers go down, or where the known ones do, as in decoders.
    """
    counted: dict[str, list[int]] = {}
    for _, right in cells.decided():
        name, count = theirs.templates[right]
        counted.setdefault(name.partition("#")[0], []).extend(count[:1])
    done = False
    for cell in cells.open():
        name = theirs.templates[cell.right[0]][0]
        left = sorted(cell.left)
        if (
            all(theirs.templates[place][0] == name for place in cell.right)
            and ours.in_turn(left)
            and mostly_rising(counted.get(name.partition("#")[0], []))
        ):
            counts = sorted(cell.right, key=lambda place: theirs.templates[place][1])
            done |= cells.in_turn(cell, left, counts, "numbers")
    return done
