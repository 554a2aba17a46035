"""The numbers of a model under the keys of the spec that was read from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archc.backends.onnx.reading.network import Read
from archc.graph.tensors import StateTensor, tensors_of

if TYPE_CHECKING:
    from numpy import ndarray


def tensor_of(read: Read, tensor: StateTensor) -> ndarray[Any, Any]:
    """The numbers of one tensor of the spec. Raises ModelProblem."""
    import numpy as np

    row = read.rows[tensor.node.index]
    held = row.tensors.get(tensor.name)
    if held is None:
        return np.full(tensor.shape, row.fills.get(tensor.name, 0), tensor.dtype)
    parts = [read.reading.numbers_of(view) for view in held]
    found = parts[0] if len(parts) == 1 else np.concatenate(parts)
    return np.ascontiguousarray(found).reshape(tensor.shape).astype(tensor.dtype, copy=False)


def state_of(read: Read) -> dict[str, StateTensor]:
    """The tensors of the spec by key."""
    return tensors_of(read.network)
