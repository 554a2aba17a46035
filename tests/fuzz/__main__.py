"""`python -m tests.fuzz --mutants 1000000 --seed 1 --jobs 2`: mutants of every spec.

Ends with 1 if a mutant raised anything that is no diagnostic, took too long or too much memory, or
if fewer than half of the mutants got past the parser. `--shrink FOLDER` writes the shortest text of
each fault there; moved to tests/fuzz/cases it becomes a test, and a text that mutants come from.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from tests.fuzz.nodes import bases
from tests.fuzz.run import EMPTY, Result, run

SHARE_AT_LEAST = 0.5
SAID_EVERY = 30.0


def main() -> int:
    """Run, say what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--mutants", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--shrink", type=Path, metavar="FOLDER")
    arguments = parser.parse_args()
    begun = said = time.monotonic()
    result, known = EMPTY, 0
    for result in run(arguments.seed, arguments.mutants, arguments.jobs):
        if time.monotonic() - said > SAID_EVERY or len(result.found) > known:
            said, known = time.monotonic(), len(result.found)
            faults = "; ".join([f"{s} (mutant {f.number})" for s, f in result.found.items()])
            print(f"{result.mutants:,} so far; faults: {faults or 'none'}", flush=True)
    _show(result, arguments.seed, time.monotonic() - begun)
    if arguments.shrink:
        _shrink(result, arguments.shrink)
    return int(bool(result.found) or result.share < SHARE_AT_LEAST)


def _show(result: Result, seed: int, seconds: float) -> None:
    for found in sorted(result.found.values(), key=lambda f: -f.times):
        print(f"\n{'=' * 100}\n{found.times:,} times {found.fault.signature}")
        print(f"shortest: mutant {found.number} of seed {seed}, {len(found.data):,} bytes\n")
        print(found.fault.trace)
    print(
        f"{result.mutants:,} mutants of {len(bases())} files in {seconds:.0f} s, "
        f"{result.share:.1%} get past the parser, faults of {len(result.found)} kinds, "
        f"slowest {result.slowest[0]:.1f} s (mutant {result.slowest[1]})"
    )


def _shrink(result: Result, folder: Path) -> None:
    from tests.fuzz.shrink import shrunk

    folder.mkdir(parents=True, exist_ok=True)
    for signature, found in result.found.items():
        name = "".join([sign if sign.isalnum() else "_" for sign in signature])[:80]
        (folder / f"{name}.arch").write_bytes(shrunk(found.data, signature))


if __name__ == "__main__":
    sys.exit(main())
