"""The bytes of tensors alive at once while a module runs, its weights and inputs aside."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class Living(TorchDispatchMode):
    """Watches the storages that operators make; `peak` is the most bytes they had together.

    What a kernel takes for itself while it runs (oneDNN's copies in another layout) is no tensor,
    and is not seen.
    """

    def __init__(self, known: list[Tensor]) -> None:
        super().__init__()
        self.peak = 0
        self._known = {_storage(tensor)[0] for tensor in known if _has_storage(tensor)}
        self._living: dict[int, tuple[StorageWeakRef, int]] = {}

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        given = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(given):
            if isinstance(tensor, Tensor) and _has_storage(tensor):
                place, size = _storage(tensor)
                if place not in self._known:
                    self._living[place] = StorageWeakRef(tensor.untyped_storage()), size
        self._living = {
            place: (weak, size)
            for place, (weak, size) in self._living.items()
            if not weak.expired()
        }
        self.peak = max(self.peak, sum([size for _, size in self._living.values()]))
        return given


def _has_storage(tensor: Tensor) -> bool:
    return tensor.layout == torch.strided


def _storage(tensor: Tensor) -> tuple[int, int]:
    storage = tensor.untyped_storage()
    return storage.data_ptr(), storage.nbytes()


def peak_of(module: nn.Module, x: Tensor) -> int:
    """The peak of one forward without gradients, in bytes."""
    known = [*module.parameters(), *module.buffers(), x]
    with torch.no_grad(), Living(known) as living:
        module(x)
    return living.peak
