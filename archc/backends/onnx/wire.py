"""Protobuf's wire format, as far as the files of ONNX need it.

Source: protobuf.dev, "Encoding".
"""

from __future__ import annotations

GRAPH, INITIALIZER, RAW = 7, 5, 9
"""fields: the graph of a ModelProto, a tensor of a GraphProto, the numbers of a TensorProto"""
LENGTH = 2
"""how a field that has a length of its own lies in the file: the lowest three bits of its key"""


def head(field: int, size: int) -> bytes:
    """What comes before a field of so many bytes: a message, a string, raw numbers."""
    return _varint(field << 3 | LENGTH) + _varint(size)


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)
