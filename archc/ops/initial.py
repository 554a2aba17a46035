"""How weights begin: what `init=` may say, and what a word of it means in numbers."""

from __future__ import annotations

import math
from typing import Any

from archc.diagnostics.kinds.values import ValueNotAllowed
from archc.diagnostics.model import Kind
from archc.ops.base import option
from archc.ops.lowering import Options, options
from archc.ops.values import Drawn, Number
from archc.record import Record


class Rule(Record):
    """Numbers around 0, normal or even, whose variance is `gain` over a fan of the weights.

    The fan is `in`, `out`, or the `mean` of both: a layer's incoming or outgoing channels times
    the taps of its window, as torch.nn.init counts them (of a transposed conv the other way
    round).
    """

    shape: str
    gain: float
    fan: str

    def deviation(self, sides: tuple[int, ...]) -> float:
        """The standard deviation for weights of these sides, in torch's order."""
        fans = {"in": sides[1], "out": sides[0], "mean": (sides[0] + sides[1]) / 2}
        return math.sqrt(self.gain / max(fans[self.fan] * math.prod(sides[2:]), 1))


RULES = {
    "he": Rule("normal", 2, "out"),
    "he_in": Rule("normal", 2, "in"),
    "he_uniform": Rule("uniform", 2, "in"),
    "xavier": Rule("uniform", 1, "mean"),
    "lecun": Rule("normal", 1, "in"),
    "lecun_uniform": Rule("uniform", 1, "in"),
    "uniform_out": Rule("uniform", 1 / 3, "out"),
}
"""He et al. 2015, section 2.2 (`he` with the fan of the output, as torchvision begins its ResNets);
Glorot and Bengio 2010, equation 16; LeCun et al. 1998, "Efficient BackProp", equation 16;
`uniform_out`, up to 1/sqrt(out), as EfficientNet's authors begin its last layer.
"""


def initial(*more: str) -> Any:
    """The option `init` of a layer with weights, and the words that it alone knows."""
    words = (*RULES, "zero", *more)
    doc = f"initial weights: {', '.join(words)}"
    return option("initial", default=None, choices=words, doc=doc)


def initial_bias() -> Any:
    """The option `start` of a layer with a bias."""
    return option("initial", default=None, doc="initial bias, a number; 0 beside init")


def beginning(init: str | Drawn | None, start: Drawn | Number | None, bias: bool) -> Options:
    """How a layer's weight and bias begin, for `Make.start`.

    A layer that says how its weights begin has a bias of 0 if it does not say more.
    """
    first = 0 if start is None and init is not None else start
    if first is not None and not isinstance(first, Drawn):
        first = float(first)
    return options(weight=init, bias=first if bias else None)


def bad_start(start: Drawn | Number | None, bias: bool) -> Kind | None:
    """The problem of a bias that begins somewhere but is not there."""
    if bias or start is None:
        return None
    return ValueNotAllowed("start", str(start), "no value beside bias=no")
