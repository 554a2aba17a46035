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
from archc.ops.attention import Attention
from archc.ops.base import Op
from archc.ops.linear import FullyConnected
from archc.ops.values import Shape
from archc.record import Record

if TYPE_CHECKING:
    from archc.backends.onnx.reading.reader import Reading

SAME = ("Cast", "Identity", "Dropout")
CLOSE = 1e-4


class Mixed(Op):
    """What the heads give, before the linear layer behind them: no row of the language."""

    def shape(self, *inputs: Any) -> Shape:
        value = inputs[0]
        return Shape(value.dims, value.count)


class Projected(Mixed):
    """The same behind that layer, where its bias is still to come."""


class Heads(Record):
    """Q, K and V of an attention: the first number of each in the output of a linear layer."""

    heads: int
    width: int
    rows: tuple[int, int, int]
    starts: tuple[int, int, int]


class _Operand(Record):
    """Q, K or V of all heads: a linear layer's row, the first of its numbers, the sizes."""

    row: int
    start: int
    heads: int
    things: int
    each: int


def mixed(reading: Reading, call: Call) -> View | None:
    """The value of a product that ends an attention, None if it ends none."""
    softmax = _behind(reading, call.inputs[0])
    if softmax is None or softmax.kind != "Softmax":
        return None
    scores, factor = _unscaled(reading, softmax.inputs[0])
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
    return _heads(reading, [one for one in found if one], factor * first * second, q)


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
    width, (_, things, _) = shape.channels, reading.sizes(shape)
    each = view.shape[-1]
    outer = merged([part for side in view.sides[:-2] for part in side])
    inner: list[Part] = [*merged(view.sides[-2]), *merged(view.sides[-1])]
    heads = math.prod([size for size, _ in outer]) // reading.batch
    batch = [] if reading.batch == 1 else [(reading.batch, things * width)]
    if heads > 1:
        batch.append((heads, each))
    if [*outer] != batch or inner != [(things, width), (each, 1)]:
        return None
    return _Operand(view.base, view.offset, heads, things, each)


def _heads(reading: Reading, operands: list[_Operand], factor: float, query: View) -> View | None:
    q, k, v = operands
    alike = len({(one.heads, one.each) for one in operands}) == 1 and k.things == v.things
    if not alike or abs(factor * math.sqrt(q.each) - 1) > CLOSE:
        return None
    width = q.heads * q.each
    count = reading.rows[q.row].shape.count
    row = reading.virtual(Mixed(), (q.row, k.row, v.row), Shape((width,), count))
    rows, starts = (q.row, k.row, v.row), (q.start, k.start, v.start)
    reading.heads[row] = Heads(q.heads, width, rows, starts)
    found = whole(row, (reading.batch, q.things, width))
    parts = reshaped(found, (reading.batch, q.things, q.heads, q.each))
    return reshaped_as(transposed(parts, (0, 2, 1, 3)), query)


def reshaped_as(view: View, like: View) -> View:
    """With batch and heads as sides of their own or as one."""
    if len(like.sides) == 4:
        return view
    return View(view.base, ((*view.sides[0], *view.sides[1]), *view.sides[2:]), view.offset)


# ---- the layer behind --------------------------------------------------------------------------


def projected(reading: Reading, index: int, weight: View, bias: View | None) -> View:
    """The linear layer behind the heads: the attention is whole, unless its bias follows."""
    heads = reading.heads[index]
    layers = [reading.rows[row] for row in heads.rows]
    biased = {layer.op.bias for layer in layers if isinstance(layer.op, FullyConnected)}
    if weight.shape != (heads.width, heads.width) or len(biased) != 1:
        raise Unreadable("an attention that changes its width")
    if True in biased and bias is None:
        shape = reading.rows[index].shape
        row = reading.virtual(Projected(), (index,), shape)
        reading.behind_heads[row] = index, weight
        return whole(row, reading.sizes(shape))
    if True not in biased and bias is not None:
        raise Unreadable("an attention with a bias behind it alone")
    return _attention(reading, heads, weight, bias)


def finish(reading: Reading) -> None:
    """Attentions whose last bias never came: exporters leave out one of zeros."""
    for index in reading.behind_heads:
        found = with_bias(reading, index, 0.0)
        assert isinstance(found.base, int)
        reading.rows[index] = reading.rows[found.base]


def with_bias(reading: Reading, index: int, bias: View | float) -> View:
    """The attention, now that its bias is there."""
    inner, weight = reading.behind_heads[index]
    return _attention(reading, reading.heads[inner], weight, bias)


def _attention(reading: Reading, heads: Heads, weight: View, bias: View | float | None) -> View:
    layers = [reading.rows[row] for row in heads.rows]
    query, source, other = [layer.inputs[0] for layer in layers]
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
