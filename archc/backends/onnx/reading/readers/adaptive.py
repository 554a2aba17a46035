"""Poolings whose windows follow from the sides of what they give, as nodes spell them."""

from __future__ import annotations

from typing import Any

from archc.backends.onnx.reading.call import Call
from archc.backends.onnx.reading.problem import Unreadable
from archc.backends.onnx.reading.reader import Reading
from archc.backends.onnx.reading.readers.registry import reads
from archc.backends.onnx.reading.views import View
from archc.ops.adaptive import sides_of
from archc.ops.pool import AvgPool, MaxPool
from archc.ops.values import Window

POOLS: dict[str, Any] = {"ReduceMax": MaxPool, "ReduceMean": AvgPool}
CLOSE = 1e-5


def adapted(reading: Reading, view: View, cls: Any, axis: int, cells: int) -> View:
    """A map whose side `axis` (0 is the height) is pooled to so many cells; one side after the
    other is one pooling.
    """
    index = reading.settled(view, "map")
    made = reading.rows[index]
    sides = [*made.shape.spatial]
    sides[axis] = cells
    before = getattr(made.op, "to", None) if isinstance(made.op, cls) else None
    if before is not None and sides_of(before, made.given[0])[axis] == made.given[0].spatial[axis]:
        (index,) = made.inputs
    return reading.emit(cls(to=Window(tuple(sides))), index)


def cells_of(reading: Reading, call: Call) -> View | None:
    """The pooling that puts cells of a map behind each other, each reduced by itself; None if
    nodes do something else.
    """
    axis = call.attribute("axis", 1)
    reduced = [reading.calls.get(name) for name in call.inputs]
    kinds = {one.kind if one is not None else "" for one in reduced}
    if len(reduced) < 2 or not kinds <= {*POOLS} or len(kinds) > 1:
        return None
    cuts = []
    for one in [one for one in reduced if one is not None]:
        cut = reading.calls.get(one.inputs[0])
        if cut is None or cut.kind != "Slice" or _axes(reading, one) != (axis,):
            return None
        cuts.append(cut)
    source = cuts[0].inputs[0]
    view = reading.view(source)
    if axis < 2 or any(cut.inputs[0] != source for cut in cuts):
        return None
    size, number = view.shape[axis], len(cuts)
    for at, cut in enumerate(cuts):
        wanted = ((at * size // number,), (-(-(at + 1) * size // number),), (axis,))
        if tuple([reading.integers(cut.given(place)) for place in (1, 2, 3)]) != wanted:
            return None
    return adapted(reading, view, POOLS[kinds.pop()], axis - 2, number)


def _axes(reading: Reading, call: Call) -> tuple[int, ...]:
    found = reading.integers(call.given(1)) if call.given(1) else call.attribute("axes")
    return tuple(found or ()) if call.attribute("keepdims", 1) else ()


@reads("Einsum")
def shares(reading: Reading, call: Call) -> View:
    """A product with the cells' shares of one side: the means of an adaptive pooling."""
    equation = call.attribute("equation", "").replace(" ", "")
    given, arrow, after = equation.partition("->")
    value, comma, weights = given.partition(",")
    view, table = reading.view(call.inputs[0]), reading.array(call.given(1))
    places = [at for at, (one, other) in enumerate(zip(value, after)) if one != other]
    if not arrow or not comma or len(places) != 1 or len(value) != len(after) or table is None:
        raise Unreadable("a product of another form")
    axis = places[0]
    if axis < 2 or weights != after[axis] + value[axis] or len({*value}) != len(view.sides):
        raise Unreadable("a product of another form")
    if not _is_mean_of_cells(table, view.shape[axis]):
        raise Unreadable("a product with numbers that are no means")
    return adapted(reading, view, AvgPool, axis - 2, table.shape[0])


def _is_mean_of_cells(table: Any, size: int) -> bool:
    """Whether each row has the shares of the places in one cell of an adaptive pooling."""
    import numpy as np

    number = table.shape[0]
    wanted = np.zeros((number, size))
    for at in range(number):
        first, last = at * size // number, -(-(at + 1) * size // number)
        wanted[at, first:last] = 1 / (last - first)
    return table.shape == wanted.shape and bool(np.abs(table - wanted).max() < CLOSE)
