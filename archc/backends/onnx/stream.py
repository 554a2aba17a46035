"""An ONNX file written tensor by tensor, so that memory does not grow with the model.

A ModelProto is fields one after the other, in any order (protobuf's wire format): what onnx itself
serialises comes first, then each tensor with its numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from archc.record import Record

if TYPE_CHECKING:
    import onnx

Buffer: TypeAlias = "bytes | memoryview"

GRAPH_OF_MODEL = b"\x3a"  # field 7 of ModelProto, a message
INITIALIZER_OF_GRAPH = b"\x2a"  # field 5 of GraphProto, a message
RAW_DATA_OF_TENSOR = b"\x4a"  # field 9 of TensorProto, bytes
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
    """Bytes of the file with all numbers in it."""
    return int(model.ByteSize()) + sum(
        [tensor.size + len(_head(tensor)) + 16 for tensor in tensors]
    )


def write(file: BinaryIO, model: onnx.ModelProto, tensors: Sequence[Tensor]) -> None:
    """Write a model with the numbers of its tensors. The model is that of `model_of`."""
    graph = model.graph.SerializeToString(deterministic=True)
    parts = [(tensor, _with_size(_head(tensor), tensor.size)) for tensor in tensors]
    length = len(graph)
    for tensor, head in parts:
        inner = len(head) + tensor.size
        length += 1 + len(_varint(inner)) + inner
    file.write(_without_graph(model))
    file.write(GRAPH_OF_MODEL + _varint(length) + graph)
    for tensor, head in parts:
        file.write(INITIALIZER_OF_GRAPH + _varint(len(head) + tensor.size) + head)
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


def _head(tensor: Tensor) -> bytes:
    from onnx import TensorProto

    proto = TensorProto(name=tensor.name, data_type=tensor.kind, dims=tensor.sides)
    return bytes(proto.SerializeToString(deterministic=True))


def _with_size(head: bytes, size: int) -> bytes:
    return head + RAW_DATA_OF_TENSOR + _varint(size)


def _without_graph(model: onnx.ModelProto) -> bytes:
    from onnx import ModelProto

    rest = ModelProto()
    rest.CopyFrom(model)
    rest.ClearField("graph")
    return bytes(rest.SerializeToString(deterministic=True))


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)
