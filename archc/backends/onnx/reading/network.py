"""A model as a network of the language."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from archc.backends.arch.names import is_taken
from archc.backends.onnx.reading.again import Uses
from archc.backends.onnx.reading.attention import finish
from archc.backends.onnx.reading.blocks import VALUES_AT_MOST, blocked
from archc.backends.onnx.reading.call import Call
from archc.backends.onnx.reading.code import Code
from archc.backends.onnx.reading.file import Model, Stored
from archc.backends.onnx.reading.foreign import row_of
from archc.backends.onnx.reading.functions import all_nodes
from archc.backends.onnx.reading.inputs import FLOATS, sides_of
from archc.backends.onnx.reading.made import Made
from archc.backends.onnx.reading.naming import Naming, plain_name
from archc.backends.onnx.reading.problem import ModelProblem, Unreadable
from archc.backends.onnx.reading.reader import OWN, Reading
from archc.backends.onnx.reading.repeated import stages
from archc.backends.onnx.reading.windowed import Partial
from archc.graph.ir import Network, Node, OpenSides
from archc.limits import DEFAULT, Limits
from archc.ops.ends import Input
from archc.ops.norm import BatchNorm
from archc.ops.scan import Gather
from archc.ops.values import Count, Shape
from archc.record import Record, replace
from archc.source import SourceFile, Span

if TYPE_CHECKING:
    import onnx

BATCH = 7919
"""stands for an open number of samples: a prime that no network has as a side"""
LETTERS = {1: ("W",), 2: ("H", "W"), 3: ("D", "H", "W")}
WINDOWED = frozenset(
    ("Conv", "ConvTranspose", "MaxPool", "AveragePool", "GlobalAveragePool", "Resize")
)
"""operators on maps: an input of two sides is one, if there are any; else it is things"""
PARAMETERS = "archc.parameters"
"""where archc says how many numbers are trained"""
EXAMPLE = 224
"""a side that is open, unless a size is asked for"""


class Read(Record):
    """A model that was read: the network, its rows by node, and the code that it lacks by name."""

    network: Network
    reading: Reading
    rows: tuple[Made, ...]
    externs: dict[str, Code]

    @property
    def model(self) -> Model:
        """What was read."""
        return self.reading.model


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
    nodes = sum([1 for _ in all_nodes(model.proto.graph.node)])
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
        self.own = model.proto.producer_name == OWN
        kinds = {node.op_type for node in model.proto.graph.node}
        self.has_windows = bool(kinds & WINDOWED)
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
        reading = Reading(self.model, batch, self._is_open(), attends)
        self.names, self.open_sides = {}, []
        for value in self.inputs:
            self._input(reading, value)
        calls = [Call((at,), node) for at, node in enumerate(self.model.proto.graph.node)]
        reading.read(calls)
        outputs = self._outputs(reading)
        finish(reading)
        rows = _needed(reading, [index for _, index in outputs], len(self.inputs))
        order = {row: at for at, row in enumerate(rows)}
        made = [reading.rows[row] for row in rows]
        if any(isinstance(row.op, Partial) for row in made):
            raise ModelProblem("an attention ends in something that is no linear layer")
        reads = [tuple([order[index] for index in row.inputs]) for row in made]
        ends = [order[index] for _, index in outputs]
        code = {at for row, given in zip(made, reads) if row.op.word == "extern" for at in given}
        self._rename_inputs(code)
        naming = Naming(made, self.own, stages(made, reads, ends), code)
        self._freeze(made, naming)
        uses = Uses(made, reads, naming.paths, naming.shares, ends)
        again = uses.found() if self.values else []
        network = self._network(made, order, naming)
        self._end(network, [(name, order[index]) for name, index in outputs], self.own)
        carried = reading.carried.items()
        network.carried = {order[row]: order[after] for row, after in carried if row in order}
        scans = _scans(reading, rows)
        blocked(network, naming.level_of, self.values, scans, again)
        used = {getattr(one.op, "name", "") for one in made if one.op.word == "extern"}
        externs = {key: kind for key, kind in reading.externs.items() if key in used}
        return Read(network, reading, tuple(made), externs)

    # ---- inputs --------------------------------------------------------------------------------

    def _weights_among_inputs(self) -> set[str]:
        """Inputs that are weights without numbers: what archc writes with `--weights none`."""
        if not self.own:
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
                return max(int(dims[0].dim_value), 0) or BATCH
        raise ModelProblem("the model has no input with known sides")

    def _is_open(self) -> bool:
        return not self.fixed and any(
            not dim.HasField("dim_value")
            for value in self.inputs
            for dim in [*value.type.tensor_type.shape.dim][2:]
        )

    def _input(self, reading: Reading, value: onnx.ValueInfoProto) -> None:
        sides = sides_of(value)
        name = self._input_name(value.name)
        shape, letters = self._shape(name, sides, value.type.tensor_type.elem_type, reading)
        reading.values[value.name] = reading.emit(Input(size=shape))
        if letters:
            self.open_sides.append(tuple([(letter, name, axis) for letter, axis in letters]))

    def _input_name(self, given: str) -> str:
        default = "input" if len(self.inputs) == 1 else f"input{len(self.names) + 1}"
        self.names[given] = plain_name(given, self.names.values(), default)
        return self.names[given]

    def _rename_inputs(self, code: set[int]) -> None:
        """Code is given rows by their names, which are no words of the language."""
        for at, (given, name) in enumerate([*self.names.items()]):
            if at in code and is_taken(name):
                found = plain_name(f"{name}1", self.names.values(), f"{name}1")
                self.names[given] = found
                for number, sides in enumerate(self.open_sides):
                    if sides[0][1] == name:
                        renamed = [(letter, found, axis) for letter, _, axis in sides]
                        self.open_sides[number] = tuple(renamed)

    def _shape(
        self, name: str, sides: list[int | str], kind: int, reading: Reading
    ) -> tuple[Shape, list[tuple[str, int]]]:
        """The shape of an input, and the letters of its open sides."""
        inner = sides[1:]
        if kind not in FLOATS:
            if len(inner) > 1:
                raise ModelProblem(f"the input {name} is a table of whole numbers")
            return Shape((), self._count(inner[0] if inner else 1, reading)), []
        if not inner:
            return Shape((1,)), []
        count = self._regions(sides, reading)
        if len(inner) == 1:
            return Shape((self._side(name, inner[0], 0),)), []
        things = not self.own and not self.has_windows
        if len(inner) == 2 and (things or not isinstance(inner[0], int)):
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
        return Shape((*spatial, channels), count), letters

    def _regions(self, sides: list[int | str], reading: Reading) -> Count | None:
        """How many maps an input has that archc wrote as `R of 7x7x3`: they lie in the batch."""
        first = sides[0]
        alone = self.own and len(sides) > 3 and isinstance(first, str) and first != "N"
        found = self._count(first, reading) if alone else None
        return found if isinstance(found, Count) else None

    def _side(self, name: str, side: int | str, axis: int) -> int:
        if not isinstance(side, int) or side < 1:
            raise ModelProblem(f"the input {name} has an open number of channels")
        return side

    def _count(self, side: int | str, reading: Reading) -> int | Count:
        if isinstance(side, int):
            return side
        return reading.count_of(side)

    # ---- outputs -------------------------------------------------------------------------------

    def _outputs(self, reading: Reading) -> list[tuple[str, int]]:
        found = []
        for value in self.model.proto.graph.output:
            try:
                view = reading.view(value.name)
                if isinstance(view.base, str):
                    raise ModelProblem(f"the output {value.name} is a constant")
                index = _given(reading, value.name)
            except Unreadable as reason:
                raise ModelProblem(f"the output {value.name} cannot be read: {reason}") from None
            found.append((value.name, index))
        if not found:
            raise ModelProblem("the model has no output")
        return found

    def _freeze(self, made: Sequence[Made], naming: Naming) -> None:
        """Batch norms whose numbers are not trained, if the parameters that archc wrote say so:
        a node of ONNX does not.
        """
        props = {entry.key: entry.value for entry in self.model.proto.metadata_props}
        declared = props.get(PARAMETERS, "") if self.own else ""
        own = [row for row, shared in zip(made, naming.shares) if not shared]
        norms = [row for row in own if isinstance(row.op, BatchNorm)]
        total, trained = [sum(map(_trained, rows)) for rows in (own, norms)]
        if declared == str(total - trained):
            for row in made:
                if isinstance(row.op, BatchNorm):
                    row.op = replace(row.op, frozen=True)

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


def _trained(row: Made) -> int:
    """How many numbers of a row are trained."""
    shapes = [*row.given]
    return sum([prod(size) for size in row.op.weights(*shapes).values()])


def _given(reading: Reading, name: str) -> int:
    """The row of an output; things of all samples may lie in one row without a side in front."""
    view = reading.view(name)
    made = reading.row(view)
    try:
        return reading.settled(view)
    except Unreadable:
        base = reading.in_order(view) if made.rows and made.shape.rank == 0 else None
        if base is None or view.shape != (made.rows, made.shape.channels):
            return row_of(reading, name)
        return base


def _scans(reading: Reading, order: Sequence[int]) -> list[tuple[int, int, int | Count | None]]:
    """Where scans begin and end among the rows, and how often their rows run."""
    found = []
    for at, row in enumerate(order):
        made = reading.rows[row]
        if isinstance(made.op, Gather):
            start = reading.scans[row]
            begin = order.index(start)
            scope = reading.rows[start].scope
            inside = [index for index, one in enumerate(order) if reading.rows[one].is_in(scope)]
            if inside != [*range(begin, at)]:
                raise ModelProblem("the rows of a scan do not stand together")
            found.append((begin, at, made.op.times))
    return found


def _needed(reading: Reading, ends: Sequence[int], inputs: int) -> list[int]:
    """The rows that outputs need, in the order of the model's nodes."""
    rows = reading.rows
    needed = set(range(inputs))
    pending = list(ends)
    while pending:
        index = pending.pop()
        if index not in needed:
            needed.add(index)
            pending.extend(rows[index].inputs)
            late = reading.carried.get(index), reading.scans.get(index)
            pending.extend([one for one in late if one is not None])
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
