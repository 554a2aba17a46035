"""Attention, however it is spelled: softmax(Q K^T / sqrt(d)) V between linear layers.

What exporters write differs in reshapes and transposes alone, and those are views: Q, K and V are
views of fully connected layers, one head beside the other.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from archc.backends.onnx.reading.call import Call
from archc.backends.onnx.reading.problem import Unreadable
from archc.backends.onnx.reading.views import (
    Part,
    View,
    merged,
    reshaped,
    sliced,
    transposed,
    whole,
)
from archc.backends.onnx.reading.windowed import (
    Biases,
    Partial,
    biases_of,
    is_bias,
    window_attention,
)
from archc.ops.attention import Attention
from archc.ops.linear import FullyConnected
from archc.ops.values import Shape
from archc.record import Record

if TYPE_CHECKING:
    from archc.backends.onnx.reading.reader import Reading

SAME = ("Cast", "Identity", "Dropout")
MOST_BIASES = 2
"""constants that are added to scores: by distance, and a mask"""
CLOSE = 1e-4


class Mixed(Partial):
    """What the heads give, before the linear layer behind them: no row of the language."""


class Projected(Partial):
    """The same behind that layer, where its bias is still to come."""


class Heads(Record):
    """Q, K and V of an attention: the first number of each in the output of a linear layer; and
    what is added to the scores inside windows.
    """

    heads: int
    width: int
    rows: tuple[int, int, int]
    starts: tuple[int, int, int]
    biases: Biases | None = None


class _Operand(Record):
    """Q, K or V of all heads: a linear layer's row, the first of its numbers, the sizes; `groups`
    of things attend to each other.
    """

    row: int
    start: int
    groups: int
    heads: int
    things: int
    each: int


def mixed(reading: Reading, call: Call) -> View | None:
    """The value of a product that ends an attention, None if it ends none."""
    softmax = _behind(reading, call.inputs[0])
    if softmax is None or softmax.kind != "Softmax":
        return None
    scores, added = _without_biases(reading, softmax.inputs[0])
    scores, factor = _unscaled(reading, scores)
    product = reading.calls.get(scores)
    if product is None or product.kind != "MatMul":
        return None
    (query, first), (keys, second) = [_unscaled(reading, name) for name in product.inputs]
    views = [reading.known(name) for name in (query, keys, call.inputs[1])]
    if any(view is None or isinstance(view.base, str) for view in views):
        return None
    q, k, v = [view for view in views if view is not None]
    rank = len(k.sides)
    k = transposed(k, (*range(rank - 2), rank - 1, rank - 2))
    found = [_operand(reading, view) for view in (q, k, v)]
    if any(one is None for one in found):
        return None
    operands = [one for one in found if one]
    biases = biases_of(reading, added, operands[0].heads) if added else None
    if bool(added) != (biases is not None) or (operands[0].groups > 1 and not added):
        return None
    return _heads(reading, operands, factor * first * second, q, biases)


def _without_biases(reading: Reading, name: str) -> tuple[str, list[str]]:
    """Scores without constants that are added to them, and these."""
    added: list[str] = []
    call = reading.calls.get(name)
    while call is not None and call.kind in ("Add", "Reshape", *SAME):
        if call.kind == "Add":
            constant = [given for given in call.inputs if is_bias(reading, given)]
            if len(constant) != 1 or len(added) == MOST_BIASES:
                break
            added += constant
            name = next(given for given in call.inputs if given not in constant)
        else:
            name = call.inputs[0]
        call = reading.calls.get(name)
    return name, added


def _behind(reading: Reading, name: str) -> Call | None:
    """The node that gives a value, through what changes nothing."""
    call = reading.calls.get(name)
    while call is not None and call.kind in SAME:
        call = reading.calls.get(call.inputs[0])
    return call


def _unscaled(reading: Reading, name: str) -> tuple[str, float]:
    """A value without its fixed factors, and these."""
    factor = 1.0
    call = reading.calls.get(name)
    while call is not None and call.kind in ("Mul", "Div", *SAME):
        if call.kind in SAME:
            name = call.inputs[0]
        else:
            numbers = [reading.scalar(given) for given in call.inputs]
            if numbers[1] is not None:
                factor = factor * numbers[1] if call.kind == "Mul" else factor / numbers[1]
                name = call.inputs[0]
            elif numbers[0] is not None and call.kind == "Mul":
                factor, name = factor * numbers[0], call.inputs[1]
            else:
                break
        call = reading.calls.get(name)
    return name, factor


def _operand(reading: Reading, view: View) -> _Operand | None:
    """Q, K or V as part of what a linear layer gives: batch and heads, things, numbers each."""
    assert isinstance(view.base, int)
    row = reading.rows[view.base]
    shape = row.shape
    if not isinstance(row.op, FullyConnected) or not isinstance(shape, Shape):
        return None
    if shape.count is None or len(view.sides) < 3:
        return None
    width, (_, places, _) = shape.channels, reading.sizes(row)
    each, things = view.shape[-1], view.shape[-2]
    if places % things:
        return None
    samples = reading.batch * (places // things)
    outer = merged([part for side in view.sides[:-2] for part in side])
    inner: list[Part] = [*merged(view.sides[-2]), *merged(view.sides[-1])]
    heads = math.prod([size for size, _ in outer]) // samples
    batch = [(samples, things * width), (heads, each)]
    if outer != merged(batch) or merged(inner) != merged([(things, width), (each, 1)]):
        return None
    return _Operand(view.base, view.offset, places // things, heads, things, each)


def _heads(
    reading: Reading,
    operands: list[_Operand],
    factor: float,
    query: View,
    biases: Biases | None,
) -> View | None:
    q, k, v = operands
    alike = len({(one.groups, one.heads, one.each) for one in operands}) == 1
    alike = alike and k.things == v.things
    if not alike or abs(factor * math.sqrt(q.each) - 1) > CLOSE:
        return None
    width = q.heads * q.each
    count = reading.rows[q.row].shape.count
    row = reading.virtual(Mixed(), (q.row, k.row, v.row), Shape((width,), count))
    rows, starts = (q.row, k.row, v.row), (q.start, k.start, v.start)
    reading.parts.heads[row] = Heads(q.heads, width, rows, starts, biases)
    found = whole(row, (reading.batch, q.groups * q.things, width))
    parts = reshaped(found, (reading.batch * q.groups, q.things, q.heads, q.each))
    return _sided(transposed(parts, (0, 2, 1, 3)), query.shape)


def _sided(view: View, sides: tuple[int, ...]) -> View:
    """With samples, windows and heads as sides of their own or as one; the last two stay."""
    (samples, heads), inner = view.sides[:2], view.sides[2:]
    if len(sides) == 3:
        return View(view.base, ((*samples, *heads), *inner), view.offset)
    outer = reshaped(View(view.base, (samples,), view.offset), sides[:-3]).sides
    return View(view.base, (*outer, heads, *inner), view.offset)


# ---- the layer behind --------------------------------------------------------------------------


def projected(reading: Reading, index: int, weight: View, bias: View | None) -> View:
    """The linear layer behind the heads: the attention is whole, unless its bias follows."""
    heads = reading.parts.heads[index]
    layers = [reading.rows[row] for row in heads.rows]
    biased = {layer.op.bias for layer in layers if isinstance(layer.op, FullyConnected)}
    if weight.shape != (heads.width, heads.width) or len(biased) != 1:
        raise Unreadable("an attention that changes its width")
    if True in biased and bias is None:
        shape = reading.rows[index].shape
        row = reading.virtual(Projected(), (index,), shape)
        reading.parts.behind_heads[row] = index, weight
        return reading.emit_nothing(row)
    if True not in biased and bias is not None:
        raise Unreadable("an attention with a bias behind it alone")
    return _attention(reading, heads, weight, bias)


def finish(reading: Reading) -> None:
    """Attentions whose last bias never came: exporters leave out one of zeros."""
    for index in [*reading.parts.behind_heads]:
        try:
            found = with_bias(reading, index, 0.0)
        except Unreadable:
            continue  # a part of nothing: whoever needs it is told
        assert isinstance(found.base, int)
        reading.rows[index] = reading.rows[found.base]


def with_bias(reading: Reading, index: int, bias: View | float) -> View:
    """The attention, now that its bias is there."""
    inner, weight = reading.parts.behind_heads[index]
    found = _attention(reading, reading.parts.heads[inner], weight, bias)
    del reading.parts.behind_heads[index]
    return found


def _attention(reading: Reading, heads: Heads, weight: View, bias: View | float | None) -> View:
    layers = [reading.rows[row] for row in heads.rows]
    query, source, other = [layer.inputs[0] for layer in layers]
    if heads.biases is not None:
        return _in_windows(reading, heads, weight, bias)
    if source != other:
        raise Unreadable("keys and values of different things")
    width = heads.width
    if reading.rows[query].shape.channels != width:
        raise Unreadable("an attention that changes its width")
    tensors: dict[str, Any] = {"out_proj.weight": weight}
    parts = [
        sliced(layer.tensors["weight"][0], 0, start, start + width)
        for layer, start in zip(layers, heads.starts)
    ]
    if reading.rows[source].shape.channels == width:
        tensors["in_proj_weight"] = _together(parts)
    else:
        tensors.update(zip(("q_proj_weight", "k_proj_weight", "v_proj_weight"), parts))
    if bias is not None:
        tensors["out_proj.bias"] = bias
        tensors["in_proj_bias"] = _together(
            [
                sliced(layer.tensors["bias"][0], 0, start, start + width)
                for layer, start in zip(layers, heads.starts)
            ]
        )
    name = None if source == query else "source"
    op = Attention(heads=heads.heads, source=name, bias=bias is not None)
    return reading.emit(op, *([query] if name is None else [query, source]), **tensors)


def _in_windows(reading: Reading, heads: Heads, weight: View, bias: View | float | None) -> View:
    """The same inside windows: one linear layer gives Q, K and V."""
    row, width = heads.rows[0], heads.width
    made = reading.rows[row]
    whole_layer = {*heads.rows} == {row} and heads.starts == (0, width, 2 * width)
    if not whole_layer or made.shape.channels != 3 * width or isinstance(bias, float):
        raise Unreadable("windows with queries and keys of different layers")
    tensors = {"qkv.weight": made.tensors["weight"][0], "proj.weight": weight}
    if bias is not None:
        tensors.update({"qkv.bias": made.tensors["bias"][0], "proj.bias": bias})
    assert heads.biases is not None
    return window_attention(reading, made.inputs[0], heads.heads, heads.biases, tensors)


def _together(parts: list[View]) -> tuple[View, ...]:
    """Rows behind each other; as one where they lie so."""
    first = parts[0]
    each = math.prod(first.shape)
    follow = all(
        (one.base, one.sides, one.offset)
        == (first.base, first.sides, first.offset + at * first.sides[0][0][1] * first.shape[0])
        for at, one in enumerate(parts)
    )
    if not follow or len(first.sides[0]) != 1 or not each:
        return tuple(parts)
    side = ((first.shape[0] * len(parts), first.sides[0][0][1]),)
    return (View(first.base, (side, *first.sides[1:]), first.offset),)
