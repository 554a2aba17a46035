"""An ONNX file without the numbers of its tensors: where they lie is kept, they are not read.

A file is untrusted: it is walked field by field (protobuf's wire format), tensors are skipped, and
only what is left, the graph itself, is given to onnx. Memory does not grow with the weights.
"""

from __future__ import annotations

import mmap
import os
import stat
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from archc.backends.onnx.reading.functions import inlined
from archc.backends.onnx.reading.problem import ModelProblem
from archc.record import Record

if TYPE_CHECKING:
    import onnx
    from numpy import ndarray

GRAPH, INITIALIZER, NODE = 7, 5, 1
"""fields of ModelProto and of GraphProto"""
FLOATS, NAME, RAW, DOUBLES = 4, 8, 9, 10
NUMBERS = {FLOATS, 5, 6, 7, RAW, DOUBLES, 11}
"""fields of TensorProto, and those of them that hold numbers"""
VARINT, EIGHT_BYTES, LENGTH, FOUR_BYTES = 0, 1, 2, 5
"""how a field lies in the file: the lowest three bits of its key"""
GRAPH_AT_MOST = 64 * 2**20
"""bytes of a graph without its tensors; the largest of public models are a few MB"""
SIDES_AT_MOST = 16
SMALL = 1024
"""bytes of a tensor that stays in the graph: sizes and axes, not weights"""


class Place(Record):
    """Where the numbers of a tensor lie: the file, the first byte, and how many there are."""

    path: str
    start: int
    length: int


class Stored(Record):
    """A tensor of the model: `kind` is onnx's number of its type; `place` is None in the graph."""

    name: str
    kind: int
    sides: tuple[int, ...]
    place: Place | None


class Model:
    """A model without numbers: the graph, and where each tensor is."""

    def __init__(self, path: str, proto: onnx.ModelProto, places: dict[str, Place]) -> None:
        self.path = path
        self.proto = proto
        self.tensors: dict[str, Stored] = {}
        self.same: dict[str, str] = {}
        """tensors that are others by a second name"""
        self.declared = {
            value.name: value for value in (*proto.graph.value_info, *proto.graph.output)
        }
        """what the model says of its values, by name"""
        self._small: dict[str, onnx.TensorProto] = {}
        for tensor in proto.graph.initializer:
            self.add(tensor.name, tensor, places.get(tensor.name))

    def add(self, name: str, tensor: onnx.TensorProto, place: Place | None = None) -> None:
        """A tensor by a name; `place` is where its numbers are, if that is known."""
        sides = tuple(tensor.dims)
        if any(side < 0 for side in sides) or len(sides) > SIDES_AT_MOST:
            raise ModelProblem(f"the tensor {name} has impossible sides")
        place = place or _external(self.path, tensor)
        self.tensors[name] = Stored(name, tensor.data_type, sides, place)
        if place is None:
            self._small[name] = tensor

    def files(self) -> set[str]:
        """The files that the model is in."""
        places = [one.place for one in self.tensors.values()]
        return {self.path, *[place.path for place in places if place is not None]}

    def has_numbers(self, name: str) -> bool:
        """Whether the file holds the numbers of a tensor: it may be only an input."""
        name = self.same.get(name, name)
        proto = self._small.get(name)
        if proto is None:
            return self.tensors[name].place is not None
        return any(number in NUMBERS for number in [one[0].number for one in proto.ListFields()])

    def kind(self, name: str) -> str:
        """The kind of a tensor's numbers, `float16`; empty for one that is not known."""
        from onnx import helper

        stored = self.tensors.get(self.same.get(name, name))
        try:
            return str(helper.tensor_dtype_to_np_dtype(stored.kind)) if stored else ""
        except KeyError:
            return ""

    def array(self, name: str) -> ndarray[Any, Any]:
        """The numbers of a tensor, read now. Raises ModelProblem."""
        import numpy as np
        from onnx import helper, numpy_helper

        name = self.same.get(name, name)
        stored = self.tensors[name]
        if stored.place is None:
            small: ndarray[Any, Any] = _sound(
                name, lambda: numpy_helper.to_array(self._small[name])
            )
            return small
        kind = _sound(name, lambda: helper.tensor_dtype_to_np_dtype(stored.kind))
        count, place = 1, stored.place
        for side in stored.sides:
            count *= side
        if place.length != count * kind.itemsize:
            raise ModelProblem(f"the tensor {name} has {place.length} bytes and {count} numbers")
        try:
            with _plain(place.path) as file:
                found = np.memmap(file, kind, "r", place.start, (count,))
        except (OSError, ValueError) as error:
            raise ModelProblem(f"the tensor {name} cannot be read: {error}") from None
        return found.reshape(stored.sides)


