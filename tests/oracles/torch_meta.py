"""A second opinion: networks run operator by operator in torch, on the meta device (only sizes).

Sizes come from torch alone: an operator's twin (`tests/ops/torch_twins.py`) is made from the sizes
of the tensors that torch gave before, never from sizes that archc inferred. archc's graph says only
which operators there are, what they read, and where a value has a count in front.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from archc.graph.ir import Instance, Network, Node
from archc.ops import conv, join, pool, resample
from archc.ops.base import Op
from archc.ops.ends import Extern, Input
from archc.ops.scan import Gather
from archc.ops.values import Count, Shape, Value
from archc.record import replace
from tests.ops.torch_twins import BARE, TWINS, memory

__all__ = ["BARE", "COUNTS", "Refused", "Run", "run", "with_numbers"]

COUNTS = {"R": 3, "T": 3, "S": 3, "N": 3}
"""numbers in the place of counts that are unknown until a network runs"""
Weights = tuple[tuple[str, tuple[int, ...]], ...]


class Refused(Exception):
    """torch, or a rule of the language, refuses an operator on these sizes."""


class Ran:
    """What one operator gave: tensors, multiplications, the sizes of its own tensors."""

    __slots__ = ("macs", "value", "weights")

    def __init__(self, value: Any, macs: int, weights: Weights) -> None:
        self.value = value
        self.macs = macs
        self.weights = weights


_known: dict[Any, Ran | str] = {}


def ran(op: Op, inputs: tuple[Any, ...], shapes: tuple[Value, ...]) -> Ran:
    """Run an operator; equal operators on equal sizes are run once. Raises Refused."""
    key = (op, shapes)
    found = _known.get(key)
    if found is None:
        try:
            found = _run(op, inputs, shapes)
        except (Refused, RuntimeError, ValueError, AssertionError, ZeroDivisionError) as error:
            found = f"{op.word}: {error}"
        _known[key] = found
    if isinstance(found, str):
        raise Refused(found)
    return found


def _run(op: Op, inputs: tuple[Any, ...], shapes: tuple[Value, ...]) -> Ran:
    reason = rule_against(op, shapes)
    if reason:
        raise Refused(reason)
    if isinstance(op, (Input, Extern)):
        kind = torch.int64 if op.size.is_integer else torch.float32
        return Ran(torch.empty(memory(op.size), dtype=kind, device="meta"), 0, ())
    torch.backends.mha.set_fastpath_enabled(False)  # it is opaque: its products are not seen
    with torch.device("meta"), torch.no_grad(), quiet():
        module, call = TWINS[type(op)](op, *shapes)
        module.eval()
        with FlopCounterMode(display=False) as counter:
            value = call(*inputs)
    weights = tuple([(name, tuple(tensor.shape)) for name, tensor in module.state_dict().items()])
    return Ran(value, counter.get_total_flops() // 2, weights)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """The counter writes to standard error when it meets a module twice."""
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):
        yield


# ---- rules of the language that are stricter than torch (docs/language/sizes.md, joins.md) ------


def rule_against(op: Op, shapes: tuple[Value, ...]) -> str:
    """Why the language refuses what torch would take; empty if it does not."""
    if isinstance(op, (conv.Conv, pool.MaxPool, pool.AvgPool, pool.LPPool)):
        return _unseen(op, shapes[0])
    if isinstance(op, (join.Add, join.Sub, join.AbsDiff, join.Mean, join.Max)):
        return _unequal(op, shapes)
    if isinstance(op, resample.Crop) and op.at is None:
        wanted = op.size.sides if op.size else shapes[1].spatial
        odd = any((side - want) % 2 for side, want in zip(shapes[0].spatial, wanted))
        return "an odd surplus has no middle" if odd else ""
    return ""


def _unseen(op: Any, value: Any) -> str:
    """r = (N + 2P - F) mod S; exact refuses r > 0, safe refuses r - P > max(0, S - F)."""
    mode = getattr(op, "rounding", "floor")
    if mode not in ("safe", "exact") or getattr(op, "to", None) or not isinstance(value, Shape):
        return ""
    if op.pad == "same" if hasattr(op, "pad") else False:
        return ""
    default = 1 if op.window or op.kernel else 2
    window = op.window.sides if op.window else (op.kernel or 2,) * value.rank
    stride = (op.window.stride if op.window else None) or (op.stride or default,)
    stride = stride * value.rank if len(stride) == 1 else stride
    for axis, size in enumerate(value.spatial):
        reach = getattr(op, "dilate", 1) * (window[axis] - 1) + 1
        pad = getattr(op, "pad", 0)
        if pad == "half":
            pad = (reach - 1) // 2
        elif isinstance(pad, tuple):
            pad = pad[axis]
        rest = (size + 2 * pad - reach) % stride[axis]
        if mode == "exact" and rest > 0:
            return f"{rest} left over"
        if mode == "safe" and rest - pad > max(0, stride[axis] - reach):
            return f"the last {rest - pad} are never seen"
    return ""


def _unequal(op: Op, shapes: tuple[Value, ...]) -> str:
    """Sums want equal shapes; torch would stretch a side of 1."""
    if getattr(op, "things", False):
        return ""
    paths = join.flat(shapes)
    return "the paths differ" if len({path.dims for path in paths}) > 1 else ""


# ---- whole networks -----------------------------------------------------------------------------


class Run:
    """A network run node by node: values, multiplications, weights, in the order of its nodes."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.nodes: list[Ran] = []
        self.shapes: list[Value] = []

    @property
    def macs(self) -> int:
        """Products of what the inference outputs need; rows of a scan once for each thing."""
        needed, waiting = set(), list(self.network.outputs.values())
        while waiting:
            index = waiting.pop()
            if index not in needed:
                needed.add(index)
                waiting += self.network.nodes[index].inputs
                waiting += [self.network.carried[index]] if index in self.network.carried else []
        times = scanned(self.network.root)
        return sum([self.nodes[index].macs * times.get(index, 1) for index in needed])


