"""PyTorch's side of weights, the only module here that needs torch: .pth files, tensors.

A pickle is never executed: `weights_only=True` reads tensors and plain containers and refuses the
rest.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from archc.graph.ir import Network
from archc.graph.tensors import tensors_of
from archc.weights.checkpoint import Buffer, Checkpoint, Stored, WeightsProblem
from archc.weights.constants import constant
from archc.weights.fit import fit

if TYPE_CHECKING:
    from torch import Tensor

NOT_WEIGHTS = ("optimizer", "scheduler", "scaler", "args", "config", "callbacks", "loops")
"""beginnings of names beside the weights in what training scripts save"""
DEEP = 3
"""levels of wrappers that are opened"""


def read_pickled(path: str, part: str = "") -> Checkpoint:
    """The tensors of a .pth, .pt, .bin or .ckpt file, in the order in which they were saved."""
    if find_spec("torch") is None:
        raise WeightsProblem(f"reading {path} needs torch: pip install 'archc[torch]'")
    found = dict(_state_dicts(_loaded(path), ""))
    if not found:
        raise WeightsProblem(
            f"{path} holds no state_dict; torch.save(model.state_dict(), ...) writes one"
        )
    names = ", ".join([f"`{name}`" for name in found])
    if part and part not in found:
        raise WeightsProblem(f"{path} has no part `{part}`; there is {names}")
    if not part and len(found) > 1:
        take = f"archc weights map NET {path} --part NAME -o OUT.safetensors"
        raise WeightsProblem(f"{path} has several sets of weights, {names}: `{take}` takes one")
    name = part or next(iter(found))
    held = {key: value for key, value in found[name].items() if _is_tensor(value)}
    notes = (f"the weights are those of `{name}`",) if name else ()
    others = [str(key) for key in found[name] if key not in held]
    if others:
        notes = (*notes, f"left out, since they are no tensors: {', '.join(others[:5])}")
    return checkpoint_of(held, path, notes)


def checkpoint_of(
    state: Mapping[str, Any], name: str = "the state", notes: tuple[str, ...] = ()
) -> Checkpoint:
    """The tensors of a state_dict, as those of a file are described."""
    tensors = {key: Stored(tuple(value.shape), _dtype(value)) for key, value in state.items()}
    return Checkpoint(name, tensors, lambda key: _numbers(name, key, state[key]), notes)


def _loaded(path: str) -> Any:
    import torch

    with open(path, "rb") as file:
        zipped = file.read(2) == b"PK"
    if zipped and not zipfile.is_zipfile(path):
        raise WeightsProblem(f"{path} is cut off: it has no end; was the download whole?")
    try:
        if zipped:
            _check_members(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True, mmap=zipped)
    except WeightsProblem:
        raise
    except Exception as error:  # a broken or hostile pickle may raise anything
        raise WeightsProblem(_refusal(path, error)) from None


def _check_members(path: str) -> None:
    """What other programs keep in zip files is no pickle of torch's."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    if not any(name.endswith("data.pkl") for name in names):
        raise WeightsProblem(f"{path} is a zip file, but none that torch.save wrote")
    if any(name.endswith("constants.pkl") for name in names):
        raise WeightsProblem(
            f"{path} is a TorchScript program; torch.save(torch.jit.load(...).state_dict(), ...)"
            " writes its weights"
        )


def _refusal(path: str, error: Exception) -> str:
    text = str(error)
    found = re.search(r"GLOBAL ([\w.]+)|global ([\w.]+)", text)
    if found:
        what = found[1] or found[2]
        return (
            f"{path} holds Python objects ({what}), which are not loaded: they could run"
            " anything; save model.state_dict() alone, where you trust the file"
        )
    if "weights_only" in text:  # torch's own advice is to load it all the same
        return (
            f"{path} is a pickle of more than tensors, which is not loaded: it could run anything;"
            " save model.state_dict() alone, where you trust the file"
        )
    reason = text.splitlines()[0][:200] if text else type(error).__name__
    return f"{path} is no whole PyTorch file: {reason}"


def _state_dicts(value: Any, name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The mappings of names to tensors, by the names of the wrappers they lie in."""
    pending = [(name, value, DEEP)]
    own: list[tuple[str, Mapping[str, Any]]] = []
    wrapped: list[tuple[str, Mapping[str, Any]]] = []
    while pending:
        at, held, deep = pending.pop(0)
        if not isinstance(held, Mapping) or not all(isinstance(key, str) for key in held):
            continue
        if any(_is_tensor(one) and one.dim() for one in held.values()):
            (wrapped if at else own).append((at, held))
            if at:
                continue
        pending += [
            (f"{at}.{key}" if at else key, one, deep - 1)
            for key, one in held.items()
            if deep and not key.startswith(NOT_WEIGHTS)
        ]
    # A random state or a mean may lie beside the wrapped weights, but no weights beside those.
    yield from wrapped or own


def _is_tensor(value: Any) -> bool:
    import torch

    return isinstance(value, torch.Tensor)


def _dtype(tensor: Tensor) -> str:
    import torch

    word = str(tensor.dtype).removeprefix("torch.")
    if tensor.layout is not torch.strided:
        return f"{str(tensor.layout).removeprefix('torch.')} {word}"
    return word


def _numbers(path: str, key: str, tensor: Tensor) -> Buffer:
    import torch

    try:
        flat = tensor.detach().contiguous().reshape(-1)
        found: Buffer = flat.view(torch.uint8).numpy().data
    except (RuntimeError, TypeError, NotImplementedError) as error:
        raise WeightsProblem(f"{key} of {path} cannot be read: {error}") from None
    return found


def state_for_torch(checkpoint: Checkpoint, network: Network) -> dict[str, Tensor]:
    """The state_dict of a network, in its order: floats as float32, integers as they are.

    Tensors of a safetensors file or a .pth share its mapping and are read when they are used.
    Raises WeightsProblem if the checkpoint does not fit; ImportError without torch.
    """
    import torch

    fitted = fit(network, checkpoint)
    if not fitted.ok:
        raise WeightsProblem(fitted.text())
    state: dict[str, Tensor] = {}
    for key, wanted in tensors_of(network).items():
        stored = checkpoint.tensors.get(key)
        numbers = constant(wanted) if stored is None else checkpoint.read(key)
        dtype = getattr(torch, wanted.dtype if stored is None else stored.dtype)
        flat = torch.frombuffer(_aligned(numbers, dtype.itemsize), dtype=dtype)
        state[key] = flat.reshape(wanted.shape).to(getattr(torch, wanted.dtype))
    return state


def _aligned(numbers: Buffer, width: int) -> Any:
    """Numbers where a processor can read them: a header may end anywhere."""
    import numpy as np

    found = np.frombuffer(numbers, dtype=np.uint8)
    writable = found.flags.writeable and found.ctypes.data % width == 0
    return numbers if writable else bytearray(numbers)
