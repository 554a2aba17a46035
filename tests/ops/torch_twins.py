"""What each operator is in torch: one twin for each class, made for given inputs.

A twin is a module (its tensors are the operator's) and what is called with the inputs in torch's
order. `test_operators.py` compares shapes, tensors and products; an operator without a twin fails
there. Where torch has no such layer the twin is the definition, written out.
"""

from __future__ import annotations

from tests.ops import twins_of_layers, twins_of_moves, twins_of_things
from tests.ops.twin_parts import BARE, TWINS, memory

__all__ = ["BARE", "TWINS", "memory", "twins_of_layers", "twins_of_moves", "twins_of_things"]
