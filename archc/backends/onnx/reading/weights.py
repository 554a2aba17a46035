"""The numbers of a model under the keys of the spec that was read from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archc.backends.onnx.reading.network import Read
from archc.backends.onnx.reading.problem import ModelProblem
from archc.graph.tensors import StateTensor

if TYPE_CHECKING:
    from numpy import ndarray

HALF = ("float16", "bfloat16")
"""kinds that stay what they are: as float32 they would take twice the room"""


def tensor_of(read: Read, tensor: StateTensor, kind: str = "") -> ndarray[Any, Any]:
    """The numbers of one tensor of the spec, of its own kind or another. Raises ModelProblem."""
    import numpy as np

    row = read.rows[tensor.node.index]
    held = row.tensors.get(tensor.name)
    if held is None:
        return np.full(tensor.shape, row.fills.get(tensor.name, 0), tensor.dtype)
    for view in held:
        if view.base not in read.reading.folded and not read.model.has_numbers(str(view.base)):
            raise ModelProblem(f"{read.model.path} has no numbers for its weight {view.base}")
    parts = [read.reading.numbers_of(view) for view in held]
    found = parts[0] if len(parts) == 1 else np.concatenate(parts)
    found = np.ascontiguousarray(found).reshape(tensor.shape)
    return found.astype(kind_as(kind or tensor.dtype), copy=False)


def kind_as(name: str) -> Any:
    """A kind of numbers by its name, bfloat16 too, which NumPy itself lacks."""
    import numpy as np

    if name == "bfloat16":
        import ml_dtypes

        return ml_dtypes.bfloat16
    return np.dtype(name)


def kind_of(read: Read, tensor: StateTensor) -> str:
    """What a tensor of the spec is saved as: as the spec says, but half precision stays it."""
    held = read.rows[tensor.node.index].tensors.get(tensor.name, ())
    kinds = {read.model.kind(str(view.base)) for view in held}
    kind = kinds.pop() if len(kinds) == 1 else ""
    return kind if kind in HALF and tensor.dtype == "float32" else tensor.dtype
