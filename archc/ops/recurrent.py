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
from archc.ops.nodes import Names, Nodes, Rows
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
    """torch's class; the same in capitals is ONNX's operator"""
    order: ClassVar[tuple[int, ...]] = (0,)
    """torch's gates in ONNX's order"""
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

    def onnx(self, made: Nodes, value: Shape, *states: Shape) -> str:
        firsts = {
            name: self._first_of(made.before if value.count is None else made, made.inputs[number])
            for number, name in enumerate(row_inputs(self, (value, *states)), 1)
        }
        alone = value.count is None
        found = given = made.unsqueeze(made.x, 0) if alone else made.transpose(made.x, 1, 0, 2)
        for layer in range(self.layers):
            first = [firsts[name][layer] if name in firsts else "" for name in ("start", "cell")]
            found = self._layer(made, value, layer, given, first)
            if value.count is None:  # T,ways,N,n with a T of 1
                given = found
            elif layer + 1 < self.layers:
                given = self._beside(made, found, 0, 2, 1, 3)
        if value.count is None:
            return made.squeeze(found, 0)
        return self._beside(made, found, 2, 0, 1, 3)

    def _beside(self, made: Nodes, found: str, *axes: int) -> str:
        """The directions' numbers behind each other, in a new order of axes."""
        if self._ways() == 1 and axes[0] == 0:
            return made.squeeze(found, 1)
        return made.reshape(made.transpose(found, *axes), 0, 0, self.channels * self._ways())

    def _first_of(self, made: Nodes, name: Names) -> list[str]:
        """The first state of each layer, as ways,N,n."""
        assert isinstance(name, str)
        if self.layers * self._ways() == 1:
            return [made.unsqueeze(name, 0)]
        whole = made.transpose(name, 1, 0, 2)
        if self.layers == 1:
            return [whole]
        ways = self._ways()
        return [made.slice(whole, at * ways, at * ways + ways, 0) for at in range(self.layers)]

    def _layer(self, made: Nodes, value: Shape, layer: int, given: str, first: list[str]) -> str:
        """One layer in all directions: T,ways,N,n, or the new state of a single step."""
        kind, number = type(self).module, 2 if type(self).module == "LSTM" else 1
        incoming = value.channels if layer == 0 else self.channels * self._ways()
        held = [
            self._packed(made, layer, ("weight_ih",), incoming),
            self._packed(made, layer, ("weight_hh",), self.channels),
            self._packed(made, layer, ("bias_ih", "bias_hh")) if self.bias else "",
        ]
        states = first[:number]
        if made.outer is not None and value.count is None:
            zeros = "" if all(states) else made.outer.zeros(1, -1, self.channels)
            states = [made.state(state or zeros) for state in states]
        ends = ["", *states] if any(states) else []
        found = made.several(
            number + 1,
            kind,
            given,
            *(held if self.bias or ends else held[:2]),
            *ends,
            hidden_size=self.channels,
            direction="bidirectional" if self.bidirectional else None,
            **self._attributes(),
        )
        if value.count is not None:
            return found[0]
        made.after.update(zip(states, found[1:]))
        return found[1]

    def _attributes(self) -> dict[str, Any]:
        """What ONNX's operator has to be told."""
        return {}

    def _packed(self, made: Nodes, layer: int, names: tuple[str, ...], *behind: int) -> str:
        """Weights in ONNX's order of gates, those of both directions behind each other."""
        size = self.channels
        ways = ("", "_reverse")[: self._ways()]
        rows = [
            Rows(f"{name}_l{layer}{way}", gate * size, gate * size + size)
            for way in ways
            for name in names
            for gate in type(self).order
        ]
        each = len(names) * self.gates * size
        return made.packed(*rows, sides=(len(ways), each, *behind))


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
    order = (0, 3, 1, 2)
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
    order = (1, 0, 2)

    def _attributes(self) -> dict[str, Any]:
        return {"linear_before_reset": 1}


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

    def _attributes(self) -> dict[str, Any]:
        return {"activations": ("Relu",) * self._ways()} if self.relu else {}


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

    def onnx(self, made: Nodes, value: Shape) -> str:
        return made("Gather", made.tensor("weight"), made.x)
