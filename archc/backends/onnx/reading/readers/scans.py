"""Rows that run once for each thing: a node of Scan, with the graph inside of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archc.backends.onnx.reading.call import Call, Scope
from archc.backends.onnx.reading.problem import Unreadable
from archc.backends.onnx.reading.reader import Reading
from archc.backends.onnx.reading.readers.recurrent import KINDS
from archc.backends.onnx.reading.readers.registry import reads
from archc.backends.onnx.reading.views import View, reshaped, transposed
from archc.ops.ends import Prev
from archc.ops.scan import Gather, Scan
from archc.ops.values import Window

if TYPE_CHECKING:
    import onnx

DEEPEST = 8
"""scans inside each other"""
BEHIND = 2**31
"""behind all nodes of a scan"""


@reads("Scan")
def scan(reading: Reading, call: Call) -> list[View | None]:
    """One thing at a time; of what it gives the row of results, not the last states."""
    body = call.attribute("body")
    states = _checked(reading, call, body)
    here = reading.call
    things = _things(reading, call)
    scope = Scope(call, _names(call, body))
    try:
        thing = _thing(reading, call, scope, things)
        start = reading.base(thing)
        inner = [value.name for value in body.input]
        reading.values[scope.names[inner[-1]]] = thing
        carried = _states(reading, call, scope, body, states)
        _read_body(reading, scope, body)
        for row, name in carried.items():
            reading.carried[row] = reading.settled(reading.view(scope.own(name)))
        result = reading.settled(reading.view(scope.own(body.output[-1].name)))
        if reading.rows[result].scope is not scope:
            raise Unreadable("a scan whose result is made outside of it")
        reading.call = Call((*call.at, BEHIND), call.proto, call.scope)
        times = reading.shape(things).count
        found = reading.emit(Gather(times=times), result)
        assert isinstance(found.base, int)
        reading.scans[found.base] = start
    finally:
        reading.call = here
    return [*[None] * states, _gathered(call, found)]


def _checked(reading: Reading, call: Call, body: onnx.GraphProto) -> int:
    """How many states there are; Unreadable for what the language's `scan` does not do."""
    depth, around = 1, call.scope
    while around is not None:
        depth, around = depth + 1, around.call.scope
    states = len(call.inputs) - 1
    names = ("scan_input_directions", "scan_output_directions")
    backwards = any(any(call.attribute(name) or ()) for name in names)
    alone = call.attribute("num_scan_inputs") == 1 and len(body.output) == states + 1
    if depth > DEEPEST or backwards or not alone or len(body.input) != states + 1:
        raise Unreadable("a scan over several values")
    return states


def _things(reading: Reading, call: Call) -> int:
    """The row of things that it runs over."""
    view = reading.view(call.inputs[-1])
    axis = _axis(call, "scan_input_axes", len(view.sides))
    made = reading.row(view)
    if made.rows is None and axis == 0 and len(view.sides) == 3:
        view, axis = transposed(view, (1, 0, 2)), 1
    if axis != (0 if made.rows else 1):
        raise Unreadable("a scan over another side")
    return reading.settled(view)


def _axis(call: Call, name: str, rank: int) -> int:
    found = call.attribute(name) or (0,)
    return int(found[0]) % rank


def _thing(reading: Reading, call: Call, scope: Scope, things: int) -> View:
    """One thing, without the side that the scan runs over."""
    reading.call = Call((*call.at, 0), call.proto, scope)
    thing = reading.emit(Scan(), things)
    if reading.rows[things].rows is None:
        return thing
    return View(thing.base, thing.sides[1:], thing.offset)


def _names(call: Call, body: onnx.GraphProto) -> dict[str, str]:
    """Names of the body that are unlike those of other bodies."""
    prefix = "/".join([str(part) for part in call.at])
    own = [value.name for value in (*body.input, *body.initializer)]
    own += [name for node in body.node for name in node.output if name]
    return {name: f"{prefix}/{name}" for name in own}


def _read_body(reading: Reading, scope: Scope, body: onnx.GraphProto) -> None:
    for tensor in body.initializer:
        reading.model.add(scope.names[tensor.name], tensor)
    calls = [
        Call((*scope.call.at, at + len(body.input)), node, scope)
        for at, node in enumerate(body.node)
    ]
    reading.read(calls)


def _states(
    reading: Reading, call: Call, scope: Scope, body: onnx.GraphProto, number: int
) -> dict[int, str]:
    """Rows that read another row one step ago, with the value that is handed on to each. States
    of recurrent layers are their own.
    """
    found: dict[int, str] = {}
    for at in range(number):
        name, after = body.input[at].name, body.output[at].name
        own = scope.names[name]
        if _is_of_layer(body, name, after):
            reading.states[own] = call.inputs[at]
            continue
        proto = type(call.proto)(name=name)
        reading.call = Call((*call.at, at + 1), proto, scope)
        value = _prev(reading, call.inputs[at])
        assert isinstance(value.base, int)
        reading.values[own] = value
        found[value.base] = after
    return found


def _is_of_layer(body: onnx.GraphProto, name: str, after: str) -> bool:
    """Whether a state is that of a recurrent layer, which hands it on itself."""
    readers = [node for node in body.node if name in node.input]
    if len(readers) != 1 or readers[0].op_type not in KINDS:
        return False
    layer = readers[0]
    at = [*layer.input].index(name)
    return at in (5, 6) and len(layer.output) > at - 4 and layer.output[at - 4] == after


def _prev(reading: Reading, first: str) -> View:
    """A row one step ago, which begins with a value or with zeros."""
    zeros = reading.is_zero(first)
    sides = reading.zero_sides(first) if zeros else reading.view(first).shape
    if sides is None or len(sides) < 2:
        raise Unreadable("a state without sides")
    size: dict[str, Any] = {"channels": sides[1]}
    if len(sides) > 2:
        size = {"size": Window((*sides[2:], sides[1]))}
    if zeros:
        return reading.emit(Prev(row="row", **size))
    index = reading.settled(reading.view(first))
    return reading.emit(Prev(row="row", start="first", **size), index)


def _gathered(call: Call, found: View) -> View:
    """The row of results with the side of the things where the node puts it."""
    sides = found.shape
    if len(sides) > 3:  # maps: T,1,C,H,W
        return reshaped(found, (sides[0], 1, *sides[1:]))
    axis = _axis(call, "scan_output_axes", len(sides))
    if axis not in (0, 1):
        raise Unreadable("results along another side")
    return found if axis else transposed(found, (1, 0, 2))
