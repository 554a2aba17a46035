"""Activations: a function of each number by itself; softmax, of the numbers of one place."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, ClassVar

from archc.ops.base import THINGS_HINT, Op, Result, needs_numbers, option, within, wrong
from archc.ops.lowering import (
    Make,
    Options,
    Torch,
    channel_axis,
    options,
    unlike,
)
from archc.ops.nodes import Nodes
from archc.ops.values import Number, Shape


class Activation(Op):
    """What all functions of one number share: the shape stays, no MACs."""

    elementwise = True
    module: ClassVar[str] = ""
    """torch's class"""
    node: ClassVar[str] = ""
    """ONNX's operator"""
    inplace: ClassVar[bool] = True
    """whether torch's class can overwrite its input"""

    def shape(self, value: Any) -> Result:
        return needs_numbers(self, value) or value

    def torch(self, value: Shape) -> Torch:
        cls = type(self)
        make = Make(f"nn.{cls.module}", (), self._given())
        return Torch(make=make, inplace=cls.inplace, keeps_output=True)

    def onnx(self, made: Nodes, value: Shape) -> str:
        return made(type(self).node, made.x)

    def _given(self) -> Options:
        """torch's names for the options."""
        return ()


class HardSigmoid(Activation):
    """Sigmoid of straight pieces: y = min(max(x + 3, 0), 6)/6.

    Example:
        input 1x1x64
        hsigmoid                 -> 1x1x64

    Source: Howard et al. 2019, "Searching for MobileNetV3", section 5.2.
    """

    words = ("hsigmoid",)
    module = "Hardsigmoid"

    def onnx(self, made: Nodes, value: Shape) -> str:
        return made("HardSigmoid", made.x, alpha=1 / 6)


class Sigmoid(Activation):
    """Logistic function: y = 1/(1 + exp(-x)).

    Example:
        input 4096
        fc 1 ; sigmoid           -> 1

    Source: Rumelhart, Hinton and Williams 1986.
    """

    words = ("sigmoid",)
    module = "Sigmoid"
    node = "Sigmoid"
    inplace = False


class Tanh(Activation):
    """Hyperbolic tangent: y = (exp(x) - exp(-x))/(exp(x) + exp(-x)).

    Example:
        input 28x28x6
        tanh                     -> 28x28x6

    Source: LeCun et al. 1998, appendix A.
    """

    words = ("tanh",)
    module = "Tanh"
    node = "Tanh"
    inplace = False


class Softplus(Activation):
    """Smooth rectifier: y = log(1 + exp(beta*x))/beta.

    Example:
        input 100
        softplus                 -> 100

    Source: Dugas et al. 2001, "Incorporating second-order functional knowledge".
    """

    words = ("softplus",)
    module = "Softplus"
    inplace = False
    beta: Number = option("number", default=Fraction(1), positional=True, doc="sharpness")

    def shape(self, value: Any) -> Result:
        return within("beta", self.beta, 0, open_low=True) or super().shape(value)

    def _given(self) -> Options:
        return options(beta=unlike(float(self.beta), 1.0))

    def onnx(self, made: Nodes, value: Shape) -> str:
        beta = float(self.beta)
        if beta == 1:
            return made("Softplus", made.x)
        return made(
            "Div", made("Softplus", made("Mul", made.x, made.number(beta))), made.number(beta)
        )


class Softmax(Activation):
    """Softmax: positive numbers that add up to 1, y = exp(x) / sum of exp(x).

    Over the channels at each place of a map, over the numbers of a vector or of each thing. With
    `things` over the things instead: each of the D numbers adds up to 1 over all of `T of D`.

    Example:
        input 4096
        fc 1000 ; softmax        -> 1000

    Source: Bridle 1990, "Probabilistic interpretation of feedforward classification networks".
    """

    words = ("softmax",)
    things: bool = option("flag", default=False, doc="over the things, not over their numbers")

    def shape(self, value: Any) -> Result:
        problem = needs_numbers(self, value)
        if not problem and self.things and value.count is None:
            return wrong(self, "things such as 196 of 1", value, THINGS_HINT)
        return problem or value

    def torch(self, value: Shape) -> Torch:
        axis = channel_axis(value)
        if self.things:
            axis = 0 if value.rank else 1
        return Torch(make=Make("nn.Softmax", (), options(dim=axis)), keeps_output=True)

    def onnx(self, made: Nodes, value: Shape) -> str:
        axis = (0 if value.rank else 1) if self.things else channel_axis(value)
        return made("Softmax", made.x, axis=axis)


class Exp(Activation):
    """Exponential function: y = exp(x). A move: it has no module and no number.

    Example:
        input 20
        exp                      -> 20

    Source: Kingma and Welling 2014, "Auto-encoding variational Bayes" (variances from logarithms).
    """

    words = ("exp",)
    role = "move"

    def torch(self, value: Shape) -> Torch:
        return Torch("torch.exp({0})", keeps_output=True)

    def onnx(self, made: Nodes, value: Shape) -> str:
        return made("Exp", made.x)


class Complement(Activation):
    """What is left to 1: y = 1 - x, the other side of a gate. A move.

    Example:
        input 50
        sigmoid ; complement     -> 50

    Source: Srivastava et al. 2015, "Highway networks" (the carry gate).
    """

    words = ("complement",)
    role = "move"

    def torch(self, value: Shape) -> Torch:
        return Torch("1 - {0}")

    def onnx(self, made: Nodes, value: Shape) -> str:
        return made("Sub", made.number(1), made.x)
