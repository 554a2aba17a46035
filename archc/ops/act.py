"""Activations: a function of each number by itself; softmax, of the numbers of one place."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, ClassVar

from archc.ops.base import THINGS_HINT, Op, Result, Tensors, needs_numbers, option, within, wrong
from archc.ops.lowering import (
    Make,
    Options,
    Torch,
    channel_axis,
    channels_second,
    options,
    unlike,
)
from archc.ops.values import Number, Shape


class Activation(Op):
    """What all functions of one number share: the shape stays, no MACs."""

    elementwise = True
    module: ClassVar[str] = ""
    """torch's class"""
    inplace: ClassVar[bool] = True
    """whether torch's class can overwrite its input"""

    def shape(self, value: Any) -> Result:
        return needs_numbers(self, value) or value

    def torch(self, value: Shape) -> Torch:
        cls = type(self)
        make = Make(f"nn.{cls.module}", (), self._given())
        return Torch(make=make, inplace=cls.inplace, keeps_output=True)

    def _given(self) -> Options:
        """torch's names for the options."""
        return ()


class Relu(Activation):
    """Rectifier: y = max(x, 0).

    Example:
        input 55x55x96
        relu                     -> 55x55x96

    Source: Nair and Hinton 2010; Krizhevsky et al. 2012, section 3.1.
    """

    words = ("relu",)
    module = "ReLU"


class Relu6(Activation):
    """Rectifier with a lid: y = min(max(x, 0), 6).

    Example:
        input 112x112x32
        relu6                    -> 112x112x32

    Source: Krizhevsky 2010, "Convolutional deep belief networks on CIFAR-10"; MobileNet.
    """

    words = ("relu6",)
    module = "ReLU6"


class Leaky(Activation):
    """Leaky rectifier: y = x for x > 0, slope*x else.

    Example:
        input 448x448x64
        leaky 0.1                -> 448x448x64

    Source: Maas et al. 2013, "Rectifier nonlinearities improve neural network acoustic models".
    """

    words = ("leaky",)
    module = "LeakyReLU"
    slope: Number = option(
        "number", default=Fraction("0.01"), positional=True, doc="slope of the negative side"
    )

    def _given(self) -> Options:
        return options(negative_slope=unlike(float(self.slope), 0.01))


class PRelu(Activation):
    """Leaky rectifier with a trained slope: y = x for x > 0, weight*x else.

    One slope for the whole layer, as torch's default; `channelwise` has one for each channel, as
    the paper.

    Example:
        input 56x56x64
        prelu channelwise        -> 56x56x64

    Source: He et al. 2015, "Delving deep into rectifiers".
    """

    words = ("prelu",)
    channelwise: bool = option("flag", default=False, doc="a slope for each channel")
    start: Number = option("number", default=Fraction("0.25"), doc="initial slope")

    def weights(self, value: Shape) -> Tensors:
        return {"weight": (value.channels if self.channelwise else 1,)}

    def torch(self, value: Shape) -> Torch:
        number = value.channels if self.channelwise else 1
        given = options(num_parameters=unlike(number, 1), init=unlike(float(self.start), 0.25))
        call = channels_second(value) if number > 1 else "{self}({0})"
        return Torch(call, Make("nn.PReLU", (), given))


class Elu(Activation):
    """Exponential linear unit: y = x for x > 0, alpha*(exp(x) - 1) else.

    Example:
        input 32x32x64
        elu                      -> 32x32x64

    Source: Clevert et al. 2016, "Fast and accurate deep network learning by ELUs".
    """

    words = ("elu",)
    module = "ELU"
    alpha: Number = option(
        "number", default=Fraction(1), positional=True, doc="size of the negative side"
    )

    def _given(self) -> Options:
        return options(alpha=unlike(float(self.alpha), 1.0))


class Selu(Activation):
    """Self-normalising ELU: y = 1.0507*(x for x > 0, 1.67326*(exp(x) - 1) else).

    Example:
        input 100
        fc 64 ; selu             -> 64

    Source: Klambauer et al. 2017, "Self-normalizing neural networks".
    """

    words = ("selu",)
    module = "SELU"


class Gelu(Activation):
    """Gaussian error linear unit: y = x * P(normal number < x).

    `tanh` takes the approximation 0.5*x*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x^3))).

    Example:
        input 196x768
        tokens ; fc 3072 ; gelu  -> 196 of 3072

    Source: Hendrycks and Gimpel 2016, "Gaussian error linear units".
    """

    words = ("gelu",)
    module = "GELU"
    inplace = False
    tanh: bool = option("flag", default=False, doc="the approximation with tanh")

    def _given(self) -> Options:
        return options(approximate="tanh" if self.tanh else None)


class Silu(Activation):
    """Sigmoid linear unit, also called swish: y = x * sigmoid(x).

    Example:
        input 112x112x32
        silu                     -> 112x112x32

    Source: Elfwing et al. 2017; Ramachandran et al. 2017, "Searching for activation functions".
    """

    words = ("silu", "swish")
    module = "SiLU"


class HardSwish(Activation):
    """Swish of straight pieces: y = x * min(max(x + 3, 0), 6)/6.

    Example:
        input 112x112x16
        hswish                   -> 112x112x16

    Source: Howard et al. 2019, "Searching for MobileNetV3", section 5.2.
    """

    words = ("hswish",)
    module = "Hardswish"


class HardSigmoid(Activation):
    """Sigmoid of straight pieces: y = min(max(x + 3, 0), 6)/6.

    Example:
        input 1x1x64
        hsigmoid                 -> 1x1x64

    Source: Howard et al. 2019, "Searching for MobileNetV3", section 5.2.
    """

    words = ("hsigmoid",)
    module = "Hardsigmoid"


class Sigmoid(Activation):
    """Logistic function: y = 1/(1 + exp(-x)).

    Example:
        input 4096
        fc 1 ; sigmoid           -> 1

    Source: Rumelhart, Hinton and Williams 1986.
    """

    words = ("sigmoid",)
    module = "Sigmoid"
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


class Mish(Activation):
    """Mish: y = x * tanh(log(1 + exp(x))).

    Example:
        input 64x64x32
        mish                     -> 64x64x32

    Source: Misra 2020, "Mish: a self regularized non-monotonic activation function".
    """

    words = ("mish",)
    module = "Mish"


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
