"""Formulas that are spelled in several nodes: recognised by how archc itself spells them.

An operator's own ONNX nodes are the pattern; exporters' other spellings stand beside them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from archc.backends.onnx.reading.call import Call
from archc.backends.onnx.reading.spelled_norms import spelled_norm
from archc.backends.onnx.reading.views import View
from archc.ops import act, rectifier
from archc.ops.nodes import Nodes
from archc.ops.values import Shape
from archc.record import Record

if TYPE_CHECKING:
    from archc.backends.onnx.reading.reader import Reading

COMMUTES = {"Add", "Mul"}
CLOSE = 1e-4
X = "x"
SHAPE = Shape((8,))


class Template(Record):
    """An operator and the nodes it may be spelled in."""

    op: Any
    made: Nodes
    result: str


def recognized(reading: Reading, call: Call) -> View | None:
    """The value of a formula that ends in this node, None if it is none."""
    for template in templates():
        if template.made.nodes[-1].kind != call.kind:
            continue
        bound: dict[str, str] = {}
        if _matches(reading, template, template.result, call.outputs[0], bound):
            return reading.on(reading.view(bound[X]), template.op)
    return spelled_norm(reading, call)


_TEMPLATES: list[Template] = []


def templates() -> list[Template]:
    """All of them; made when the first model is read."""
    if not _TEMPLATES:
        _TEMPLATES.extend(_own())
        for op, spelling in _spellings():
            made = Nodes((X,), 13)
            _TEMPLATES.append(Template(op, made, spelling(made)))
    return _TEMPLATES


def _own() -> Iterator[Template]:
    for op in (
        rectifier.Gelu(),
        rectifier.Gelu(tanh=True),
        rectifier.Mish(),
        rectifier.HardSwish(),
    ):
        made = Nodes((X,), 13)
        yield Template(op, made, op.onnx(made, SHAPE))


def _spellings() -> Iterator[tuple[Any, Callable[[Nodes], str]]]:
    """As PyTorch and TensorFlow export them."""

    def half_behind(made: Nodes) -> str:
        inner = made("Erf", made("Div", X, made.number(math.sqrt(2))))
        whole = made("Mul", X, made("Add", inner, made.number(1)))
        return made("Mul", whole, made.number(0.5))

    def half_before(made: Nodes) -> str:
        inner = made("Erf", made("Div", X, made.number(math.sqrt(2))))
        return made("Mul", made("Mul", X, made.number(0.5)), made("Add", inner, made.number(1)))

    def clipped(made: Nodes) -> str:
        lid = made("Clip", made("Add", X, made.number(3)), made.number(0), made.number(6))
        return made("Div", made("Mul", X, lid), made.number(6))

    def clipped_gate(made: Nodes) -> str:
        lid = made("Clip", made("Add", X, made.number(3)), made.number(0), made.number(6))
        return made("Mul", X, made("Div", lid, made.number(6)))

    def gate(made: Nodes) -> str:
        lid = made("Clip", made("Add", X, made.number(3)), made.number(0), made.number(6))
        return made("Div", lid, made.number(6))

    yield rectifier.Gelu(), half_behind
    yield rectifier.Gelu(), half_before
    yield rectifier.HardSwish(), clipped
    yield rectifier.HardSwish(), clipped_gate
    yield act.HardSigmoid(), gate


def _matches(
    reading: Reading, template: Template, name: str, actual: str, bound: dict[str, str]
) -> bool:
    """Whether a value of the model is spelled as a name of the template."""
    if name == X:
        return bound.setdefault(X, actual) == actual and not reading.is_tensor(actual)
    if name.startswith("#"):
        wanted = template.made.constants[name[1:]].numbers[0]
        found = reading.scalar(actual)
        return found is not None and abs(found - wanted) <= CLOSE * max(abs(wanted), 1)
    node = next(one for one in template.made.nodes if name in one.outputs)
    call = reading.calls.get(actual)
    if call is None or call.kind != node.kind or len(call.inputs) != len(node.inputs):
        return False
    if any(not _same(call.attribute(key), value) for key, value in node.attributes):
        return False
    orders = [call.inputs, call.inputs[::-1]] if node.kind in COMMUTES else [call.inputs]
    for inputs in orders:
        trial = dict(bound)
        if all(_matches(reading, template, *pair, trial) for pair in zip(node.inputs, inputs)):
            bound.update(trial)
            return True
    return False


def _same(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, float):
        return found is not None and abs(found - wanted) < CLOSE
    return bool(found == wanted)
