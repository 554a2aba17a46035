"""Jobs one after the other: one that fails is recorded, and one that would be too late left out."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from benchmarks.gpu_parts.record import Record

Row = dict[str, Any]


class Job(NamedTuple):
    """`part` says which table its rows belong to; each row is recorded as soon as it is there."""

    part: str
    name: str
    rows: Callable[[], Iterator[Row]]

    @property
    def kind(self) -> str:
        """Jobs of one kind take about as long as each other: `compare`, `compile/default`."""
        return "/".join(self.name.split("/")[: 2 if self.part == "compile" else 1])


def run_jobs(jobs: list[Job], record: Record, budget: float) -> bool:
    """Whether nothing interrupted them. None is begun that would take longer than what is left."""
    begun = time.monotonic()
    took: dict[str, float] = {}
    waiting = deque(jobs)
    try:
        while waiting:
            job, start = waiting[0], time.monotonic()
            if budget - (start - begun) < took.get(job.kind, 0.0):
                record.miss(job.name, "no time left")
            else:
                print(f"[{start - begun:5.0f} s] {job.name}", file=sys.stderr)
                run_job(job, record)
                took[job.kind] = max(time.monotonic() - start, took.get(job.kind, 0.0))
            waiting.popleft()
    except KeyboardInterrupt:
        for job in waiting:
            record.miss(job.name, "interrupted")
    return not waiting


def run_job(job: Job, record: Record) -> None:
    """Record its rows; an error ends the job and is recorded in the place of the others."""
    try:
        for row in job.rows():
            if "missing" in row:
                record.miss(f"{job.name} {row['variant']}", row["missing"])
            else:
                record.add(job.part, {"job": job.name, **row})
    except Exception as error:
        record.add(job.part, {"job": job.name, "error": said(error)})


def said(error: BaseException) -> str:
    """One line about an error."""
    first = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {first}"[:300]
