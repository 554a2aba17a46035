"""Sizes as onnx infers them, node by node: for operators that the language lacks.

A whole model of a stranger's is not given to it: what onnx does with the numbers in it may take all
memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING

from archc.backends.onnx.reading.call import Call

if TYPE_CHECKING:
    import onnx

    from archc.backends.onnx.reading.reader import Reading

Sides = tuple[int, ...]
NUMBERS_AT_MOST = 64
"""numbers of a constant that say sizes: sides, axes, factors by side"""


def inferred_sides(reading: Reading, call: Call) -> dict[str, Sides]:
    """The sides of the values of a node, by name; those that are not known are left out."""
    from onnx import TensorProto, helper, numpy_helper, shape_inference

    values, tensors = [], []
    for name in dict.fromkeys([*call.inputs, *_read_inside(call.proto)]):
        sides = _sides(reading, name)
        array = None
        if sides is not None and prod(sides) <= NUMBERS_AT_MOST:
            array = reading.array(name)
        if array is not None:
            tensors.append(numpy_helper.from_array(array, name))
        elif name:
            values.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, sides))
    outputs = [helper.make_empty_tensor_value_info(name) for name in call.outputs if name]
    try:
        graph = helper.make_graph([call.by_own_names()], "one", values, outputs, tensors)
        sets = [*reading.model.proto.opset_import]
        model = helper.make_model(graph, opset_imports=sets)
        model.ir_version = reading.model.proto.ir_version
        found = shape_inference.infer_shapes(model).graph.output
    except Exception:  # onnx's own reader of a stranger's node
        return {}
    return {value.name: sides for value in found if (sides := _whole(value)) is not None}


def _sides(reading: Reading, name: str) -> Sides | None:
    if name in reading.extern_sides:
        return reading.extern_sides[name]
    view = reading.known(name)
    return None if view is None else view.shape


def _read_inside(proto: onnx.NodeProto) -> Iterator[str]:
    """What the graphs inside of a node read."""
    for attribute in proto.attribute:
        for graph in (attribute.g, *attribute.graphs):
            for node in graph.node:
                yield from node.input
                yield from _read_inside(node)


def _whole(value: onnx.ValueInfoProto) -> Sides | None:
    """The sides of a value if all of them are known."""
    shape = value.type.tensor_type.shape
    known = all(dim.HasField("dim_value") for dim in shape.dim)
    if not value.type.tensor_type.HasField("shape") or not known:
        return None
    return tuple([dim.dim_value for dim in shape.dim])


def declared_sides(reading: Reading, name: str) -> Sides | None:
    """The sides that the model says a value has, open ones as numbers that stand for them."""
    value = reading.model.declared.get(name)
    if value is None or not value.type.tensor_type.HasField("shape"):
        return None
    dims = value.type.tensor_type.shape.dim
    found = [_side(reading, dim, at == 0) for at, dim in enumerate(dims)]
    return None if None in found else tuple([side for side in found if side])


def _side(reading: Reading, dim: onnx.TensorShapeProto.Dimension, first: bool) -> int | None:
    """A side as a number; the first that is open is the batch."""
    if dim.dim_value:
        return dim.dim_value
    if not dim.dim_param:
        return None
    return reading.batch if first else reading.number(reading.count_of(dim.dim_param))