def _sound(name: str, read: Any) -> Any:
    try:
        return read()
    except (KeyError, ValueError, TypeError) as error:
        said = str(error).splitlines()[0] if str(error) else "its type is unknown"
        raise ModelProblem(f"the tensor {name} cannot be read: {said}") from None


def opened(path: str) -> Model:
    """The model of a file. Raises ModelProblem, OSError."""
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
    from onnx import ModelProto

    with _plain(path) as file:
        if not os.fstat(file.fileno()).st_size:
            raise ModelProblem(f"{path} is empty")
        try:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError as error:
            raise ModelProblem(f"{path} cannot be read: {error}") from None
        with data:
            bare, places = _bare(path, data)
    try:
        proto = ModelProto.FromString(bare)
    except DecodeError:
        raise ModelProblem(f"{path} is no ONNX model, or it is damaged") from None
    if not proto.graph.node:
        raise ModelProblem(f"{path} is no ONNX model: it has no graph with nodes")
    if any(not isinstance(name, str) for name in _names(proto.graph)):
        raise ModelProblem(f"{path} is damaged: a name in it is no text")
    _check_opset(path, proto)
    if proto.functions:
        proto = inlined(path, proto, GRAPH_AT_MOST)
    return Model(path, proto, places)


def _check_opset(path: str, proto: onnx.ModelProto) -> None:
    from onnx.defs import onnx_opset_version

    newest = onnx_opset_version()
    for one in proto.opset_import:
        if one.domain in ("", "ai.onnx") and one.version > newest:
            found = f"opset {one.version}, the onnx that is installed knows {newest}"
            raise ModelProblem(f"{path} is of {found}")


