"""The numbers of a model's tensors: begun by the spec's rules or read from a file, in pieces."""

from __future__ import annotations

import math
import mmap
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from archc.backends.onnx.initial import AT_ONCE, begun, start_of
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
) -> Iterator[ndarray[Any, Any]]:
    """The numbers as the model has them: in pieces where they lie as in torch."""
    import numpy as np

    key, first, end = stored.parts[0]
    if len(stored.parts) == 1 and not stored.transposed and end - first == _rows(known[key]):
        yield from pieces(known[key])
        return
    whole = {
        key: np.concatenate([piece.reshape(-1) for piece in pieces(known[key])])
        for key in {key: None for key, _, _ in stored.parts}
    }
    rows = [whole[key].reshape(known[key].shape)[first:end] for key, first, end in stored.parts]
    found = np.concatenate(rows)
    yield found.T if stored.transposed else found


def _rows(tensor: StateTensor) -> int:
    return tensor.shape[0] if tensor.shape else 1


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
