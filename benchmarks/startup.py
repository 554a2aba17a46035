"""What a small command costs: archc against an empty Python and against `import torch`."""

from __future__ import annotations

import importlib.util
import sys

from measure import ARCHC, Figure, Usage, medians, options, report

EMPTY = "python -c pass"
TORCH = "import torch"
ANALYZE = "archc analyze specs/vgg16.arch"
CHECK = "archc check specs/"
A_NETWORK = 15 / 75
"""of `analyze`: 15 times for the 75 networks there were when the target was set"""


def commands() -> dict[str, tuple[str, ...]]:
    """What is measured; torch only where it is installed."""
    measured = {
        EMPTY: (sys.executable, "-c", "pass"),
        ANALYZE: (*ARCHC, "analyze", "specs/vgg16.arch"),
        CHECK: (*ARCHC, "check", "specs/"),
    }
    if importlib.util.find_spec("torch"):
        measured[TORCH] = (sys.executable, "-c", "import torch")
    else:
        print("torch is not installed: nothing is compared with it", file=sys.stderr)
    return measured


def figures(used: dict[str, Usage]) -> list[Figure]:
    """Milliseconds to look at, ratios to compare."""
    analyze = used[ANALYZE].seconds
    shown = [Figure(name, usage.seconds * 1000, "ms") for name, usage in used.items()]
    shown.append(Figure("analyze / empty Python", analyze / used[EMPTY].seconds, "times", 14))
    if TORCH in used:
        shown.append(Figure("analyze / import torch", analyze / used[TORCH].seconds, "times", 0.1))
    check = used[CHECK].seconds / analyze
    shown.append(Figure("check / analyze", check, "times", A_NETWORK * networks()))
    return shown


def networks() -> int:
    """How many networks `archc check specs/` checks."""
    from archc.files import shipped_files
    from archc.session import Session

    session = Session()
    sources = [session.source(path) for path in shipped_files()]
    return sum([1 for source in sources if source for _ in session.networks_of(source, None)])


if __name__ == "__main__":
    chosen = options(__doc__ or "", runs=15)
    sys.exit(report(figures(medians(commands(), chosen.runs)), chosen))
