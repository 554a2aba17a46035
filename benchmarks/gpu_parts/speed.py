"""How fast the variants of one network are at one batch, in rounds in which each has its turn.

Ratios are medians over the rounds, so what slows the machine down for a while slows both sides
down. The first variant has two turns in each round: the ratio of the two, A/A, is what a ratio
of 1 looks like here.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import torch  # noqa: TID253 - what is measured here is torch
from torch import Tensor  # noqa: TID253

from archc.analysis.memory import DTYPES, SHORT_DTYPES
from benchmarks.gpu_parts.compare import FLOORS, TIMES_OWN, error
from benchmarks.gpu_parts.device import Device, Roofline, full_precision
from benchmarks.gpu_parts.floor import floor_seconds
from benchmarks.gpu_parts.jobs import said
from benchmarks.gpu_parts.variants import EAGER, GRAPH, HALF, OURS, Case, Run, Variant, eager

Row = dict[str, Any]
UNITS = {"fp32": "tf32", "bf16": "bf16"}
"""torch's default lets convolutions in float32 use TF32"""
TF32_ERROR = 1e-2
AGAIN = "again"


class Effort(NamedTuple):
    """How long a turn lasts at least, how many rounds there are, and after how many seconds no
    more than the fewest.
    """

    turn: float
    fewest: int
    most: int
    seconds: float


CAREFUL = Effort(turn=0.01, fewest=10, most=100, seconds=4.0)
QUICK = Effort(turn=0.0, fewest=3, most=20, seconds=1.0)


class Ready(NamedTuple):
    """A variant that has run once."""

    variant: Variant
    run: Run
    preparation: float
    peak: int | None
    found: float


def rows(case: Case, variants: tuple[Variant, ...], roof: Roofline) -> Iterator[Row]:
    """A row for each variant; one that cannot be prepared has its error."""
    device, batch = case.device, len(case.batch)
    torch.backends.cudnn.benchmark = True  # sizes are fixed: every variant may search
    ready: dict[str, Ready] = {}
    with torch.inference_mode():
        with full_precision():
            wanted = eager(case.plain(), case.batch)()
        for variant in variants:
            about = {"batch": batch, "variant": variant.name}
            if GRAPH in variant.name and not device.cuda:
                yield {**about, "missing": "needs CUDA"}
                continue
            try:
                ready[variant.name] = prepare(case, variant, wanted)
            except Exception as wrong:
                yield {**about, "error": said(wrong)}
        effort = CAREFUL if device.cuda else QUICK
        times = interleaved(device, {name: one.run for name, one in ready.items()}, effort)
        for one in ready.values():
            yield {"batch": batch, **figures(case, one, ready, times, roof)}


def prepare(case: Case, variant: Variant, wanted: Tensor) -> Ready:
    """Make a variant ready, and compare what it gives."""
    device = case.device
    with torch.inference_mode(False), torch.no_grad():
        model = variant.model(case)
        device.wait()
        start = time.perf_counter()
        run = variant.ready(model, case.batch)
    output = run()
    device.wait()
    seconds = time.perf_counter() - start
    found = error([output.double().cpu()], [wanted.double().cpu()])
    del output
    run()
    peak = None if variant.graphed else device.peak(run)
    if peak is not None and isinstance(run, partial):
        peak += run.args[0].nbytes  # archc counts the input too
    return Ready(variant, run, seconds, peak, found)


def interleaved(device: Device, runs: dict[str, Run], effort: Effort) -> dict[str, list[float]]:
    """Seconds of each variant in each round; the first one has a second turn as AGAIN."""
    if not runs:
        return {}
    turns = {**runs, AGAIN: next(iter(runs.values()))}
    each = {
        name: max(1, round(effort.turn / device.seconds(run, 3))) for name, run in turns.items()
    }
    times: dict[str, list[float]] = {name: [] for name in turns}
    start = time.monotonic()
    for number in range(effort.most):
        if number >= effort.fewest and time.monotonic() - start > effort.seconds:
            break
        for name in list(turns) if number % 2 == 0 else reversed(turns):
            times[name].append(device.seconds(turns[name], each[name]))
    return times


def figures(
    case: Case, one: Ready, ready: dict[str, Ready], times: dict[str, list[float]], roof: Roofline
) -> Row:
    """What is said of a variant.

    `eager` is how many times faster it is than eager, `ours` how many times slower than ours.
    """
    name, dtype, batch = one.variant.name, one.variant.dtype, len(case.batch)
    seconds = statistics.median(times[name])
    wide = SHORT_DTYPES[dtype]
    least = floor_seconds(
        case.network.graph, batch, DTYPES[wide], roof.operations[UNITS[dtype]], roof.bandwidth
    )
    row: Row = {
        "variant": name,
        "ms": seconds * 1000,
        "images": batch / seconds,
        "rounds": len(times[name]),
        "eager": ratio(times.get(EAGER), times[name]),
        "ours": ratio(times[name], times.get(OURS + GRAPH, times.get(OURS))),
        "again": ratio(times[AGAIN], times[name]) if name == next(iter(ready)) else None,
        "roofline": least / seconds,
        "preparation": one.preparation,
        "peak": one.peak,
        "estimate": case.network.report(batch=batch, dtype=wide).totals.peak,
        "found": one.found,
        "tolerance": allowed(dtype, ready),
    }
    return {**row, "right": one.found <= row["tolerance"]}


def ratio(one: list[float] | None, other: list[float] | None) -> float | None:
    """The median of the rounds' ratios; None where one was not measured."""
    if one is None or other is None:
        return None
    return statistics.median([a / b for a, b in zip(one, other)])


def allowed(dtype: str, ready: dict[str, Ready]) -> float:
    """The largest error: what the precision brings with it, or twice plain torch's own."""
    if dtype == "fp32":
        return TF32_ERROR
    own = ready[HALF].found if HALF in ready else 0.0
    return max(FLOORS["bf16", "forward"], TIMES_OWN * own)
