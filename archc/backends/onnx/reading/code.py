"""What a user has to write in Python: an operator that the language lacks, said in full."""

from __future__ import annotations

import re
from collections.abc import Hashable
from math import prod
from typing import TYPE_CHECKING, Any

from archc.backends.onnx.reading.call import Call
from archc.backends.onnx.reading.problem import Unreadable
from archc.record import Record

if TYPE_CHECKING:
    from archc.backends.onnx.reading.reader import Reading

SHOWN = 8
"""numbers of a constant that are said one by one"""
LONGEST = 60
"""signs of an attribute"""
FLOATS = ("float", "bfloat")


class Code(Record):
    """ONNX's operator, its attributes and small constants as people write them, and the constants
    too large for that: name and sides.
    """

    kind: str
    options: tuple[str, ...]
    weights: tuple[tuple[str, tuple[int, ...]], ...]

    def lines(self) -> list[str]:
        """What a text says of it."""
        said = f": {', '.join(self.options)}" if self.options else ""
        found = [f"ONNX's {plain(self.kind)}, which the language lacks{said}"]
        if self.weights:
            sides = [f"{plain(name)} {'x'.join(map(str, size))}" for name, size in self.weights]
            found.append(f"its numbers are not here: {', '.join(sides)}")
        return found


def code_of(reading: Reading, call: Call) -> Code:
    """What stands for a node."""
    kind = call.kind if not call.domain else f"{call.domain}.{call.kind}"
    options, weights = _attributes(call), []
    for at, name in enumerate(call.inputs):
        if name and reading.is_tensor(name):
            array = reading.array(name) if prod(reading.view(name).shape) <= SHOWN else None
            if array is not None:
                options.append(f"input {at} is {_text(tuple(array.reshape(-1).tolist()))}")
            else:
                weights.append((name, reading.view(name).shape))
    return Code(kind, tuple(options), tuple(weights))


def _attributes(call: Call) -> list[str]:
    try:
        values = [(one.name, call.attribute(one.name)) for one in call.proto.attribute]
        return [f"{plain(name)}={_text(value)}" for name, value in values]
    except Unreadable:  # one of a kind that is none
        return []


def sign_of(reading: Reading, call: Call, code: Code) -> Hashable:
    """What nodes have in common that the same code stands for."""
    attributes = sorted([one.SerializeToString(deterministic=True) for one in call.proto.attribute])
    sides = []
    for name in call.inputs:
        view = reading.known(name)
        sides.append(None if view is None else (isinstance(view.base, str), view.shape))
    return code, tuple(attributes), tuple(sides)


def plain(text: str) -> str:
    """A stranger's text within a comment: one line, and nothing that a terminal obeys."""
    return re.sub(r"[^ -~]", "?", text)[:LONGEST]


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return plain(" ".join([_text(one) for one in value[: 2 * SHOWN]]))
    if isinstance(value, float):
        return f"{value:.7g}"
    if isinstance(value, (str, int)):
        return plain(str(value))
    return "a graph" if hasattr(value, "node") else "a tensor"
