"""A model as a network of the language."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from archc.backends.onnx.reading.attention import Mixed, finish
from archc.backends.onnx.reading.blocks import VALUES_AT_MOST, blocked
from archc.backends.onnx.reading.call import Call
from archc.backends.onnx.reading.file import Model, Stored
from archc.backends.onnx.reading.naming import OWN, Naming, plain_name
from archc.backends.onnx.reading.problem import ModelProblem, Unreadable
from archc.backends.onnx.reading.reader import Made, Reading
from archc.backends.onnx.reading.views import whole
from archc.graph.ir import Network, Node, OpenSides
from archc.limits import DEFAULT, Limits
from archc.ops.ends import Input
from archc.ops.values import Count, Shape
from archc.record import Record
from archc.source import SourceFile, Span

if TYPE_CHECKING:
    import onnx

BATCH = 7919
"""stands for an open number of samples: a prime that no network has as a side"""
COUNTS = (7907, 7901, 7883, 7879, 7877, 7873)
"""stand for open numbers of things"""
LETTERS = {1: ("W",), 2: ("H", "W"), 3: ("D", "H", "W")}
EXAMPLE = 224
"""a side that is open, unless a size is asked for"""
NAME_OF_COUNTS = "TSRQPN"


class Read(Record):
    """A model that was read: the network, its rows by node, and the code that it lacks by name,
    with ONNX's operator.
    """

    network: Network
    reading: Reading
    rows: tuple[Made, ...]
    externs: dict[str, str]


def read(
    model: Model,
    name: str,
    sizes: dict[str, tuple[int, ...]] | None = None,
    *,
    fixed: bool = False,
    values: int = VALUES_AT_MOST,
    limits: Limits = DEFAULT,
) -> Read:
    """The network of a model; `sizes` are sides of open inputs, HxW or HxWxC, by name.

    `fixed` closes them. Blocks are given so many `values` at most; with 0 there are none.
    Raises ModelProblem for a model that makes no sense, or is none of a network.
    """
    nodes = len(model.proto.graph.node)
    if nodes > limits.layers:
        more = f"raise it with --limit layers={nodes}"
        raise ModelProblem(
            f"{model.path} has {nodes:,} nodes, the limit is {limits.layers:,}: {more}"
        )
    reader = _Reader(model, name, sizes or {}, fixed, values)
    return reader.best()


class _Reader:
    def __init__(
        self,
        model: Model,
        name: str,
        sizes: dict[str, tuple[int, ...]],
        fixed: bool,
        values: int,
    ) -> None:
        self.fixed = fixed
        self.values = values
        self.model = model
        self.name = name
        self.sizes = sizes
        graph = model.proto.graph
        held = set(model.tensors)
        self.inputs = [one for one in graph.input if one.name not in held]
        self.weights = self._weights_among_inputs()
        self.open_sides: list[tuple[tuple[str, str, int], ...]] = []
        self.names: dict[str, str] = {}

    def best(self) -> Read:
        """The first way to read the model that needs no code of the user's, or the least of it.

        Exporters leave the batch open and still write sizes for one sample, so that is tried too;
        and what looks like parts of an attention may be something else.
        """
        batch = self._batch()
        ways = [(batch, True), (batch, False)]
        if batch == BATCH:
            ways += [(1, True), (1, False)]
        found: list[Read] = []
        problems: list[ModelProblem] = []
        for samples, attends in ways:
            try:
                found.append(self.read(samples, attends))
            except ModelProblem as problem:
                problems.append(problem)
            if found and not found[-1].externs:
                return found[-1]
        if not found:
            raise problems[0]
        return min(found, key=lambda one: len(one.externs))

    def read(self, batch: int, attends: bool) -> Read:
        """All nodes in order, then the rows that the outputs need; `attends` reads attentions."""
        own = self.model.proto.producer_name == OWN
        reading = Reading(self.model, batch, self._is_open(), attends)
        self.names, self.open_sides = {}, []
        for value in self.inputs:
            self._input(reading, value)
        calls = [Call(at, node) for at, node in enumerate(self.model.proto.graph.node)]
        reading.read(calls)
        outputs = self._outputs(reading)
        finish(reading)
        rows = _needed(reading.rows, [index for _, index in outputs], len(self.inputs))
        order = {row: at for at, row in enumerate(rows)}
        made = [reading.rows[row] for row in rows]
        if any(isinstance(row.op, Mixed) for row in made):
            raise ModelProblem("an attention ends in something that is no linear layer")
        naming = Naming(made, own)
        network = self._network(made, order, naming)
        self._end(network, [(name, order[index]) for name, index in outputs], own)
        blocked(network, naming.level_of, self.values)
        used = {getattr(one.op, "name", "") for one in made if one.op.word == "extern"}
        externs = {key: kind for key, kind in reading.externs.items() if key in used}
        return Read(network, reading, tuple(made), externs)

    # ---- inputs --------------------------------------------------------------------------------

    def _weights_among_inputs(self) -> set[str]:
        """Inputs that are weights without numbers: what archc writes with `--weights none`."""
        if self.model.proto.producer_name != OWN:
            return set()
        firsts = [[*value.type.tensor_type.shape.dim][:1] for value in self.inputs]
        opened = any(first and first[0].dim_param for first in firsts)
        found = set()
        for value in list(self.inputs):
            dims = value.type.tensor_type.shape.dim
            fixed = bool(dims) and all(dim.dim_value for dim in dims)
            if fixed and (opened or "." in value.name):
                sides = tuple([dim.dim_value for dim in dims])
                kind = value.type.tensor_type.elem_type
                self.model.tensors[value.name] = Stored(value.name, kind, sides, None)
                self.inputs.remove(value)
                found.add(value.name)
        return found

    def _batch(self) -> int:
        """The number of samples, or what stands for an open one."""
        for value in self.inputs:
            dims = value.type.tensor_type.shape.dim
            if dims:
                return int(dims[0].dim_value) or BATCH
        raise ModelProblem("the model has no input with known sides")

    def _is_open(self) -> bool:
        return not self.fixed and any(
            not dim.HasField("dim_value")
            for value in self.inputs
            for dim in [*value.type.tensor_type.shape.dim][2:]
        )

    def _input(self, reading: Reading, value: onnx.ValueInfoProto) -> None:
        tensor = value.type.tensor_type
        sides: list[int | str] = [
            dim.dim_value if dim.HasField("dim_value") else dim.dim_param or "?"
            for dim in tensor.shape.dim
        ]
        if not tensor.HasField("shape") or not sides or len(sides) > 5:
            raise ModelProblem(f"the input {value.name} has no known sides")
        name = self._input_name(value.name)
        shape, letters = self._shape(name, sides, tensor.elem_type, reading)
        found = reading.emit(Input(size=shape))
        reading.values[value.name] = whole(found.base, reading.sizes(shape))
        if letters:
            self.open_sides.append(tuple([(letter, name, axis) for letter, axis in letters]))

    def _input_name(self, given: str) -> str:
        default = "input" if len(self.inputs) == 1 else f"input{len(self.names) + 1}"
        self.names[given] = plain_name(given, self.names.values(), default)
        return self.names[given]

    def _shape(
        self, name: str, sides: list[int | str], kind: int, reading: Reading
    ) -> tuple[Shape, list[tuple[str, int]]]:
        """The shape of an input, and the letters of its open sides."""
        inner = sides[1:]
        if kind not in (1, 10, 11, 16):
            if len(inner) > 1:
                raise ModelProblem(f"the input {name} is a table of whole numbers")
            return Shape((), self._count(inner[0] if inner else 1, reading)), []
        if not inner:
            return Shape((1,)), []
        if len(inner) == 1:
            return Shape((self._side(name, inner[0], 0),)), []
        if len(inner) == 2 and not isinstance(inner[0], int):
            return Shape((self._side(name, inner[1], 0),), self._count(inner[0], reading)), []
        asked = self.sizes.get(name) or self.sizes.get("", ())
        channels = self._side(name, inner[0], 0)
        letters, spatial = [], []
        for axis, (side, letter) in enumerate(zip(inner[1:], LETTERS[len(inner) - 1])):
            if isinstance(side, int):
                spatial.append(side)
            elif axis < len(asked):
                spatial.append(asked[axis])
            else:
                spatial.append(EXAMPLE)
            if not isinstance(side, int) and not self.fixed:
                letters.append((letter, axis))
        return Shape((*spatial, channels)), letters

    def _side(self, name: str, side: int | str, axis: int) -> int:
        if not isinstance(side, int) or side < 1:
            raise ModelProblem(f"the input {name} has an open number of channels")
        return side

    def _count(self, side: int | str, reading: Reading) -> int | Count:
        if isinstance(side, int):
            return side
        at = len(reading.counts)
        letter = NAME_OF_COUNTS[at % len(NAME_OF_COUNTS)]
        symbol = side if side.isalpha() and side.isupper() and len(side) == 1 else letter
        reading.counts.setdefault(symbol, COUNTS[at % len(COUNTS)])
        return Count(symbol)

    # ---- outputs -------------------------------------------------------------------------------

    def _outputs(self, reading: Reading) -> list[tuple[str, int]]:
        found = []
        for value in self.model.proto.graph.output:
            try:
                view = reading.view(value.name)
                if isinstance(view.base, str):
                    raise ModelProblem(f"the output {value.name} is a constant")
                index = reading.settled(view)
            except Unreadable as reason:
                raise ModelProblem(f"the output {value.name} cannot be read: {reason}") from None
            found.append((value.name, index))
        if not found:
            raise ModelProblem("the model has no output")
        return found

    # ---- the network ---------------------------------------------------------------------------

    def _network(self, made: Sequence[Made], order: dict[int, int], naming: Naming) -> Network:
        source = SourceFile(self.model.path, "")
        network = Network(self.name, self.name, "", source)
        span = Span(source, 0, 0)
        names = iter(self.names.values())
        for at, row in enumerate(made):
            inputs = tuple([order[index] for index in row.inputs])
            path = next(names) if isinstance(row.op, Input) else naming.paths[at]
            node = Node(at, row.op, inputs, row.shape, path, network.root, span, naming.shares[at])
            network.nodes.append(node)
            network.root.items.append(node)
            if isinstance(row.op, Input):
                network.inputs[path] = at
        network.open_sides = tuple([OpenSides(one, "", span) for one in self.open_sides])
        network.span = span
        return network

    def _end(self, network: Network, outputs: list[tuple[str, int]], own: bool) -> None:
        for name, index in outputs:
            path = network.nodes[index].path
            default = path if len(outputs) > 1 and path.isidentifier() else "output"
            wanted = name if own or len(outputs) > 1 else ""
            found = plain_name(wanted, [*network.outputs, *network.inputs], default)
            network.outputs[found] = index


def _needed(rows: Sequence[Made], ends: Sequence[int], inputs: int) -> list[int]:
    """The rows that outputs need, in the order of the model's nodes."""
    needed = set(range(inputs))
    pending = list(ends)
    while pending:
        index = pending.pop()
        if index not in needed:
            needed.add(index)
            pending.extend(rows[index].inputs)
    missing = {index: len({*rows[index].inputs} & needed) for index in needed}
    readers: dict[int, list[int]] = {}
    for index in needed:
        for given in {*rows[index].inputs}:
            readers.setdefault(given, []).append(index)
    heap: list[Any] = [(rows[index].at, index) for index in needed if not missing[index]]
    heapq.heapify(heap)
    found: list[int] = []
    while heap:
        _, index = heapq.heappop(heap)
        found.append(index)
        for reader in readers.get(index, ()):
            missing[reader] -= 1
            if not missing[reader]:
                heapq.heappush(heap, (rows[reader].at, reader))
    return found
