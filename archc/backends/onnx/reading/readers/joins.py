"""Sums, differences, products, means of values; and of a value and a constant."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from archc.backends.onnx.reading.attention import with_bias
from archc.backends.onnx.reading.call import Call
from archc.backends.onnx.reading.moves import joined
from archc.backends.onnx.reading.problem import Unreadable, axis_of
from archc.backends.onnx.reading.reader import Reading
from archc.backends.onnx.reading.readers.adaptive import cells_of
from archc.backends.onnx.reading.readers.registry import decimal, reads
from archc.backends.onnx.reading.templates import recognized
from archc.backends.onnx.reading.views import View, composed, reshaped, transposed, whole
from archc.backends.onnx.reading.windowed import rolled
from archc.ops import act, rectifier
from archc.ops.channels import Gram
from archc.ops.conv import Conv
from archc.ops.deconv import Deconv
from archc.ops.join import AbsDiff, Add, Max, Mean, Mul, Sub
from archc.ops.learned import LayerScale, Positions, Scale
from archc.ops.linear import FullyConnected
from archc.ops.lowering import channel_axis
from archc.ops.stack import Append, Concat
from archc.ops.values import Shape
from archc.record import replace

JOINS: dict[str, Any] = {"Add": Add, "Sub": Sub, "Mul": Mul, "Max": Max, "Mean": Mean, "Sum": Add}


@reads("Add", "Mul", "Sub", "Max", "Mean", "Sum", "Div")
def join(reading: Reading, call: Call) -> View:
    """Values number by number; or a value and a constant."""
    found = recognized(reading, call)
    if found is not None:
        return found
    tensors = [name for name in call.inputs if reading.is_tensor(name)]
    if tensors:
        return _with_constant(reading, call)
    if call.kind == "Div":
        raise Unreadable("a quotient of two values")
    views = [reading.view(name) for name in call.inputs]
    if call.kind in ("Mul", "Sub") and len(views) == 2:
        short = _gated_by_itself(reading, views) if call.kind == "Mul" else None
        if short is not None:
            return short
    return joined_by(reading, JOINS[call.kind](), views)


def joined_by(reading: Reading, op: Any, views: Sequence[View]) -> View:
    """A join of values that lie alike, or of what they are in the language's own order."""
    first = views[0]
    bases = [reading.row(view) for view in views]
    alike = all(
        view.sides == first.sides and view.offset == first.offset and made.shape == bases[0].shape
        for view, made in zip(views, bases)
    )
    whole = prod(first.shape) == prod(reading.sizes(bases[0]))
    if alike and whole and isinstance(bases[0].shape, Shape):
        found = reading.emit(op, *[view.base for view in views if isinstance(view.base, int)])
        return first.with_base(found.base)
    order = _turn(reading, views)
    if order is not None:
        turned = [transposed(view, order) for view in views]
        found = joined_by(reading, op, turned)
        return transposed(found, [order.index(at) for at in range(len(order))])
    largest = max([prod(view.shape) for view in views])
    return reading.emit(op, *[_spread(reading, view, largest) for view in views])


def _turn(reading: Reading, views: Sequence[View]) -> list[int] | None:
    """The order of sides in which a map among the values lies as it is; None if it does, or if
    there is none.
    """
    rank = len(views[0].sides)
    if rank < 4 or any(len(view.sides) != rank for view in views):
        return None
    for view in views:
        made = reading.row(view)
        own = whole(view.base, reading.sizes(made)).sides
        if sorted(own) == sorted(view.sides) and len({*own}) == rank and not view.offset:
            order = [view.sides.index(side) for side in own]
            return None if order == sorted(order) else order
    return None


def _spread(reading: Reading, view: View, largest: int) -> int:
    """A vector that ONNX gives sides of 1, where it meets all places or things, is one as it is."""
    shape, sides = reading.row(view).shape, view.shape
    if isinstance(shape, Shape) and shape.rank == 0 and shape.count is None:
        base = reading.in_order(view)
        for_places = len(sides) > 2 and prod(sides[2:]) == 1
        for_things = len(sides) == 3 and sides[1] == 1 and prod(sides) < largest
        if base is not None and (for_places or for_things):
            return base
    return reading.settled(view)


