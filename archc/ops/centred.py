"""Numbers brought to mean 0 and variance 1 in ONNX, as its versions have it."""

from __future__ import annotations

from math import prod

from archc.ops.nodes import Nodes

LAYERS = 17
"""the opset from which on there is LayerNormalization"""


def normalized(
    made: Nodes, given: str, axis: int, tensors: list[str], sides: tuple[int, ...], eps: float
) -> str:
    """Layer normalisation over the axes from `axis` (negative) on, with its factors and shifts."""
    if made.opset >= LAYERS:
        factors = tensors or [made.numbers(*[1.0] * prod(sides), sides=sides)]
        return made("LayerNormalization", given, *factors, axis=axis, epsilon=eps)
    axes = tuple(range(axis, 0))
    centred = made("Sub", given, made.reduce("ReduceMean", given, *axes))
    variance = made.reduce("ReduceMean", made("Mul", centred, centred), *axes)
    found = made("Div", centred, made("Sqrt", made("Add", variance, made.number(eps))))
    for kind, tensor in zip(("Mul", "Add"), tensors):
        found = made(kind, found, tensor)
    return found


def grouped(made: Nodes, given: str, groups: int, eps: float) -> str:
    """Equal parts of a sample to mean 0 and variance 1, as N,groups,-1."""
    ones, zeros = made.numbers(*[1.0] * groups), made.numbers(*[0.0] * groups)
    rows = made.reshape(given, 0, groups, -1)
    return made("InstanceNormalization", rows, ones, zeros, epsilon=eps)
