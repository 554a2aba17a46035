"""A checkpoint under a network's names: which key is which, and the file that says so."""

from __future__ import annotations

from archc.weights.checkpoint import Buffer, Stored, WeightsProblem
from archc.weights.constants import constant, is_constant
from archc.weights.match import Match
from archc.weights.safetensors_file import BYTES, write_safetensors


def mapping(found: Match) -> dict[str, str]:
    """The checkpoint's key for each key of the network that is known, in the network's order."""
    keys: dict[str, str] = {}
    for pair in found.pairs:
        theirs = dict(pair.theirs.keys)
        alone = next(iter(theirs.values()))
        keys.update([(key, theirs.get(role, alone)) for role, key in pair.ours.keys])
    return {key: keys[key] for key in found.tensors if key in keys}


def write_renamed(found: Match, path: str, head: str) -> None:
    """Write the weights as safetensors with the network's keys and sizes, kinds as they were.

    What the checkpoint lacks and the network implies (counts of batches, places in tables) is
    added. `head` is the file's note on where it is from. Raises WeightsProblem for kinds that
    safetensors has no word for, OSError.
    """
    keys, stored = mapping(found), found.checkpoint.tensors
    tensors: dict[str, Stored] = {}
    for key, wanted in found.tensors.items():
        dtype = wanted.dtype if is_constant(wanted) else stored[keys[key]].dtype
        if dtype not in BYTES:
            raise WeightsProblem(f"{keys[key]} is {dtype}, which safetensors cannot hold")
        tensors[key] = Stored(wanted.shape, dtype)

    def numbers(key: str) -> Buffer:
        if is_constant(found.tensors[key]):
            return constant(found.tensors[key])
        return found.checkpoint.read(keys[key])

    write_safetensors(path, tensors, numbers, {"format": "pt", "source": head})
