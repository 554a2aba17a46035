"""Factors and tables without an input of their own: scales, the class token, positions."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from archc.diagnostics.kinds.values import ValueNotAllowed
from archc.ops.base import Op, Result, Tensors, needs_numbers, needs_things, option, wrong
from archc.ops.lowering import Torch, options, parameter
from archc.ops.nodes import Nodes
from archc.ops.values import Count, Number, Shape


class Scale(Op):
    """Every number times one fixed number, y = factor*x. A move. No MACs.

    Example:
        input 35x35x320
        scale 0.17               -> 35x35x320

    Source: Szegedy et al. 2017, "Inception-v4", section 3.3 (scaled residuals).
    """

    words = ("scale",)
    role = "move"
    elementwise = True
    factor: Number = option("number", positional=True, doc="the fixed factor")

    def shape(self, value: Any) -> Result:
        return needs_numbers(self, value) or value

    def torch(self, value: Shape) -> Torch:
        return Torch("{0} * {factor}", values=options(factor=float(self.factor)))

    def onnx(self, made: Nodes, value: Shape) -> str:
        return made("Mul", made.x, made.number(float(self.factor)))


class LayerScale(Op):
    """A trained factor for each channel, y = weight*x, that begins near 0. No MACs.

    The weight is `(C,1,1)` on a map and `(C)` on things; its key is the row's name itself.

    Example:
        input 56x56x96
        layerscale 1e-6          -> 56x56x96

    Source: Touvron et al. 2021, "Going deeper with image transformers"; ConvNeXt.
    """

    words = ("layerscale",)
    elementwise = True
    start: Number = option(
        "number", default=Fraction("1e-6"), positional=True, doc="initial value of the factors"
    )

    def shape(self, value: Any) -> Result:
        return needs_numbers(self, value) or value

    def weights(self, value: Shape) -> Tensors:
        return {"": (value.channels, *[1] * value.rank)}

    def torch(self, value: Shape) -> Torch:
        return Torch("{0} * {self}", parameter(self.weights(value)[""], float(self.start)))

    def onnx(self, made: Nodes, value: Shape) -> str:
        return made("Mul", made.x, made.tensor(""))


class ClassToken(Op):
    """One more thing in front, trained and the same for every sample: `T of D` to `T+1 of D`.

    It begins at 0. The key is the row's name itself. No MACs.

    Example:
        input 14x14x768
        tokens
        class_token: classtoken  -> 197 of 768

    Source: Devlin et al. 2019, "BERT"; Dosovitskiy et al. 2021 (ViT).
    """

    words = ("classtoken",)

    def shape(self, value: Any) -> Result:
        problem = needs_things(self, value)
        if problem:
            return problem
        count = value.count
        if isinstance(count, Count):
            return Shape(value.dims, Count(count.symbol, count.plus + 1))
        return Shape(value.dims, count + 1)

    def weights(self, value: Shape) -> Tensors:
        return {"": (1, 1, value.channels)}

    def torch(self, value: Shape) -> Torch:
        expanded = "{self}.expand({0}.shape[0], -1, -1)"
        make = parameter(self.weights(value)[""])
        return Torch(f"torch.cat([{expanded}, {{0}}], dim=1)", make)

    def onnx(self, made: Nodes, value: Shape) -> str:
        token = made.tensor("")
        if made.batch != 1:
            batch = made.sides(made.x, 0, 1)
            token = made(
                "Expand", token, made("Concat", batch, made.ints(1, value.channels), axis=0)
            )
        return made("Concat", token, made.x, axis=1)


class Positions(Op):
    """A trained vector for each position, added to the thing there: y[t] = x[t] + weight[t].

    The number of things must be known, or `longest` says how many positions the table has. The key
    is the row's name itself.

    Example:
        input 14x14x768
        tokens
        pos_embedding: positions -> 196 of 768

    Source: Vaswani et al. 2017, section 3.5; Dosovitskiy et al. 2021 (ViT).
    """

    words = ("positions",)
    longest: int | None = option("integer", default=None, doc="positions in the table")

    def shape(self, value: Any) -> Result:
        problem = needs_things(self, value)
        if problem:
            return problem
        if isinstance(value.count, Count):
            if self.longest is None:
                hint = "`positions longest=512` has a table for up to 512 things"
                problem = wrong(self, "a known number of things", value, hint)
        elif self.longest is not None and self.longest < value.count:
            takes = f"at least the {value.count} things there are"
            problem = ValueNotAllowed("longest", str(self.longest), takes)
        return problem or value

    def weights(self, value: Shape) -> Tensors:
        count = self.longest if self.longest is not None else value.things
        return {"": (1, count, value.channels)}

    def torch(self, value: Shape) -> Torch:
        make = parameter(self.weights(value)[""], std=0.02)
        if self.longest in (None, value.count):
            return Torch("{0} + {self}", make)
        return Torch("{0} + {self}[:, :{0}.shape[1]]", make)

    def onnx(self, made: Nodes, value: Shape) -> str:
        table = made.tensor("")
        if self.longest in (None, value.count):
            return made("Add", made.x, table)
        if isinstance(value.count, int):
            return made("Add", made.x, made.slice(table, 0, value.count, 1))
        count = made.sides(made.x, 1, 2)
        return made("Add", made.x, made("Slice", table, made.ints(0), count, made.ints(1)))