def _plain(path: str) -> BinaryIO:
    """A file, opened: a pipe is not waited for, a device not read. Raises ModelProblem, OSError."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except ValueError:  # a zero byte
        raise ModelProblem(f"{path!r} is no name of a file") from None
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        found = "a folder" if stat.S_ISDIR(mode) else "a device or a pipe, no plain file"
        raise ModelProblem(f"{path} is {found}")
    return os.fdopen(descriptor, "rb")


def _names(graph: onnx.GraphProto) -> Iterator[object]:
    """All names; protobuf gives bytes for one that is no UTF-8."""
    for node in graph.node:
        yield from (node.name, node.op_type, node.domain, *node.input, *node.output)
    for value in (*graph.input, *graph.output, *graph.initializer):
        yield value.name
    for value in (*graph.input, *graph.output):
        yield from [side.dim_param for side in value.type.tensor_type.shape.dim]


def _bare(path: str, data: mmap.mmap) -> tuple[bytes, dict[str, Place]]:
    """The bytes of the model without the numbers of its tensors, and where those are."""
    model, graph = bytearray(), bytearray()
    places: dict[str, Place] = {}
    for number, begin, start, end in _fields(path, data, 0, len(data)):
        if number != GRAPH:
            _keep(path, model, data[begin:end] if end - begin <= GRAPH_AT_MOST else None)
            continue
        for inner, first, inside, last in _fields(path, data, start, end):
            if inner == INITIALIZER:
                _keep(path, graph, _tensor(path, data, inside, last, places))
            else:
                _keep(path, graph, data[first:last] if last - first <= GRAPH_AT_MOST else None)
    return bytes(model) + _message(GRAPH, bytes(graph)), places


def _keep(path: str, into: bytearray, part: bytes | None) -> None:
    if part is None or len(into) + len(part) > GRAPH_AT_MOST:
        most = GRAPH_AT_MOST // 2**20
        raise ModelProblem(f"{path}: the graph without its weights is larger than {most} MiB")
    into += part


def _tensor(path: str, data: mmap.mmap, start: int, end: int, places: dict[str, Place]) -> bytes:
    """A tensor without its numbers, if they are many."""
    if end - start <= SMALL:
        return _message(INITIALIZER, data[start:end])
    kept, name, place = bytearray(), "", None
    for number, begin, inside, last in _fields(path, data, start, end):
        if number == RAW:
            place = Place(path, inside, last - inside)
        elif number in NUMBERS:
            if (
                number not in (FLOATS, DOUBLES) or data[begin] & 7 != LENGTH
            ):  # packed floats lie as raw data do
                raise ModelProblem(f"{path}: a large tensor is not stored as raw data")
            place = Place(path, inside, last - inside)
        else:
            if number == NAME:
                name = data[inside:last].decode("utf-8", "replace")
            _keep(path, kept, data[begin:last])
    if place is not None:
        places[name] = place
    return _message(INITIALIZER, bytes(kept))


def _fields(path: str, data: mmap.mmap, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Each field of a message: its number, where it begins, where its value does, and its end."""
    while at < end:
        begin = at
        key, at = _varint(path, data, at, end)
        start, wire = at, key & 7
        if not key >> 3:  # a hole in a file would be walked for hours
            raise ModelProblem(f"{path} is no ONNX model, or it is damaged")
        if wire == VARINT:
            _, at = _varint(path, data, at, end)
        elif wire == LENGTH:
            length, start = _varint(path, data, at, end)
            at = start + length
        elif wire in (EIGHT_BYTES, FOUR_BYTES):
            at += 8 if wire == EIGHT_BYTES else 4
        else:
            raise ModelProblem(f"{path} is no ONNX model, or it is damaged")
        if at > end:
            raise ModelProblem(f"{path} is no ONNX model, or it ends too early")
        yield key >> 3, begin, start, at


def _varint(path: str, data: mmap.mmap, at: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while at < end and shift < 64:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    raise ModelProblem(f"{path} is no ONNX model, or it ends too early")


def _message(number: int, inner: bytes) -> bytes:
    found, length = bytearray([number << 3 | LENGTH]), len(inner)
    while length > 0x7F:
        found.append(length & 0x7F | 0x80)
        length >>= 7
    found.append(length)
    return bytes(found) + inner


# ---- numbers in other files --------------------------------------------------------------------


def _external(path: str, tensor: onnx.TensorProto) -> Place | None:
    """Where the numbers lie that are in a file beside the model; None if they are in the graph.

    A name that leads out of the model's folder is refused: a model must not make archc read other
    files.
    """
    if tensor.data_location != tensor.EXTERNAL:
        return None
    given = {entry.key: entry.value for entry in tensor.external_data}
    name, folder = given.get("location", ""), os.path.dirname(os.path.abspath(path))
    target = os.path.join(folder, name)
    try:
        inside = os.path.realpath(target).startswith(os.path.join(os.path.realpath(folder), ""))
    except ValueError:  # a zero byte
        raise ModelProblem(f"the tensor {tensor.name} is in {name!r}, no name of a file") from None
    if not name or os.path.isabs(name) or "\\" in name or ".." in name.split("/") or not inside:
        raise ModelProblem(
            f"the tensor {tensor.name} is in {name!r}, outside of the model's folder"
        )
    if os.path.exists(target) and not os.path.isfile(target):
        raise ModelProblem(f"the tensor {tensor.name} is in {name!r}, no plain file")
    start, length = _whole(given.get("offset", "0")), _whole(given.get("length", ""))
    if start is None:
        raise ModelProblem(f"the tensor {tensor.name} begins at no whole number of bytes")
    if length is None:
        length = max(os.path.getsize(target) - start, 0) if os.path.exists(target) else 0
    return Place(target, start, length)


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
