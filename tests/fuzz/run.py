"""Many mutants in several processes, and what came of them."""

from __future__ import annotations

import atexit
import faulthandler
import resource
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from random import Random

from archc.record import Record
from tests.fuzz.check import SECONDS, Fault, Workshop
from tests.fuzz.mutate import mutant
from tests.fuzz.nodes import Base, bases

CHUNK = 100
BYTES = 3 << 30
"""of address space for one process: what needs more ends in a MemoryError, which is a fault"""


class Found(Record):
    """A fault, how often it came, and the shortest mutant that has it."""

    fault: Fault
    times: int
    data: bytes
    number: int


class Result(Record):
    """Mutants run, how many the parser had nothing to say about, faults by signature."""

    mutants: int
    parsed: int
    found: dict[str, Found]
    slowest: tuple[float, int]

    @property
    def share(self) -> float:
        """The share that gets past the parser."""
        return self.parsed / max(self.mutants, 1)


EMPTY = Result(0, 0, {}, (0.0, -1))
_shop: list[Workshop] = []


def mutants(seed: int, first: int, last: int) -> Iterator[tuple[int, bytes]]:
    """The mutants with these numbers; each depends on the seed and its number alone."""
    for number in range(first, last):
        rng = Random(f"{seed}:{number}")
        yield number, mutant(_chosen(rng), rng)


def _chosen(rng: Random) -> Base:
    return bases()[rng.randrange(len(bases()))]


def run(seed: int, count: int, jobs: int) -> Iterator[Result]:
    """The results so far, again and again until all mutants were checked."""
    chunks = [(seed, first, min(first + CHUNK, count)) for first in range(0, count, CHUNK)]
    total = EMPTY
    with ProcessPoolExecutor(jobs, get_context("spawn"), _prepare) as pool:
        for result in pool.map(run_chunk, chunks):
            total = joined(total, result)
            yield total


def _prepare() -> None:
    """Bounds for a process that meets whatever a file may hold."""
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    shop = Workshop()
    atexit.register(shop.close)
    _shop.append(shop)


def run_chunk(chunk: tuple[int, int, int]) -> Result:
    """Check the mutants of one chunk."""
    found: dict[str, Found] = {}
    counts: Counter[str] = Counter()
    parsed, slowest = 0, (0.0, -1)
    for number, data in mutants(*chunk):
        # A single step that never ends hears no signal: then the process itself is ended.
        faulthandler.dump_traceback_later(6 * SECONDS, exit=True)
        begun = time.process_time()
        outcome = _shop[0].check(data)
        slowest = max(slowest, (time.process_time() - begun, number))
        parsed += outcome.parsed
        if outcome.fault is None:
            continue
        signature = outcome.fault.signature
        counts[signature] += 1
        known = found.get(signature)
        if known is None or len(data) < len(known.data):
            found[signature] = Found(outcome.fault, 0, data, number)
    faulthandler.cancel_dump_traceback_later()
    counted = {s: Found(f.fault, counts[s], f.data, f.number) for s, f in found.items()}
    return Result(chunk[2] - chunk[1], parsed, counted, slowest)


def joined(one: Result, other: Result) -> Result:
    """Two results as one; the shorter mutant of a fault stays."""
    found = dict(one.found)
    for signature, new in other.found.items():
        old = found.get(signature)
        if old is None:
            found[signature] = new
            continue
        kept = min(old, new, key=lambda f: len(f.data))
        found[signature] = Found(kept.fault, old.times + new.times, kept.data, kept.number)
    return Result(
        one.mutants + other.mutants,
        one.parsed + other.parsed,
        found,
        max(one.slowest, other.slowest),
    )
