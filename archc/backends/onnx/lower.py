"""The nodes of a network in ONNX, by name: what each operator asks for, put in its place."""

from __future__ import annotations

from typing import Any

from archc.backends.onnx.naming import free_name
from archc.backends.onnx.scan import Carried, Loop, Placed, kept_nodes
from archc.backends.onnx.sharing import shared, with_names
from archc.diagnostics.kinds.targets import UnsupportedOnTarget
from archc.diagnostics.model import Bag
from archc.graph.described import is_own_size, own_value
from archc.graph.ir import Network, Node
from archc.graph.outline import body_of
from archc.ops.ends import Extern, Input, Prev
from archc.ops.lowering import Unsupported
from archc.ops.nodes import Constant, Held, Names, Nodes, OnnxNode
from archc.ops.pool import Unpool
from archc.ops.scan import Gather, Scan
from archc.ops.values import Shape
from archc.record import Record, replace

TARGET = "onnx"

Part = tuple[str, int, int]
"""rows of a tensor of the state_dict: its key, the first, and the one behind the last"""


class Stored(Record):
    """A tensor that the model holds: rows of the state_dict's tensors, one behind the other.

    `sides` are those it has in the model, where it may be transposed (two sides alone are).
    """

    parts: tuple[Part, ...]
    sides: tuple[int, ...]
    transposed: bool = False


