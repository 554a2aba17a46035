"""A row that is made of a model's nodes."""

from __future__ import annotations

from typing import Any

from archc.backends.onnx.reading.call import At, Call, Scope
from archc.backends.onnx.reading.views import View
from archc.ops.base import Op

Held = tuple[View, ...]
"""rows of the model's tensors that are one tensor of a layer, behind each other"""


class Made:
    """A row: its operator, the rows it reads, its value's shape; `at` is the node it is read from.

    `given` are the shapes of what it reads; `rows` is how many things it has where those of all
    samples lie in one row, as regions do; `tensors` are its weights, `fills` those the model does
    not have, by their number.
    """

    __slots__ = (
        "at",
        "call",
        "fills",
        "given",
        "inputs",
        "op",
        "rows",
        "scope",
        "shape",
        "tensors",
    )

    def __init__(self, op: Op, inputs: tuple[int, ...], shape: Any, call: Call | None) -> None:
        self.op = op
        self.inputs = inputs
        self.shape = shape
        self.given: tuple[Any, ...] = ()
        self.rows: int | None = None
        self.call = call
        self.at: At = (-1,) if call is None else call.at
        self.scope = None if call is None else call.scope
        self.tensors: dict[str, Held] = {}
        self.fills: dict[str, float] = {}

    def is_in(self, scope: Scope | None) -> bool:
        """Whether it stands in a scan, or in one inside of that."""
        around = self.scope
        while around is not None and around is not scope:
            around = around.call.scope
        return around is scope
