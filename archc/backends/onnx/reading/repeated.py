"""Structure that repeats where names say nothing: runs of layers that are alike, as levels.

Between two rows lies a cut where nothing but the last value is read later. What stands between
two cuts is a unit; units that follow each other again and again in the same order are a run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence

from archc.backends.onnx.reading.made import Made
from archc.graph.described import numbers_of
from archc.ops.ends import Input
from archc.record import Record

SHORTEST = 3
PLAIN = 5
"""rows of what repeats at least; where they are a chain without joins"""
LONGEST = 32
"""units of what repeats at most"""
STAGE = "stage"
"""what a run is called, with its number; its parts have numbers alone"""


class _Unit(Record):
    first: int
    last: int
    sign: int


class _Run(Record):
    """Units from `begin` on: `period` of them, `times` in a row."""

    begin: int
    period: int
    times: int


def stages(
    rows: Sequence[Made], reads: Sequence[tuple[int, ...]], outputs: Sequence[int]
) -> dict[int, str]:
    """The levels of rows that repeat, `stage1.0`, by row."""
    units = [*_units(rows, reads, outputs)]
    found: dict[int, str] = {}
    for number, run in enumerate(_runs(units), 1):
        for copy in range(run.times):
            begin = run.begin + copy * run.period
            for unit in units[begin : begin + run.period]:
                level = f"{STAGE}{number}.{copy}"
                found.update(dict.fromkeys(range(unit.first, unit.last), level))
    return found


def _units(
    rows: Sequence[Made], reads: Sequence[tuple[int, ...]], outputs: Sequence[int]
) -> Iterator[_Unit]:
    signs: dict[Hashable, int] = {}
    last_read = {index: at for at, given in enumerate(reads) for index in given}
    reach = first = 0
    for at, row in enumerate(rows):
        if isinstance(row.op, Input):
            reach, first = max(reach, last_read.get(at, at)), at + 1
            continue
        cut = reach <= at
        reach = max(reach, last_read.get(at, at))
        if not cut:
            continue
        inside = range(first, at + 1)
        odd = any(one in outputs for one in inside[:-1]) or row.scope is not None
        sign: Hashable = at if odd else tuple([_sign(rows, reads, one, first) for one in inside])
        yield _Unit(first, at + 1, signs.setdefault(sign, len(signs)))
        first = at + 1


def _sign(rows: Sequence[Made], reads: Sequence[tuple[int, ...]], at: int, first: int) -> Hashable:
    inner = tuple([index - first if index >= first else -1 for index in reads[at]])
    return numbers_of(rows[at].op)[0], inner


def _runs(units: Sequence[_Unit]) -> list[_Run]:
    """Runs of short parts first, then what else is like a part, or like another unit."""
    found: list[_Run] = []
    free = [True] * len(units)
    signs = [unit.sign for unit in units]
    for period in range(1, LONGEST + 1):
        for run in _tandems(units, signs, period, free):
            found.append(run)
            _cover(free, run)
    parts = {tuple(signs[run.begin : run.begin + run.period]) for run in found}
    parts |= {(sign,) for sign in _larger(units, free)}
    for period in sorted({len(part) for part in parts}, reverse=True):
        for at in range(len(units) - period + 1):
            run = _Run(at, period, 1)
            if all(free[at : at + period]) and tuple(signs[at : at + period]) in parts:
                found.append(run)
                _cover(free, run)
    return sorted(found, key=lambda run: run.begin)


def _cover(free: list[bool], run: _Run) -> None:
    count = run.period * run.times
    free[run.begin : run.begin + count] = [False] * count


def _tandems(
    units: Sequence[_Unit], signs: Sequence[int], period: int, free: Sequence[bool]
) -> Iterator[_Run]:
    """Parts of so many units that follow each other, among those that are in no run yet; they
    begin with their largest unit, if a run can be cut so.
    """
    at = end = 0
    while at + 2 * period <= len(units):
        end = max(end, at + period)  # what follows its like does so from a later place too
        while end < len(units) and free[end] and signs[end] == signs[end - period]:
            end += 1
        times = (end - at) // period
        whole = times > 1 and all(free[at : at + period])
        rows = sum(map(_rows_of, units[at : at + period])) if whole else 0
        if whole and rows >= (SHORTEST if rows > period else PLAIN):
            left = min(end - at - period * times, period - 1)
            at += max(range(left + 1), key=lambda one: _rows_of(units[at + one]))
            yield _Run(at, period, times)
            at += period * times
            end = 0
        else:
            at += 1


def _larger(units: Sequence[_Unit], free: Sequence[bool]) -> set[int]:
    """Units of several rows that occur again."""
    signs = [
        unit.sign for unit, is_free in zip(units, free) if is_free and _rows_of(unit) >= SHORTEST
    ]
    return {sign for sign, number in Counter(signs).items() if number > 1}


def _rows_of(unit: _Unit) -> int:
    return unit.last - unit.first
