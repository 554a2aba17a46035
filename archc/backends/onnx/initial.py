"""How weights begin, without torch: the spec's own ways, else those of torch's modules.

Numbers come from a generator of each tensor's own, made of the seed and the tensor's key: they
stay as they are when other layers come or go. They are not those of torch for the same seed, whose
generator is torch's own.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from archc.graph.ir import Network, Node
from archc.graph.tensors import StateTensor
from archc.ops.initial import RULES
from archc.ops.lowering import Filled, Make, Torch, Unlike
from archc.ops.values import Drawn
from archc.record import Record

if TYPE_CHECKING:
    from numpy import ndarray

AT_ONCE = 1 << 22
"""numbers that are made at a time: memory does not grow with a tensor"""


class Start(Record):
    """A distribution: all `value`; normal around it (`spread` is the standard deviation), even up
    to `spread` from it; or what enlarges linearly, weights of `sides`.
    """

    kind: str
    value: float = 0.0
    spread: float = 0.0
    sides: tuple[int, ...] = ()


ZERO, ONE = Start("fixed", 0.0), Start("fixed", 1.0)


def start_of(network: Network, tensor: StateTensor) -> Start:
    """How a tensor of the network begins."""
    node, name = tensor.node, tensor.name
    make = _make(network, node)
    given = dict(make.start).get(name) if make is not None else None
    if given is not None:
        return _given(given, tensor.shape)
    if not tensor.trained or make is None:
        return ONE if name == "running_var" or (name == "weight" and not tensor.trained) else ZERO
    return _torchs_own(make, name, tensor.shape, network.weights(node))


def _make(network: Network, node: Node) -> Make | None:
    found = node.op.torch(*[network.nodes[index].shape for index in node.inputs])
    return found.make if isinstance(found, Torch) else None


def _given(given: Drawn | str | float, shape: tuple[int, ...]) -> Start:
    """What a spec says, for a tensor of this shape."""
    if isinstance(given, Drawn):
        return Start(given.shape, given.middle, given.spread)
    if not isinstance(given, str):
        return Start("fixed", float(given))
    if given not in RULES:
        return Start("bilinear", sides=shape) if given == "bilinear" else ZERO
    rule = RULES[given]
    spread = rule.deviation(shape)
    return Start(rule.shape, spread=spread if rule.shape == "normal" else math.sqrt(3) * spread)


def _torchs_own(
    make: Make, name: str, shape: tuple[int, ...], weights: dict[str, tuple[int, ...]]
) -> Start:
    """What the module's constructor does."""
    if make.name == "nn.Parameter":
        filled: Filled = make.values[0]
        return Start("normal", spread=filled.std) if filled.std else Start("fixed", filled.value)
    kind = make.name.removeprefix("nn.").rstrip("123d")
    if kind in ("Conv", "ConvTranspose", "Linear"):
        inner = weights["weight"]
        return Start("uniform", spread=1 / math.sqrt(max(math.prod(inner[1:]), 1)))
    if kind in ("LSTM", "GRU", "RNN"):
        gates = {"LSTM": 4, "GRU": 3, "RNN": 1}[kind]
        return Start("uniform", spread=1 / math.sqrt(max(shape[0] // gates, 1)))
    if kind == "Embedding":
        return Start("normal", spread=1.0)
    if kind == "PReLU":
        return Start("fixed", float(_option(make, "init", 0.25)))
    if kind == "L2Norm":
        return Start("fixed", float(_option(make, "scale", 1.0)))
    if len(shape) > 1 and name.endswith("bias_table"):
        return Start("normal", spread=0.02)
    if len(shape) > 1 and not kind.endswith("Norm"):
        return _given("xavier", shape)
    return ZERO if name.endswith("bias") else ONE


def _option(make: Make, name: str, default: Any) -> Any:
    value = dict(make.options).get(name, default)
    return value.value if isinstance(value, Unlike) else value


def begun(start: Start, key: str, number: int, seed: int) -> Iterator[ndarray[Any, Any]]:
    """The numbers of a tensor in float32, some of them at a time."""
    import numpy as np

    digest = hashlib.sha256(f"{seed}:{key}".encode()).digest()
    generator = np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "little")))
    middle, spread = np.float32(start.value), np.float32(start.spread)
    if start.kind == "bilinear":
        yield from _bilinear(start.sides)
        return
    for begin in range(0, number, AT_ONCE):
        size = min(AT_ONCE, number - begin)
        if start.kind == "fixed":
            yield np.full(size, middle)
        elif start.kind == "normal":
            yield middle + generator.standard_normal(size, np.float32) * spread
        else:
            yield middle + (generator.random(size, np.float32) * 2 - 1) * spread


def _bilinear(sides: tuple[int, ...]) -> Iterator[ndarray[Any, Any]]:
    """The weights of a transposed conv that enlarges each channel linearly, channel by channel."""
    import numpy as np

    weights = np.ones((), np.float32)
    for side in sides[2:]:
        half = (side + 1) // 2
        centre = half - 1 + (side + 1) % 2 / 2
        each = 1 - np.abs(np.arange(side, dtype=np.float32) - np.float32(centre)) / half
        weights = weights[..., None] * each
    for channel in range(sides[0]):
        piece = np.zeros(sides[1:], np.float32)
        piece[channel % sides[1]] = weights
        yield piece.reshape(-1)
