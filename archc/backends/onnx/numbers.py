"""The numbers of a model's tensors: begun by the spec's rules or read from a file, in pieces."""

from __future__ import annotations

import math
import mmap
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from archc.backends.onnx.initial import AT_ONCE, begun, start_of
from archc.backends.onnx.lazy import of_sizes
from archc.backends.onnx.lower import Lowered, Stored
from archc.backends.onnx.model import FLOATS
from archc.backends.onnx.stream import Buffer, Tensor
from archc.graph.ir import Network
from archc.graph.tensors import StateTensor, tensors_of

if TYPE_CHECKING:
    from numpy import ndarray

    from archc.weights import Checkpoint

LICENCES = ("license", "modelspec.license")
"""where a file's metadata has its licence; the second is Stability AI's model metadata standard"""
HELD = 1 << 23
"""numbers of a transposed matrix that are in memory"""
Pieces = Callable[[StateTensor], "Iterable[ndarray[Any, Any]]"]
"""the numbers of a tensor as float32 or int64, some of them at a time, in torch's order"""


def tensors(lowered: Lowered, pieces: Pieces, dtype: str) -> list[Tensor]:
    """The tensors that a model holds, in the order in which its nodes read them."""
    known = tensors_of(lowered.network)
    return [_tensor(name, stored, known, pieces, dtype) for name, stored in lowered.tensors.items()]


def _tensor(
    name: str, stored: Stored, known: Mapping[str, StateTensor], pieces: Pieces, dtype: str
) -> Tensor:
    width = 4 if dtype == "float32" else 2

    def numbers() -> Iterator[Buffer]:
        for piece in _lying(stored, known, pieces):
            yield _bytes(piece, dtype)

    return Tensor(name, FLOATS[dtype], stored.sides, math.prod(stored.sides) * width, numbers)


def _lying(
    stored: Stored, known: Mapping[str, StateTensor], pieces: Pieces
) -> Iterable[ndarray[Any, Any]]:
    """The numbers as the model has them, in pieces."""
    width = math.prod(known[stored.parts[0][0]].shape[1:])

    def rows() -> Iterator[ndarray[Any, Any]]:
        for key, first, end in stored.parts:
            yield from _between(pieces(known[key]), first * width, end * width)

    if not stored.transposed:
        return rows()
    return _transposed(rows, sum([end - first for _, first, end in stored.parts]), width)


def _between(
    pieces: Iterable[ndarray[Any, Any]], begin: int, end: int
) -> Iterator[ndarray[Any, Any]]:
    """Those numbers of a tensor from one place up to another."""
    at = 0
    for piece in pieces:
        yield piece.reshape(-1)[max(begin - at, 0) : end - at]
        at += piece.size
        if at >= end:
            return


def _transposed(
    numbers: Callable[[], Iterator[ndarray[Any, Any]]], rows: int, columns: int
) -> Iterator[ndarray[Any, Any]]:
    """A matrix as its columns: some of them at a time, for which all of its rows are read again."""
    import numpy as np

    step, least = max(HELD // rows, 1), max(AT_ONCE // columns, 1)
    counts = [min(least, rows - at) for at in range(0, rows, least)]
    for begin in range(0, columns, step):
        found = np.empty((min(step, columns - begin), rows), np.float32)
        at = 0
        for piece in of_sizes(numbers(), [count * columns for count in counts]):
            some = piece.reshape(-1, columns)[:, begin : begin + step]
            found[:, at : at + len(some)] = some.T
            at += len(some)
        yield found


def _bytes(piece: ndarray[Any, Any], dtype: str) -> Buffer:
    import numpy as np

    if dtype == "bfloat16":
        import ml_dtypes

        piece = piece.astype(ml_dtypes.bfloat16)
    elif dtype == "float16":
        piece = piece.astype(np.float16)
    flat = np.ascontiguousarray(piece).reshape(-1)
    found: Buffer = flat.view(np.uint8).data
    return found


# ---- where numbers come from -------------------------------------------------------------------


def initial(network: Network, seed: int) -> Pieces:
    """The spec's own beginning; the same for the same seed."""

    def pieces(tensor: StateTensor) -> Iterator[ndarray[Any, Any]]:
        number = math.prod(tensor.shape)
        return begun(start_of(network, tensor), tensor.key, number, seed)

    return pieces


def stored(checkpoint: Checkpoint) -> Pieces:
    """Those of a file, whatever kind of numbers it holds."""

    def pieces(tensor: StateTensor) -> Iterator[ndarray[Any, Any]]:
        import numpy as np

        kind = _kind(checkpoint.tensors[tensor.key].dtype)
        view = memoryview(checkpoint.read(tensor.key)).cast("B")
        step = AT_ONCE * kind.itemsize
        for begin in range(0, len(view), step):
            piece = np.frombuffer(view[begin : begin + step], kind)
            yield piece.astype(np.float32)
            if isinstance(view.obj, mmap.mmap):  # what was read counts as ours as long as it stays
                view.obj.madvise(mmap.MADV_DONTNEED)

    return pieces


def licence_of(checkpoint: Checkpoint) -> str:
    """What a safetensors file says of its licence; empty where it says nothing."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(checkpoint.path, framework="numpy") as file:
            said = file.metadata() or {}
    except SafetensorError:  # a .pth, or the index of several files
        return ""
    return next((said[key] for key in LICENCES if said.get(key)), "")


def _kind(dtype: str) -> Any:
    import ml_dtypes
    import numpy as np

    return np.dtype(getattr(ml_dtypes, dtype) if hasattr(ml_dtypes, dtype) else dtype)
