"""A layer as one would type it, with every formula worked out: `conv 3x3/2 64 pad=half`."""

from __future__ import annotations

from typing import Any

from archc.ops.base import Op
from archc.ops.values import number_text

NOT_SHOWN = frozenset({"init"})
"""options that change no size and no cost"""


def layer_text(op: Op) -> str:
    """The operator's word and the options that are not at their defaults."""
    if op.word == "input":
        return "input"
    parts = [op.word]
    for name, field in type(op).fields.items():
        value = getattr(op, name)
        if value == field.default or value is None or name in NOT_SHOWN:
            continue
        if field.kind == "flag":
            parts.append(name)
        elif field.positional:
            parts.append(_value(value))
        else:
            parts.append(f"{name}={_value(value)}")
    return " ".join(parts)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return "x".join([str(side) for side in value])
    if isinstance(value, str):
        return value
    return number_text(value)
