"""Reading and writing safetensors: a header of names, and the numbers behind it.

The library checks the header; the numbers are read through the file's mapping, so kinds that
NumPy has no name for (bfloat16, float8) need nothing else.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
from collections.abc import Callable
from typing import Any

from archc.files import replacing
from archc.weights.checkpoint import Buffer, Checkpoint, Stored, WeightsProblem

DTYPES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U8": "uint8",
    "BOOL": "bool",
    "C64": "complex64",
}
HEADER_AT_MOST = 100_000_000
"""bytes, the library's own limit"""
WORDS = {name: word for word, name in DTYPES.items()}
BYTES = {
    "float64": 8,
    "float32": 4,
    "float16": 2,
    "bfloat16": 2,
    "float8_e4m3fn": 1,
    "float8_e5m2": 1,
    "int64": 8,
    "int32": 4,
    "int16": 2,
    "int8": 1,
    "uint8": 1,
    "bool": 1,
    "complex64": 8,
}


def read_safetensors(path: str) -> Checkpoint:
    """The tensors of a file, in the order in which they lie in it."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy"):
            pass
    except (SafetensorError, OSError) as error:
        raise WeightsProblem(
            f"{path} is no whole safetensors file: {_reason(path, error)}"
        ) from None
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        numbers = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))[8 + length :]
    header.pop("__metadata__", None)
    places = {key: row["data_offsets"] for key, row in header.items()}
    tensors = {
        key: Stored(
            tuple(header[key]["shape"]), DTYPES.get(header[key]["dtype"], header[key]["dtype"])
        )
        for key in sorted(places, key=lambda key: places[key])
    }
    return Checkpoint(path, tensors, lambda key: numbers[slice(*places[key])])


def _reason(path: str, error: Exception) -> str:
    """What is wrong with a file that the library refuses: how much is missing, if that is it."""
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        beginning = file.read(8)
        length = struct.unpack("<Q", beginning)[0] if len(beginning) == 8 else 0
        if size < 8 + length <= HEADER_AT_MOST:
            return f"it ends inside its header, after {size:,} bytes"
        if length <= HEADER_AT_MOST:
            whole = 8 + length + _announced(file.read(length))
            if size < whole:
                return f"it ends after {size:,} of {whole:,} bytes"
    return str(error).removeprefix("Error while deserializing header: ")


def _announced(header: bytes) -> int:
    """How many bytes of numbers a header announces; 0 if it cannot be told."""
    try:
        rows = json.loads(header)
        ends = [row["data_offsets"][1] for key, row in rows.items() if key[:2] != "__"]
        return max([end for end in ends if isinstance(end, int)], default=0)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return 0


def write_safetensors(
    path: str,
    tensors: dict[str, Stored],
    numbers: Callable[[str], Buffer],
    metadata: dict[str, str],
) -> None:
    """Replace a file in one step; one tensor at a time is in memory. Raises OSError."""
    header: dict[str, Any] = {"__metadata__": metadata}
    end = 0
    for key, stored in tensors.items():
        start = end
        end += size_of(stored)
        header[key] = {
            "dtype": WORDS[stored.dtype],
            "shape": list(stored.shape),
            "data_offsets": [start, end],
        }
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    with replacing(path) as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.writelines(numbers(key) for key in tensors)


def size_of(stored: Stored) -> int:
    """Bytes of a tensor."""
    count = BYTES[stored.dtype]
    for side in stored.shape:
        count *= side
    return count
