"""What repeats when an open size grows: strides, fixed sizes, and sides from period to period."""

from __future__ import annotations

from fractions import Fraction

from archc.diagnostics.kinds.sizes import (
    IndicesMismatch,
    ShapesDiffer,
    SizeNotPositive,
    SizeNotWhole,
)
from archc.graph.elaborate.replay import Outcome, Replay
from archc.ops.base import Op
from archc.ops.ends import Input
from archc.ops.learned import Positions
from archc.ops.resample import Crop
from archc.ops.values import Shape, Value

TRIED_AT_MOST = 4096
PERIODS_BEHIND = 2
_REPEATING = (ShapesDiffer, SizeNotWhole, SizeNotPositive, IndicesMismatch)


def repeats(replay: Replay, outcome: Outcome) -> bool:
    """Whether a size that failed fails again a period later: a window, a join, an input."""
    if isinstance(outcome.kind, _REPEATING):
        return True
    nodes = replay.context.nodes
    return 0 <= outcome.node < len(nodes) and isinstance(nodes[outcome.node].op, Input)


def has_longest(replay: Replay) -> bool:
    """Whether some layer takes a limited number of places, which a larger map may exceed."""
    return any(
        isinstance(node.op, Positions) and node.op.longest is not None
        for node in replay.context.nodes
    )


def scales(replay: Replay) -> list[Fraction]:
    """For each node, by how much the layers before it divide the sides of the input."""
    scales: list[Fraction] = []
    for node in replay.context.network.nodes:
        scale = max([scales[index] for index in node.inputs], default=Fraction(1))
        scales.append(scale * _shrinks(node.op))
    return scales


def horizon(replay: Replay, scales: list[Fraction]) -> int:
    """A size beyond which no window or crop of a fixed size decides anything any more.

    A window of f places at scale s, behind layers without pad that took c places of the input off,
    has room from a size of about c + s*f on.
    """
    taken: list[Fraction] = []
    largest = Fraction(1)
    for node, scale in zip(replay.context.nodes, scales, strict=True):
        before = max([taken[index] for index in node.inputs], default=Fraction(0))
        inner = max([scales[index] for index in node.inputs], default=Fraction(1))
        taken.append(before + inner * _lost_places(node.op))
        if node.index not in replay.context.rebuilds:
            largest = max(largest, before + inner * _fixed_size(node.op), before + scale)
    return min(int(largest), TRIED_AT_MOST)


def _fixed_size(op: Op) -> int:
    """The largest side of an input that an operator's own numbers ask for."""
    if isinstance(op, Crop):
        return (max(op.size.sides) if op.size else 0) + (op.at or 0)
    reach = op.reach()
    return 0 if reach is None else max(reach[0]) * max(reach[2])


def _lost_places(op: Op) -> int:
    """How many places a window takes off a side for want of a pad."""
    reach = op.reach()
    pad = getattr(op, "pad", 0)
    if reach is None or isinstance(pad, str):
        return 0
    pads = 2 * (min(pad) if isinstance(pad, tuple) else pad)
    return max(max(reach[0]) * max(reach[2]) - 1 - pads, 0)


def _shrinks(op: Op) -> Fraction:
    """By how much an operator divides the sides, from its strides."""
    reach = op.reach()
    if reach is not None and op.word != "deconv":
        return Fraction(max(reach[1]))
    options = op.options
    factor = options.get("factor", options.get("stride", 1))
    if op.word in ("deconv", "upsample", "pixelshuffle") and isinstance(factor, int):
        return Fraction(1, factor)
    if op.word in ("pixelunshuffle", "tokens") and isinstance(factor, int):
        return Fraction(factor)
    return Fraction(1)


def linear(three: list[Outcome]) -> bool:
    """Whether every side moved by the same amount over both periods, as far as all three go."""
    first, second, third = [outcome.shapes for outcome in three]
    for a, b, c in zip(first, second, third):
        if a is None or b is None or c is None or a is b is c:
            continue
        for x, y, z in zip(_numbers(a), _numbers(b), _numbers(c)):
            if y - x != z - y:
                return False
    return True


def _numbers(value: Value) -> list[int]:
    if not isinstance(value, Shape):
        return [number for item in value for number in _numbers(item)]
    return list(value.dims)


def meetings(replay: Replay, three: list[Outcome]) -> list[int]:
    """Periods after which the unequal sides of a failed join would be equal: slopes that cross."""
    outcome = three[0]
    if not 0 <= outcome.node < len(replay.context.nodes):
        return []
    inputs = replay.context.nodes[outcome.node].inputs
    rows = [[found.shapes[index] for index in inputs] for found in three[:2]]
    if any(value is None for row in rows for value in row):
        return []
    now = [_numbers(value) for value in rows[0] if value is not None]
    then = [_numbers(value) for value in rows[1] if value is not None]
    steps: set[int] = set()
    for a, a_then in zip(now[1:], then[1:]):
        for x, y, x2, y2 in zip(now[0], a, then[0], a_then):
            slope = (x2 - x) - (y2 - y)
            if slope and (y - x) % slope == 0 and (y - x) // slope > PERIODS_BEHIND:
                steps.add((y - x) // slope)
    return sorted(steps)
