"""Recurrent layers and word embedding, along the things of `T of D`."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, ClassVar

from archc.diagnostics.kinds.sizes import ShapesDiffer
from archc.diagnostics.kinds.values import ValueNotAllowed
from archc.diagnostics.model import Kind
from archc.ops.base import (
    THINGS_HINT,
    Op,
    Result,
    Tensors,
    needs_numbers,
    option,
    row_inputs,
    within,
    wrong,
)
from archc.ops.lowering import Make, Torch, options, unlike
from archc.ops.values import Number, Shape, text_of

MOST_LAYERS = 1000
"""more than any network has, few enough to name each one's tensors"""


class Recurrent(Op):
    """What lstm, gru and rnn share; torch's names and order of weights.

    On `T of D` the state runs over all things, from zeros or `start`; on `D` alone it makes one
    step (inside `scan` the layer carries its own state from thing to thing).
    """

    weighted = True
    gates: ClassVar[int] = 1
    module: ClassVar[str] = "RNN"
    """torch's class"""
    channels: int = option("integer", positional=True, doc="numbers of the state")
    layers: int = option("integer", default=1, doc="layers on top of each other")
    bidirectional: bool = option("flag", default=False, doc="a second one runs backwards")
    bias: bool = option("switch", default=True, doc="whether biases are added (two, as in torch)")
    dropout: Number = option("number", default=Fraction(0), doc="dropped between layers")
    start: str | None = option("row", default=None, doc="the row that gives the first state")

    def shape(self, value: Any, *states: Any) -> Result:
        problem = needs_numbers(self, value) or within("dropout", self.dropout, 0, 1)
        if problem:
            return problem
        if value.rank != 0:
            return wrong(self, "a vector or things such as T of 512", value, THINGS_HINT)
        if self.layers > MOST_LAYERS:
            return ValueNotAllowed("layers", str(self.layers), f"1 to {MOST_LAYERS}")
        if self.bidirectional and value.count is None:
            takes = "things to run over, as in T of 512"
            return ValueNotAllowed("bidirectional", f"a single value of {value}", takes)
        for name, state in row_inputs(self, (value, *states)).items():
            problem = self._bad_state(name, state)
            if problem:
                return problem
        return Shape((self.channels * self._ways(),), value.count)

    def weights(self, value: Shape, *states: Any) -> Tensors:
        tensors: Tensors = {}
        size = self.gates * self.channels
        for layer in range(self.layers):
            incoming = value.channels if layer == 0 else self.channels * self._ways()
            for way in ("", "_reverse")[: self._ways()]:
                tensors[f"weight_ih_l{layer}{way}"] = (size, incoming)
                tensors[f"weight_hh_l{layer}{way}"] = (size, self.channels)
                if self.bias:
                    tensors[f"bias_ih_l{layer}{way}"] = (size,)
                    tensors[f"bias_hh_l{layer}{way}"] = (size,)
        return tensors

    def macs(self, inputs: tuple[Any, ...], output: Any) -> int:
        value: Shape = inputs[0]
        above = self.channels * self._ways()
        incoming = value.channels + (self.layers - 1) * above + self.layers * self.channels
        return value.things * self.gates * self.channels * self._ways() * incoming

    def _ways(self) -> int:
        return 2 if self.bidirectional else 1

    def _bad_state(self, name: str, state: Any) -> Kind | None:
        """The first state is `n`, or one thing for each layer and direction."""
        number = self.layers * self._ways()
        wanted = Shape((self.channels,), number if number > 1 else None)
        if state == wanted:
            return None
        rule = f"the state of this {self.word} is {wanted}"
        join = f"begin {self.word} {name}="
        return ShapesDiffer(join, (text_of(state), str(wanted)), rule)

    def torch(self, value: Shape, *states: Any) -> Torch:
        given = options(
            num_layers=unlike(self.layers, 1),
            bias=unlike(self.bias, True),
            batch_first=True,
            dropout=unlike(float(self.dropout), 0.0),
            bidirectional=unlike(self.bidirectional, False),
            nonlinearity="relu" if getattr(self, "relu", False) else None,
        )
        make = Make(f"nn.{type(self).module}", (value.channels, self.channels), given)
        first = self._first_state(row_inputs(self, (value, *states)), states)
        if value.count is None:
            return Torch("{self}({0}.unsqueeze(1), {state})", make, first=first or "None")
        return Torch(f"{{self}}({{0}}{', ' + first if first else ''})[0]", make)

    def _first_state(self, named: dict[str, Any], states: tuple[Any, ...]) -> str:
        """The first state as torch takes it: one for each layer and direction, then the batch."""
        ready = {
            name: f"{{{index}}}.transpose(0, 1)" if state.count else f"{{{index}}}.unsqueeze(0)"
            for index, (name, state) in enumerate(named.items(), 1)
        }
        if not ready or type(self).module != "LSTM":
            return ready.get("start", "")
        start = ready.get("start") or f"torch.zeros_like({ready['cell']})"
        cell = ready.get("cell") or f"torch.zeros_like({ready['start']})"
        return f"({start}, {cell})"


class Lstm(Recurrent):
    """Long short-term memory: a cell with an input, a forget and an output gate.

    i, f, o = sigmoid(W x + U h + b), g = tanh(W x + U h + b), c = f*c + i*g, h = o*tanh(c); the
    value is h. MACs: things * 4n * (D + n), for each layer and direction.

    Example:
        input T of 512
        lstm 256                 -> T of 256

    Source: Hochreiter and Schmidhuber 1997; Gers et al. 2000 (forget gate).
    """

    words = ("lstm",)
    module = "LSTM"
    gates = 4
    cell: str | None = option("row", default=None, doc="the row that gives the first cell")


class Gru(Recurrent):
    """Gated recurrent unit: an update and a reset gate, no cell.

    r, z = sigmoid(W x + U h + b), n = tanh(W x + r*(U h + b)), h = (1 - z)*n + z*h, torch's form.
    MACs: things * 3n * (D + n), for each layer and direction.

    Example:
        input T of 512
        gru 256                  -> T of 256

    Source: Cho et al. 2014, "Learning phrase representations using RNN encoder-decoder".
    """

    words = ("gru",)
    module = "GRU"
    gates = 3


class Rnn(Recurrent):
    """Plain recurrent layer: h = tanh(W x + U h + b), or `relu` in place of tanh.

    MACs: things * n * (D + n), for each layer and direction.

    Example:
        input T of 512
        rnn 256                  -> T of 256

    Source: Elman 1990, "Finding structure in time".
    """

    words = ("rnn",)
    relu: bool = option("flag", default=False, doc="relu in place of tanh")


class Embed(Op):
    """Embedding: each whole number (a word) chooses a row of a trained table.

    The table has `vocab` rows of `d` numbers. No MACs.

    Example:
        input T of int
        embed 512 vocab=10000    -> T of 512

    Source: Bengio et al. 2003, "A neural probabilistic language model".
    """

    words = ("embed",)
    channels: int = option("integer", positional=True, doc="numbers for each word")
    vocab: int = option("integer", doc="how many words there are")

    def shape(self, value: Any) -> Result:
        if isinstance(value, Shape) and value.is_integer:
            return Shape((self.channels,), value.count)
        return wrong(self, "whole numbers, as `input T of int` gives", value)

    def weights(self, value: Shape) -> Tensors:
        return {"weight": (self.vocab, self.channels)}

    def torch(self, value: Shape) -> Torch:
        return Torch(make=Make("nn.Embedding", (self.vocab, self.channels)))
