"""Nodes whose inputs are all known, worked out while reading: sizes, axes, small tables."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from archc.backends.onnx.reading.call import Call
from archc.backends.onnx.reading.inference import inferred_sides
from archc.backends.onnx.reading.known import FOLDED_AT_MOST
from archc.backends.onnx.reading.moves import MOVES
from archc.backends.onnx.reading.problem import ModelProblem

if TYPE_CHECKING:
    from archc.backends.onnx.reading.reader import Reading

TOGETHER_AT_MOST = 2**25
"""numbers of all constants that are worked out"""
NEVER = {"RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Multinomial"}
WORK = {"Conv", "ConvTranspose", "Einsum", "GRU", "If", "LSTM", "Loop", "RNN", "Scan"}
"""take far longer than the size of what they give says"""
BY_NUMBERS = {"Compress", "NonZero", "Unique"}
"""what they give is as large as the numbers say, at most the places of what they are given"""


def fold(reading: Reading, call: Call) -> bool:
    """Work a node out if it depends on nothing that the network is given."""
    if call.domain or call.kind in NEVER | WORK:
        return False
    if call.kind == "Constant":
        return _constant(reading, call)
    if call.kind in ("Shape", "Size"):
        return _shape(reading, call)
    given = [name for name in call.inputs if name]
    if not all(reading.is_tensor(name) for name in given):
        return False
    if call.kind == "Identity" and call.inputs[0] in reading.model.tensors:
        return _alias(reading, call)
    if call.kind in MOVES and prod(reading.view(call.inputs[0]).shape) > 64:
        return False  # a view of a weight, no new one
    reading.sized[call.outputs[0]] = tuple(
        dict.fromkeys([one for name in given for one in reading.sized.get(name, ())])
    )
    return _worked_out(reading, call, given)


def _alias(reading: Reading, call: Call) -> bool:
    """A tensor by another name: exporters store equal ones once."""
    view = reading.view(call.inputs[0])
    name = call.outputs[0]
    reading.model.tensors[name] = reading.model.tensors[call.inputs[0]]
    reading.model.same[name] = call.inputs[0]
    reading.values[name] = view.with_base(name)
    return True


def _constant(reading: Reading, call: Call) -> bool:
    import numpy as np
    from onnx import numpy_helper

    tensor = call.attribute("value")
    try:
        if tensor is not None:
            reading.constant(call.outputs[0], numpy_helper.to_array(tensor))
            return True
    except (ValueError, TypeError, KeyError) as error:
        raise ModelProblem(f"the constant {call.outputs[0]} cannot be read: {error}") from None
    for key, kind in (("value_float", "f4"), ("value_floats", "f4"), ("value_int", "i8")):
        if call.attribute(key) is not None:
            reading.constant(call.outputs[0], np.array(call.attribute(key), kind))
            return True
    if call.attribute("value_ints") is not None:
        reading.constant(call.outputs[0], np.array(call.attribute("value_ints"), "i8"))
        return True
    return False


def _shape(reading: Reading, call: Call) -> bool:
    import numpy as np

    view = reading.known(call.inputs[0])
    if view is None:
        return False
    shape = np.array(view.shape, "i8")
    if call.kind == "Size":
        shape = shape.prod()
    else:
        shape = shape[call.attribute("start", 0) : call.attribute("end")]
    reading.constant(call.outputs[0], shape)
    reading.sized[call.outputs[0]] = (call.inputs[0],)
    return True


def _worked_out(reading: Reading, call: Call, given: list[str]) -> bool:
    """By onnx's own reference, for small inputs."""
    from onnx import helper
    from onnx.reference import ReferenceEvaluator

    if any(prod(reading.view(name).shape) > FOLDED_AT_MOST for name in given):
        return False
    size = _size(reading, call, given)
    if size > FOLDED_AT_MOST or reading.folded_numbers + size > TOGETHER_AT_MOST:
        return False
    known: dict[str, Any] = dict(zip(given, [reading.array(name) for name in given]))
    if any(array is None for array in known.values()):
        return False
    infos = [helper.make_empty_tensor_value_info(name) for name in known]
    outs = [helper.make_empty_tensor_value_info(name) for name in call.outputs if name]
    try:
        model = helper.make_model(
            helper.make_graph([call.by_own_names()], "one", infos, outs),
            opset_imports=[*reading.model.proto.opset_import],
        )
        found: Any = ReferenceEvaluator(model).run(None, known)
    except Exception:  # whatever the reference cannot do is no constant
        return False
    for name, array in zip([name for name in call.outputs if name], found):
        reading.constant(name, array)
    return True


def _size(reading: Reading, call: Call, given: list[str]) -> int:
    """How many numbers a node gives, before it is run; too many if that is not known."""
    if call.kind in BY_NUMBERS:
        views = [reading.view(name) for name in given]
        return sum([prod(view.shape) * max(len(view.sides), 1) for view in views])
    sides = inferred_sides(reading, call)
    outputs = [name for name in call.outputs if name]
    if any(name not in sides for name in outputs):
        return TOGETHER_AT_MOST
    return sum([prod(sides[name]) for name in outputs])
