"""One block of the library in a net of its own, and the arithmetic of papers."""

from __future__ import annotations

from typing import NamedTuple

import archc
from archc.analysis.report import sizes


def conv(side, into, out, groups=1, bias=False):
    """Weights of a conv with a square window, or with one of side[0] x side[1]."""
    height, width = side if isinstance(side, tuple) else (side, side)
    return height * width * (into // groups) * out + (out if bias else 0)


def norm(channels):
    """Scale and shift of a batch or layer norm."""
    return 2 * channels


def unit(side, into, out, groups=1):
    """A conv and the batch norm behind it."""
    return conv(side, into, out, groups) + norm(out)


def fc(into, out):
    """Weights and biases."""
    return into * out + out


class Case(NamedTuple):
    """What is used of which file, the rows of a net, and what is expected of it."""

    used: str
    rows: str
    gives: str
    params: int
    macs: int | None = None


def text(used, rows, policy=""):
    """A file with one net; each line of `used` is `file: block, block`."""
    uses = [line.partition(": ") for line in used.splitlines()]
    head = [f'use {blocks} from "blocks/{file}.arch"{policy}' for file, _, blocks in uses]
    return "\n".join([*head, "net alone()", *["  " + row for row in rows.splitlines()], ""])


def load(used, rows, policy=""):
    """The network; mistakes raise."""
    return archc.loads(text(used, rows, policy))


def shown(network):
    """The sizes of a network's outputs."""
    return ", ".join(sizes(network.graph, network.graph.outputs).values())


def check(case):
    """Size, parameters and, where a paper has them, multiplications of a block alone."""
    network = load(case.used, case.rows)
    assert shown(network) == case.gives
    assert network.params == case.params
    assert case.macs is None or network.macs == case.macs
