"""An ONNX file written tensor by tensor, so that memory does not grow with the model.

A ModelProto is fields one after the other, in any order (protobuf's wire format): what onnx itself
serialises comes first, then each tensor with its numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from archc.backends.onnx.wire import GRAPH, INITIALIZER, RAW, head
from archc.record import Record

if TYPE_CHECKING:
    import onnx

Buffer: TypeAlias = "bytes | memoryview"

LARGEST = 2**31 - 1
"""bytes of one protobuf message, by its specification"""
ALIGNED = 4096
"""numbers in a file of their own begin at multiples of this, so that they can be mapped"""


class Tensor(Record):
    """A tensor to write: its name, onnx's number of its kind, its sides, and its bytes."""

    name: str
    kind: int
    sides: tuple[int, ...]
    size: int
    numbers: Callable[[], Iterable[Buffer]]


def size_of(model: onnx.ModelProto, tensors: Sequence[Tensor]) -> int:
    """Bytes of the file with all numbers in it, at most."""
    inside = sum([tensor.size + len(_before_numbers(tensor)) for tensor in tensors])
    return int(model.ByteSize()) + inside + len(head(GRAPH, inside))


def write(file: BinaryIO, model: onnx.ModelProto, tensors: Sequence[Tensor]) -> None:
    """Write a model with the numbers of its tensors. The model is that of `model_of`."""
    graph = model.graph.SerializeToString(deterministic=True)
    heads = [_before_numbers(tensor) for tensor in tensors]
    length = len(graph) + sum([len(one) for one in heads]) + sum([one.size for one in tensors])
    file.write(_without_graph(model))
    file.write(head(GRAPH, length) + graph)
    for before, tensor in zip(heads, tensors, strict=True):
        file.write(before)
        for chunk in tensor.numbers():
            file.write(chunk)


def write_apart(
    file: BinaryIO, data: BinaryIO, model: onnx.ModelProto, tensors: Sequence[Tensor], name: str
) -> None:
    """Write the numbers into a file of their own, `name` beside the model."""
    from onnx import ModelProto

    whole = ModelProto()
    whole.CopyFrom(model)
    at = 0
    for tensor in tensors:
        gap = -at % ALIGNED
        data.write(b"\0" * gap)
        at += gap
        for chunk in tensor.numbers():
            data.write(chunk)
        _refer(whole.graph.initializer.add(), tensor, name, at)
        at += tensor.size
    file.write(whole.SerializeToString(deterministic=True))


def _refer(proto: Any, tensor: Tensor, name: str, at: int) -> None:
    """A tensor whose numbers lie in another file."""
    from onnx import TensorProto

    proto.name, proto.data_type = tensor.name, tensor.kind
    proto.dims.extend(tensor.sides)
    proto.data_location = TensorProto.EXTERNAL
    for key, value in (("location", name), ("offset", at), ("length", tensor.size)):
        entry = proto.external_data.add()
        entry.key, entry.value = key, str(value)


def _before_numbers(tensor: Tensor) -> bytes:
    """All of a tensor's field in the graph that comes before its numbers."""
    from onnx import TensorProto

    proto = TensorProto(name=tensor.name, data_type=tensor.kind, dims=tensor.sides)
    own = bytes(proto.SerializeToString(deterministic=True)) + head(RAW, tensor.size)
    return head(INITIALIZER, len(own) + tensor.size) + own


def _without_graph(model: onnx.ModelProto) -> bytes:
    from onnx import ModelProto

    rest = ModelProto()
    rest.CopyFrom(model)
    rest.ClearField("graph")
    return bytes(rest.SerializeToString(deterministic=True))
