"""A scan in ONNX: a node whose body runs once for each thing and hands its states on."""

from __future__ import annotations

from collections.abc import Callable

from archc.graph.ir import Network, Node
from archc.graph.outline import SCAN
from archc.graph.tensors import alive
from archc.ops.nodes import OnnxNode
from archc.ops.scan import Gather, Scan
from archc.ops.values import Shape
from archc.record import Record


class Placed(Record):
    """A node with the names it has in the file, and the row it comes from."""

    name: str
    node: OnnxNode
    origin: Node


class Body(Record):
    """The graph of a scan's rows, as an attribute of its node.

    It is given the states, then one thing; it gives the states of the next step, then its result.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    nodes: tuple[Placed, ...]


class Carried(Record):
    """A state: its name inside, the value outside that it begins as, and what comes after it.

    `after` is a value, or the node of the network that gives it.
    """

    name: str
    first: str
    after: str | int


class Loop:
    """A scan while its rows are lowered: what it runs over, one thing of it, the nodes outside."""

    def __init__(self, start: Node, over: str, thing: str, outside: list[Placed]) -> None:
        self.start = start
        self.over = over
        self.thing = thing
        self.outside = outside
        self.states: list[Carried] = []

    def node(
        self,
        rows: list[Placed],
        result: str,
        names: dict[int, str],
        gathered: tuple[str, Shape],
        free: Callable[[str], str],
    ) -> Placed:
        """The node, for rows that were lowered; `gathered` is the row of results and its shape."""
        path = self.start.path
        made = {output for placed in rows for output in placed.node.outputs}
        given: list[str] = []
        for value in [*[_after(state, names) for state in self.states], result]:
            if value in made and value not in given:
                given.append(value)
                continue
            copy = free(f"{path}/Identity")  # an output is a value of its own, made in the body
            rows.append(Placed(copy, OnnxNode("Identity", (value,), (copy,)), self.start))
            given.append(copy)
        taken = tuple([state.name for state in self.states])
        body = Body(path, (*taken, self.thing), tuple(given), tuple(rows))
        last = tuple([free(f"{path}/last") for _ in self.states])
        name, shape = gathered
        before = self.start.shape
        assert isinstance(before, Shape)
        attributes = {
            "body": body,
            "num_scan_inputs": 1,
            "scan_input_axes": (_axis(before),),
            "scan_output_axes": (_axis(shape),),
        }
        inputs = (*[state.first for state in self.states], self.over)
        return Placed(
            path, OnnxNode("Scan", inputs, (*last, name), tuple(attributes.items())), self.start
        )


def kept_nodes(network: Network) -> set[int]:
    """The nodes that inference needs, and the things of scans whose rows do not read them."""
    kept = alive(network, training=False)
    for node in network.nodes:
        if isinstance(node.op, Gather) and node.index in kept:
            kept |= _with_inputs(network, _start_of(network, node).index)
    return kept


def _start_of(network: Network, gather: Node) -> Node:
    """The node that takes apart what the results are gathered of."""
    instance = network.nodes[gather.inputs[0]].block
    for around in instance.trace():
        if around.name == SCAN and around.output == gather.index:
            return next(
                item
                for item in around.items
                if isinstance(item, Node) and isinstance(item.op, Scan)
            )
    raise AssertionError(gather.path)


def _with_inputs(network: Network, index: int) -> set[int]:
    pending, found = [index], set[int]()
    while pending:
        index = pending.pop()
        if index not in found:
            found.add(index)
            pending.extend(network.nodes[index].inputs)
    return found


def _after(state: Carried, names: dict[int, str]) -> str:
    return state.after if isinstance(state.after, str) else names[state.after]


def _axis(shape: Shape) -> int:
    """Where the things lie: maps in the batch's place, all others behind the batch."""
    return 0 if shape.rank > 0 else 1
