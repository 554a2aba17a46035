"""A classifier as a convolution: larger images give a map of classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archc.diagnostics.model import Kind
from archc.graph.ir import Network, Node, OpenSides
from archc.graph.rewrite import DoesNotFit, rewritten
from archc.ops.act import Activation, Softmax
from archc.ops.base import Op
from archc.ops.conv import Conv
from archc.ops.ends import Input
from archc.ops.join import Add, Max, Mean, Mul, Sub
from archc.ops.learned import Positions
from archc.ops.linear import FullyConnected
from archc.ops.norm import GroupNorm, InstanceNorm
from archc.ops.pool import AvgPool, GlobalAvgPool, MaxPool, Pooling
from archc.ops.regular import Dropout
from archc.ops.resample import Crop, Resize
from archc.ops.shape import Flatten, Map, Reshape, Tokens
from archc.ops.stack import Concat, List
from archc.ops.values import Shape, Window
from archc.passes.base import Change, Pass, State, readers, refusal
from archc.record import replace

LETTERS = {1: ("W",), 2: ("H", "W"), 3: ("D", "H", "W")}
STEPS = (1, 2, 4, 8, 16, 32)
LARGER = 32
"""how much larger the image is at which the new network is tried"""


class FcToConv(Pass):
    """Turn fully connected layers into convolutions: a larger image gives a class map.

    The first fc on a map is a conv whose window is the whole map, later ones are 1x1 convs; what
    stands at a place of the class map is what the network gave for the crop there, except that a
    crop is padded with zeros and an image goes on. Global pooling becomes a pooling of the map's
    size. At the size of the original all numbers are equal.

    Source: Sermanet et al. 2014, "OverFeat", section 3.5; Long et al. 2015, section 3.1.
    """

    name = "fc-to-conv"

    def change(self, network: Network) -> Change:
        found = _Conversion(self, network)
        found.run()
        ops = {**found.ops, **_rounding_down(network, found)}
        try:
            changed = rewritten(network, ops, found.instead)
            self._try_larger(changed)
        except DoesNotFit as problem:
            raise refusal(self, problem.node, problem.kind.message) from None
        _opened(changed)
        reshaped = found.reshaped

        def weights(state: Mapping[str, Any]) -> State:
            new = dict(state)
            for key, sides in reshaped.items():
                new[key] = state[key].reshape(sides)
            return new

        return Change(changed, weights, tuple(found.notes))

    def _try_larger(self, network: Network) -> None:
        """Refuse a row that works at the original size alone, or whose weights depend on it."""
        larger = _larger(network, LARGER)
        for node, other in zip(network.nodes, larger.nodes):
            if network.weights(node) != larger.weights(other):
                raise refusal(self, node, "its weights depend on the size of the image")


class _Conversion:
    """One walk in text order; `maps` are values that were vectors and are maps now."""

    def __init__(self, made: FcToConv, network: Network) -> None:
        self.made = made
        self.network = network
        self.readers = readers(network)
        self.maps: dict[int, Shape] = {}
        self.ops: dict[int, Op] = {}
        self.instead: dict[int, int] = {}
        self.reshaped: dict[str, tuple[int, ...]] = {}
        self.notes: list[str] = []
        self._gates = _gates(network, self.readers)

    def run(self) -> None:
        """Convert every node; raises CannotApply."""
        self._one_picture()
        for node in self.network.nodes:
            shapes = [self._shape(index) for index in node.inputs]
            if node.index not in self._gates and shapes and isinstance(shapes[0], Shape):
                self._node(node, shapes[0])
        if not self.reshaped and not self.maps:
            raise refusal(self.made, None, "no fc and no global pooling stands behind a map")
        if self._gates:
            names = [self.network.nodes[index].path for index in sorted(self._gates)]
            first = [name for name in names if name][:3]
            self.notes.append(f"{', '.join(first)} ... stay: they look at the whole image")

    def _one_picture(self) -> None:
        inputs = [self.network.nodes[index] for index in self.network.inputs.values()]
        if len(inputs) > 1:
            raise refusal(self.made, inputs[1], "the network has several inputs")
        shape = inputs[0].shape if inputs else None
        if not isinstance(shape, Shape) or shape.rank not in LETTERS or shape.count is not None:
            raise refusal(self.made, inputs[0] if inputs else None, "its input is no picture")

    def _shape(self, index: int) -> Any:
        """The shape of a value in the new network."""
        return self.maps.get(index, self.network.nodes[index].shape)

    def _node(self, node: Node, shape: Shape) -> None:
        op = node.op
        turned = node.inputs[0] in self.maps
        if isinstance(op, (Resize, Crop)) and op.size is not None:
            raise refusal(self.made, node, f"it has the fixed size {op.size}")
        if isinstance(op, (Reshape, Tokens, Map, Positions)):
            raise refusal(self.made, node, "it has no places that could slide over a larger image")
        if isinstance(op, Flatten) and shape.rank in LETTERS and shape.count is None:
            self.instead[node.index] = node.inputs[0]
            self.maps[node.index] = shape
        elif isinstance(op, FullyConnected) and shape.rank in LETTERS and shape.count is None:
            self._fully_connected(node, op, shape)
        elif isinstance(op, (GlobalAvgPool, Pooling)):
            self._pooling(node, op, shape)
        elif turned:
            self._behind(node)

    def _fully_connected(self, node: Node, op: FullyConnected, shape: Shape) -> None:
        sides = shape.spatial
        options: dict[str, Any] = {"channels": op.channels, "bias": op.bias, "start": op.start}
        options |= {"init": op.init, "rounding": "floor"}
        options |= {"kernel": sides[0]} if len(sides) == 1 else {"window": Window(sides)}
        conv = Conv(**options)
        self.ops[node.index] = conv
        self.maps[node.index] = Shape((*[1] * shape.rank, op.channels))
        self.reshaped[self.network.key(node, "weight")] = (op.channels, shape.channels, *sides)

    def _pooling(self, node: Node, op: GlobalAvgPool | Pooling, shape: Shape) -> None:
        """A pooling of the whole map gets the window it has; one that changes nothing goes."""
        sides = shape.spatial
        to = op.to if isinstance(op, (AvgPool, MaxPool)) else None
        whole = isinstance(op, GlobalAvgPool) or (to is not None and set(to.sides) == {1})
        if isinstance(op, Pooling) and to is None:
            self._strided(node, op)
        elif whole:
            self._whole(node, op, shape)
        elif to is not None and (to.sides * len(sides))[: len(sides)] == sides:
            self.instead[node.index] = node.inputs[0]
        else:
            reason = f"it makes {to} of {shape}, whatever the image's size is"
            raise refusal(self.made, node, reason, self._advice(node))

    def _strided(self, node: Node, op: Pooling) -> None:
        """A window that covers the map needs no stride; over a larger one it moves by 1."""
        if op.stride is None and op.window is not None and op.window.stride is None:
            self.ops[node.index] = replace(op, window=Window(op.window.sides, (1,)))
        elif op.stride is None and op.kernel is not None:
            self.ops[node.index] = replace(op, stride=1)

    def _advice(self, node: Node) -> str:
        """A head that exists in training alone can be left out."""
        seen, pending = {node.index}, [node]
        while pending:
            for reader in self.readers[pending.pop().index]:
                if reader.index not in seen:
                    seen.add(reader.index)
                    pending.append(reader)
        name, index = next(iter(self.network.outputs.items()))
        if index in seen:
            return ""
        return f"it exists in training alone: `--pass features --until {name}` before leaves it out"

    def _whole(self, node: Node, op: Op, shape: Shape) -> None:
        word = MaxPool if isinstance(op, MaxPool) else AvgPool
        if len(shape.spatial) == 1:
            self.ops[node.index] = word(kernel=shape.spatial[0], stride=1, rounding="floor")
        else:
            self.ops[node.index] = word(window=Window(shape.spatial, (1,)), rounding="floor")
        self.maps[node.index] = shape.with_spatial((1,) * shape.rank)

    def _behind(self, node: Node) -> None:
        """What follows works at each place of the class map as it did on the vector."""
        joins = isinstance(node.op, (Add, Concat, Sub, Mul, Mean, Max, List))
        if joins and any(self._is_vector(index) for index in node.inputs):
            raise refusal(self.made, node, "it joins a class map with something that is none")
        if not joins and not node.op.elementwise and not isinstance(node.op, Conv):
            raise refusal(self.made, node, f"{node.op.word} does not work at each place of a map")
        shapes = [self._shape(index) for index in node.inputs]
        if isinstance(node.op, (GroupNorm, InstanceNorm)):
            raise refusal(self.made, node, "it looks at all places of the class map together")
        numberwise = isinstance(node.op, (Activation, Dropout)) and not isinstance(node.op, Softmax)
        if not joins and not numberwise and set(shapes[0].spatial) != {1}:
            raise refusal(self.made, node, f"it works on all numbers of {shapes[0]} together")
        shape = node.op.shape(*shapes)
        if isinstance(shape, Kind):
            raise refusal(self.made, node, shape.message)
        if isinstance(shape, Shape):
            self.maps[node.index] = shape

    def _is_vector(self, index: int) -> bool:
        shape = self._shape(index)
        return isinstance(shape, Shape) and shape.rank == 0


def _gates(network: Network, read: dict[int, list[Node]]) -> set[int]:
    """Global poolings inside a gate (squeeze and excitation), and the layers up to where it is
    used: they work at every size as they are.
    """
    found: set[int] = set()
    for node in network.nodes:
        if isinstance(node.op, GlobalAvgPool) and _ends_in_gate(network, node, read):
            found |= _until_join(node, read)
    return found


def _ends_in_gate(network: Network, node: Node, read: dict[int, list[Node]]) -> bool:
    inside = _until_join(node, read)
    behind = [one for index in inside for one in read[index] if one.index not in inside]
    before = network.nodes[node.inputs[0]].shape
    return bool(behind) and all(isinstance(one.op, Mul) and one.shape == before for one in behind)


def _until_join(node: Node, read: dict[int, list[Node]]) -> set[int]:
    inside, pending = {node.index}, [node]
    while pending:
        for reader in read[pending.pop().index]:
            if reader.op.role != "join" and reader.index not in inside:
                inside.add(reader.index)
                pending.append(reader)
    return inside


def _rounding_down(network: Network, found: _Conversion) -> dict[int, Op]:
    """Windows that must tile exactly round down, so that every larger image is accepted."""
    ops: dict[int, Op] = {}
    for node in network.nodes:
        op = found.ops.get(node.index, node.op)
        if isinstance(op, (Conv, Pooling)) and op.rounding in ("safe", "exact"):
            ops[node.index] = replace(op, rounding="floor")
    return ops


def _larger(network: Network, by: int) -> Network:
    """The network for an image with larger sides; raises DoesNotFit."""
    ops: dict[int, Op] = {}
    for index in network.inputs.values():
        op = network.nodes[index].op
        assert isinstance(op, Input)
        sides = tuple([side + by for side in op.size.spatial])
        ops[index] = Input(size=op.size.with_spatial(sides))
    return rewritten(network, ops)


def _step(network: Network) -> int:
    """By how much an image may grow: where maps of two strides meet, not all sizes do."""
    fits: dict[int, bool] = {}

    def fit(by: int) -> bool:
        if by not in fits:
            try:
                _larger(network, by)
                fits[by] = True
            except DoesNotFit:
                fits[by] = False
        return fits[by]

    joins = any(node.op.role == "join" for node in network.nodes)
    steps = STEPS if joins else STEPS[:1]
    return next((step for step in steps if all(fit(by) for by in _multiples(step))), STEPS[-1])


def _multiples(step: int) -> range:
    return range(step, STEPS[-1] + 1, step)


def _opened(network: Network) -> None:
    """Leave the sides of the input open, from the original size on."""
    name, index = next(iter(network.inputs.items()))
    node = network.nodes[index]
    assert isinstance(node.shape, Shape)
    letters = LETTERS[node.shape.rank]
    step = _step(network)
    rules = [f"{letter} >= {side}" for letter, side in zip(letters, node.shape.spatial)]
    if step > 1:
        sides = zip(letters, node.shape.spatial)
        rules += [f"{letter} mod {step} == {side % step}" for letter, side in sides]
    condition = " and ".join(rules)
    found = tuple([(letter, name, axis) for axis, letter in enumerate(letters)])
    network.open_sides = (OpenSides(found, condition, node.span),)
    network.size_rule = ""
    network.meta.setdefault("example", str(node.shape))
