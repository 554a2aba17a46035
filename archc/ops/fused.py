"""Operators that no row names: a pass makes them of several rows, for inference."""

from __future__ import annotations

from typing import Any, ClassVar

from archc.ops.act import Activation, HardSigmoid, Sigmoid, Tanh
from archc.ops.base import Op, Reach, Result, Tensors, wrong
from archc.ops.join import Add, Join, Mul, Sub
from archc.ops.lowering import Make, Options, Torch, Unsupported, options, unlike
from archc.ops.rectifier import Gelu, HardSwish, Leaky, Relu, Relu6, Silu
from archc.record import replace

ACTIVATIONS: dict[type[Activation], str] = {
    Relu: "relu",
    Relu6: "relu6",
    Leaky: "leaky_relu",
    Silu: "silu",
    HardSwish: "hardswish",
    HardSigmoid: "hardsigmoid",
    Sigmoid: "sigmoid",
    Tanh: "tanh",
    Gelu: "gelu",
}
"""those that kernels of layers can have at their end, by torch's names"""


class Fused(Op):
    """A conv, deconv or fc with what is added to its value, and the activation behind, as one.

    Inputs are the layer's and, with `adds`, the value that is added before the activation; with
    `into` the result takes that value's place in memory. MACs are the layer's.
    """

    weighted = True
    layer: Op
    activation: Activation | None = None
    adds: bool = False
    into: bool = False

    def shape(self, value: Any, *other: Any) -> Result:
        found = self.layer.shape(value)
        if other and other[0] != found:
            return wrong(self, f"a second value of {found}", other[0])
        return found

    def weights(self, value: Any, *other: Any) -> Tensors:
        return self.layer.weights(value)

    def macs(self, inputs: tuple[Any, ...], output: Any) -> int:
        return self.layer.macs(inputs[:1], output)

    def reach(self) -> Reach | None:
        return self.layer.reach()

    def torch(self, value: Any, *other: Any) -> Torch | Unsupported:
        found = self.layer.torch(value)
        if isinstance(found, Unsupported):
            return found
        make = found.make
        assert make is not None
        given = (*make.options, *_end(self.activation))
        call = found.call
        if self.adds:
            call = f"{call.removesuffix(')')}, {'into' if self.into else 'plus'}={{1}})"
        fused = Make(make.name.replace("nn.", "Fused"), make.values, given)
        changed: Torch = replace(found, call=call, make=fused)
        return changed


def _end(activation: Activation | None) -> Options:
    """What the module is told of the activation."""
    if activation is None:
        return ()
    name = ACTIVATIONS[type(activation)]
    if isinstance(activation, Gelu) and activation.tanh:
        name = "gelu_tanh"
    slope = unlike(float(getattr(activation, "slope", 0.01)), 0.01)
    return options(activation=name, slope=slope)


class Overwriting(Join):
    """A sum, difference or product that is written over its first path."""

    METHODS: ClassVar[dict[type[Op], tuple[str, str]]] = {
        Add: (" + ", "add_"),
        Sub: (" - ", "sub_"),
        Mul: (" * ", "mul_"),
    }
    join: Join

    def shape(self, *paths: Any) -> Result:
        return self.join.shape(*paths)

    def torch(self, *paths: Any) -> Torch:
        sign, method = self.METHODS[type(self.join)]
        found = self.join.torch(*paths)
        assert isinstance(found, Torch)
        first, *others = found.call.split(sign)
        return Torch(first + "".join([f".{method}({other})" for other in others]), fresh=True)
