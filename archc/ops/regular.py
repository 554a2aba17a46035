"""Regularisers: chance while training, nothing at inference (`noise` alone acts always)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from archc.ops.base import Op, Result, needs_numbers, option, within
from archc.ops.lowering import Make, Torch, options
from archc.ops.nodes import Nodes
from archc.ops.values import Number


class Dropout(Op):
    """Dropout: while training, each number is 0 with chance p and the others grow by 1/(1 - p).

    p is the share that is dropped. No MACs.

    Example:
        input 4096
        dropout 50%              -> 4096

    Source: Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from
    overfitting".
    """

    words = ("dropout",)
    elementwise = True
    p: Number = option(
        "number", default=Fraction("0.5"), positional=True, doc="the share that is dropped"
    )

    def shape(self, value: Any) -> Result:
        return within("p", self.p, 0, 1) or needs_numbers(self, value) or value

    def torch(self, value: Any) -> Torch:
        return Torch(make=Make("nn.Dropout", (float(self.p),)), keeps_output=True)

    def onnx(self, made: Nodes, value: Any) -> str:
        return made.x


class DropPath(Op):
    """Stochastic depth: while training, the whole value of a sample is 0 with chance p.

    Survivors are divided by 1 - p. It stands at the end of a path that is added to a shortcut. No
    MACs.

    Example:
        input 32x32x16
        add
          identity
          conv 3x3 16 pad=half ; droppath 20%   -> 32x32x16

    Source: Huang et al. 2016, "Deep networks with stochastic depth".
    """

    words = ("droppath",)
    elementwise = True
    p: Number = option("number", positional=True, doc="the chance that a sample's path is dropped")

    def shape(self, value: Any) -> Result:
        return within("p", self.p, 0, 1) or needs_numbers(self, value) or value

    def torch(self, value: Any) -> Torch:
        return Torch(make=Make("StochasticDepth", (float(self.p),)), keeps_output=True)

    def onnx(self, made: Nodes, value: Any) -> str:
        return made.x


class Noise(Op):
    """Normal random numbers in the shape of the running value, which they replace.

    Mean 0, standard deviation `std`; fresh ones in training and at inference alike. A move. No
    MACs.

    Example:
        input 20
        noise std=1              -> 20

    Source: Kingma and Welling 2014, "Auto-encoding variational Bayes", section 2.4.
    """

    words = ("noise",)
    role = "move"
    std: Number = option("number", default=Fraction(1), positional=True, doc="standard deviation")

    def shape(self, value: Any) -> Result:
        return within("std", self.std, 0) or needs_numbers(self, value) or value

    def torch(self, value: Any) -> Torch:
        if self.std == 1:
            return Torch("torch.randn_like({0})")
        return Torch("torch.randn_like({0}) * {std}", values=options(std=float(self.std)))

    def onnx(self, made: Nodes, value: Any) -> str:
        return made("RandomNormalLike", made.x, scale=float(self.std))