class Lowered:
    """A network as ONNX nodes in an order that runs.

    `names` are the values of each of the network's nodes, `tensors` what the model holds by name,
    `constants` small tensors, `bag` the operators that this opset cannot be told, `externs` the
    nodes of operators that are not ONNX's own: whoever runs the model has to have them. Where
    `blocks` stay whole, none reads what another one only works out by the way.
    """

    def __init__(
        self, network: Network, opset: int, batch: int | None = None, *, blocks: bool = False
    ) -> None:
        self.network = network
        self.opset = opset
        self.batch = batch
        self.nodes: list[Placed] = []
        self.names: dict[int, Names] = {}
        self.tensors: dict[str, Stored] = {}
        self.constants: dict[str, Constant] = {}
        self.externs: list[Node] = []
        self.inner_names: dict[str, str] = {}
        """what outputs would be called if they were none"""
        self.bag = Bag()
        self.kept = kept_nodes(network)
        self._indexed = {node.inputs[1] for node in network.nodes if isinstance(node.op, Unpool)}
        self._places: dict[int, tuple[str, dict[str, Any]]] = {}
        self._loops: list[Loop] = []
        self._node_names: set[str] = set()
        self._taken = self._reserved()
        for node in network.nodes:
            if node.index in self.kept:
                self._add(node)
        self._share(blocks)
        self.outputs = self._ends()

    # ---- names ---------------------------------------------------------------------------------

    def _reserved(self) -> set[str]:
        """Names that no value in between may have: of tensors, inputs and outputs."""
        network = self.network
        keys = {
            network.key(node, name)
            for node in network.nodes
            if node.index in self.kept
            for name in {**network.weights(node), **network.buffers(node)}
        }
        return {*keys, *network.inputs, *network.outputs}

    def _free(self, name: str) -> str:
        found = free_name(name, self._taken)
        self._taken.add(found)
        return found

    def _node_name(self, name: str) -> str:
        found = free_name(name, self._node_names)
        self._node_names.add(found)
        return found

    # ---- nodes ---------------------------------------------------------------------------------

    def _add(self, node: Node) -> None:
        if isinstance(node.op, Input):
            inputs = {index: name for name, index in self.network.inputs.items()}
            self.names[node.index] = inputs[node.index]
            return
        given = tuple([self.names[index] for index in node.inputs])
        if isinstance(node.op, Scan):
            given = (self._open(node, given[0]),)
        if isinstance(node.op, Gather):
            given = (self._close(node, given[0]),)
        if isinstance(node.op, Extern):
            self.externs.append(node)
        shapes = [self.network.nodes[index].shape for index in node.inputs]
        op, own = node.op, self._own_size(node)
        if own is not None:
            op = replace(op, size=None, like=self.network.nodes[own].path)
            given, shapes = (*given, self.names[own]), [*shapes, self.network.nodes[own].shape]
        made = self._nodes(node, given)
        found = op.onnx(made, *shapes)
        if isinstance(found, Unsupported):
            self.bag.add(UnsupportedOnTarget(node.op.word, TARGET, found.why).at(node.span))
            found = given[0] if given else ""
        self._place(node, made, found)

    def _own_size(self, node: Node) -> int | None:
        """The value to whose sides a row brings a map back at every size of the picture."""
        if not is_open(self.network):
            return None
        own = own_value(self.network, body_of(node))
        shape = self.network.nodes[own].shape if own is not None else None
        sides = shape.spatial if isinstance(shape, Shape) and shape.dims else ()
        return own if is_own_size(node.op, getattr(node.op, "size", None), sides) else None

    def _nodes(self, node: Node, given: tuple[Names, ...]) -> Nodes:
        """What an operator asks for its nodes."""
        network = self.network
        loop = self._loops[-1] if self._loops else None
        image = network.nodes[next(iter(network.inputs.values()))].shape
        made = Nodes(
            given,
            self.opset,
            opened=is_open(network),
            batch=self.batch,
            image=image if isinstance(image, Shape) else None,
            outer=None if loop is None else Nodes((loop.over,), self.opset, batch=self.batch),
        )
        if loop is not None:
            over = network.nodes[loop.start.inputs[0]].shape
            made.over = over if isinstance(over, Shape) else None
        made.indexed = node.index in self._indexed
        if isinstance(node.op, Unpool):
            made.places, made.window = self._places[node.inputs[1]]
        return made

    def _place(self, node: Node, made: Nodes, found: Names) -> None:
        """Give the nodes of one operator their names in the file."""
        known: dict[str, str] = {}
        if made.outer is not None:
            known = self._put(node, made.outer, self._loops[-1].outside, known, ())
        for state in made.states:
            name = self._free(f"{node.path}/state")
            known[state.name] = name
        first = {state.name: _name(known, state.first) for state in made.states}
        known = self._put(node, made, self.nodes, known, _each(found))
        for state in made.states:
            after = known[made.after[state.name]] if state.name in made.after else None
            assert after is not None or isinstance(node.op, Prev)
            carried = self.network.carried[node.index] if after is None else after
            self._loops[-1].states.append(Carried(known[state.name], first[state.name], carried))
        if made.indexed:
            self._places[node.index] = known[made.places], made.window
        names = tuple([_name(known, name) for name in _each(found)])
        self.names[node.index] = names if isinstance(found, tuple) else names[0]

    def _put(
        self,
        node: Node,
        made: Nodes,
        into: list[Placed],
        outer: dict[str, str],
        results: tuple[str, ...],
    ) -> dict[str, str]:
        """Nodes with their names put `into` a graph; gives the names of all values."""
        known = {name: value for name, value in outer.items() if not name.startswith(("%", "$"))}
        for name, held in made.tensors.items():
            known[name] = self._tensor(node, held)
        for name, constant in made.constants.items():
            known[f"#{name}"] = name
            self.constants[name] = constant
        last = len(made.nodes) - 1
        for at, one in enumerate(made.nodes):
            for output in one.outputs:
                own = node.path if output in results else f"{node.path}/{one.kind}"
                known[output] = self._free(own)
            inputs = tuple([_name(known, name) for name in one.inputs])
            outputs = tuple([known[name] for name in one.outputs])
            named = node.path if at == last and results else f"{node.path}/{one.kind}"
            placed = replace(one, inputs=inputs, outputs=outputs)
            into.append(Placed(self._node_name(named), placed, node))
        return known

    def _tensor(self, node: Node, held: Held) -> str:
        """The name of a tensor that the model holds: the first key; another if that is taken."""
        network = self.network
        sizes = {**network.weights(node), **network.buffers(node)}
        parts = tuple(
            [
                (network.key(node, rows.tensor), rows.first, rows.end or sizes[rows.tensor][0])
                if sizes[rows.tensor]
                else (network.key(node, rows.tensor), 0, 1)
                for rows in held.rows
            ]
        )
        behind = sizes[held.rows[0].tensor][1:]
        sides = held.sides or (sum([end - first for _, first, end in parts]), *behind)
        stored = Stored(parts, sides[::-1] if held.transposed else sides, held.transposed)
        key = parts[0][0]
        number, name = 2, key
        while name in network.outputs or self.tensors.setdefault(name, stored) != stored:
            number, name = number + 1, f"{key}/{number}"
        return name

    # ---- scan ----------------------------------------------------------------------------------

    def _open(self, node: Node, over: Names) -> str:
        """From here on nodes are those of a scan's body; gives the name of one thing."""
        assert isinstance(over, str)
        thing = self._free(f"{node.path}/thing")
        self._loops.append(Loop(node, over, thing, self.nodes))
        self.nodes = []
        return thing

    def _close(self, node: Node, result: Names) -> str:
        """The scan's node, outside again; gives the name of its results."""
        assert isinstance(result, str) and isinstance(node.shape, Shape)
        loop = self._loops.pop()
        rows, self.nodes = self.nodes, loop.outside
        names = {
            state.after: name
            for state in loop.states
            if isinstance(state.after, int) and isinstance(name := self.names[state.after], str)
        }
        gathered = self._free(node.path if node.shape.rank <= 0 else f"{node.path}/Scan")
        placed = loop.node(rows, result, names, (gathered, node.shape), self._free)
        self.nodes.append(replace(placed, name=self._node_name(placed.name)))
        return gathered

    # ---- outputs -------------------------------------------------------------------------------

    def _share(self, blocks: bool) -> None:
        """Leave out what other nodes make needless."""
        outputs = self.network.outputs.values()
        ends = {name for index in outputs for name in _each(self.names[index])}
        self.nodes, renamed = shared(
            self.nodes, ends, lambda placed: body_of(placed.origin).path if blocks else ""
        )
        self._rename(renamed)

    def _rename(self, renamed: dict[str, str]) -> None:
        """Give values other names."""
        self.nodes = [with_names(placed, renamed) for placed in self.nodes]
        self.names = {
            index: renamed.get(names, names)
            if isinstance(names, str)
            else tuple([renamed.get(name, name) for name in names])
            for index, names in self.names.items()
        }

    def _ends(self) -> dict[str, int]:
        """The outputs by name, the items of a list one by one; values get their outputs' names."""
        ends: dict[str, int] = {}
        renamed: dict[str, str] = {}
        given = set(self.network.inputs)
        for output, index in self.network.outputs.items():
            names = self.names[index]
            for at, value in enumerate(_each(names)):
                name = output if isinstance(names, str) else f"{output}.{at}"
                if value in given or value in renamed:  # a name of its own is all it can get
                    source = renamed.get(value, value)
                    copy = OnnxNode("Identity", (source,), (name,))
                    node = self.network.nodes[index]
                    self.nodes.append(Placed(self._node_name(f"{name}/Identity"), copy, node))
                else:
                    renamed[value] = name
                ends[name] = index
        self._rename(renamed)
        self.inner_names = {name: value for value, name in renamed.items()}
        return ends


def is_open(network: Network) -> bool:
    """Whether sides of the pictures stay open: they are, and no size was asked for."""
    return bool(network.open_sides) and not network.asked


def _name(known: dict[str, str], name: str) -> str:
    """The name in the file; inputs of an operator have theirs already."""
    return known[name] if name[:1] in _LOCAL else name


_LOCAL = ("%", "$", "#", "@")


def _each(names: Names) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else names
