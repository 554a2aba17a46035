"""Weights in several files with an index: `model.safetensors.index.json`."""

from __future__ import annotations

import json
import os

from archc.weights.checkpoint import SHARDS, Checkpoint, Stored, WeightsProblem, open_checkpoint

INDEX_AT_MOST = 100_000_000
"""bytes of an index; the largest ones in public use have some ten million"""


def read_shards(path: str) -> Checkpoint:
    """The tensors that an index names, in its order; its files lie beside it."""
    places = _places(path)
    folder = os.path.dirname(path)
    shards = {file: open_checkpoint(os.path.join(folder, file)) for file in set(places.values())}
    tensors: dict[str, Stored] = {}
    for key, file in places.items():
        stored = shards[file].tensors.get(key)
        if stored is None:
            raise WeightsProblem(f"{file} has no `{key}`, which {os.path.basename(path)} names")
        tensors[key] = stored
    notes = tuple(dict.fromkeys([note for shard in shards.values() for note in shard.notes]))
    return Checkpoint(path, tensors, lambda key: shards[places[key]].read(key), notes)


def _places(path: str) -> dict[str, str]:
    """Which file each tensor is in."""
    if os.path.getsize(path) > INDEX_AT_MOST:
        raise WeightsProblem(f"{path} is too large for an index of weights")
    try:
        with open(path, encoding="utf-8") as file:
            places = json.load(file)["weight_map"]
        pairs = dict(places)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise WeightsProblem(f"{path} is no index of weights: it has no `weight_map`") from None
    for file in pairs.values():
        plain = isinstance(file, str) and file == os.path.basename(file) and "\\" not in file
        if not plain or file in ("", ".", "..") or file.endswith(SHARDS):
            raise WeightsProblem(f"{path} names {file!r}, which is no file beside it")
    return pairs
