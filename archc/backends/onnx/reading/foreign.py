"""What the language lacks: Python code of the user's, by the name of ONNX's operator."""

from __future__ import annotations

import re
from math import prod
from typing import TYPE_CHECKING

from archc.backends.onnx.reading.call import Call
from archc.backends.onnx.reading.inference import declared_sides
from archc.backends.onnx.reading.problem import ModelProblem, Unreadable
from archc.backends.onnx.reading.views import View
from archc.ops.ends import EXTERN, Extern
from archc.ops.values import Count, Shape

if TYPE_CHECKING:
    from archc.backends.onnx.reading.reader import Reading


def foreign(reading: Reading, call: Call) -> list[View]:
    """A row of Python code for each value that a node gives.

    Raises ModelProblem for a value of which not even the size is known.
    """
    inputs: list[int] = []
    for name in call.inputs:
        if name and not reading.is_tensor(name):
            try:
                inputs.append(reading.settled(reading.view(name)))
            except Unreadable:
                base = reading.view(name).base
                assert isinstance(base, int)
                inputs.append(base)
    found = []
    for at, output in enumerate(call.outputs):
        if output:
            shape = _shape(reading, call, output)
            name = _name(call, at)
            given = dict.fromkeys(inputs) or [0]  # code without a value to read is given the input
            found.append(reading.emit(Extern(name=name, size=shape), *given))
            if call.domain != EXTERN:  # what archc wrote as `extern` is that again
                kind = call.kind if not call.domain else f"{call.domain}.{call.kind}"
                reading.externs[name] = kind
    return found


def _name(call: Call, at: int) -> str:
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", call.kind).lower()
    plain = re.sub(r"\W", "_", plain)
    if call.domain == EXTERN:
        return call.kind
    place = "_".join([str(part) for part in (*call.at, *([at] if at else []))])
    return f"onnx_{plain}_{place}"


def _shape(reading: Reading, call: Call, output: str) -> Shape:
    """The size that onnx infers, or the model says."""
    sides = reading.inferred(output) or declared_sides(reading, output)
    if sides is None:
        raise ModelProblem(
            f"the value {output} of {call.kind} ({call.name or call.at[-1]}) has no known size"
        )
    return shape_of(reading, sides)


def shape_of(reading: Reading, sides: tuple[int, ...]) -> Shape:
    """Sides in ONNX's order as the language's."""
    if not sides or sides[0] != reading.batch:
        size = prod(sides) // reading.batch if prod(sides) % reading.batch == 0 else prod(sides)
        return Shape((max(size, 1),))
    inner = sides[1:]
    if len(inner) == 0:
        return Shape((1,))
    if len(inner) == 2:
        return Shape((inner[1],), _count(reading, inner[0]))
    return Shape((*inner[1:], inner[0]))


def _count(reading: Reading, number: int) -> int | Count:
    for symbol, value in reading.counts.items():
        if value == number:
            return Count(symbol)
    return number
