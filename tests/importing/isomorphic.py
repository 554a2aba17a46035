"""Whether two models are one graph, whatever its values are called."""

from __future__ import annotations

from collections import Counter

import onnx
from onnx import numpy_helper

from archc.backends.onnx.build import Options, built
from archc.backends.onnx.reading.file import Model
from archc.graph.ir import Network

MADE = "<made>"


def exported(network: Network, opset: int = 20) -> onnx.ModelProto:
    """The model of a network; of its weights the sizes alone."""
    one = built(network, Options(opset))
    model = onnx.ModelProto()
    model.CopyFrom(one.model)
    for name, stored in one.lowered.tensors.items():
        tensor = onnx.TensorProto(name=name, data_type=1, dims=stored.sides)
        model.graph.initializer.append(tensor)
    return model


def opened_again(model: onnx.ModelProto) -> Model:
    """As if it had been read from a file."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    return Model(MADE, copy, {})


def fingerprint(model: onnx.ModelProto) -> tuple[Counter[int], list[int]]:
    """Equal for graphs that differ in names alone: every value by how it is worked out."""
    return _values(model.graph, {})


def _values(graph: onnx.GraphProto, around: dict[str, int]) -> tuple[Counter[int], list[int]]:
    """The values of a graph, and those it gives; `around` are those of the graphs it stands in."""
    known = around | {value.name: hash(("input", at)) for at, value in enumerate(graph.input)}
    for tensor in graph.initializer:
        has = tensor.raw_data or tensor.int64_data or tensor.float_data
        numbers = numpy_helper.to_array(tensor).tobytes() if has else b""
        known[tensor.name] = hash((tensor.data_type, tuple(tensor.dims), numbers))
    values: Counter[int] = Counter()
    for node in graph.node:
        said = filter(_says_something, node.attribute)
        attributes = tuple(sorted([_attribute(one, known) for one in said]))
        inputs = tuple([known[name] if name else 0 for name in node.input])
        for at, name in enumerate(node.output):
            known[name] = hash((node.domain, node.op_type, attributes, inputs, at))
            values[known[name]] += 1
    return values, [known[value.name] for value in graph.output]


def _says_something(attribute: onnx.AttributeProto) -> bool:
    """Pads of zeros are what there is without any."""
    return attribute.name != "pads" or any(attribute.ints)


def _attribute(attribute: onnx.AttributeProto, known: dict[str, int]) -> bytes:
    """An attribute; a graph by its values, whatever they are called."""
    if attribute.type == onnx.AttributeProto.GRAPH:
        values, given = _values(attribute.g, known)
        return repr((attribute.name, sorted(values.items()), given)).encode()
    return attribute.name.encode() + b"=" + attribute.SerializeToString(deterministic=True)
