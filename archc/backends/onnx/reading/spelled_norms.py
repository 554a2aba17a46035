"""Normalisations that are spelled in means, roots and quotients, as older opsets need it."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from archc.backends.onnx.reading.call import Call
from archc.backends.onnx.reading.views import View, reshaped
from archc.ops.norm import GroupNorm, L2Norm, LayerNorm

if TYPE_CHECKING:
    from archc.backends.onnx.reading.reader import Reading


def spelled_norm(reading: Reading, call: Call) -> View | None:
    """The value of a norm that ends in this node, None if none does."""
    bias, inner = _tensor_and_node(reading, call) if call.kind == "Add" else ("", call)
    if inner is None or inner.kind != "Mul":
        return None
    weight, quotient = _tensor_and_node(reading, inner)
    if quotient is not None and quotient.kind == "Reshape" and bias:
        return _group_norm(reading, quotient, weight, bias)
    if quotient is None or quotient.kind != "Div":
        return None
    above, below = quotient.inputs
    found = _root(reading, below)
    if found is None:
        return None
    squares, eps = found
    if squares.kind == "ReduceMean":
        return _layer_norm(reading, above, squares, eps, (weight, bias))
    if squares.kind == "ReduceSum" and not bias and _square_of(reading, squares) == above:
        return _l2norm(reading, above, squares, eps, weight)
    return None


def _tensor_and_node(reading: Reading, call: Call) -> tuple[str, Call | None]:
    """The tensor among two inputs, and the node that gives the other."""
    tensors = [name for name in call.inputs if reading.is_tensor(name)]
    others = [name for name in call.inputs if name not in tensors]
    if len(tensors) != 1 or len(others) != 1:
        return "", None
    return tensors[0], reading.calls.get(others[0])


def _root(reading: Reading, name: str) -> tuple[Call, float] | None:
    """The node under a root, and what is added to its value."""
    root = reading.calls.get(name)
    total = reading.calls.get(root.inputs[0]) if root is not None and root.kind == "Sqrt" else None
    if total is None or total.kind != "Add":
        return None
    for one, other in (total.inputs, total.inputs[::-1]):
        eps, inner = reading.scalar(other), reading.calls.get(one)
        if eps is not None and inner is not None:
            return inner, eps
    return None


def _square_of(reading: Reading, reduced: Call) -> str | None:
    """What is squared under a reduction."""
    square = reading.calls.get(reduced.inputs[0])
    if square is None or len(square.inputs) != 2:
        return None
    name, other = square.inputs
    twice = square.kind == "Pow" and reading.scalar(other) == 2
    return name if twice or (square.kind == "Mul" and name == other) else None


def _axes(reading: Reading, call: Call) -> tuple[int, ...]:
    return tuple(
        (reading.integers(call.given(1)) if call.given(1) else call.attribute("axes")) or ()
    )


def _layer_norm(
    reading: Reading, centred: str, squares: Call, eps: float, tensors: tuple[str, str]
) -> View | None:
    from archc.backends.onnx.reading.readers.norms import normalized
    from archc.backends.onnx.reading.readers.registry import decimal

    difference = reading.calls.get(centred)
    if difference is None or difference.kind != "Sub" or _square_of(reading, squares) != centred:
        return None
    value, mean = difference.inputs[0], reading.calls.get(difference.inputs[1])
    if mean is None or mean.kind != "ReduceMean" or mean.inputs[0] != value:
        return None
    view = reading.view(value)
    last = {(-1,), (len(view.sides) - 1,)}
    if not {_axes(reading, mean), _axes(reading, squares)} <= last:
        return None
    names = [name for name in tensors if name]
    op = LayerNorm(eps=decimal(eps), bias=len(names) == 2)
    given = [reading.view(name) for name in names]
    return normalized(reading, view, op, dict(zip(("weight", "bias"), given)))


def _group_norm(reading: Reading, back: Call, weight: str, bias: str) -> View | None:
    """PyTorch's, as opsets below 18 need it: groups as the channels of an instance norm."""
    from archc.backends.onnx.reading.readers.registry import decimal

    inner = reading.calls.get(back.inputs[0])
    if inner is None or inner.kind != "InstanceNormalization":
        return None
    grouping = reading.calls.get(inner.inputs[0])
    if grouping is None or grouping.kind != "Reshape" or not _is_plain(reading, inner):
        return None
    view, groups = reading.view(grouping.inputs[0]), reading.view(inner.inputs[0]).shape
    (samples, channels), places = view.shape[:2], len(view.shape) - 2
    if len(groups) != 3 or groups[0] != samples or channels % groups[1]:
        return None
    if not _is_as_before(reading.integers(back.inputs[1]) or (), view.shape):
        return None
    tensors = {"weight": reading.view(weight), "bias": reading.view(bias)}
    for key, one in tensors.items():
        if one.shape[-places - 1 :] != (channels, *(1,) * places) or prod(one.shape) != channels:
            return None
        tensors[key] = reshaped(one, (channels,))
    op = GroupNorm(groups=groups[1], eps=decimal(inner.attribute("epsilon", 1e-5)))
    return reading.emit(op, reading.settled(view), **tensors)


def _is_as_before(wanted: tuple[int, ...], sides: tuple[int, ...]) -> bool:
    """Whether a Reshape to the `wanted` sides leads back to these."""
    if len(wanted) != len(sides):
        return False
    known = all(one in (side, -1) for one, side in zip(wanted[1:], sides[1:]))
    return known and wanted[0] in (sides[0], 0, -1)


def _is_plain(reading: Reading, call: Call) -> bool:
    """Whether a norm has no factors of its own: ones, and zeros."""
    arrays = [reading.array(name) for name in call.inputs[1:3]]
    return all(
        array is not None and bool((array == number).all()) for array, number in zip(arrays, (1, 0))
    )


def _l2norm(reading: Reading, name: str, squares: Call, eps: float, weight: str) -> View | None:
    from archc.backends.onnx.reading.readers.registry import decimal

    view, factors = reading.view(name), reading.view(weight)
    rank = len(view.sides)
    axes = [axis % rank for axis in _axes(reading, squares)]
    if axes != [1] or prod(factors.shape) != view.shape[1] or factors.shape[-(rank - 1)] == 1:
        return None
    flat = reshaped(factors, (view.shape[1],))
    return reading.emit(L2Norm(eps=decimal(eps)), reading.settled(view), weight=flat)
