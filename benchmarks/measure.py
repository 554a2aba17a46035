"""CPU time and memory of whole processes, and the table that shows them."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
ARCHC = (sys.executable, "-m", "archc")
KIBIBYTE = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is in bytes there, in KiB elsewhere


class Usage(NamedTuple):
    """What one process used: CPU seconds, and bytes at the highest."""

    seconds: float
    peak: int


class Figure(NamedTuple):
    """One line of the result. Without a target it is only watched.

    `least`: the target is what the value must reach, not what it may.
    """

    name: str
    value: float
    unit: str
    target: float | None = None
    least: bool = False

    @property
    def missed(self) -> bool:
        if self.target is None:
            return False
        return self.value < self.target if self.least else self.value > self.target


def run(command: tuple[str, ...]) -> Usage:
    """Run a command in the repository and wait for it; stops the benchmark if the command fails.

    Bytecode may be written, as in any installation: the round that is not counted compiles it.
    """
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            said.seek(0)
            tail = said.read().decode(errors="replace")[-2000:]
            sys.exit(f"{' '.join(command)}: exit code {process.returncode}\n{tail}")
    return Usage(used.ru_utime + used.ru_stime, used.ru_maxrss * KIBIBYTE)


def medians(commands: dict[str, tuple[str, ...]], runs: int) -> dict[str, Usage]:
    """Run all commands in turn, `runs` times after one round that is not counted."""
    rounds = []
    for number in range(runs + 1):
        progress(f"round {number} of {runs}")
        rounds.append({name: run(command) for name, command in commands.items()})
    progress("")
    return {name: _median([used[name] for used in rounds[1:]]) for name in commands}


def _median(uses: list[Usage]) -> Usage:
    seconds = statistics.median(used.seconds for used in uses)
    return Usage(seconds, max(used.peak for used in uses))


def progress(text: str) -> None:
    """Say on a terminal what is going on, in one line."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def options(
    description: str, runs: int, more: Callable[[argparse.ArgumentParser], None] | None = None
) -> argparse.Namespace:
    """The options that all benchmarks have, and `more` of one's own."""
    parser = argparse.ArgumentParser(description=description)
    if more is not None:
        more(parser)
    parser.add_argument("--runs", type=int, default=runs, help="measured rounds (%(default)s)")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the figures as JSON")
    parser.add_argument("--against", type=Path, metavar="FILE", help="compare with saved figures")
    chosen = parser.parse_args()
    if chosen.runs < 1:
        parser.error("--runs must be at least 1")
    return chosen


def report(figures: list[Figure], chosen: argparse.Namespace) -> int:
    """Print the table, save it if asked; the exit code is 1 if a target was missed."""
    earlier = json.loads(chosen.against.read_text()) if chosen.against else {}
    width = max(len(figure.name) for figure in figures)
    for figure in figures:
        shown = f"{figure.name:<{width}}  {_number(figure.value, figure.unit)}  {_verdict(figure)}"
        print(f"{shown}{_change(figure, earlier)}".rstrip())
    if chosen.save:
        saved = {figure.name: figure.value for figure in figures}
        chosen.save.write_text(json.dumps(saved, indent=2) + "\n")
    return int(any(figure.missed for figure in figures))


def _number(value: float, unit: str) -> str:
    digits = 2 if abs(value) >= 1 else 3
    return f"{value:>10,.{digits}f} {unit:<5}"


def _verdict(figure: Figure) -> str:
    if figure.target is None:
        return " " * 25
    bound = "at least" if figure.least else "at most"
    return f"{'MISSED' if figure.missed else 'ok':<6} {bound:<8} {figure.target:<9,.4g}"


def _change(figure: Figure, earlier: dict[str, float]) -> str:
    if figure.name not in earlier:
        return ""
    before = earlier[figure.name]
    change = (figure.value / before - 1) * 100 if before else 0.0
    return f" was {before:,.2f} ({change:+.1f} %)"
