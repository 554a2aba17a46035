"""Fully connected layers, matrix products."""

from __future__ import annotations

from math import prod

from archc.backends.onnx.reading.attention import mixed, projected
from archc.backends.onnx.reading.call import Call
from archc.backends.onnx.reading.problem import Unreadable
from archc.backends.onnx.reading.reader import Reading
from archc.backends.onnx.reading.readers.registry import reads
from archc.backends.onnx.reading.views import Side, View, merged, reshaped, transposed
from archc.backends.onnx.reading.windowed import windows_of
from archc.ops.channels import Gram
from archc.ops.linear import FullyConnected
from archc.ops.recurrent import Embed
from archc.ops.stack import MatMul
from archc.ops.values import Shape


@reads("Gemm")
def gemm(reading: Reading, call: Call) -> View:
    """A matrix product with a bias."""
    factors = call.attribute("alpha", 1.0), call.attribute("beta", 1.0)
    if factors != (1.0, 1.0) or call.attribute("transA", 0):
        raise Unreadable("a product with factors")
    weight = reading.view(call.inputs[1])
    if not call.attribute("transB", 0):
        weight = transposed(weight, (1, 0))
    bias = reading.view(call.inputs[2]) if call.given(2) else None
    return connected(reading, reading.view(call.inputs[0]), weight, bias)


@reads("MatMul")
def matmul(reading: Reading, call: Call) -> View:
    """A fully connected layer where one side is a tensor of two sides."""
    if reading.is_tensor(call.inputs[1]):
        weight = reading.view(call.inputs[1])
        if len(weight.shape) != 2:
            raise Unreadable("a product with a tensor of other sides")
        value = reading.view(call.inputs[0])
        return connected(reading, value, transposed(weight, (1, 0)), None)
    found = mixed(reading, call) if reading.whole else None
    if found is not None:
        return found
    views = [reading.view(name) for name in call.inputs]
    pairs = _gram(reading, *views)
    if pairs is not None:
        return pairs
    return reading.emit(MatMul(), *[reading.settled(view, "things") for view in views])


def _gram(reading: Reading, one: View, other: View) -> View | None:
    """Each two channels of one map."""
    shape = reading.row(one).shape
    alike = len(one.sides) == 3 and transposed(other, (0, 2, 1)) == one
    if not alike or reading.in_order(one) is None or not isinstance(shape, Shape):
        return None
    if one.shape[1] != shape.channels or not shape.rank:
        return None
    return reading.emit(Gram(), reading.base(one))


@reads("Gather")
def gather(reading: Reading, call: Call) -> View:
    """Words looked up in a table; else places of a value."""
    if not reading.is_tensor(call.inputs[0]) or reading.is_tensor(call.inputs[1]):
        return reading.moved(call)
    table = reading.view(call.inputs[0])
    if len(table.shape) != 2 or call.attribute("axis", 0) != 0:
        raise Unreadable("a table of other sides")
    words = reading.settled(reading.view(call.inputs[1]))
    return reading.emit(Embed(channels=table.shape[1], vocab=table.shape[0]), words, weight=table)


def connected(reading: Reading, value: View, weight: View, bias: View | None) -> View:
    """A fully connected layer on the last side; a map that was flattened is taken as it is."""
    if len(weight.shape) != 2 or value.shape[-1] != weight.shape[1]:
        raise Unreadable("a weight of other sides")
    op = FullyConnected(channels=weight.shape[0], bias=bias is not None)
    tensors = {"weight": weight}
    if bias is not None:
        tensors["bias"] = reshaped(bias, (weight.shape[0],))
    found = _of_regions(reading, value, op, tensors)
    if found is not None:
        return found
    sides, samples = value.shape, reading.samples(reading.row(value))
    outer: list[Side] = [(part,) for part in merged(value.sides[0])]
    outer = [(), *outer] if samples == 1 else outer
    if len(sides) == 2 and len(outer) > 1:  # things of all samples in one side
        apart = View(value.base, (*outer, value.sides[1]), value.offset)
        return reshaped(connected(reading, apart, weight, bias), (sides[0], op.channels))
    if len(sides) == 2:
        found = reading.emit(op, _flat(reading, value), **tensors)
        return reshaped(found, (*sides[:-1], op.channels))
    index, order = _things(reading, value, samples)
    if index in reading.parts.heads:
        bias = tensors.get("bias")
        found = projected(reading, index, weight, bias)
    else:
        found = reading.emit(op, index, **tensors)
    back = reshaped(found, (*[sides[at] for at in order], op.channels))
    return transposed(back, (*[order.index(at) for at in range(len(order))], len(sides) - 1))


def _things(reading: Reading, value: View, samples: int) -> tuple[int, list[int]]:
    """The row of things that a view shows, and in which order of its sides; places window by
    window are no row yet.
    """
    sides = value.shape
    as_they_lie, as_written = _leading(value, samples), [*range(len(sides) - 1)]

    def things(order: list[int]) -> View:
        turned = transposed(value, (*order, len(sides) - 1))
        return reshaped(turned, (samples, prod(sides[:-1]) // samples, sides[-1]))

    try:
        return reading.settled(things(as_they_lie), "things"), as_they_lie
    except Unreadable:
        found = windows_of(reading, things(as_written))
        if found is None:
            raise
        return found, as_written


def _of_regions(
    reading: Reading, value: View, op: FullyConnected, tensors: dict[str, View]
) -> View | None:
    """A layer on each of the maps that lie in one row, flattened; None if it is on none."""
    made, shape = reading.row(value), value.shape
    base = reading.in_order(value) if made.rows else None
    if base is None or shape[-1] != getattr(made.shape, "numbers_each", 0):
        return None
    if made.rows != prod(shape[:-1]):
        return None
    found = reading.emit(op, base, **tensors)
    return reshaped(found, (*shape[:-1], op.channels))


def _leading(value: View, batch: int) -> list[int]:
    """All sides but the last, in the order in which their numbers lie."""
    reach = [max([step for _, step in side], default=0) for side in value.sides[:-1]]
    single = [at for at, side in enumerate(value.sides[:-1]) if not merged(side)]
    order = [at for at in range(len(reach)) if at not in single]
    order.sort(key=lambda at: -reach[at])
    first = 0 if batch == 1 else 1
    return [*order[:first], *single, *order[first:]]


def _flat(reading: Reading, value: View) -> int:
    """A vector, or the map that it was."""
    base = reading.in_order(value)
    shape = reading.row(value).shape
    if base is not None and isinstance(shape, Shape) and shape.count is None:
        return base
    return reading.settled(value, "vector")
