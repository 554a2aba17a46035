"""Buffers that a checkpoint may lack: their numbers follow from the network."""

from __future__ import annotations

import struct

from archc.graph.tensors import StateTensor
from archc.ops.attention import WindowAttention


def is_constant(tensor: StateTensor) -> bool:
    """Whether a tensor needs no checkpoint: counts of batches, places in a table of biases."""
    return tensor.name in ("num_batches_tracked", "relative_position_index")


def constant(tensor: StateTensor) -> bytes:
    """Its numbers as int64: no batch was counted; the place of each pair of a window's places."""
    numbers = [0]
    if isinstance(tensor.node.op, WindowAttention):
        height, width = tensor.node.op.window.sides
        places = [(row, column) for row in range(height) for column in range(width)]
        numbers = [
            (row - other_row + height - 1) * (2 * width - 1) + column - other_column + width - 1
            for row, column in places
            for other_row, other_column in places
        ]
    return struct.pack(f"<{len(numbers)}q", *numbers)
