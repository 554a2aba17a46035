"""Nodes that only rearrange numbers, as views of what they are given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from archc.backends.onnx.reading.problem import Unreadable, axis_of
from archc.backends.onnx.reading.views import (
    Side,
    View,
    regular,
    reshaped,
    sliced,
    strided,
    transposed,
    widened,
)

Attribute = Callable[..., Any]
Numbers = Callable[[int], Any]
"""the whole numbers of an input, one alone if it has no sides, None if it is not given"""

MOVES: dict[str, Callable[[View, Attribute, Numbers], View]] = {}
"""what a node makes of a view, by its operator"""


def _move(kind: str) -> Callable[[Any], Any]:
    def register(function: Any) -> Any:
        MOVES[kind] = function
        return function

    return register


@_move("Identity")
def _identity(view: View, attribute: Attribute, numbers: Numbers) -> View:
    return view


@_move("Transpose")
def _transpose(view: View, attribute: Attribute, numbers: Numbers) -> View:
    rank = len(view.sides)
    return transposed(view, attribute("perm", tuple(reversed(range(rank)))))


@_move("Reshape")
def _reshape(view: View, attribute: Attribute, numbers: Numbers) -> View:
    wanted = list(_needed(numbers(1) or attribute("shape")))
    before = view.shape
    if not attribute("allowzero", 0):
        wanted = [before[at] if side == 0 else side for at, side in enumerate(wanted)]
    if wanted.count(-1) == 1:
        known = _product([side for side in wanted if side != -1])
        if not known or _product(before) % known:
            raise Unreadable("a reshape that does not come out")
        wanted[wanted.index(-1)] = _product(before) // known
    return reshaped(view, wanted)


@_move("Flatten")
def _flatten(view: View, attribute: Attribute, numbers: Numbers) -> View:
    axis = axis_of(attribute("axis", 1), len(view.sides) + 1)
    return reshaped(view, [_product(view.shape[:axis]), _product(view.shape[axis:])])


@_move("Squeeze")
def _squeeze(view: View, attribute: Attribute, numbers: Numbers) -> View:
    axes = numbers(1) or attribute("axes") or [at for at, n in enumerate(view.shape) if n == 1]
    gone = [axis_of(axis, len(view.sides)) for axis in axes]
    return reshaped(view, [n for at, n in enumerate(view.shape) if at not in gone])


@_move("Unsqueeze")
def _unsqueeze(view: View, attribute: Attribute, numbers: Numbers) -> View:
    axes = _needed(numbers(1) or attribute("axes"))
    rank = len(view.sides) + len(axes)
    new, old = {axis_of(axis, rank) for axis in axes}, iter(view.sides)
    return View(
        view.base, tuple([() if at in new else next(old) for at in range(rank)]), view.offset
    )


@_move("Expand")
def _expand(view: View, attribute: Attribute, numbers: Numbers) -> View:
    return widened(view, _needed(numbers(1)))


@_move("Slice")
def _slice(view: View, attribute: Attribute, numbers: Numbers) -> View:
    starts = _needed(numbers(1) or attribute("starts"))
    ends = _needed(numbers(2) or attribute("ends"))
    axes = numbers(3) or attribute("axes") or tuple(range(len(starts)))
    steps = numbers(4) or (1,) * len(starts)
    for start, end, axis, step in zip(starts, ends, axes, steps):
        size = view.shape[axis]
        first, last = [_clamped(place, size) for place in (start, end)]
        if (first, last, step) != (0, size, 1):
            view = sliced(view, axis_of(axis, len(view.sides)), first, last, step)
    return view


@_move("Gather")
def _gather(view: View, attribute: Attribute, numbers: Numbers) -> View:
    axis = axis_of(attribute("axis", 0), len(view.sides))
    size, wanted = view.shape[axis], _needed(numbers(1))
    if isinstance(wanted, int):
        one = sliced(view, axis, wanted % size, wanted % size + 1)
        return View(one.base, (*one.sides[:axis], *one.sides[axis + 1 :]), one.offset)
    places = [place + size if place < 0 else place for place in wanted]
    found = regular(places)
    if found is None:
        raise Unreadable("places in an order without a rule")
    return strided(view, axis, *found)


@_move("DepthToSpace")
def _depth_to_space(view: View, attribute: Attribute, numbers: Numbers) -> View:
    step = attribute("blocksize")
    batch, channels, height, width = view.shape
    inner = channels // step**2
    if attribute("mode", "DCR") == "DCR":
        parts = reshaped(view, [batch, step, step, inner, height, width])
        turned = transposed(parts, [0, 3, 4, 1, 5, 2])
    else:
        parts = reshaped(view, [batch, inner, step, step, height, width])
        turned = transposed(parts, [0, 1, 4, 2, 5, 3])
    return _grouped(turned, [[0], [1], [2, 3], [4, 5]])


@_move("SpaceToDepth")
def _space_to_depth(view: View, attribute: Attribute, numbers: Numbers) -> View:
    step = attribute("blocksize")
    batch, channels, height, width = view.shape
    parts = reshaped(view, [batch, channels, height // step, step, width // step, step])
    return _grouped(transposed(parts, [0, 3, 5, 1, 2, 4]), [[0], [1, 2, 3], [4], [5]])


def _grouped(view: View, groups: Sequence[Sequence[int]]) -> View:
    """Several sides as one: no numbers move."""
    sides: list[Side] = [
        tuple([part for at in group for part in view.sides[at]]) for group in groups
    ]
    return View(view.base, tuple(sides), view.offset)


def split(view: View, axis: int, sizes: Sequence[int]) -> list[View]:
    """Neighbouring parts of one side."""
    found, start = [], 0
    for size in sizes:
        found.append(sliced(view, axis, start, start + size))
        start += size
    if start != view.shape[axis]:
        raise Unreadable("a split that leaves something")
    return found


def joined(views: Sequence[View], axis: int) -> View | None:
    """Several views of one thing, one behind the other, as one view; None if they are none."""
    first = views[0]
    if any((one.base, one.sides) != (first.base, first.sides) for one in views) or len(views) < 2:
        return None
    found = regular([one.offset for one in views])
    if found is None:
        return None
    start, parts = found
    side = (*parts, *first.sides[axis])
    return View(first.base, (*first.sides[:axis], side, *first.sides[axis + 1 :]), start)


def _clamped(place: int, size: int) -> int:
    return max(0, min(size, place + size if place < 0 else place))


def _product(sizes: Sequence[int]) -> int:
    found = 1
    for size in sizes:
        found *= size
    return found


def _needed(numbers: Any) -> Any:
    if numbers is None:
        raise Unreadable("sizes that are found while it runs")
    return numbers
