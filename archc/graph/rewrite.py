"""A changed copy of a network: other operators in some places, some nodes gone.

Passes say what changes; wiring, shapes, checks and the tree of blocks follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from archc.diagnostics.model import Kind
from archc.graph.ir import Instance, Network, Node
from archc.ops.base import Op
from archc.record import replace


class DoesNotFit(Exception):
    """An operator refuses its inputs after a change: `node` is that of the old network."""

    def __init__(self, kind: Kind, node: Node) -> None:
        super().__init__(kind.message)
        self.kind = kind
        self.node = node


def rewritten(
    network: Network,
    ops: Mapping[int, Op] | None = None,
    instead: Mapping[int, int] | None = None,
    gone: frozenset[int] = frozenset(),
    outputs: Mapping[str, int] | None = None,
    inputs: Mapping[int, tuple[int, ...]] | None = None,
) -> Network:
    """A copy with other operators (`ops`), with nodes replaced by another value (`instead`),
    without the nodes that nobody reads any more (`gone`), with other `outputs`, and with nodes
    that read other values, all of them before theirs (`inputs`).

    Raises DoesNotFit if an operator refuses what it gets.
    """
    copy = _Copy(network, ops or {}, instead or {}, gone, inputs or {})
    given = network.outputs if outputs is None else outputs
    trained = network.training_outputs if outputs is None else {}
    return copy.made(given, trained)


class _Copy:
    def __init__(
        self,
        network: Network,
        ops: Mapping[int, Op],
        instead: Mapping[int, int],
        gone: frozenset[int],
        inputs: Mapping[int, tuple[int, ...]],
    ) -> None:
        self.old = network
        self.inputs = inputs
        self.ops = ops
        self.instead = instead
        self.gone = gone
        self.new = Network(network.name, network.net, network.variant, network.source)
        self.places: dict[int, int] = {}
        self.renamed = _renamed(network, {*gone, *instead})
        self.shapes: dict[tuple[Any, ...], Any] = {}
        self.ended: list[tuple[Instance, Instance]] = []
        """instances and their copies, inner ones first"""

    def made(self, outputs: Mapping[str, int], trained: Mapping[str, int]) -> Network:
        old, new = self.old, self.new
        new.title, new.span, new.meta = old.title, old.span, dict(old.meta)
        new.asked, new.size_rule, new.values = old.asked, old.size_rule, dict(old.values)
        new.root = Instance(old.root.name, old.root.path, None, old.root.span, old.root.arguments)
        self._tree()
        for before, after in self.ended:
            self._connect(before, after)
        new.inputs = {name: self.places[at] for name, at in old.inputs.items() if at in self.places}
        new.outputs = {name: self._place(index) for name, index in outputs.items()}
        new.training_outputs = {name: self._place(index) for name, index in trained.items()}
        new.open_sides = tuple([one for one in old.open_sides if one.letters[0][1] in new.inputs])
        rows = {self._path(path): self._found(index) for path, index in old.rows.items()}
        new.rows = {path: index for path, index in rows.items() if index is not None}
        for late, read in old.carried.items():
            if late in self.places:
                new.carried[self.places[late]] = self._place(read)
        for check in old.checks:
            node = None if check.node is None else self._found(check.node)
            if check.node is None or node is not None:
                new.checks.append(replace(check, node=node))
        return new

    def _tree(self) -> None:
        """Copy the tree in text order, without recursion."""
        pending: list[tuple[Instance | Node, Instance, Instance | None]] = [
            (item, self.new.root, None) for item in reversed(self.old.root.items)
        ]
        while pending:
            item, parent, ended = pending.pop()
            if ended is not None:
                self._end(item, ended)
            elif isinstance(item, Node):
                self._node(item, parent)
            else:
                path = self._path(item.path)
                copy = Instance(item.name, path, parent, item.span, item.arguments, item.times)
                parent.items.append(copy)
                pending.append((item, parent, copy))
                pending.extend([(inner, copy, None) for inner in reversed(item.items)])

    def _end(self, old: Instance | Node, copy: Instance) -> None:
        """An empty copy of an instance goes."""
        assert isinstance(old, Instance) and copy.parent is not None
        if copy.items:
            self.ended.append((old, copy))
        else:
            copy.parent.items.pop()  # it came last

    def _connect(self, old: Instance, copy: Instance) -> None:
        """What a copied instance is given and gives; a scan gives a node that stands behind it."""
        found = [self._found(index) for index in old.inputs]
        copy.inputs = tuple([index for index in found if index is not None])
        copy.output = None if old.output is None else self._found(old.output)
        if copy.output is None:  # what gave its value is gone: now its last row does
            last = copy.items[-1]
            copy.output = last.index if isinstance(last, Node) else last.output

    def _node(self, node: Node, parent: Instance) -> None:
        if node.index in self.gone or node.index in self.instead:
            return
        op = self.ops.get(node.index, node.op)
        read = self.inputs.get(node.index, node.inputs)
        inputs = tuple([self._place(index) for index in read])
        shapes = tuple([self.new.nodes[index].shape for index in inputs])
        key = (id(op), shapes)
        shape = self.shapes.get(key)
        if shape is None:
            shape = self.shapes[key] = op.shape(*shapes)
        if isinstance(shape, Kind):
            raise DoesNotFit(shape, node)
        index = len(self.new.nodes)
        path = self._path(node.path)
        shares = "" if path == node.shares else node.shares
        copy = Node(index, op, inputs, shape, path, parent, node.span, shares)
        self.places[node.index] = index
        self.new.nodes.append(copy)
        parent.items.append(copy)

    def _path(self, path: str) -> str:
        """The path of a thing, that of the layers it takes the place of where they are gone."""
        for before, after in self.renamed.items():
            if path == before or path.startswith(f"{before}."):
                return after + path[len(before) :]
        return path

    def _found(self, index: int) -> int | None:
        """Where a value of the old network is in the new one; None if it is gone."""
        while index in self.instead:
            index = self.instead[index]
        return self.places.get(index)

    def _place(self, index: int) -> int:
        found = self._found(index)
        assert found is not None, f"node {index} is read and gone"
        return found


def _renamed(network: Network, gone: set[int]) -> dict[str, str]:
    """Where the layers that hold shared weights are gone, the next ones take their place and
    their keys: the old path of each to the new one.
    """
    living = [node for node in network.nodes if node.index not in gone]
    owners = {node.path for node in living if not node.shares}
    found: dict[str, str] = {}
    for node in living:
        if not node.shares or node.shares in owners:
            continue
        owners.add(node.shares)
        before, after = node.path, node.shares
        while True:
            (around, _, name), (place, _, other) = before.rpartition("."), after.rpartition(".")
            if name != other or not (around and place) or _overlaps(place, found.values()):
                break
            if not _takes_place(network, living, around, place):
                break
            before, after = around, place
        found[before] = after
    return found


def _takes_place(network: Network, living: list[Node], around: str, place: str) -> bool:
    """Whether all weights under one path are those of another, where nothing else is left."""
    for node in living:
        if node.path.startswith(f"{place}."):
            return False
        holds = network.weights(node) or network.buffers(node)
        inside = node.path.startswith(f"{around}.") and holds
        if inside and not node.shares.startswith(f"{place}."):
            return False
    return True


def _overlaps(path: str, others: Iterable[str]) -> bool:
    """Whether a path is inside of one of the others, or around it."""
    inner = f"{path}."
    return any(inner.startswith(f"{one}.") or f"{one}.".startswith(inner) for one in others)
