"""Open sizes: the exact set of sizes for which a net with `HxWx3` works out.

A side behind windows, factors and linear formulas is a quasi-linear function of the open size:
with P a multiple of the product of the strides, side(n + P) = side(n) + a constant. So the set of
legal sizes repeats with P. The net is replayed at every size of the transient and of two whole
periods behind it; two, since paths of different slope can agree once.

"Proved" needs four things. Every operator is one whose sides are known to follow their input like
this (`growth`), every formula that reads a size is linear up to whole numbers, no condition is on
two letters at once, and every condition that failed in the periods is one that repeats, at the
same row. Everything else is "found" for the sizes that were tried, and says up to which.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

from archc.analysis.growth import Growth
from archc.analysis.legal import LegalSet
from archc.analysis.periods import TRIED_AT_MOST
from archc.analysis.promises import check_conditions, check_sweep
from archc.analysis.sweep import FIRST_WANTED, Sweep, tried_at_most
from archc.diagnostics.model import Bag, Diagnostic
from archc.graph.elaborate import At, expand
from archc.graph.elaborate.frame import Context
from archc.graph.elaborate.replay import Replay
from archc.graph.modules import Module
from archc.limits import DEFAULT, Limits

SEARCHED = 512
ALONE_TRIED = 1024
PAIRS_TRIED = 64


class SizeStudy:
    """What is known of a net's open sizes, each letter with the others at a legal size.

    `legal` maps a letter to its set; `chosen` are the sizes reports are made at; `independent`
    says that no sizes of two letters were found that work apart and not together, `separate` that
    there can be none; `equal` are pairs of letters that have to be equal, as far as was tried.
    `findings` are rules (`where`) and size notes that some legal size breaks; `complete` says that
    one expansion served all sizes.
    """

    def __init__(self, chosen: dict[str, int]) -> None:
        self.legal: dict[str, LegalSet] = {}
        self.chosen = chosen
        self.independent = True
        self.separate = True
        self.equal: list[tuple[str, str]] = []
        self.promises_found = False
        self.complete = True
        self.findings: list[Diagnostic] = []
        self.obeys: Callable[[dict[str, int]], bool] = lambda sizes: True

    @property
    def proved(self) -> bool:
        """Whether the sets hold for every size and together, not only for those tried."""
        together = self.independent and self.separate
        return together and all(found.proved for found in self.legal.values())

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
        if not self.legal:
            return "no size was found that works"
        tried = max([found.tried for found in self.legal.values()])
        joined = " and ".join([str(found) for found in self.legal.values()])
        if self.equal:
            joined = " and ".join([f"{one} equal to {other}" for one, other in self.equal])
            tried = max([*self.chosen.values()]) + PAIRS_TRIED - 1
        elif not self.independent:
            joined += "; not every pair of them goes together"
        if not self.proved:
            return f"{joined} (found for sizes up to {tried})"
        if self.promises_found:
            return f"{joined} (proved for all sizes; `where` was tried, not proved)"
        return f"{joined} (proved for all sizes)"


def study(
    module: Module,
    net: str,
    variant: str | None,
    limits: Limits = DEFAULT,
    context: Context | None = None,
) -> SizeStudy | None:
    """The legal sizes of a net with open sides; None if it has none.

    `context` is the net as `expand` gives it, if that was done already.
    """
    replay = _expanded(module, net, variant, limits, context)
    if replay is None:
        return None
    letters = list(dict.fromkeys(replay.letters))
    base = _first_legal(replay, letters)
    found = SizeStudy(base or {})
    found.complete = replay.complete
    if base is None:
        tried = min(TRIED_AT_MOST, tried_at_most(replay))
        found.legal = {letter: LegalSet(letter, 1, (), 1, (), False, tried) for letter in letters}
        return found
    if replay.context.rules:
        found.obeys = replay.allows
    growth = Growth(replay)
    replay.fix_weights(base, growth.following)
    failed: set[int] = set()
    for letter in letters:
        sweep = Sweep(growth, letter, base)
        found.legal[letter] = sweep.legal_set()
        failed |= {outcome.node for outcome in sweep.outcomes}
        check_sweep(sweep, found)
    _go_together(growth, found, failed)
    check_conditions(replay, found)
    return found


def _expanded(
    module: Module, net: str, variant: str | None, limits: Limits, context: Context | None
) -> Replay | None:
    """The net expanded far enough that its graph holds for every size."""

    def anew(other: dict[str, int]) -> Context:
        return expand(module, net, variant, Bag(), limits, At(other, obeys_rules=False))

    sizes: dict[str, int] | None = None
    for _ in range(8):
        if context is None or sizes is not None:
            context = expand(module, net, variant, Bag(), limits, At(sizes))
        if not context.is_open:
            return None
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
    """Legal sizes that obey `where`: what is being evaluated, else equal sizes for all letters
    from 224 up or below, else one letter alone moved.
    """
    now = {letter: int(replay.context.sizes[letter]) for letter in letters}
    if replay.at(now).legal:
        return now
    most = tried_at_most(replay)
    tried = TRIED_AT_MOST if replay.complete else FIRST_WANTED * 2
    candidates = [*range(FIRST_WANTED, tried), *range(FIRST_WANTED - 1, 0, -1)][:most]
    legal: dict[str, int] | None = None
    for size in candidates:
        sizes = dict.fromkeys(letters, size)
        if replay.at(sizes).legal:
            if replay.allows(sizes):
                return sizes
            legal = legal or sizes
            if not replay.complete:
                break
    around = legal or now
    for letter in letters if len(letters) > 1 else ():
        for size in candidates[: min(ALONE_TRIED, most)]:
            sizes = {**around, letter: size}
            if replay.allows(sizes) and replay.at(sizes).legal:
                return sizes
    return legal


# ---- several letters ---------------------------------------------------------------------------


def _go_together(growth: Growth, found: SizeStudy, failed: set[int]) -> None:
    """Whether legal sizes of the letters also work together: known from the operators, else tried
    on a few of each.
    """
    letters = list(found.legal)
    if len(letters) < 2:
        return
    always = not growth.must_hold & failed
    bound = any(not legal.residues for legal in found.legal.values())
    found.separate = always and not growth.doubts and not bound
    if found.proved:
        return
    base, replay = found.chosen, growth.replay
    few = {letter: _few(found.legal[letter], base[letter]) for letter in letters}
    if not replay.complete:
        few = {letter: sizes[:2] for letter, sizes in few.items()}
    for first, second in combinations(letters, 2):
        for left in few[first]:
            for right in few[second]:
                if not replay.at({**base, first: left, second: right}).legal:
                    found.independent = False
    if replay.complete:
        found.equal = _equal(replay, found, base)


def _equal(replay: Replay, found: SizeStudy, base: dict[str, int]) -> list[tuple[str, str]]:
    """The letters that have one size alone, by pairs that have any size together; all or none."""
    letters = list(base)
    size = base[letters[0]]
    for one, legal in found.legal.items():
        if legal.residues or legal.others != (size,) or base[one] != size:
            return []
    near = range(max(1, size - PAIRS_TRIED), size + PAIRS_TRIED)

    def works(together: tuple[str, ...]) -> bool:
        return all(replay.at({**base, **dict.fromkeys(together, n)}).legal for n in near)

    pairs = [pair for pair in combinations(letters, 2) if works(pair)]
    if sorted([letter for pair in pairs for letter in pair]) == sorted(letters):
        return pairs
    return [(letters[0], other) for other in letters[1:]] if works(tuple(letters)) else []


def _few(found: LegalSet, around: int) -> list[int]:
    """Some of the smallest legal sizes, and some around the one that is evaluated."""
    sizes: list[int] = []
    for begin in (1, max(1, around - found.period)):
        size: int | None = found.next_from(begin)
        for _ in range(4):
            if size is None:
                break
            sizes.append(size)
            size = found.next_from(size + 1)
    return sorted(set(sizes))
