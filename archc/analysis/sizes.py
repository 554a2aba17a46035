"""Open sizes: the exact set of sizes for which a net with `HxWx3` works out.

A side behind layers is a quasi-linear function of the open size: with P a multiple of the product
of the strides, side(n + P) = side(n) + a constant, once n is beyond what the windows need. So the
set of legal sizes repeats with P. The net is replayed at every size of the transient and of two
whole periods behind it; two, since paths of different slope can agree once. It counts as proved
if every side moved by the same amount over both periods, and every condition that failed failed
for the same reason and is one that repeats.
"""

from __future__ import annotations

from collections.abc import Callable
from math import lcm

from archc.analysis.legal import LegalSet, shortest
from archc.analysis.periods import (
    PERIODS_BEHIND,
    TRIED_AT_MOST,
    has_longest,
    horizon,
    linear,
    meetings,
    repeats,
    scales,
)
from archc.diagnostics.kinds.notes import SizeRuleBroken
from archc.diagnostics.model import Bag, Diagnostic
from archc.graph.elaborate import expand
from archc.graph.elaborate.frame import Context
from archc.graph.elaborate.replay import Outcome, Replay
from archc.graph.modules import Module
from archc.limits import DEFAULT, Limits

FIRST_WANTED = 224
FEWEST_TRIED = 8
NODES_REPLAYED = 20_000_000
NODES_EXPANDED = 400_000
"""layers of all sizes together, some ten seconds' work; YOLOv3 at 4096 sizes has a million"""
SEARCHED = 512


class SizeStudy:
    """What is known of a net's open sizes, each letter with the others at a legal size.

    `legal` maps a letter to its set; `chosen` are the sizes reports are made at; `independent`
    says whether any legal sizes go together; `findings` are rules (`where`) and size notes that
    some legal size breaks; `complete` says that one expansion served all sizes.
    """

    def __init__(self, chosen: dict[str, int]) -> None:
        self.legal: dict[str, LegalSet] = {}
        self.chosen = chosen
        self.independent = True
        self.complete = True
        self.findings: list[Diagnostic] = []
        self.obeys: Callable[[dict[str, int]], bool] = lambda sizes: True

    @property
    def proved(self) -> bool:
        """Whether the sets hold for every size, not only for those tried."""
        return self.independent and all(found.proved for found in self.legal.values())

    def nearest(self, sizes: dict[str, int]) -> tuple[str, ...] | None:
        """Sizes around these that work and obey `where`, as `H = 288`; None if these do."""
        found: list[str] = []
        for letter in self.legal:
            size = sizes.get(letter)
            if size is None or self._works(letter, size):
                continue
            for nearby in (range(size - 1, 0, -1), range(size + 1, size + SEARCHED)):
                near = next((n for n in nearby[:SEARCHED] if self._works(letter, n)), None)
                found += [f"{letter} = {near}"] if near is not None else []
        return tuple(found) or None

    def _works(self, letter: str, size: int) -> bool:
        """Whether a size of one letter is legal and allowed, the others as chosen."""
        return size in self.legal[letter] and self.obeys({**self.chosen, letter: size})

    @property
    def text(self) -> str:
        """The rule in words, with how far it is proved."""
        rules = [str(found) for found in self.legal.values()]
        if not rules:
            return "no size was found that works"
        joined = " and ".join(rules)
        if not self.independent:
            joined += "; not every pair of them goes together"
        tried = max([found.tried for found in self.legal.values()])
        return (
            f"{joined} (proved for all sizes)"
            if self.proved
            else f"{joined} (found for sizes up to {tried})"
        )


def study(
    module: Module, net: str, variant: str | None, limits: Limits = DEFAULT
) -> SizeStudy | None:
    """The legal sizes of a net with open sides; None if it has none."""
    replay = _expanded(module, net, variant, limits)
    if replay is None:
        return None
    letters = list(dict.fromkeys(replay.letters))
    base = _first_legal(replay, letters)
    found = SizeStudy(base or {})
    found.complete = replay.complete
    if base is None:
        found.legal = {
            letter: LegalSet(letter, 1, (), 1, (), False, TRIED_AT_MOST) for letter in letters
        }
        return found
    if replay.context.rules:
        found.obeys = lambda sizes: allowed(replay, sizes)
    replay.fix_weights(base)
    for letter in letters:
        sweep = _Sweep(replay, letter, base)
        found.legal[letter] = sweep.legal_set()
        _check_promises(replay, sweep, found)
    found.independent = len(letters) < 2 or _independent(replay, found.legal, base)
    return found


def _expanded(module: Module, net: str, variant: str | None, limits: Limits) -> Replay | None:
    """The net expanded far enough that its graph holds for every size."""
    sizes: dict[str, int] | None = None
    for _ in range(8):
        context = expand(module, net, variant, Bag(), limits, sizes)
        if not context.is_open:
            return None

        def anew(other: dict[str, int]) -> Context:
            return expand(module, net, variant, Bag(), limits, other, obeys_rules=False)

        replay = Replay(context, anew)
        if not context.failed or not replay.complete:
            return replay
        letters = list(dict.fromkeys(replay.letters))
        better = _first_legal(replay, letters)
        if better is None or better == sizes:
            return replay
        sizes = better
    return replay


def _first_legal(replay: Replay, letters: list[str]) -> dict[str, int] | None:
    """Equal legal sizes for all letters: what is being evaluated, else from 224 up, else below."""
    now = {letter: int(replay.context.sizes[letter]) for letter in letters}
    if replay.at(now).legal:
        return now
    tried = TRIED_AT_MOST if replay.complete else FIRST_WANTED * 2
    candidates = [*range(FIRST_WANTED, tried), *range(FIRST_WANTED - 1, 0, -1)]
    for size in candidates[: tried_at_most(replay)]:
        sizes = dict.fromkeys(letters, size)
        if replay.at(sizes).legal:
            return sizes
    return None


