"""One letter of an open net at every size of the transient and of the periods behind it."""

from __future__ import annotations

from archc.analysis.growth import Growth
from archc.analysis.legal import LegalSet, shortest
from archc.analysis.periods import (
    PERIODS_BEHIND,
    TRIED_AT_MOST,
    has_longest,
    horizon,
    may_meet,
    meetings,
    repeats,
)
from archc.diagnostics.model import Kind
from archc.graph.elaborate.replay import Outcome, Replay
from archc.record import Record, replace
from archc.source import Span

FIRST_WANTED = 224
FEWEST_TRIED = 4
NODES_REPLAYED = 5_000_000
NODES_EXPANDED = 300_000
"""layers of all sizes together, a few seconds' work; YOLOv3 at 4096 sizes has a million"""


def tried_at_most(replay: Replay) -> int:
    """How many sizes are tried: fewer of a very large net, and the answer says how far it goes."""
    nodes = (len(replay.context.nodes) + 1) * max(len(set(replay.letters)), 1)
    if replay.complete:
        return max(min(TRIED_AT_MOST, NODES_REPLAYED // nodes), FEWEST_TRIED)
    return max(min(3 * FIRST_WANTED, NODES_EXPANDED // nodes), FEWEST_TRIED)


class Broken(Record):
    """An allowed size at which a promise does not hold: a size note, or that the size works."""

    size: int
    note: Kind | None
    span: Span


class Sweep:
    """The outcomes of one letter at every size that was tried, the others fixed.

    Shapes are not kept: they are worked out again where a proof needs them. `broken` is the first
    promise of the file that does not hold.
    """

    def __init__(self, growth: Growth, letter: str, base: dict[str, int]) -> None:
        self.growth = growth
        self.replay = growth.replay
        self.letter = letter
        self.base = base
        self.outcomes: list[Outcome] = []
        self.period = growth.periods[letter]
        self.horizon = horizon(growth, letter)
        if growth.doubts or growth.replay.weights or growth.replay.made_weights:
            self.horizon = max(self.horizon, 2 * FIRST_WANTED)
        self.broken: Broken | None = None
        self._works = Outcome([])

    def at(self, size: int) -> Outcome:
        """The outcome at a size, from 1, without its shapes."""
        while len(self.outcomes) < size:
            tried = len(self.outcomes) + 1
            found = self.fresh(tried)
            self.broken = self.broken or self.promise_broken(tried, found)
            kept = Outcome([], found.node, found.kind, found.span)
            self.outcomes.append(self._works if found.legal else kept)
        return self.outcomes[size - 1]

    def promise_broken(self, size: int, outcome: Outcome) -> Broken | None:
        """What the file says of this size and is not so."""
        replay, sizes = self.replay, {**self.base, self.letter: size}
        rules, notes = replay.context.rules, replay.context.size_notes
        if not (notes if outcome.legal else rules) or not replay.allows(sizes):
            return None  # without a `where`, a size that does not work is not one of the net's
        if not outcome.legal:
            return Broken(size, None, replay.context.network.open_sides[0].span)
        wrong = replay.notes_at(outcome, sizes)
        return Broken(size, *wrong[0]) if wrong else None

    def fresh(self, size: int) -> Outcome:
        """The outcome at a size, with its shapes."""
        return self.replay.at({**self.base, self.letter: size})

    def legal_set(self) -> LegalSet:
        """Extend the sweep until two periods behind the transient agree, then say the set."""
        behind = PERIODS_BEHIND * self.period
        found = self._set_up_to(max(self.period, self.horizon) + behind)
        if self.base[self.letter] not in found or not self.replay.complete:
            found = self._set_up_to(self.base[self.letter] + behind)
        base = self.base[self.letter]
        if base not in found:
            others = tuple(sorted({*found.others, base}))
            found = replace(found, others=others, proved=False)
        return found

    def _set_up_to(self, last: int) -> LegalSet:
        period = self.period
        most = tried_at_most(self.replay)
        last = min(last, most)
        start = self._start(period, last)
        while start is None and last < most:
            if self.growth.doubts and last > 4 * period:
                period *= 2
            last = min(2 * last, most)
            start = self._start(period, last)
        if start is None:
            legal = tuple([size for size in range(1, last + 1) if self.at(size).legal])
            return LegalSet(self.letter, 1, (), last + 1, legal, False, last)
        residues = tuple(
            sorted({n % period for n in range(start, start + period) if self.at(n).legal})
        )
        others = [n for n in range(1, start) if self.at(n).legal]
        proved, crossings = self._proof(period, start)
        smallest, folded = shortest(period, residues)
        begin = self._pull_down(start, smallest, folded)
        kept = tuple(sorted({*[n for n in others if n < begin], *crossings}))
        return LegalSet(self.letter, smallest, folded, begin, kept, proved, len(self.outcomes))

    def _start(self, period: int, last: int) -> int | None:
        """From where on sizes a period apart agree, if two periods behind it were tried."""
        start = 1
        for size in range(last - period, 0, -1):
            if self.at(size).legal != self.at(size + period).legal:
                start = size + 1
                break
        return start if start + PERIODS_BEHIND * period <= last else None

    def _pull_down(self, start: int, period: int, residues: tuple[int, ...]) -> int:
        """The rule may hold below the place where the sweep is sure of it."""
        while start > 1 and self.at(start - 1).legal == ((start - 1) % period in residues):
            start -= 1
        return start

    def _proof(self, period: int, start: int) -> tuple[bool, list[int]]:
        """Whether what three periods did holds for ever; and sizes where unequal slopes still meet.

        Sides are steady, so a comparison that held at three sizes a period apart always holds;
        one that failed is asked whether it repeats.
        """
        replay = self.replay
        proved = replay.complete and not self.growth.doubts and not has_longest(replay)
        proved = proved and not replay.weights and period % self.growth.periods[self.letter] == 0
        crossings: list[int] = []
        for size in range(start, start + period):
            at, three = self._three(size, period)
            if not three[0].legal:
                proved = proved and repeats(replay, three)
                crossings += self._crossings(period, at, three)
            elif not all(outcome.legal for outcome in three):
                proved = False
        return proved, crossings

    def _three(self, size: int, period: int) -> tuple[int, list[Outcome]]:
        """A size and the outcomes three times a period apart; of a failure that was another one
        before, from where no window of a fixed size decides any more.
        """
        while True:
            three = [self.at(size + step * period) for step in range(3)]
            failed = not any(outcome.legal for outcome in three)
            if size > self.horizon or not failed or repeats(self.replay, three):
                return size, three
            size += period

    def _crossings(self, period: int, size: int, three: list[Outcome]) -> list[int]:
        node = three[0].node
        if not 0 <= node < len(self.growth.grown) or not may_meet(self.growth, node):
            return []
        two = [self.fresh(size), self.fresh(size + period)]
        met = [size + step * period for step in meetings(self.replay, node, two)]
        return [n for n in met if self.fresh(n).legal]
