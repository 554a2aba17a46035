"""Public implementations that specs must equal, and how one of them is measured.

A file of this folder lists the twins of one family as `TWINS`. `make.py` builds and measures them
where their packages are installed and writes what it found beside the list, as JSON;
`tests/oracles/test_zoo.py` compares that with the specs and needs none of the packages. So every
expected number is one that somebody else's code gave.

Measured of a module in eval mode on torch's meta device, for one image:

- `params`: elements of its parameters, each tensor once;
- `macs`: half of what torch's `FlopCounterMode` sees;
- `depth`: the most convs and matrix products with weights on one way through autograd's graph;
- `shapes_sha256`: the sizes of its parameters, sorted, ones at their ends dropped (a 1x1 conv may
  stand for a linear layer);
- `state_sha256`: keys and sizes of its state_dict, where the spec has the same names.

A twin with the spec's names also runs, with weights and images made from names: digests of what it
gives are in `../outputs.json`.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import inspect
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from tests.oracles import fingerprint

PRODUCTS = ("ConvolutionBackward0", "AddmmBackward0", "MmBackward0", "LinearBackward0")


@dataclass(frozen=True, kw_only=True)
class Twin:
    """A spec's net and the public module it equals.

    `make` imports and builds the module, on `device`; it is measured on the meta device. `inputs`
    are the sizes of its arguments in torch's order, with the batch. `run` replaces a plain call.
    `same_names`: the state_dict has the spec's keys, apart from keys that begin with one of
    `ignored`. `training_heads`: it holds the spec's training outputs, too. `counts` are numbers in
    the place of unknown counts (`R`). `depth=False` where autograd's graph does not tell it
    (attention, recurrence). `written_in` is an object of the file that is the implementation, if
    that is not the file of the module's class. `outputs` gives the spec's outputs in its order, if
    neither `run` nor a plain call does; `compared_at` are sizes for them, if not two of `inputs`.
    """

    net: str
    package: str
    model: str
    make: Callable[[], nn.Module]
    inputs: Sequence[Sequence[int]] = ((1, 3, 224, 224),)
    run: Callable[..., Any] | None = None
    device: str = "meta"
    same_names: bool = False
    ignored: tuple[str, ...] = ()
    training_heads: bool = True
    counts: tuple[tuple[str, int], ...] = ()
    depth: bool = True
    written_in: Callable[[], Any] | None = None
    outputs: Callable[..., Any] | None = None
    compared_at: Sequence[Sequence[int]] = ()

    @property
    def image_sizes(self) -> list[tuple[int, ...]]:
        """The sizes of the images that outputs are compared at, with the batch."""
        return [tuple(size) for size in self.compared_at or [(2, *one[1:]) for one in self.inputs]]


def measure(twin: Twin) -> dict[str, Any]:
    """Everything the tests compare, and what the gallery says of the implementation."""
    with torch.device(twin.device):
        module = twin.make().to("meta")
    module.eval()  # by itself: MMPretrain's modules do not give themselves back
    images = [torch.empty(size, device="meta") for size in twin.inputs]
    found: dict[str, Any] = {
        "net": twin.net,
        "package": f"{twin.package} {importlib.metadata.version(twin.package)}",
        "model": twin.model,
        **_source(twin, module),
        "inputs": [list(size) for size in twin.inputs],
        "params": sum(parameter.numel() for parameter in module.parameters()),
        "training_heads": twin.training_heads,
        "macs": _macs(twin, module, images),
        "counts": dict(twin.counts),
        "shapes_sha256": digest(trimmed([tensor.shape for tensor in module.parameters()])),
    }
    if twin.depth:
        found["depth"] = _depth(twin, module, images)
    if twin.same_names:
        state = [
            [key, list(tensor.shape)]
            for key, tensor in module.state_dict().items()
            if not any(key.startswith(beginning) for beginning in twin.ignored)
        ]
        found["state_sha256"] = digest(sorted(state))
    return found


def filled(twin: Twin) -> nn.Module:
    """The public module on the CPU, in eval mode, with weights made from names."""
    module = twin.make()
    module.eval()
    state = module.state_dict()
    for key, value in fingerprint.fill(state).items():
        state[key].copy_(value)  # load_state_dict would ask for the version of some modules
    return module


@torch.no_grad()
def outputs(twin: Twin, module: nn.Module) -> list[Tensor]:
    """What the filled module gives for images made from their sizes."""
    images = [fingerprint.image(size[1:], size[0]) for size in twin.image_sizes]
    run = twin.outputs or twin.run
    return tensors(run(module, *images) if run else module(*images))


def digest(found: Any) -> str:
    """The sha256 of something as JSON without spaces."""
    return hashlib.sha256(json.dumps(found, separators=(",", ":")).encode()).hexdigest()


def trimmed(sizes: Sequence[Sequence[int]]) -> list[list[int]]:
    """Sizes of parameters, sorted, without the ones at their ends."""
    kept = []
    for size in sizes:
        shape = list(size)
        while len(shape) > 1 and shape[-1] == 1:
            shape.pop()
        kept.append(shape)
    return sorted(kept)


def _called(twin: Twin, module: nn.Module, images: list[Tensor]) -> Any:
    with torch.device("meta"):
        return twin.run(module, *images) if twin.run else module(*images)


def _macs(twin: Twin, module: nn.Module, images: list[Tensor]) -> int:
    torch.backends.mha.set_fastpath_enabled(False)  # opaque: its products are not seen
    with (
        torch.no_grad(),
        open(os.devnull, "w") as nowhere,
        contextlib.redirect_stderr(nowhere),  # the counter's word on a module that is met twice
        FlopCounterMode(display=False) as counter,
    ):
        _called(twin, module, images)
    return counter.get_total_flops() // 2


def _depth(twin: Twin, module: nn.Module, images: list[Tensor]) -> int:
    """The longest way from the outputs back to the inputs, counted in products with weights."""
    outputs = tensors(_called(twin, module, images))
    pending: list[Any] = [tensor.grad_fn for tensor in outputs if tensor.grad_fn is not None]
    longest: dict[Any, int] = {}
    while pending:
        function = pending[-1]
        before = [inner for inner, _ in function.next_functions if inner is not None]
        missing = [inner for inner in before if inner not in longest]
        if missing:
            pending.extend(missing)
            continue
        pending.pop()
        counted = function.name() in PRODUCTS
        longest[function] = max([longest[inner] for inner in before], default=0) + counted
    return max(longest.values())


def tensors(value: Any) -> list[Tensor]:
    """All tensors in what a module gives."""
    if isinstance(value, Tensor):
        return [value]
    if value is None:
        return []
    inner = value.values() if isinstance(value, dict) else value
    return [tensor for item in inner for tensor in tensors(item)]


def _source(twin: Twin, module: nn.Module) -> dict[str, Any]:
    """The implementation's file inside its package, and how many lines it has."""
    path = inspect.getsourcefile(twin.written_in() if twin.written_in else type(module))
    if path is None:
        return {}
    root = next(folder for folder in sys.path if folder and path.startswith(folder + os.sep))
    with open(path, encoding="utf-8") as file:
        return {"file": os.path.relpath(path, root), "lines": len(file.readlines())}