def tried_at_most(replay: Replay) -> int:
    """How many sizes are tried: fewer of a very large net, and the answer says how far it goes."""
    nodes = len(replay.context.nodes) + 1
    if replay.complete:
        return max(min(TRIED_AT_MOST, NODES_REPLAYED // nodes), FEWEST_TRIED)
    return max(min(3 * FIRST_WANTED, NODES_EXPANDED // nodes), FEWEST_TRIED)


class _Sweep:
    """The outcomes of one letter at every size that was tried, the others fixed."""

    def __init__(self, replay: Replay, letter: str, base: dict[str, int]) -> None:
        self.replay = replay
        self.letter = letter
        self.base = base
        self.outcomes: list[Outcome] = []
        shrinks = scales(replay)
        self.period = lcm(*[scale.numerator for scale in shrinks])
        self.horizon = horizon(replay, shrinks)

    def at(self, size: int) -> Outcome:
        """The outcome at a size, from 1."""
        while len(self.outcomes) < size:
            sizes = {**self.base, self.letter: len(self.outcomes) + 1}
            self.outcomes.append(self.replay.at(sizes))
        return self.outcomes[size - 1]

    def legal_set(self) -> LegalSet:
        """Extend the sweep until two periods behind the transient agree, then say the set."""
        behind = PERIODS_BEHIND * self.period
        found = self._set_up_to(max(self.period, self.horizon) + behind)
        if self.base[self.letter] not in found or not self.replay.complete:
            found = self._set_up_to(self.base[self.letter] + behind)
        return found

    def _set_up_to(self, last: int) -> LegalSet:
        period = self.period
        most = tried_at_most(self.replay)
        last = min(last, most)
        start = self._start(period, last)
        while start is None and last < most:
            # A side made by a formula (`H/2`) may ask for more than the strides do.
            if last > 4 * period:
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
        """Whether all sides are linear from period to period; and sizes where unequal slopes still
        meet.
        """
        proved, crossings = self.replay.complete and not has_longest(self.replay), []
        for size in range(start, start + period):
            three = [self.at(size), self.at(size + period), self.at(size + 2 * period)]
            if not linear(three):
                proved = False
            if three[0].legal:
                continue
            same = len({outcome.node for outcome in three}) == 1
            if not (same and repeats(self.replay, three[0])):
                proved = False
            for step in meetings(self.replay, three):
                meeting = size + step * period
                sizes = {**self.base, self.letter: meeting}
                if self.replay.at(sizes).legal:
                    crossings.append(meeting)
        return proved, crossings


def _independent(replay: Replay, legal: dict[str, LegalSet], base: dict[str, int]) -> bool:
    """Whether legal sizes of the letters also work together: tried on the first few of each."""
    letters = list(legal)
    first = [_few(legal[letter], base[letter]) for letter in letters]
    for left in first[0]:
        for right in first[1]:
            sizes = {**base, letters[0]: left, letters[1]: right}
            if not replay.at(sizes).legal:
                return False
    return True


def _few(found: LegalSet, around: int) -> list[int]:
    sizes: list[int] = []
    size: int | None = found.next_from(max(1, around - found.period))
    while size is not None and len(sizes) < 4:
        sizes.append(size)
        size = found.next_from(size + 1)
    return sizes


# ---- what the file promises --------------------------------------------------------------------


def _check_promises(replay: Replay, sweep: _Sweep, found: SizeStudy) -> None:
    """`where` must allow legal sizes alone, and size notes must hold at each of them."""
    legal = found.legal[sweep.letter]
    for outcome_size in range(1, len(sweep.outcomes) + 1):
        outcome = sweep.at(outcome_size)
        sizes = {**sweep.base, sweep.letter: outcome_size}
        if not allowed(replay, sizes):
            continue
        if not outcome.legal and not replay.context.rules:
            continue  # without a `where` a size that does not work is simply not one of the net's
        if not outcome.legal:
            found.findings.append(_rule_broken(replay, legal, outcome, sizes))
            return
        wrong = replay.notes_at(outcome, sizes)
        if wrong:
            kind, span = wrong[0]
            if all(known.primary.span != span for known in found.findings):
                at = f"found at {sweep.letter} = {outcome_size}"
                found.findings.append(kind.at(span, notes=(at,)))
            return


def allowed(replay: Replay, sizes: dict[str, int]) -> bool:
    """Whether these sizes obey every `where` of the net."""
    context = replay.context
    kept, context.sizes, context.replayed = context.sizes, sizes, []
    try:
        return all(rule() for rule in context.rules)
    finally:
        context.sizes, context.replayed = kept, None


def _rule_broken(
    replay: Replay, legal: LegalSet, outcome: Outcome, sizes: dict[str, int]
) -> Diagnostic:
    size = sizes[legal.letter]
    near = [n for n in (legal.before(size), legal.next_from(size + 1)) if n is not None]
    shown = tuple([f"{legal.letter} = {n}" for n in near])
    sides = replay.context.network.open_sides[0]
    assert outcome.kind is not None
    reason = outcome.kind.message
    if outcome.span is not None:
        reason = f"{reason} (line {outcome.span.line})"
    kind = SizeRuleBroken(str(legal), f"{legal.letter} = {size}", shown, reason)
    return kind.at(sides.span)
