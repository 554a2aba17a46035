"""What ends when an open size grows: fixed windows, failures that come once, slopes that meet."""

from __future__ import annotations

from fractions import Fraction

from archc.analysis.growth import Growth, Sides
from archc.diagnostics.kinds.sizes import (
    IndicesMismatch,
    ShapesDiffer,
    SizeNotPositive,
    SizeNotWhole,
    WrongInput,
)
from archc.diagnostics.kinds.values import MissingValue, ValueNotAllowed
from archc.graph.elaborate.replay import Outcome, Replay
from archc.ops.base import Op
from archc.ops.deconv import Deconv
from archc.ops.ends import Input
from archc.ops.learned import Positions
from archc.ops.pixels import PixelUnshuffle
from archc.ops.resample import Crop
from archc.ops.values import Shape, Value

TRIED_AT_MOST = 4096
PERIODS_BEHIND = 2
WHOLE = "a whole number"


def repeats(replay: Replay, three: list[Outcome]) -> bool:
    """Whether a size that failed a period apart, three times, fails for ever: a window that does
    not tile, unequal paths, a crop without a middle, an input that is not whole.
    """
    nodes = replay.context.nodes
    index = three[0].node
    if len({outcome.node for outcome in three}) > 1 or not 0 <= index < len(nodes):
        return False
    op = nodes[index].op
    kinds = [outcome.kind for outcome in three]
    if len({type(kind) for kind in kinds}) > 1:
        return False
    kind = kinds[0]
    if isinstance(kind, SizeNotPositive):
        # A window too large today may fit tomorrow, unless its input does not grow.
        return len({k.size - k.window for k in kinds if isinstance(k, SizeNotPositive)}) == 1
    if isinstance(kind, (ShapesDiffer, SizeNotWhole, IndicesMismatch)):
        return True
    if isinstance(kind, MissingValue):
        return isinstance(op, Crop)
    if isinstance(kind, WrongInput):
        return isinstance(op, PixelUnshuffle)
    # A side of an input that is a fraction stays one; one that is too small may grow.
    fractions = [k for k in kinds if isinstance(k, ValueNotAllowed) and WHOLE in k.takes]
    return isinstance(op, Input) and all("/" in k.value for k in fractions) and fractions == kinds


def has_longest(replay: Replay) -> bool:
    """Whether some layer takes a limited number of places, which a larger map may exceed."""
    return any(
        isinstance(node.op, Positions) and node.op.longest is not None
        for node in replay.context.nodes
    )


def horizon(growth: Growth, letter: str) -> int:
    """A size beyond which no window or crop of a fixed size decides anything any more.

    A window that reaches f places beyond its pads at scale s, behind layers that took c places of
    the input off, has room from a size of about c + s*f on. Numbers in formulas may be limits of
    their own.
    """
    replay = growth.replay
    taken: list[Fraction] = []
    largest = Fraction(max([n for n in growth.numbers if n <= TRIED_AT_MOST], default=1))
    scales = [_scale(grown, letter) for grown in growth.grown]
    for node, scale in zip(replay.context.nodes, scales, strict=True):
        before = max([taken[index] for index in node.inputs], default=Fraction(0))
        inner = max([scales[index] for index in node.inputs], default=Fraction(0))
        taken.append(before + inner * _lost_places(node.op))
        if node.index not in replay.context.rebuilds:
            room = max(_lost_places(node.op) + 1, _cropped(node.op))
            largest = max(largest, before + inner * room, before + scale)
    return min(int(largest), TRIED_AT_MOST)


def _scale(grown: list[Sides], letter: str) -> Fraction:
    """By how much the layers before it divided the sides that follow a letter; 0 if none does."""
    slopes = [side.slope for sides in grown for side in sides if side.letter == letter]
    return max([1 / slope for slope in slopes if slope > 0], default=Fraction(0))


def _lost_places(op: Op) -> int:
    """How many places of its input a window takes off, the pads counted; with one more than these
    there is room for it.
    """
    reach = op.reach()
    pad = getattr(op, "pad", 0)
    if reach is None or pad == "same":
        return 0
    behind = [max(reach[2]) * (side - 1) for side in reach[0]]
    if pad == "half":
        short = [places % 2 for places in behind]
    else:
        pads = 2 * (min(pad) if isinstance(pad, tuple) else pad)
        short = [places - pads for places in behind]
    if isinstance(op, Deconv):  # short of stride * input, on the output
        return max(-(-(max(reach[1]) - 1 - min(short)) // min(reach[1])), 0)
    return max(0, *short)


def _cropped(op: Op) -> int:
    """The side that a crop asks for; 0 for everything else."""
    return (max(op.size.sides) if op.size else 0) + (op.at or 0) if isinstance(op, Crop) else 0


def may_meet(growth: Growth, node: int) -> bool:
    """Whether the sides that a failed row compares grow by different slopes."""
    inputs = growth.replay.context.nodes[node].inputs
    paths = [sides[:-2] for index in inputs for sides in growth.grown[index]]
    return len({tuple([side.slope for side in path]) for path in paths}) > 1


def meetings(replay: Replay, node: int, two: list[Outcome]) -> list[int]:
    """Periods after which the unequal sides of a failed join would be equal: slopes that cross."""
    inputs = replay.context.nodes[node].inputs
    rows = [[found.shapes[index] for index in inputs] for found in two]
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


def _numbers(value: Value) -> list[int]:
    if not isinstance(value, Shape):
        return [number for item in value for number in _numbers(item)]
    return list(value.dims)
