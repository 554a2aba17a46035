"""Rows that run once for each thing: `scan` takes one thing, `Gather` puts the results in a row."""

from __future__ import annotations

from typing import Any

from archc.ops.base import THINGS_HINT, Op, Result, option, wrong
from archc.ops.lowering import Torch
from archc.ops.nodes import Nodes
from archc.ops.values import Count, Shape


class Scan(Op):
    """The rows below run once for each thing of `T of D`, in order; the last gives the things.

    Inside, the running value is one thing; `prev` reads a row one step ago. A move. No MACs of its
    own: those of its rows count once for each thing.

    Example:
        input T of 64
        scan                     -> T of 32
          word: identity
          old: prev new 32
          concat word old
          new: fc 32 ; tanh

    Source: Elman 1990, "Finding structure in time".
    """

    words = ("scan",)
    role = "move"
    rearranges = True

    def shape(self, value: Any) -> Result:
        if not isinstance(value, Shape) or value.count is None:
            return wrong(self, "things such as T of 512", value, THINGS_HINT)
        return Shape(value.dims)

    def torch(self, value: Shape) -> Torch:
        return Torch("{0}.split(1)" if value.rank else "{0}.unbind(1)")

    def onnx(self, made: Nodes, value: Shape) -> str:
        return made.unsqueeze(made.x, 0) if value.rank > 0 else made.x


class Gather(Op):
    """The results of a scan's rows, one for each thing, as `T of D`: a value of its own in memory.

    Its numbers are counted already, at the rows of the scan.
    """

    role = "move"
    times: int | Count | None = option("integer", default=None, doc="how many things")

    @property
    def own_box(self) -> bool:
        """Its numbers are those of the rows above it, which count once for each thing."""
        return False

    def shape(self, value: Any) -> Result:
        if not isinstance(value, Shape) or value.count is not None:
            return wrong(Scan(), "rows that give one thing", value, THINGS_HINT)
        return Shape(value.dims, self.times)

    def torch(self, value: Shape) -> Torch:
        return Torch("torch.cat({0})" if value.rank else "torch.stack({0}, dim=1)")

    def onnx(self, made: Nodes, value: Shape) -> str:
        if not value.rank:
            return made.x
        if not made.opened:
            return made.reshape(made.x, -1, value.channels, *value.spatial)
        return made("Reshape", made.x, made.row(-1, made.sides(made.x, 2)))
