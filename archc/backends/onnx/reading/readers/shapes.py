"""Splits and reductions."""

from __future__ import annotations

from typing import Any

from archc.backends.onnx.reading.call import Call
from archc.backends.onnx.reading.moves import split
from archc.backends.onnx.reading.problem import Unreadable, axis_of
from archc.backends.onnx.reading.reader import Reading
from archc.backends.onnx.reading.readers.adaptive import POOLS, adapted
from archc.backends.onnx.reading.readers.registry import reads
from archc.backends.onnx.reading.views import View, reshaped
from archc.ops.join import Max, Mean
from archc.ops.pool import GlobalAvgPool, MaxPool
from archc.ops.resample import Crop
from archc.ops.shape import Sum
from archc.ops.values import Shape, Window


@reads("Split")
def parts(reading: Reading, call: Call) -> list[View]:
    """Parts of one side, equal ones if no sizes are given."""
    view = reading.view(call.inputs[0])
    axis = axis_of(call.attribute("axis", 0), len(view.sides))
    number = len(call.outputs)
    sizes = reading.integers(call.given(1)) if call.given(1) else call.attribute("split")
    if sizes is None:
        if call.given(1) or view.shape[axis] % number:
            raise Unreadable("parts that are worked out")
        sizes = (view.shape[axis] // number,) * number
    return split(view, axis, sizes)


@reads("Slice")
def part(reading: Reading, call: Call) -> View:
    """A part of a value; of an open map that which is as large as another one."""
    found = reading.moved(call)
    view = reading.view(call.inputs[0])
    if isinstance(view.base, str):
        return found
    names = reading.sized.get(call.given(2), ()) if reading.opened else ()
    like = [one for name in names if (one := reading.known(name)) is not None]
    rank, shape = len(view.sides), reading.row(view).shape
    if not like or rank < 3 or found.shape[2:] != like[-1].shape[2:]:
        return found
    starts = {*(reading.integers(call.inputs[1]) or ())}
    if len(starts) != 1 or not isinstance(shape, Shape):
        return found
    surplus = {a - b for a, b in zip(view.shape[2:], found.shape[2:])}
    start = starts.pop()
    at = None if surplus == {2 * start} else start
    index = reading.settled(view, "map")
    return reading.emit(Crop(like="like", at=at), index, reading.settled(like[-1]))


@reads("ReduceMean", "ReduceMax", "ReduceSum")
def reduced(reading: Reading, call: Call) -> View:
    """Over the places of a map, or over the things."""
    view = reading.view(call.inputs[0])
    rank = len(view.sides)
    axes = reading.integers(call.given(1)) if call.given(1) else call.attribute("axes")
    if not axes:
        raise Unreadable("a reduction of everything")
    gone = sorted([axis_of(axis, rank) for axis in axes])
    keeps = bool(call.attribute("keepdims", 1))
    after = [1 if at in gone else n for at, n in enumerate(view.shape) if keeps or at not in gone]
    return reshaped(_over(reading, call.kind, view, gone), after)


def _over(reading: Reading, kind: str, view: View, gone: list[int]) -> View:
    rank = len(view.sides)
    spatial = list(range(2, rank))
    if gone == spatial and kind != "ReduceSum":
        op: Any = GlobalAvgPool() if kind == "ReduceMean" else MaxPool(to=Window((1,) * (rank - 2)))
        return reading.emit(op, reading.settled(view, "map"))
    if kind in POOLS and len(gone) == 1 and gone[0] > 1 and rank > 3:
        return adapted(reading, view, POOLS[kind], gone[0] - 2, 1)
    if rank == 4 and gone == [1, 2] and kind == "ReduceMean":  # channels last
        turned = View(view.base, tuple([view.sides[at] for at in (0, 3, 1, 2)]), view.offset)
        return reading.emit(GlobalAvgPool(), reading.settled(turned, "map"))
    if gone == [1] and rank == 3:
        things: dict[str, Any] = {"ReduceMean": Mean, "ReduceMax": Max, "ReduceSum": Sum}
        return reading.emit(things[kind](things=True), reading.settled(view, "things"))
    raise Unreadable("a reduction over other sides")