def scanned(root: Instance) -> dict[int, int]:
    """How often the nodes in scans run."""
    times: dict[int, int] = {}
    waiting: list[tuple[Instance, int]] = [(root, 1)]
    while waiting:
        instance, runs = waiting.pop()
        count = instance.times
        if count is not None:
            runs *= number(count)
        for item in instance.items:
            if isinstance(item, Instance):
                waiting.append((item, runs))
            elif runs != 1:
                times[item.index] = runs
    return times


def run(
    network: Network, letters: Mapping[str, int] | None = None, nodes: int | None = None
) -> Run:
    """Run a network, open sides at `letters`, up to its first `nodes`. Raises Refused."""
    result = Run(network)
    sides = _open_sides(network, letters or {})
    for node in network.nodes[:nodes]:
        op = _with_numbers(node, sides)
        inputs = tuple([result.nodes[index].value for index in node.inputs])
        shapes = tuple([result.shapes[index] for index in node.inputs])
        found = ran(op, inputs, shapes)
        result.nodes.append(found)
        result.shapes.append(seen(found.value, node.shape))
    return result


def _open_sides(network: Network, letters: Mapping[str, int]) -> dict[int, dict[int, int]]:
    found: dict[int, dict[int, int]] = {}
    for sides in network.open_sides:
        for letter, name, axis in sides.letters:
            if letter in letters:
                found.setdefault(network.inputs[name], {})[axis] = letters[letter]
    return found


def _with_numbers(node: Node, sides: dict[int, dict[int, int]]) -> Op:
    """An operator with numbers for unknown counts, an input with its open sides filled in."""
    op: Any = node.op
    size = getattr(op, "size", None)
    if isinstance(size, Shape):
        dims = list(size.dims)
        for axis, side in sides.get(node.index, {}).items():
            dims[axis] = side
        filled: Op = replace(op, size=Shape(tuple(dims), known(size.count)))
        return filled
    if isinstance(op, Gather):
        return Gather(times=known(op.times))
    return node.op


def known(count: int | Count | None) -> int | None:
    return None if count is None else number(count)


def number(count: int | Count) -> int:
    return count if isinstance(count, int) else COUNTS[count.symbol] + count.plus


def seen(value: Any, like: Value | None) -> Value:
    """A tensor's size as the language writes it; `like` only says where it has a count."""
    if isinstance(value, tuple):
        items = like if isinstance(like, tuple) else [None] * len(value)
        return tuple([seen(item, kind) for item, kind in zip(value, items)])  # type: ignore[misc]
    return seen_one(value, like)


def seen_one(value: Tensor, like: Any) -> Shape:
    sides = tuple(value.shape)
    if like is not None and like.count is not None:
        if like.rank > 0:
            return Shape((*sides[2:], sides[1]), sides[0])
        assert sides[0] == 1, sides
        return Shape(sides[2:], sides[1])
    assert sides[0] == 1, sides
    return Shape((*sides[2:], sides[1]))


def with_numbers(value: Value) -> Value:
    """archc's size with numbers in place of unknown counts."""
    if isinstance(value, Shape):
        return Shape(value.dims, known(value.count))
    return tuple([with_numbers(item) for item in value])  # type: ignore[misc]
