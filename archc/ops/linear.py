"""The fully connected layer."""

from __future__ import annotations

from typing import Any

from archc.ops.base import Op, Result, Tensors, needs_numbers, option
from archc.ops.initial import bad_start, beginning, initial, initial_bias
from archc.ops.lowering import Make, Torch, flat, options, unlike
from archc.ops.nodes import Nodes, Rows
from archc.ops.values import Drawn, Number, Shape


class FullyConnected(Op):
    """Fully connected: every output is a weighted sum of all incoming numbers.

    A map is flattened first, channels outermost as in torch; on `T of D` it acts on each thing, on
    `R of HxWxC` each thing is flattened. MACs: things * incoming * outgoing.

    Example:
        input 7x7x512
        fc 4096                  -> 4096

    Source: Rosenblatt 1958; LeCun et al. 1998 (F6).
    """

    words = ("fc",)
    weighted = True
    channels: int = option("integer", positional=True, doc="outgoing numbers")
    bias: bool = option("switch", default=True, doc="whether a bias is added")
    init: str | Drawn | None = initial()
    start: Drawn | Number | None = initial_bias()

    def shape(self, value: Any) -> Result:
        problem = needs_numbers(self, value) or bad_start(self.start, self.bias)
        return problem or Shape((self.channels,), value.count)

    def weights(self, value: Shape) -> Tensors:
        tensors: Tensors = {"weight": (self.channels, value.numbers_each)}
        if self.bias:
            tensors["bias"] = (self.channels,)
        return tensors

    def macs(self, inputs: tuple[Any, ...], output: Any) -> int:
        value: Shape = inputs[0]
        return value.numbers * self.channels

    def torch(self, value: Shape) -> Torch:
        make = Make(
            "nn.Linear",
            (value.numbers_each, self.channels),
            options(bias=unlike(self.bias, True)),
            beginning(self.init, self.start, self.bias),
        )
        return Torch(call=f"{{self}}({flat(value)})", make=make)

    def onnx(self, made: Nodes, value: Shape) -> str:
        bias = [made.tensor("bias")] if self.bias else []
        if value.count is None:
            given = made("Flatten", made.x, axis=1) if value.rank else made.x
            return made("Gemm", given, made.tensor("weight"), *bias, transB=1)
        given = made.x
        if value.rank:
            given = made.unsqueeze(made("Flatten", made.x, axis=1), 0)
        return made.linear(given, made.packed(Rows("weight"), transposed=True), *bias)
