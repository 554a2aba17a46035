"""A file of weights: what it holds, and one tensor after the other."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Mapping
from typing import TypeAlias

from archc.record import Record

Buffer: TypeAlias = "memoryview | bytes"
WRAPPERS = ("module.", "_orig_mod.")
"""what DataParallel and torch.compile put before every key"""
BEGINNINGS = {
    b"\x89HDF": "an HDF5 file, as Keras writes them",
    b"GGUF": "a GGUF file",
    b"\x93NUM": "a NumPy array",
    b"\x1f\x8b": "a compressed file; unpack it",
    b"version https://git-lfs": "what Git LFS puts in a file's place; `git lfs pull` fetches it",
    b"<": "a web page; what the link gave is not the file itself",
}
SHARDS = ".index.json"


class WeightsProblem(Exception):
    """Why weights cannot be used, and what to do about it: text for the user."""


class Stored(Record):
    """What a file says of one tensor; `dtype` is torch's word: float32, bfloat16, int64."""

    shape: tuple[int, ...]
    dtype: str


class Checkpoint:
    """The tensors of a file, in its order; their values are read one at a time.

    `read(key)` gives a tensor's numbers in C order, little-endian. `notes` say what was taken off
    or left out on the way to them.
    """

    def __init__(
        self,
        path: str,
        tensors: Mapping[str, Stored],
        read: Callable[[str], Buffer],
        notes: tuple[str, ...] = (),
    ) -> None:
        self.path = path
        self.tensors = tensors
        self.read = read
        self.notes = notes

    @property
    def name(self) -> str:
        """The file's own name, without the folder."""
        return os.path.basename(self.path)

    def __repr__(self) -> str:
        return f"Checkpoint({self.name}: {len(self.tensors)} tensors)"


def open_checkpoint(path: str | os.PathLike[str], part: str = "") -> Checkpoint:
    """The tensors of a safetensors file, of PyTorch's .pth, or of an index of several.

    `part` says which of several sets of weights in one .pth is meant (`model_ema`). A pickle is
    never executed. Raises WeightsProblem.
    """
    name = os.fspath(path)
    beginning = _beginning(name)
    for start, what in BEGINNINGS.items():
        if beginning.startswith(start):
            raise WeightsProblem(f"{name} is {what}")
    if name.endswith(SHARDS):
        from archc.weights.shards import read_shards

        found = read_shards(name)
    elif _is_pickled(beginning):
        from archc.weights.pytorch import read_pickled

        return _unwrapped(read_pickled(name, part))
    elif name.endswith(".safetensors") or beginning[8:9] == b"{":
        from archc.weights.safetensors_file import read_safetensors

        found = read_safetensors(name)
    else:
        raise WeightsProblem(f"{name} is no file of weights: a safetensors file or PyTorch's .pth")
    if part:
        raise WeightsProblem(f"{name} has one set of weights, and no part `{part}`")
    return _unwrapped(found)


def _is_pickled(beginning: bytes) -> bool:
    """Whether a file is one of torch.save; the length before a safetensors' `{` may look so."""
    if beginning[4:9] == b"\0\0\0\0{":
        return False
    return beginning.startswith((b"PK\x03\x04", b"\x80")) or beginning[257:262] == b"ustar"


def _beginning(name: str) -> bytes:
    """The first bytes of a plain file."""
    try:
        mode = os.stat(name).st_mode
        if stat.S_ISDIR(mode):
            raise WeightsProblem(f"{name} is a folder; name a file in it{_in_folder(name)}")
        if not stat.S_ISREG(mode):
            raise WeightsProblem(f"{name} is a device or a pipe, no plain file")
        with open(name, "rb") as file:
            found = file.read(300)
    except OSError as error:
        missing = error.errno == errno.ENOENT
        reason = "there is no such file" if missing else (error.strerror or "").lower()
        raise WeightsProblem(f"{name} cannot be read: {reason}") from None
    except ValueError:
        raise WeightsProblem(f"{name!r} is no path") from None
    if not found:
        raise WeightsProblem(f"{name} is empty")
    return found


def _in_folder(name: str) -> str:
    """Files of weights that lie in a folder, a few of them."""
    endings = (".safetensors", SHARDS, ".pth", ".pt", ".bin", ".ckpt")
    try:
        found = sorted([one for one in os.listdir(name) if one.endswith(endings)])
    except OSError:
        return ""
    return f": {', '.join(found[:3])}" if found else ""


def _unwrapped(found: Checkpoint) -> Checkpoint:
    """Without what wrappers put before every key."""
    if not found.tensors:
        raise WeightsProblem(f"{found.path} holds no tensors")
    start = ""
    keys = list(found.tensors)
    while prefix := next((one for one in WRAPPERS if _all_begin(keys, start + one)), ""):
        start += prefix
    if not start:
        return found
    tensors = {key[len(start) :]: stored for key, stored in found.tensors.items()}
    note = f"`{start}` was taken off every key"
    return Checkpoint(
        found.path, tensors, lambda key: found.read(start + key), (*found.notes, note)
    )


def _all_begin(keys: list[str], start: str) -> bool:
    return all(key.startswith(start) and len(key) > len(start) for key in keys)
