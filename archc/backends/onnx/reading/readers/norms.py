"""Normalisations."""

from __future__ import annotations

from math import prod

from archc.backends.onnx.reading.call import Call
from archc.backends.onnx.reading.problem import Unreadable, axis_of
from archc.backends.onnx.reading.reader import Reading
from archc.backends.onnx.reading.readers.registry import decimal, reads
from archc.backends.onnx.reading.views import View, transposed
from archc.ops.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, LocalResponseNorm
from archc.ops.values import Shape
from archc.record import replace


@reads("BatchNormalization")
def batch_norm(reading: Reading, call: Call) -> View:
    """Its running statistics are buffers; in ONNX all four are tensors alike."""
    if call.attribute("training_mode", 0):
        raise Unreadable("a batch norm that is trained while it runs")
    view = reading.view(call.inputs[0])
    eps = decimal(call.attribute("epsilon", 1e-5))
    kept = call.attribute("momentum", 0.9)
    op = BatchNorm(eps=eps, momentum=1 - decimal(kept))
    names = ("weight", "bias", "running_mean", "running_var")
    tensors = {name: reading.view(given) for name, given in zip(names, call.inputs[1:])}
    if len(view.sides) == 3:
        turned = transposed(view, (0, 2, 1))
        if _is_things(reading, turned):
            found = reading.emit(op, reading.settled(turned, "things"), **tensors)
            return transposed(found, (0, 2, 1))
    return reading.emit(op, reading.settled(view), **tensors)


def _is_things(reading: Reading, view: View) -> bool:
    made = reading.row(view)
    shape = made.shape
    if not isinstance(shape, Shape) or shape.rank or shape.count is None:
        return False
    return view.shape == reading.sizes(made)


@reads("LRN")
def local_response(reading: Reading, call: Call) -> View:
    """ONNX's factor is for the mean of the squares."""
    size = call.attribute("size")
    mean = decimal(call.attribute("alpha", 1e-4))
    op = LocalResponseNorm(
        n=size,
        alpha=mean / size,
        beta=decimal(call.attribute("beta", 0.75)),
        k=decimal(call.attribute("bias", 1.0)),
    )
    exact = (mean / size).denominator
    while exact % 2 == 0:
        exact //= 2
    while exact % 5 == 0:
        exact //= 5
    if exact != 1:  # no short decimal: say it as ONNX does
        op = replace(op, alpha=mean, mean=True)
    return reading.emit(op, reading.settled(reading.view(call.inputs[0]), "map"))


@reads("LayerNormalization")
def layer_norm(reading: Reading, call: Call) -> View:
    """Over the channels, or over the whole value."""
    view = reading.view(call.inputs[0])
    axis = axis_of(call.attribute("axis", -1), len(view.sides))
    names = ["weight", "bias"] if call.given(2) else ["weight"]
    tensors = {name: reading.view(given) for name, given in zip(names, call.inputs[1:])}
    eps = decimal(call.attribute("epsilon", 1e-5))
    op = LayerNorm(eps=eps, bias=len(names) == 2)
    if len(view.sides) > 1 and axis == len(view.sides) - 1:
        return normalized(reading, view, op, tensors)
    if axis == 1:
        index = reading.settled(view)
        return reading.emit(replace(op, all=True), index, **tensors)
    raise Unreadable("a norm over some of the sides")


def normalized(reading: Reading, view: View, op: LayerNorm, tensors: dict[str, View]) -> View:
    """A norm over the last side: on a map in whatever order, if these are its channels."""
    made = reading.row(view)
    shape = made.shape
    if isinstance(shape, Shape) and shape.rank == len(view.sides) - 2 > 0 and not view.offset:
        places = prod(shape.spatial)
        whole = prod(view.shape) == prod(reading.sizes(made))
        if whole and view.sides[-1] == ((shape.channels, places),):
            found = reading.emit(op, reading.base(view), **tensors)
            return view.with_base(found.base)
    rank = len(view.sides)
    if rank > 3:  # a map whose channels come last
        turned = transposed(view, (0, rank - 1, *range(1, rank - 1)))
        found = reading.emit(op, reading.settled(turned, "map"), **tensors)
        return transposed(found, (0, *range(2, rank), 1))
    return reading.emit(op, reading.settled(view), **tensors)


@reads("InstanceNormalization")
def instance_norm(reading: Reading, call: Call) -> View:
    """Each channel by itself."""
    view = reading.view(call.inputs[0])
    eps = decimal(call.attribute("epsilon", 1e-5))
    arrays = [reading.array(name) for name in call.inputs[1:3]]
    plain = all(
        array is not None and bool((array == number).all()) for array, number in zip(arrays, (1, 0))
    )
    if plain and not _is_initializer(reading, call):
        return reading.emit(InstanceNorm(eps=eps), reading.settled(view, "map"))
    tensors = {name: reading.view(one) for name, one in zip(("weight", "bias"), call.inputs[1:])}
    op = InstanceNorm(eps=eps, affine=True)
    return reading.emit(op, reading.settled(view, "map"), **tensors)


def _is_initializer(reading: Reading, call: Call) -> bool:
    """Whether the factors have names of a layer: they are trained, whatever they are now."""
    return call.inputs[1].endswith(".weight")


@reads("GroupNormalization")
def group_norm(reading: Reading, call: Call) -> View:
    """Groups of channels."""
    if reading.opset < 21:
        raise Unreadable("factors for each group")
    op = GroupNorm(
        groups=call.attribute("num_groups"), eps=decimal(call.attribute("epsilon", 1e-5))
    )
    tensors = {name: reading.view(one) for name, one in zip(("weight", "bias"), call.inputs[1:])}
    return reading.emit(op, reading.settled(reading.view(call.inputs[0])), **tensors)
