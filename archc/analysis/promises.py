"""What a file promises of its open sizes: `where`, and the notes behind arrows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from math import lcm
from typing import TYPE_CHECKING

from archc.analysis.legal import LegalSet
from archc.analysis.periods import TRIED_AT_MOST
from archc.analysis.steady import numbers_in, parts_of
from archc.analysis.sweep import Sweep
from archc.diagnostics.kinds.notes import SizeRuleBroken
from archc.diagnostics.model import Diagnostic
from archc.graph.elaborate.replay import Outcome, Replay
from archc.syntax import tree

if TYPE_CHECKING:
    from archc.analysis.sizes import SizeStudy

LARGEST_TRIED = 10**6
AROUND = 64
PAIRS_TRIED = 40_000
"""a `where` is asked for them, and the net only where it says yes"""


def check_sweep(sweep: Sweep, found: SizeStudy) -> None:
    """`where` must allow legal sizes alone, and size notes must hold at each of them."""
    replay, base = sweep.replay, sweep.base[sweep.letter]
    broken = sweep.broken
    if broken is None and base > len(sweep.outcomes):
        broken = sweep.promise_broken(base, sweep.fresh(base))
    if broken is None:
        return
    if broken.note is None:
        sizes = {**sweep.base, sweep.letter: broken.size}
        outcome = sweep.at(broken.size)
        found.findings.append(_broken(replay, found, sizes, (sweep.letter,), outcome))
    elif all(known.primary.span != broken.span for known in found.findings):
        at = f"found at {sweep.letter} = {broken.size}"
        found.findings.append(broken.note.at(broken.span, notes=(at,)))


def check_conditions(replay: Replay, found: SizeStudy) -> None:
    """`where` at sizes that its own numbers point to, alone and in pairs of letters."""
    conditions = replay.context.conditions
    if not conditions or found.findings or not replay.complete:
        return
    found.promises_found = not all(_is_plain(one, found) for one in conditions)
    for sizes, letters in _suspects(conditions, found):
        if not replay.allows(sizes):
            continue
        if found.proved and all(size in found.legal[one] for one, size in sizes.items()):
            continue
        outcome = replay.at(sizes)
        if not outcome.legal:
            found.findings.append(_broken(replay, found, sizes, letters, outcome))
            return


def _is_plain(condition: tree.Expression, found: SizeStudy) -> bool:
    """Whether the sizes tried decide it: one letter to a comparison, no `or`, no large number."""
    for part in parts_of(condition):
        if isinstance(part, (tree.Choice, tree.Function, tree.Power)):
            return False
        if isinstance(part, tree.Logic) and part.word == "or":
            return False
        if isinstance(part, tree.Comparison) and len(_letters(part, found)) > 1:
            return False
    return all(_top([condition], legal) <= TRIED_AT_MOST for legal in found.legal.values())


def _top(conditions: list[tree.Expression], legal: LegalSet) -> int:
    """A size from which on conditions and net only repeat: numbers, then a period of all."""
    numbers = {abs(n) for one in conditions for n in numbers_in(one)} - {0}
    divisors = [n for n in numbers if n <= AROUND * 4]
    return 2 * (max(numbers, default=1) + legal.start + lcm(legal.period, *divisors))


def _letters(part: tree.Expression, found: SizeStudy) -> set[str]:
    names = [one.parts[0] for one in parts_of(part) if isinstance(one, tree.Name)]
    return set(names) & set(found.legal)


def _suspects(
    conditions: list[tree.Expression], found: SizeStudy
) -> Iterator[tuple[dict[str, int], tuple[str, ...]]]:
    numbers = {n for one in conditions for n in numbers_in(one) if 0 < n <= LARGEST_TRIED}
    near: dict[str, list[int]] = {}
    for letter, legal in found.legal.items():
        reach = min(legal.period, AROUND)
        sizes = {n + step for n in numbers for step in range(-reach, reach + 1)}
        sizes |= set(range(1, min(_top(conditions, legal), TRIED_AT_MOST)))
        near[letter] = sorted([n for n in sizes if n > 0])
        for size in near[letter]:
            yield {**found.chosen, letter: size}, (letter,)
    compared = any(
        len(_letters(part, found)) > 1
        for one in conditions
        for part in parts_of(one)
        if isinstance(part, tree.Comparison)
    )
    for first, second in combinations(found.legal, 2):
        pairs = [(a, b) for a in sorted(numbers) for b in sorted(numbers)]
        if compared:
            wide = [_period(found, letter) for letter in (first, second)]
            for left, right in ((1, 1), (found.chosen[first], found.chosen[second])):
                across = range(right, right + wide[1])
                pairs += [(a, b) for a in range(left, left + wide[0]) for b in across]
        for a, b in pairs[:PAIRS_TRIED]:
            yield {**found.chosen, first: a, second: b}, (first, second)


def _period(found: SizeStudy, letter: str) -> int:
    return min(max(2 * found.legal[letter].period, 32), 2 * AROUND)


def _broken(
    replay: Replay,
    found: SizeStudy,
    sizes: dict[str, int],
    letters: tuple[str, ...],
    outcome: Outcome,
) -> Diagnostic:
    sides = replay.context.network.open_sides[0]
    assert outcome.kind is not None
    reason = outcome.kind.message
    if outcome.span is not None:
        reason = f"{reason} (line {outcome.span.line})"
    legal = [found.legal[letter] for letter in letters]
    bad = [one for one in legal if sizes[one.letter] not in one] or legal
    near = tuple([shown for one in bad for shown in _near(one, sizes[one.letter])])
    asked = " and ".join([f"{one.letter} = {sizes[one.letter]}" for one in bad])
    kind = SizeRuleBroken(" and ".join([str(one) for one in bad]), asked, near, reason)
    return kind.at(sides.span)


def _near(legal: LegalSet, size: int) -> list[str]:
    near = [n for n in (legal.before(size), legal.next_from(size + 1)) if n is not None]
    return [f"{legal.letter} = {n}" for n in near]
