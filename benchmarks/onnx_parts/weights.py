"""Random weights of a network as safetensors: weights.py NET FILE."""

from __future__ import annotations

import math
import sys

import numpy as np

import archc
from archc.graph.tensors import tensors_of
from archc.weights import Stored
from archc.weights.safetensors_file import write_safetensors


def main() -> None:
    """Write the file: numbers that keep values near 1, variances above 0."""
    net, path = sys.argv[1:]
    tensors = tensors_of(archc.load(net).graph)
    generator = np.random.default_rng(0)

    def numbers(key: str) -> memoryview:
        shape = tensors[key].shape
        if tensors[key].dtype == "int64":
            return memoryview(np.zeros(math.prod(shape), np.int64)).cast("B")
        found = generator.random(math.prod(shape), np.float32)
        if len(shape) > 1:
            found -= 0.5
            found *= math.sqrt(24 / math.prod(shape[1:]))
        return memoryview(found).cast("B")

    stored = {key: Stored(one.shape, one.dtype) for key, one in tensors.items()}
    write_safetensors(path, stored, numbers, {"format": "pt"})


if __name__ == "__main__":
    main()
