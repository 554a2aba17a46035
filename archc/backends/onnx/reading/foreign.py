"""What the language lacks: Python code of the user's, by the name of ONNX's operator."""

from __future__ import annotations

import re
from math import prod
from typing import TYPE_CHECKING

from archc.backends.onnx.reading.call import Call
from archc.backends.onnx.reading.code import code_of, sign_of
from archc.backends.onnx.reading.inference import declared_sides, inferred_sides
from archc.backends.onnx.reading.problem import ModelProblem, Unreadable
from archc.backends.onnx.reading.views import View
from archc.ops.ends import EXTERN, Extern
from archc.ops.values import Count, Shape

if TYPE_CHECKING:
    from archc.backends.onnx.reading.reader import Reading


def foreign(reading: Reading, call: Call) -> list[View | None]:
    """A row of Python code for each value that a node gives.

    Raises ModelProblem for a value of which not even the size is known.
    """
    inputs = [row_of(reading, name) for name in _values(reading, call)]
    inferred = inferred_sides(reading, call)
    given = [*dict.fromkeys(inputs)] or [0]  # code without a value to read is given the input
    found: list[View | None] = []
    for at, output in enumerate(call.outputs):
        if not output:
            found.append(None)
            continue
        sides = inferred.get(output) or declared_sides(reading, output)
        if sides is None:
            raise ModelProblem(_unknown(call, output))
        reading.extern_sides[output] = sides
        shape = shape_of(reading, sides)
        found.append(reading.emit(Extern(name=_name(reading, call, at), size=shape), *given))
    return found


def _values(reading: Reading, call: Call) -> list[str]:
    return [name for name in call.inputs if name and not reading.is_tensor(name)]


def row_of(reading: Reading, name: str) -> int:
    """The row of a value; where no move gives its order, its node is code too. Raises Unreadable,
    ModelProblem.
    """
    pending = [name]
    while pending:
        problem = _disorder(reading, pending[-1])
        if problem is None:
            pending.pop()
            continue
        call = reading.calls.get(pending[-1])
        if call is None or len(pending) > len(reading.calls):
            raise problem
        before = [one for one in _values(reading, call) if _disorder(reading, one)]
        if before:
            pending.append(before[0])
        else:
            reading.keep(call, foreign(reading, call))
    return reading.settled(reading.view(name))


def _disorder(reading: Reading, name: str) -> Unreadable | None:
    """Why a value is no row, if it is none."""
    try:
        reading.settled(reading.view(name))
    except Unreadable as problem:
        return problem
    return None


def in_order(reading: Reading, call: Call) -> bool:
    """Whether code can bring values that a node reads into an order that it has not had."""
    mixed = [name for name in _values(reading, call) if _disorder(reading, name)]
    for name in mixed:
        row_of(reading, name)
    return bool(mixed)


def _unknown(call: Call, output: str) -> str:
    place = call.name or f"node {call.at[-1]}"
    return f"{call.kind} ({place}) is not read, and the size of its value {output} is not known"


def _name(reading: Reading, call: Call, at: int) -> str:
    """What the code is called: nodes that are alike share one name."""
    if call.domain == EXTERN:  # what archc wrote as `extern` is that again
        return call.kind
    code = code_of(reading, call)
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", call.kind).lower()
    word = re.sub(r"\W", "_", snake, flags=re.ASCII)
    place = "_".join([str(part) for part in (*call.at, *([at] if at else []))])
    name = reading.named_code.setdefault((at, sign_of(reading, call, code)), f"onnx_{word}_{place}")
    reading.externs[name] = code
    return name


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
