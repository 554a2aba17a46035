"""What a layer costs: generated networks of ten thousand to a million layers.

`archc check` reads, expands, infers every size and counts parameters, since the file has a `check`
row. A network of one copy is measured beside the others and subtracted: what is left is the layers'
own cost.
"""

from __future__ import annotations

import sys
import tempfile
from itertools import pairwise
from pathlib import Path

from measure import ARCHC, Figure, Usage, medians, options, progress, report, run

CHANNELS = 8
LAYERS_A_COPY = 5
PARAMS_A_COPY = 2 * (9 * CHANNELS * CHANNELS + 2 * CHANNELS)
SMALL, LARGE, HUGE = 10_000, 100_000, 1_000_000
GIBIBYTE = 1024**3

HEAD = f"""\
net tower()
  input 32x32x{CHANNELS}
"""
UNIT = f"""\
block unit()
  every conv = conv pad=half bias=no ; bn
  add
    identity
    conv 3x3 {CHANNELS} ; relu ; conv 3x3 {CHANNELS}

"""


def repeated(layers: int) -> str:
    """A residual tower: one row, and a block of five layers and a sum, repeated."""
    copies = layers // LAYERS_A_COPY
    return f"{UNIT}{HEAD}  unit x{copies}\n  check params == {copies * PARAMS_A_COPY}\n"


def written_out(layers: int) -> str:
    """As many rows as layers, each with its own name and width."""
    rows = "".join(f"  c{n}: conv 1x1 {n % 7 + 1}\n" for n in range(layers))
    widths = [CHANNELS, *(n % 7 + 1 for n in range(layers))]
    params = sum((before + 1) * after for before, after in pairwise(widths))
    return f"{HEAD}{rows}  check params == {params}\n"


def check(folder: Path, name: str, text: str, layers: int) -> tuple[str, ...]:
    """Write the file; the command that checks it, with the limit raised far enough."""
    path = folder / f"{name}.arch"
    path.write_text(text, encoding="utf-8")
    return (*ARCHC, "check", "--limit", f"layers={4 * layers}", str(path))


def figures(used: dict[str, Usage], huge: Usage) -> list[Figure]:
    """Costs without start-up."""
    start = used["one copy"].seconds
    small = used["small"].seconds - start
    large = used["large"].seconds - start
    million = huge.seconds - start
    rows = used["rows"].seconds - used["small"].seconds
    return [
        Figure(f"a layer of {SMALL:,}", small / SMALL * 1e6, "us"),
        Figure(f"a layer of {LARGE:,}", large / LARGE * 1e6, "us"),
        Figure(f"a layer of {HUGE:,}", million / HUGE * 1e6, "us"),
        Figure(f"{LARGE:,} layers / {SMALL:,} layers", large / small, "times", 12),
        Figure(f"{HUGE:,} layers / {LARGE:,} layers", million / large, "times", 12),
        Figure(f"reading {SMALL:,} rows", rows, "s", 2),
        Figure(f"peak memory of {HUGE:,} layers", huge.peak / GIBIBYTE, "GiB", 1.5),
    ]


def main() -> int:
    chosen = options(__doc__ or "", runs=3)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        commands = {
            "one copy": check(folder, "one", repeated(LAYERS_A_COPY), SMALL),
            "small": check(folder, "small", repeated(SMALL), SMALL),
            "rows": check(folder, "rows", written_out(SMALL), SMALL),
            "large": check(folder, "large", repeated(LARGE), LARGE),
        }
        used = medians(commands, chosen.runs)
        progress(f"{HUGE:,} layers, once")
        huge = run(check(folder, "huge", repeated(HUGE), HUGE))
        progress("")
    return report(figures(used, huge), chosen)


if __name__ == "__main__":
    sys.exit(main())
