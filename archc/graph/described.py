"""What the language says of one operator: all but its numbers, and its numbers as leaves."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from archc.graph.ir import Instance, Network, Node
from archc.graph.parameters import Leaf
from archc.ops.base import Op
from archc.ops.conv import Filter
from archc.ops.resample import Crop, Resize
from archc.ops.values import Window

HINTS = {"channels": "c", "stride": "s", "groups": "g", "pad": "p"}


def described(node: Node, own_sides: tuple[int, ...]) -> tuple[tuple[Any, ...], tuple[Leaf, ...]]:
    """What the language says of a node."""
    return numbers_of(node.op, own_sides)


def numbers_of(op: Op, own_sides: tuple[int, ...] = ()) -> tuple[tuple[Any, ...], tuple[Leaf, ...]]:
    """An operator without its numbers, and its numbers in the order of its fields."""
    shape: list[Any] = [type(op)]
    leaves: list[Leaf] = []
    for name, field in type(op).fields.items():
        value = getattr(op, name)
        if field.kind in ("row", "name") and op.word != "extern":
            shape.append(value is not None)
        elif is_own_size(op, value, own_sides):
            shape.append("own size")
        elif isinstance(value, Window):
            strides = strides_of(op, value)
            shape.append((len(value.sides), len(strides)))
            leaves += [Leaf(side, "k", False) for side in value.sides]
            leaves += [Leaf(side, "s", False) for side in strides]
        elif isinstance(value, tuple):
            shape.append(len(value))
            leaves += [Leaf(side, HINTS.get(name, "n"), False) for side in value]
        elif isinstance(value, (int, Fraction, float)) and not isinstance(value, bool):
            shape.append("number")
            leaves.append(Leaf(value, HINTS.get(name, "n"), field.kind == "integer"))
        else:
            shape.append(value)
    return tuple(shape), tuple(leaves)


def own_value(network: Network, body: Instance) -> int | None:
    """The value that a body is given first, where its sides are open; None if they are not."""
    opened = network.open_sides
    if not opened:
        return None
    if body.parent is None:
        return network.inputs[opened[0].letters[0][1]]
    return body.inputs[0] if body.inputs else None


def is_own_size(op: Op, value: Any, own_sides: tuple[int, ...]) -> bool:
    """Whether a size is that of the map which the body is given."""
    return (
        bool(own_sides)
        and isinstance(op, (Resize, Crop))
        and isinstance(value, Window)
        and value.sides == own_sides
    )


def strides_of(op: Op, window: Window) -> tuple[int, ...]:
    """The strides of a window: a conv without one moves by 1, whether it says so or not."""
    if window.stride is None and isinstance(op, Filter) and op.stride is None:
        return (1,)
    strides = window.stride or ()
    return strides[:1] if len(set(strides)) == 1 else strides
