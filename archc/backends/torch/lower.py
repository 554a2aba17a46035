"""The operators of a network as torch has them, and the numbers in which uses may differ."""

from __future__ import annotations

import math
from typing import Any

from archc.backends.torch.forward import Loop, Step
from archc.backends.torch.levels import Level
from archc.backends.torch.naming import MODULE_NAMES
from archc.backends.torch.places import kept_maps
from archc.diagnostics.kinds.targets import UnsupportedOnTarget
from archc.diagnostics.model import Bag
from archc.graph.described import is_own_size
from archc.graph.ir import Instance, Network, Node
from archc.graph.outline import SCAN
from archc.graph.parameters import Leaf
from archc.graph.tensors import alive
from archc.graph.uses import Uses
from archc.ops.ends import Extern
from archc.ops.join import Add
from archc.ops.lowering import Filled, Make, Torch, Unlike, Unsupported
from archc.ops.pool import Unpool
from archc.record import replace

Numbers = tuple[tuple[Any, ...], tuple[Leaf, ...]]

OWN_SIDES = "{own}"
"""in a call: the sides of what the body is given"""
POSITIONAL = {
    "nn.Dropout": ("p",),
    "StochasticDepth": ("p",),
    "DropPaths": ("how", "p"),
    "nn.GroupNorm": ("groups", "channels"),
    "nn.MultiheadAttention": ("channels", "heads"),
    "WindowAttention": ("channels", "heads", "window"),
}
"""what arguments without a name are called where they become parameters of a class"""


