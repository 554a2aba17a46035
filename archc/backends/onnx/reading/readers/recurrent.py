"""Recurrent layers: one node is one layer; nodes on top of each other are its layers."""

from __future__ import annotations

from typing import Any

from archc.backends.onnx.reading.call import Call
from archc.backends.onnx.reading.made import Held, Made
from archc.backends.onnx.reading.problem import Unreadable
from archc.backends.onnx.reading.reader import Reading
from archc.backends.onnx.reading.readers.registry import reads
from archc.backends.onnx.reading.views import View, reshaped, sliced, transposed
from archc.ops.recurrent import Gru, Lstm, Recurrent, Rnn
from archc.record import replace

KINDS: dict[str, type[Recurrent]] = {"LSTM": Lstm, "GRU": Gru, "RNN": Rnn}
USUAL = {"LSTM": ("Sigmoid", "Tanh", "Tanh"), "GRU": ("Sigmoid", "Tanh"), "RNN": ("Tanh",)}
WAYS = ("", "_reverse")
STATES = ("start", "cell")


@reads(*KINDS)
def recurrent(reading: Reading, call: Call) -> list[View]:
    """All things in order: Y, and the last state of a layer that runs forwards only."""
    options: dict[str, Any]
    ways, width, cls = _ways(call), call.attribute("hidden_size"), KINDS[call.kind]
    states = {name: call.given(5 + at) for at, name in enumerate(STATES) if call.given(5 + at)}
    things = transposed(reading.view(call.inputs[0]), (1, 0, 2))
    step = _is_step(reading, call, things, states)
    if step:
        things = reshaped(things, (things.shape[0], things.shape[2]))
    index = reading.settled(things, "vector" if step else "things")
    begins = {name: reading.states.get(given, given) for name, given in states.items()}
    firsts = {
        name: _state(reading, given, ways, width)
        for name, given in begins.items()
        if not reading.is_zero(given)
    }
    tensors = _tensors(reading, call, cls, ways, width)
    options = {**_activation(call, ways), **dict.fromkeys(firsts, "first")}
    op = cls(channels=width, bidirectional=ways == 2, bias=bool(call.given(3)), **options)
    below = None if firsts else _below(reading, call, op, index)
    if below is None:
        named = _keys(tensors, 0)
        order = [firsts[name] for name in type(op).fields if name in firsts]
        found = reading.emit(op, index, *order, **named)
    else:
        more = {**below.tensors, **_keys(tensors, getattr(below.op, "layers", 1))}
        found = reading.emit(
            replace(below.op, layers=getattr(below.op, "layers", 1) + 1), *below.inputs, **more
        )
    if step:
        return [reshaped(found, (1, 1, *found.shape)), reshaped(found, (1, *found.shape))]
    samples, number, _ = found.shape
    each = reshaped(found, (samples, number, ways, width))
    outputs = [transposed(each, (1, 2, 0, 3))]
    if ways == 1:
        last = sliced(found, 1, number - 1, number)
        outputs.append(transposed(last, (1, 0, 2)))
    return outputs


def _is_step(reading: Reading, call: Call, things: View, states: dict[str, str]) -> bool:
    """Whether a layer makes one step on a single value; inside a scan it keeps its state."""
    if any(name in reading.states for name in states.values()):
        return True
    value = reading.row(things)
    single = things.shape[1] == 1 and reading.in_order(things) is not None
    return single and call.scope is None and not reading.is_list(value) and not value.shape.count


def _ways(call: Call) -> int:
    """How many directions; Unreadable for what the language's layers do not do."""
    direction = call.attribute("direction", "forward")
    odd = call.attribute("layout", 0) or call.attribute("input_forget", 0) or call.given(7)
    if direction == "reverse" or odd or call.given(4) or call.attribute("clip"):
        raise Unreadable(f"an {call.kind} of another form")
    if call.kind == "GRU" and not call.attribute("linear_before_reset", 0):
        raise Unreadable("a GRU that resets before its product")
    return 2 if direction == "bidirectional" else 1


def _activation(call: Call, ways: int) -> dict[str, Any]:
    given = call.attribute("activations")
    if given is None or tuple(given) == USUAL[call.kind] * ways:
        return {}
    if call.kind == "RNN" and tuple(given) == ("Relu",) * ways:
        return {"relu": True}
    raise Unreadable(f"an {call.kind} with other functions")


def _state(reading: Reading, name: str, ways: int, width: int) -> int:
    """The row of a first state, given as ways,N,n."""
    view = reading.view(name)
    turned = transposed(view, (1, 0, 2))
    if ways == 1:
        return reading.settled(reshaped(turned, (turned.shape[0], width)), "vector")
    return reading.settled(turned, "things")


def _tensors(
    reading: Reading, call: Call, cls: type[Recurrent], ways: int, width: int
) -> dict[str, Held]:
    """Weights by the beginnings of their names; ONNX's gates in torch's order."""
    found: dict[str, Held] = {}
    both = ("bias_ih", "bias_hh") if call.given(3) else ()
    for place, names in ((1, ("weight_ih",)), (2, ("weight_hh",)), (3, both)):
        if not names:
            continue
        whole = reading.view(call.inputs[place])
        size = cls.gates * width
        if whole.shape[:2] != (ways, len(names) * size):
            raise Unreadable(f"an {call.kind} with weights of other sides")
        for way in range(ways):
            one = sliced(whole, 0, way, way + 1)
            one = View(one.base, one.sides[1:], one.offset)
            for at, name in enumerate(names):
                starts = [at * size + cls.order.index(gate) * width for gate in range(cls.gates)]
                parts = [sliced(one, 0, start, start + width) for start in starts]
                found[name + WAYS[way]] = tuple(parts)
    return found


def _keys(tensors: dict[str, Held], layer: int) -> dict[str, Held]:
    """The names that torch gives the tensors of a layer, `weight_ih_l0_reverse`."""
    found = {}
    for name, held in tensors.items():
        plain, reverse, _ = name.partition(WAYS[1])
        found[f"{plain}_l{layer}{reverse}"] = held
    return found


def _below(reading: Reading, call: Call, op: Recurrent, index: int) -> Made | None:
    """The same layer below this one, if nothing else reads what it gives."""
    made = reading.rows[index]
    if not isinstance(made.op, Recurrent) or made.call is None or made.inputs[1:]:
        return None
    plain = replace(made.op, layers=1)
    name, alone = call.inputs[0], True
    while alone and reading.calls.get(name) is not made.call:
        alone = _is_read_once(reading, name) and name in reading.calls
        name = reading.calls[name].inputs[0] if alone else name
    return made if alone and _is_read_once(reading, name) and plain == op else None


def _is_read_once(reading: Reading, name: str) -> bool:
    """Whether one node alone needs the numbers of a value, not only its sides."""
    return len([call for call in reading.readers.get(name, ()) if call.kind != "Shape"]) == 1
