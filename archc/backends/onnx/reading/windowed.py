"""Attention inside the windows of a map: rolled maps, windows as things, biases by distance.

None of these steps is a row of the language; together they are one. A map that is rolled and cut
into windows is a row that stands for it until the attention is whole.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from archc.backends.onnx.reading.call import Call
from archc.backends.onnx.reading.moves import MOVES
from archc.backends.onnx.reading.problem import Unreadable
from archc.backends.onnx.reading.views import Part, View, merged, reshaped, transposed, whole
from archc.ops.attention import WindowAttention, relative_places
from archc.ops.base import Op
from archc.ops.resample import Pad
from archc.ops.shape import Tokens
from archc.ops.values import Shape, Window
from archc.record import Record

if TYPE_CHECKING:
    from archc.backends.onnx.reading.reader import Reading

APART = -100
"""what is added where a shift joins opposite edges; less does as well"""


class Partial(Op):
    """A part of something larger: no row of the language."""

    def shape(self, *inputs: Any) -> Shape:
        value = inputs[0]
        return Shape(value.dims, value.count)


class Rolled(Partial):
    """A map whose places are moved round its edge."""


class Windows(Partial):
    """The places of a map as things, window by window."""


class Padded(Partial):
    """A map with the rows and columns that its windows need, which are cut off again."""


class Biases(Record):
    """What is added to an attention's scores: rows of a table, the index into it, and whether a
    mask keeps opposite edges apart.
    """

    table: View
    index: View
    numbers: tuple[int, ...]
    mask: str


# ---- rolled maps -------------------------------------------------------------------------------


def rolled(reading: Reading, views: list[View], axis: int) -> View | None:
    """Two parts of one side that changed places, as a map that is moved round its edge."""
    if not reading.whole or len(views) != 2 or any(isinstance(view.base, str) for view in views):
        return None
    behind, front = views
    parts = [view.sides[axis] for view in views]
    alike = behind.base == front.base and front.offset == 0 and all(len(one) < 2 for one in parts)
    made = reading.row(front)
    if not alike or reading.is_list(made) or made.shape.rank != 2 or len(front.sides) != 4:
        return None
    sizes, first = reading.sizes(made), front.shape[axis]
    number = first + behind.shape[axis]
    places = [at for at in (2, 3) if (number, behind.offset) == _moved(sizes, at, first)]
    full = whole(front.base, sizes).sides
    if len(places) != 1:
        return None
    sides = (*front.sides[:axis], full[places[0]], *front.sides[axis + 1 :])
    if sorted(sides) != sorted(full):
        return None
    shift = (first, 0) if places == [2] else (0, first)
    return View(_rolled_row(reading, front.base, shift), sides)


def _moved(sizes: tuple[int, ...], at: int, first: int) -> tuple[int, int]:
    """The size of a side and the offset of its place `first`."""
    return sizes[at], first * prod(sizes[at + 1 :])


def _rolled_row(reading: Reading, base: Any, shift: tuple[int, int]) -> int:
    """The row that stands for a rolled map; the map itself where it is back in its place."""
    source, before = reading.parts.rolled.get(base, (base, (0, 0)))
    spatial = reading.shape(source).spatial
    total = tuple([(one + two) % side for one, two, side in zip(before, shift, spatial)])
    if not any(total):
        return int(source)
    row = reading.virtual(Rolled(), (source,), reading.shape(source))
    reading.parts.rolled[row] = source, total
    return row


# ---- windows -----------------------------------------------------------------------------------


def windows_of(reading: Reading, things: View) -> int | None:
    """The row that stands for the places of a map window by window; None if a view shows others."""
    made = reading.row(things)
    shape = made.shape
    if not isinstance(shape, Shape) or shape.rank != 2 or shape.count is not None or things.offset:
        return None
    places = prod(shape.spatial)
    parts = [*things.order[1]]
    if parts[:1] == [(reading.batch, shape.numbers)]:
        del parts[0]
    if parts[-1:] != [(shape.channels, places)] or len(parts) not in (4, 5):
        return None
    (columns, _), (rows, _) = parts[-2], parts[-3]
    window = rows, columns
    if things.order[1] != merged(_order(reading, shape, window)) or shape.spatial[0] % rows:
        return None
    row = reading.virtual(Windows(), (_base(things),), Shape((shape.channels,), places))
    reading.parts.windows[row] = window
    return row


def _base(view: View) -> int:
    assert isinstance(view.base, int)
    return view.base


def _order(reading: Reading, shape: Shape, window: tuple[int, ...]) -> list[Part]:
    """The parts of a map's places window by window, the channels last."""
    (height, across), (rows, columns) = shape.spatial, window
    return [
        (reading.batch, shape.numbers),
        (height // rows, rows * across),
        (across // columns, columns),
        (rows, across),
        (columns, 1),
        (shape.channels, height * across),
    ]


# ---- biases ------------------------------------------------------------------------------------


def biases_of(reading: Reading, names: list[str], heads: int) -> Biases | None:
    """What is added to scores: a table's rows by distance, and perhaps a mask."""
    tables = [(name, _gather_behind(reading, name)) for name in names]
    found = [(name, chain) for name, chain in tables if chain]
    masks = [name for name, chain in tables if not chain]
    if len(found) != 1 or len(masks) > 1:
        return None
    name, chain = found[0]
    gather = chain[0]
    table, index = [reading.view(given) for given in gather.inputs[:2]]
    numbers = reading.integers(gather.inputs[1])
    axis = gather.attribute("axis", 0)
    if numbers is None or len(table.shape) != 2 or axis not in (0, 1):
        return None
    table = table if axis == 0 else transposed(table, (1, 0))
    sides = [*index.shape, heads] if axis == 0 else [heads, *index.shape]
    view = whole(name, sides)
    for call in chain[1:]:
        view = _after(reading, call, view)
    area = round(len(numbers) ** 0.5)
    parts = [(heads, 1), (area**2, heads)] if axis == 0 else [(heads, area**2), (area**2, 1)]
    shape = [side for side in view.shape if side > 1]
    if shape != [side for side in (heads, area, area) if side > 1] or view.offset:
        return None
    if view.order[1] != merged(parts) or table.shape[1] != heads:
        return None
    return Biases(table, reshaped(index, (area**2,)), numbers, masks[0] if masks else "")


def _gather_behind(reading: Reading, name: str) -> list[Call]:
    """The nodes from rows of a table to a value, all of which only rearrange; none if it is not
    that.
    """
    found: list[Call] = []
    call = reading.calls.get(name)
    while call is not None and call.kind in MOVES:
        found.insert(0, call)
        if call.kind == "Gather":
            return found if all(map(reading.is_tensor, call.inputs)) else []
        call = reading.calls.get(call.inputs[0])
    return []


def is_bias(reading: Reading, name: str) -> bool:
    """Whether a value depends on nothing that the network is given."""
    return bool(_gather_behind(reading, name)) or reading.is_tensor(name)


def _after(reading: Reading, call: Call, view: View) -> View:
    """What a node that rearranges makes of a view."""

    def numbers(index: int) -> tuple[int, ...] | None:
        return reading.integers(call.given(index))

    return MOVES[call.kind](view, call.attribute, numbers)


def _is_mask(reading: Reading, name: str, shift: list[int], shape: Shape, window: Any) -> bool:
    """Whether numbers keep apart what a shift joins: windows,1,places,places."""
    import numpy as np

    (height, across), (rows, columns) = shape.spatial, window
    edges = np.zeros((height, across))
    edges[height - shift[0] :] += 2 if shift[0] else 0
    edges[:, across - shift[1] :] += 1 if shift[1] else 0
    parts = edges.reshape(height // rows, rows, across // columns, columns)
    each = parts.transpose(0, 2, 1, 3).reshape(-1, rows * columns)
    apart = each[:, :, None] != each[:, None, :]
    found = reading.array(name)
    if found is None or found.size != apart.size:
        return False
    found = found.reshape(apart.shape)
    return bool((found[~apart] == 0).all() and (found[apart] <= APART).all())


# ---- the attention -----------------------------------------------------------------------------


def window_attention(
    reading: Reading, row: int, heads: int, biases: Biases, tensors: dict[str, View]
) -> View:
    """The attention of a row of windows: what it gives, window by window.

    Raises Unreadable for windows, biases or shifts of another form.
    """
    made = reading.rows[row]
    covers = made.op == Tokens() and made.given[0].rank == 2
    if row not in reading.parts.windows and not covers:
        raise Unreadable("an attention with biases")
    (source,) = made.inputs
    shape = reading.shape(source)
    window = reading.parts.windows.get(row, shape.spatial)
    source, shift = reading.parts.rolled.get(source, (source, (0, 0)))
    given = _unpadded(reading, source, window)
    counts = [side // size for side, size in zip(shape.spatial, window)]
    moved = max(shift)
    expected = [moved if count > 1 else 0 for count in counts]
    masked = bool(biases.mask) and _is_mask(reading, biases.mask, [*shift], shape, window)
    numbers = tuple(relative_places(*window))
    if [*shift] != expected or masked != bool(moved or biases.mask) or biases.numbers != numbers:
        raise Unreadable("an attention with biases of another form")
    bias = "qkv.bias" in tensors
    op = WindowAttention(heads=heads, window=Window(tuple(window)), shift=moved, bias=bias)
    index = {"relative_position_index": biases.index, "relative_position_bias_table": biases.table}
    found = _base(reading.emit(op, given, **tensors, **index))
    if given != source:
        inner = found
        found = reading.virtual(Padded(), (found,), shape)
        reading.parts.padded[found] = inner
    base = found if not moved else _rolled_row(reading, found, (shift[0], shift[1]))
    order = _order(reading, shape, tuple(window))
    return View(base, ((order[0],), tuple(order[1:-1]), (order[-1],)))


def _unpadded(reading: Reading, source: int, window: Any) -> int:
    """The map without the zeros that make it a whole number of windows."""
    made = reading.rows[source]
    if not isinstance(made.op, Pad) or made.op.end != "after" or made.op.fill != "zeros":
        return source
    before = made.given[0].spatial
    wanted = tuple([-(-side // size) * size for side, size in zip(before, window)])
    return made.inputs[0] if wanted == made.shape.spatial else source