class Lowering:
    """What each node is in torch; `bag` has the nodes that torch cannot be told."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.bag = Bag()
        self.alive = alive(network)
        """the nodes that an output needs, the inputs too"""
        self.users: dict[int, list[int]] = {}
        for node in [network.nodes[index] for index in sorted(self.alive)]:
            for index in node.inputs:
                self.users.setdefault(index, []).append(node.index)
        self.indexed = {node.inputs[1] for node in network.nodes if isinstance(node.op, Unpool)}
        """poolings whose places an unpool asks for"""
        self.uses = Uses(network)
        self.exports = self._exports()
        """the values of each instance that are read outside of it, in text order"""
        self._runs = self._runs_of_modules()
        """for each node those that run the same module, where a block is used again"""
        self.torch = [self._lowered(node) for node in network.nodes]
        kept = kept_maps(network)
        for index in kept.starts:
            self.torch[index] = Torch("{0}.movedim(1, -1)")
        for index in kept.ends:
            self.torch[index] = Torch("{0}.movedim(-1, 1)")
        for index in sorted(self.alive):
            self._check_name(network.nodes[index])

    def describe(self, node: Node, own_sides: tuple[int, ...]) -> Numbers:
        """An operator without its numbers, and its numbers: for `graph/outline.py`."""
        found = self._at_own_sides(node, own_sides)
        whole = isinstance(node.block, Level)
        leaves: list[Leaf] = []
        shape: list[Any] = [found.call, found.parts, found.first, self._marks(node)]
        shape += [name for name, _ in found.values]
        shape += [self._apart(name, value, leaves) for name, value in found.values]
        make = found.make
        if make is not None:
            shape += [make.name, make.start]
            hints = POSITIONAL.get(make.name, ("in_channels", "out_channels", "size", "size"))
            shape += [self._apart(hint, value, leaves) for hint, value in zip(hints, make.values)]
            shape += [
                (name, _window(name, value, leaves))
                if whole and name in _WINDOWS
                else (name, self._apart(name, value, leaves))
                for name, value in make.options
            ]
        return tuple(shape), tuple(leaves)

    def apart(self, steps: list[Step | Loop]) -> tuple[list[Step | Loop], list[Step | Loop]]:
        """The steps that outputs need, and those that training outputs alone do."""
        needed = set(self.network.outputs.values())
        inference: list[Step | Loop] = []
        training: list[Step | Loop] = []
        for step in reversed(steps):
            given = step.gives if isinstance(step, Step) else (step.gives,)
            if needed.intersection(given):
                needed.update(step.reads)
                inference.append(step)
            else:
                training.append(step)
        return inference[::-1], training[::-1]

    def _check_name(self, node: Node) -> None:
        """No module can be called as something that every torch module has."""
        if isinstance(node.op, Extern):
            self._check_extern(node.op.name, node)
        taken = next((name for name in node.path.split(".") if name in MODULE_NAMES), "")
        if taken and self._has_key(node):
            reason = f"every torch module has a `{taken}` of its own; call the row otherwise"
            self.bag.add(UnsupportedOnTarget(taken, "torch", reason).at(node.span))

    def _check_extern(self, name: str, node: Node) -> None:
        """What Python computes is a method, which no row and nothing of torch's may be called."""
        others = [one for one in self.network.nodes if not isinstance(one.op, Extern)]
        levels = {level for one in others for level in one.path.split(".")}
        reason = ""
        if name in MODULE_NAMES:
            reason = f"every torch module has a `{name}` of its own"
        elif name in levels | {level.rstrip("0123456789") for level in levels}:
            reason = f"a row is called `{name}` too"
        if reason:
            advice = f"{reason}; call the extern otherwise"
            self.bag.add(UnsupportedOnTarget(name, "torch", advice).at(node.span))

    def _has_key(self, node: Node) -> bool:
        return bool(self.network.weights(node) or self.network.buffers(node))

    def _marks(self, node: Node) -> tuple[Any, ...]:
        return node.index in self.indexed, self.sum_into(node)

    def _exports(self) -> dict[Instance, tuple[int, ...]]:
        network = self.network
        alive = [network.nodes[index] for index in sorted(self.alive)]
        reads = [(index, node.block) for node in alive for index in node.inputs]
        reads += [(after, network.nodes[before].block) for before, after in network.carried.items()]
        ends = (*network.outputs.values(), *network.training_outputs.values())
        reads += [(index, network.root) for index in ends]
        found: dict[Instance, set[int]] = {}
        for index, reader in reads:
            inside = {id(one) for one in (reader, *reader.trace())}
            for instance in network.nodes[index].block.trace():
                if id(instance) in inside:
                    break
                found.setdefault(instance, set()).add(index)
        return self._alike(found)

    def _at_own_sides(self, node: Node, own_sides: tuple[int, ...]) -> Torch:
        """A row that brings a map back to the sides its body is given does so at every size."""
        found = self.torch[node.index]
        if is_own_size(node.op, getattr(node.op, "size", None), own_sides):
            found = replace(found, call=found.call.replace("{size}", OWN_SIDES), values=())
            self.torch[node.index] = found
        return found

    def _lowered(self, node: Node) -> Torch:
        shapes = [self.network.nodes[index].shape for index in node.inputs]
        found = node.op.torch(*shapes)
        if isinstance(found, Unsupported):
            self.bag.add(UnsupportedOnTarget(node.op.word, "torch", found.why).at(node.span))
            return Torch("{0}")
        if found.inplace and self._may_overwrite(node):
            assert found.make is not None
            make = found.make
            options = (*make.options, ("inplace", True))
            found = _with_make(found, Make(make.name, make.values, options, make.start))
        return found

    def _may_overwrite(self, node: Node) -> bool:
        """Whether each run of the module may write over what it is given."""
        nodes = [self.network.nodes[index] for index in self._runs.get(node.index, [node.index])]
        return all(self._is_lone_reader(one) for one in nodes)

    def sum_into(self, node: Node) -> int | None:
        """Which path of a sum of two, made beside it, may be written over: `y += x`."""
        op = node.op
        if not isinstance(op, Add) or op.paths == "weighted" or op.droppath:
            return None
        runs = [self.network.nodes[index] for index in self._runs.get(node.index, [node.index])]
        for at in range(2 if len(set(node.inputs)) == len(node.inputs) == 2 else 0):
            if all(self._is_lone_reader(one, at) and self._is_beside(one, at) for one in runs):
                return at
        return None

    def _is_beside(self, node: Node, at: int) -> bool:
        """Whether an input is made in the same class, and has the value's shape."""
        source = self.network.nodes[node.inputs[at]]
        return source.block is node.block and source.shape == node.shape

    def _is_lone_reader(self, node: Node, at: int = 0) -> bool:
        """Nobody else reads the input, and its own gradient does not need it."""
        source = self.network.nodes[node.inputs[at]]
        if self.users.get(source.index) != [node.index] or source.index in self._kept():
            return False
        if _scan_of(node) is not _scan_of(source):  # each step would write over it
            return False
        before = source.op.torch(*[self.network.nodes[index].shape for index in source.inputs])
        return (
            isinstance(before, Torch)
            and (before.make is not None or before.fresh)
            and not before.keeps_output
        )

    def first_use(self, instance: Instance) -> Instance:
        """The instance whose modules this one runs: itself, if it has its own."""
        return self.uses.first.get(instance, instance)

    def _runs_of_modules(self) -> dict[int, list[int]]:
        """Nodes of blocks that are used again run the modules of the block's first use."""
        runs: dict[int, list[int]] = {}
        for again, first in self.uses.first_runs().items():
            runs.setdefault(first, [first]).append(again)
        return {index: together for together in runs.values() for index in together}

    def _alike(self, found: dict[Instance, set[int]]) -> dict[Instance, tuple[int, ...]]:
        """Uses of one module give the same values: what one of them is asked for, all give."""
        offsets: dict[Instance, set[int]] = {}
        for instance, indices in found.items():
            start = _first(instance)
            asked = offsets.setdefault(self.first_use(instance), set())
            asked.update([index - start for index in indices])
        return {
            instance: tuple(
                [_first(instance) + at for at in sorted(offsets[self.first_use(instance)])]
            )
            for instance in found
        }

    def _kept(self) -> set[int]:
        network = self.network
        return {
            *network.outputs.values(),
            *network.training_outputs.values(),
            *network.carried.values(),
        }

    def _apart(self, hint: str, value: Any, leaves: list[Leaf]) -> Any:
        """A constant with its numbers taken out into `leaves`."""
        if isinstance(value, Unlike):
            value = value.value
        if isinstance(value, Filled):
            return (value.value, value.std, self._apart(hint, value.size, leaves))
        if isinstance(value, tuple):
            return tuple([self._apart(hint, side, leaves) for side in value])
        if (
            isinstance(value, bool)
            or not isinstance(value, (int, float))
            or not math.isfinite(value)
        ):
            return value
        leaves.append(Leaf(value, hint, isinstance(value, int) and hint in _SCALES, True))
        return type(value)


_SCALES = ("in_channels", "out_channels", "groups", "numbers", "more")
_WINDOWS = ("kernel_size", "stride", "padding", "dilation")


def _window(name: str, value: Any, leaves: list[Leaf]) -> str:
    """The sides of a window as one number or tuple: levels of names may differ in its kind."""
    value = value.value if isinstance(value, Unlike) else value
    if isinstance(value, (int, tuple)):
        leaves.append(Leaf(value, name, False))
        return "window"
    return str(value)


def _with_make(found: Torch, make: Make) -> Torch:
    changed: Torch = replace(found, make=make)
    return changed


def _first(instance: Instance) -> int:
    """The index of an instance's first node."""
    pending: list[Node | Instance] = [instance]
    while isinstance(item := pending.pop(), Instance):
        pending.extend(reversed(item.items))
    return item.index


def _scan_of(node: Node) -> Instance | None:
    """The scan that a node runs in."""
    return next((one for one in (node.block, *node.block.trace()) if one.name == SCAN), None)
