"""Where values come from: inputs, Python, the step before; and the path that does nothing."""

from __future__ import annotations

from typing import Any

from archc.diagnostics.kinds.sizes import ShapesDiffer
from archc.diagnostics.kinds.values import MissingValue, ValueNotAllowed
from archc.diagnostics.model import Kind
from archc.ops.base import Op, Result, option, row_inputs
from archc.ops.dims import positive
from archc.ops.lowering import Torch
from archc.ops.nodes import Names, Nodes
from archc.ops.values import Shape, Value, Window, text_of

EXTERN = "archc.extern"
"""ONNX's name for the set of operators that a user has to write"""


class Identity(Op):
    """The value as it is: the path of a join that does nothing. A move; lists pass too. No MACs.

    Example:
        input 56x56x64
        add
          identity
          conv 3x3 64 pad=half
        relu                     -> 56x56x64

    Source: He et al. 2016, "Identity mappings in deep residual networks".
    """

    words = ("identity",)
    role = "move"
    elementwise = True
    rearranges = True

    def shape(self, value: Any) -> Result:
        passed: Value = value
        return passed

    def torch(self, value: Value) -> Torch:
        return Torch("{0}")

    def onnx(self, made: Nodes, value: Value) -> Names:
        return made.inputs[0]


class Input(Op):
    """A value that the network is given. Elaboration sets `size` to its shape. No MACs.

    `input 224x224x3` is a picture, `input T of int` words, `input HxWx3` leaves its sides open.

    Example:
        input 227x227x3          -> 227x227x3

    Source: the first row of every table.
    """

    words = ("input",)
    role = "move"
    size: Shape = option("size", positional=True, doc="its shape, 224x224x3 or T of int")

    def shape(self, *inputs: Any) -> Result:
        return self.size

    def torch(self, *inputs: Any) -> Torch:
        return Torch("")


class Extern(Op):
    """A value that Python code computes from others; elaboration sets the code's `name` and `size`.

    It is declared with `extern propose(s, d) -> R of 4` and called as a row. Nothing is known of
    its cost: no weights, no MACs.

    Example:
        extern propose(scores, deltas) -> R of 4
        net proposals()
          input 38x50x512
          conv 1x1 9 as scores
          from input ; conv 1x1 36 as deltas
          propose scores deltas  -> R of 4

    Source: Ren et al. 2015, "Faster R-CNN" (the proposals).
    """

    words = ("extern",)
    role = "move"
    name: str = option("name", positional=True, doc="the Python function")
    size: Shape = option("size", positional=True, doc="the shape of its result")

    def shape(self, *inputs: Any) -> Result:
        return self.size

    def torch(self, *inputs: Any) -> Torch:
        terms = ", ".join([f"{{{index}}}" for index in range(len(inputs))])
        return Torch(f"self.{self.name}({terms})")

    def onnx(self, made: Nodes, *inputs: Any) -> str:
        return made.foreign(EXTERN, self.name, *made.paths)


class Prev(Op):
    """Inside `scan`: the value of the named row one step ago, zeros (or `start`) at the first step.

    It replaces the running value. `n` says how many numbers that row has, since it may stand below;
    a map has a size, `prev state 7x7x64`. No MACs.

    Example:
        input T of 64
        scan
          word: identity
          old: prev new 32
          concat word old
          new: fc 32
        relu                     -> T of 32

    Source: Elman 1990, "Finding structure in time" (the context units).
    """

    words = ("prev",)
    role = "move"
    row: str = option("name", positional=True, doc="the row to read one step late")
    channels: int | None = option("integer", default=None, positional=True, doc="its numbers")
    size: Window | None = option("size", default=None, positional=True, doc="its sides, for a map")
    start: str | None = option("row", default=None, doc="the row that gives its first value")

    def shape(self, *inputs: Any) -> Result:
        dims = self._dims()
        if isinstance(dims, Kind):
            return dims
        value = Shape(dims)
        first = row_inputs(self, inputs).get("start", value)
        if first == value:
            return value
        rule = "the first value has the shape of the row that is read"
        return ShapesDiffer("begin prev start=", (text_of(first), str(value)), rule)

    def _dims(self) -> tuple[int, ...] | Kind:
        if self.size is None:
            if self.channels is None:
                return MissingValue("prev", "the row's number of numbers", f"prev {self.row} 512")
            return (self.channels,)
        if self.channels is not None:
            return ValueNotAllowed("channels", str(self.channels), "no value beside a size")
        return positive("size", self.size.sides) or self.size.sides

    def torch(self, *inputs: Any) -> Torch:
        return Torch("{state}")

    def onnx(self, made: Nodes, *inputs: Any) -> str:
        dims = self._dims()
        assert not isinstance(dims, Kind)
        if made.inputs:
            return made.state(made.x)
        batch = -1 if made.over is None or made.over.rank <= 0 else 1
        return made.state(made.before.zeros(batch, dims[-1], *dims[:-1]))