def _gated_by_itself(reading: Reading, views: list[View]) -> View | None:
    """x * sigmoid(x) and x * hard sigmoid(x)."""
    for value, gate in (views, views[::-1]):
        made = reading.row(gate)
        alike = value.sides == gate.sides and value.offset == gate.offset
        if alike and made.inputs == (value.base,):
            if isinstance(made.op, act.Sigmoid):
                return reading.on(value, rectifier.Silu())
            if isinstance(made.op, act.HardSigmoid):
                return reading.on(value, rectifier.HardSwish())
    return None


def _with_constant(reading: Reading, call: Call) -> View:
    first, second = call.inputs[0], call.given(1)
    if len(call.inputs) != 2 or call.kind in ("Max", "Mean", "Sum"):
        raise Unreadable(f"{call.kind} with a constant")
    turned = reading.is_tensor(first)
    value = reading.view(second if turned else first)
    constant = reading.view(first if turned else second)
    number = reading.scalar(first if turned else second)
    if call.kind == "Mul":
        return _multiplied(reading, value, constant, number)
    if call.kind == "Div" and number and not turned:
        made = reading.row(value)
        if made.op == Gram() and number == reading.shape(made.inputs[0]).numbers:
            return reading.emit(Gram(mean=True), *made.inputs)
        return reading.on(value, Scale(factor=decimal(1 / number)))
    if call.kind == "Sub" and turned and number == 1:
        return reading.on(value, act.Complement())
    if call.kind == "Add":
        return _added(reading, value, constant)
    raise Unreadable(f"{call.kind} with a constant")


def _multiplied(reading: Reading, value: View, constant: View, number: float | None) -> View:
    """A fixed factor, or trained ones for the channels."""
    if number is not None and len(constant.shape) <= 1:
        return reading.on(value, Scale(factor=decimal(number)))
    made = reading.row(value)
    shape = made.shape
    if not isinstance(shape, Shape):
        raise Unreadable("a list")
    axis = len(value.sides) - len(constant.shape)
    varies = [at + axis for at, side in enumerate(constant.shape) if side > 1]
    channels = value.sides[varies[0]] if len(varies) == 1 else ()
    sizes = reading.sizes(made)
    own = prod(sizes[channel_axis(shape) % len(sizes) + 1 :])
    if channels != ((shape.channels, own),) or value.offset:
        raise Unreadable("factors that are not those of the channels")
    if sorted(value.sides) == sorted(whole(0, sizes).sides):
        weight = reshaped(constant, (shape.channels, *[1] * shape.rank))
        found = reading.emit(LayerScale(), reading.base(value), _=weight)
        return value.with_base(found.base)
    index = reading.settled(value)
    rank = reading.shape(index).rank
    return reading.emit(LayerScale(), index, _=reshaped(constant, (shape.channels, *[1] * rank)))


def _added(reading: Reading, value: View, constant: View) -> View:
    """A bias of the layer before, or positions."""
    made = reading.row(value)
    shape = made.shape
    if not isinstance(shape, Shape):
        raise Unreadable("a list")
    biased = _biased(reading, value, constant)
    if biased is not None:
        return biased
    if len(value.sides) != 3 or prod(constant.shape) != prod(value.shape[1:]):
        raise Unreadable("a constant that is added")
    index = reading.settled(value, "things")
    things = reading.shape(index)
    if not isinstance(things, Shape) or prod(constant.shape) != things.numbers:
        raise Unreadable("a constant that is added")
    weight = reshaped(constant, (1, things.things, things.channels))
    return reading.emit(Positions(), index, _=weight)


