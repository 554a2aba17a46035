"""Rectifiers: activations that pass what is positive, and their smooth relatives."""

from __future__ import annotations

import math
from fractions import Fraction

from archc.ops.act import Activation
from archc.ops.base import Tensors, option
from archc.ops.lowering import Make, Options, Torch, channels_second, options, unlike
from archc.ops.nodes import Nodes
from archc.ops.values import Number, Shape


class Relu(Activation):
    """Rectifier: y = max(x, 0).

    Example:
        input 55x55x96
        relu                     -> 55x55x96

    Source: Nair and Hinton 2010; Krizhevsky et al. 2012, section 3.1.
    """

    words = ("relu",)
    module = "ReLU"
    node = "Relu"


class Relu6(Activation):
    """Rectifier with a lid: y = min(max(x, 0), 6).

    Example:
        input 112x112x32
        relu6                    -> 112x112x32

    Source: Krizhevsky 2010, "Convolutional deep belief networks on CIFAR-10"; MobileNet.
    """

    words = ("relu6",)
    module = "ReLU6"

    def onnx(self, made: Nodes, value: Shape) -> str:
        return made("Clip", made.x, made.number(0), made.number(6))


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

    def onnx(self, made: Nodes, value: Shape) -> str:
        return made("LeakyRelu", made.x, alpha=float(self.slope))


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

    def onnx(self, made: Nodes, value: Shape) -> str:
        if not self.channelwise or value.rank == 0:
            return made("PRelu", made.x, made.tensor("weight"))
        return made("PRelu", made.x, made.tensor("weight", value.channels, *[1] * value.rank))


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

    def onnx(self, made: Nodes, value: Shape) -> str:
        return made("Elu", made.x, alpha=float(self.alpha))


class Selu(Activation):
    """Self-normalising ELU: y = 1.0507*(x for x > 0, 1.67326*(exp(x) - 1) else).

    Example:
        input 100
        fc 64 ; selu             -> 64

    Source: Klambauer et al. 2017, "Self-normalizing neural networks".
    """

    words = ("selu",)
    module = "SELU"
    node = "Selu"


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

    def onnx(self, made: Nodes, value: Shape) -> str:
        if made.opset >= 20:
            return made("Gelu", made.x, approximate="tanh" if self.tanh else None)
        if self.tanh:
            cube = made("Mul", made.x, made("Mul", made.x, made.x))
            sum_ = made("Add", made.x, made("Mul", cube, made.number(0.044715)))
            inner = made("Tanh", made("Mul", sum_, made.number(math.sqrt(2 / math.pi))))
        else:
            inner = made("Erf", made("Mul", made.x, made.number(math.sqrt(0.5))))
        half = made("Mul", made.x, made.number(0.5))
        return made("Mul", half, made("Add", inner, made.number(1)))


class Silu(Activation):
    """Sigmoid linear unit, also called swish: y = x * sigmoid(x).

    Example:
        input 112x112x32
        silu                     -> 112x112x32

    Source: Elfwing et al. 2017; Ramachandran et al. 2017, "Searching for activation functions".
    """

    words = ("silu", "swish")
    module = "SiLU"

    def onnx(self, made: Nodes, value: Shape) -> str:
        if made.opset >= 24:
            return made("Swish", made.x)
        return made("Mul", made.x, made("Sigmoid", made.x))


class HardSwish(Activation):
    """Swish of straight pieces: y = x * min(max(x + 3, 0), 6)/6.

    Example:
        input 112x112x16
        hswish                   -> 112x112x16

    Source: Howard et al. 2019, "Searching for MobileNetV3", section 5.2.
    """

    words = ("hswish",)
    module = "Hardswish"

    def onnx(self, made: Nodes, value: Shape) -> str:
        if made.opset >= 14:
            return made("HardSwish", made.x)
        return made("Mul", made.x, made("HardSigmoid", made.x, alpha=1 / 6))


class Mish(Activation):
    """Mish: y = x * tanh(log(1 + exp(x))).

    Example:
        input 64x64x32
        mish                     -> 64x64x32

    Source: Misra 2020, "Mish: a self regularized non-monotonic activation function".
    """

    words = ("mish",)
    module = "Mish"

    def onnx(self, made: Nodes, value: Shape) -> str:
        if made.opset >= 18:
            return made("Mish", made.x)
        return made("Mul", made.x, made("Tanh", made("Softplus", made.x)))