def _biased(reading: Reading, value: View, constant: View) -> View | None:
    """The layer before once more, with a bias."""
    made = reading.row(value)
    op, shape = made.op, made.shape
    if value.base in reading.parts.behind_heads:
        assert isinstance(value.base, int)
        found = with_bias(reading, value.base, reshaped(constant, (shape.channels,)))
        return composed(value, found)
    linear = isinstance(op, (FullyConnected, Conv, Deconv))
    if not linear or getattr(op, "bias", True) or prod(constant.shape) != shape.channels:
        return None
    axis = len(value.sides) - len(constant.shape)
    varies = [at + axis for at, side in enumerate(constant.shape) if side > 1]
    sizes = reading.sizes(made)
    own = prod(sizes[channel_axis(shape) % len(sizes) + 1 :])
    if shape.channels > 1 and (
        len(varies) != 1 or value.sides[varies[0]] != ((shape.channels, own),)
    ):
        return None
    weight = made.tensors["weight"]
    bias = reshaped(constant, (shape.channels,))
    here, reading.call = reading.call, made.call
    found = reading.emit(replace(op, bias=True), *made.inputs, weight=weight, bias=bias)
    reading.call = here
    return value.with_base(found.base)


@reads("Abs")
def absolute(reading: Reading, call: Call) -> View:
    """Of a difference of two values."""
    view = reading.view(call.inputs[0])
    made = reading.row(view)
    if not isinstance(made.op, Sub) or len(made.inputs) != 2:
        raise Unreadable("an absolute value")
    return view.with_base(reading.emit(AbsDiff(), *made.inputs).base)


@reads("Concat")
def concat(reading: Reading, call: Call) -> View:
    """Channels behind each other, or things."""
    pooled = cells_of(reading, call)
    if pooled is not None:
        return pooled
    views = [reading.view(name) for name in call.inputs]
    axis = axis_of(call.attribute("axis", 1), len(views[0].sides))
    turned = rolled(reading, views, axis)
    if turned is not None:
        return turned
    together = None if _are_channels(reading, views, axis) else joined(views, axis)
    if together is not None:
        return together
    if len(views) == 1:
        return views[0]
    if any(isinstance(view.base, str) for view in views):
        return _class_token(reading, views, axis)
    rows = [reading.settled(view) for view in views]
    shape = reading.shape(rows[0])
    if not isinstance(shape, Shape):
        raise Unreadable("a list")
    rank = len(views[0].sides)
    if axis == channel_axis(shape) % rank:
        return _concatenated(reading, rows)
    if axis == (0 if shape.rank else 1):
        return reading.emit(Append(), *rows)
    if rank == 3:
        rows = [reading.settled(view, "things") for view in views]
        return reading.emit(Append() if axis == 1 else Concat(), *rows)
    raise Unreadable("values behind each other along another side")


def _are_channels(reading: Reading, views: Sequence[View], axis: int) -> bool:
    """Whether all are neighbouring channels of maps or vectors, which `chunk` gives one by one."""
    for view in views:
        if isinstance(view.base, str):
            return False
        made = reading.row(view)
        own = whole(view.base, reading.sizes(made)).sides
        if reading.is_list(made) or made.shape.count is not None or axis != 1:
            return False
        if len(own) != len(view.sides) or view.sides[axis][0][1:] != own[axis][0][1:]:
            return False
        if (*view.sides[:axis], own[axis], *view.sides[axis + 1 :]) != own:
            return False
    return True


def _concatenated(reading: Reading, rows: list[int]) -> View:
    """With a row that joins the first of them already in their place, as DenseNet's layers do."""
    for length in range(len(rows) - 1, 1 if not reading.own else len(rows), -1):
        before = reading.concats.get(tuple(rows[:length]))
        if before is not None:
            rows = [before, *rows[length:]]
            break
    given = tuple(reading.concatenated.get(rows[0], (rows[0],))) + tuple(rows[1:])
    found = reading.emit(Concat(), *rows)
    assert isinstance(found.base, int)
    reading.concats[given] = found.base
    reading.concatenated[found.base] = given
    return found


def _class_token(reading: Reading, views: list[View], axis: int) -> View:
    """A trained thing in front of the others."""
    from archc.ops.learned import ClassToken

    token = views[0]
    if axis != 1 or len(views) != 2 or not isinstance(token.base, str):
        raise Unreadable("a constant among values")
    width = token.shape[-1]
    if len(token.shape) != 3 or token.shape[1] != 1:
        raise Unreadable("a constant among values")
    one = View(token.base, ((), (), token.sides[2]), token.offset)
    if token.shape[0] not in (1, reading.batch) or prod(one.shape) != width:
        raise Unreadable("a constant among values")
    return reading.emit(ClassToken(), reading.settled(views[1], "things"), _=one)
