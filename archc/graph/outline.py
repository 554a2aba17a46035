"""Which instances of a network are the same block, and in what they differ.

Instances of one block with equal operators and wiring are one `Group`; the numbers in which its
members differ are its parameters. Whoever writes a network as text or source writes each group
once. Members that differ in too much stay groups of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from archc.graph.described import described, own_value
from archc.graph.ir import Instance, Network, Node
from archc.graph.parameters import (
    Cell,
    ClassesChangeMore,
    Given,
    Leaf,
    Parameters,
    of_classes,
    parametrized,
)
from archc.ops.values import Shape
from archc.record import Record

SCAN = "scan"


Describe = Callable[[Node, tuple[int, ...]], tuple[tuple[Any, ...], tuple[Leaf, ...]]]
"""a node without its numbers, and its numbers; the sides are those its body is given, if open"""


Rename = Callable[[str, set[str]], str]
"""what a parameter of a block is called, whose rows have these names"""


class Group:
    """One block: what its members share, and the numbers that tell them apart.

    `cells` are the numbers of each item (by the offset of its first node), as formulas of the
    parameters; `values` the parameters of each member. `outer` are, for each member, the values
    of other bodies that it reads: the one it is given first (None if it reads none of it), then
    others in the order of their first use.
    """

    def __init__(self, name: str, members: list[Instance], parameters: Parameters) -> None:
        self.name = name
        self.members = members
        self.wider: list[Instance] = []
        """the members in the network with one class more"""
        self.parameters = parameters.names
        self.values: dict[Instance, tuple[Given, ...]] = {}
        self.cells: dict[int, tuple[Cell, ...]] = {}

    def __repr__(self) -> str:
        return f"Group({self.name} x{len(self.members)} {self.parameters})"


class Wider(Record):
    """A network with one class more, and what describes its nodes: numbers that differ in it
    depend on the number of classes, the parameter `name` of the network.
    """

    network: Network
    describe: Describe
    name: str
    classes: int


class Outline:
    """The groups of a network, inner ones before those that use them, and where each node is.

    With `wider`, the number of classes is a parameter of the outermost group. `rename` says what
    parameters are called where the language's names are none. `exports` are the values of each
    instance that equal ones give: those of one group give the same.
    """

    def __init__(
        self,
        network: Network,
        describe: Describe | None = None,
        wider: Wider | None = None,
        rename: Rename = lambda name, rows: name,
        exports: Mapping[Instance, tuple[int, ...]] = MappingProxyType({}),
    ) -> None:
        self.network = network
        self._rename = rename
        self._exports = exports
        self.wider = wider
        self._describe = describe or described
        self._divides = describe is not None
        self.first: dict[Instance, int] = {}
        self.last: dict[Instance, int] = {}
        self.group: dict[Instance, Group] = {}
        self.groups: list[Group] = []
        self.outer: dict[Instance, tuple[int | None, tuple[int, ...]]] = {}
        self.shared = {node.path: node.index for node in network.nodes if node.path}
        self._leaves: dict[Instance, list[tuple[int, tuple[Leaf, ...]]]] = {}
        instances = list(_instances(network.root))
        self._wide: dict[Instance, Instance] = {}
        if wider is not None:
            self._wide = dict(zip(instances, _instances(wider.network.root), strict=True))
        for instance in reversed(instances):
            self._measure(instance)
        for level in _by_height([one for one in instances[1:] if one in self.first]):
            self._level(level)
        self._number(network.root)

    def place(self, node: Node | Instance) -> int:
        """The offset of an item in the body it stands in."""
        index = node.index if isinstance(node, Node) else self.first[node]
        return index - self.first[body_of(node)]

    # ---- where instances begin and end ---------------------------------------------------------

    def _measure(self, instance: Instance) -> None:
        """First and last node, and which values of other bodies are read."""
        indices: list[int] = []
        reads: list[int] = []
        for item in instance.items:
            if isinstance(item, Node):
                indices.append(item.index)
                reads += item.inputs
            elif item in self.first:
                indices += (self.first[item], self.last[item] - 1)
                reads += self.read_by(item)
        if not indices:
            return
        first, last = indices[0], indices[-1] + 1
        self.first[instance], self.last[instance] = first, last
        if instance.output is not None:
            reads.append(instance.output)
        outside = dict.fromkeys([index for index in reads if not first <= index < last])
        given = instance.inputs[0] if instance.inputs else None
        running = given if given in outside else None
        others = tuple([index for index in outside if index != running])
        self.outer[instance] = running, others

    def read_by(self, instance: Instance) -> list[int]:
        """The values of other bodies that an instance reads, the running one first."""
        running, others = self.outer[instance]
        return [*others] if running is None else [running, *others]

    # ---- groups --------------------------------------------------------------------------------

    def _level(self, instances: Iterable[Instance]) -> None:
        """Instances that hold equally many levels; those inside are grouped already."""
        alike: dict[Any, list[Instance]] = {}
        for instance in instances:
            alike.setdefault((instance.name, self._skeleton(instance)), []).append(instance)
        for (name, _), members in alike.items():
            for part, parameters in self._parts(members):
                self._add(name, part, parameters)

    def _parts(self, members: list[Instance]) -> Iterator[tuple[list[Instance], Parameters]]:
        """Members that can be one block with parameters; else those that are equal."""
        found = self._parametrized(members)
        if found is not None:
            yield members, found
            return
        equal: dict[tuple[Given, ...], list[Instance]] = {}
        for one in members:
            row = [leaf.value for use in self._uses([one]) for leaf in self._row(use)]
            equal.setdefault(tuple(row), []).append(one)
        for part in equal.values():
            same = self._parametrized(part)
            if same is None:
                raise ClassesChangeMore
            yield part, same

    def _parametrized(self, members: list[Instance]) -> Parameters | None:
        uses = self._uses(members)
        rows = {relative(item).partition(".")[0] for item in body_items(members[0])}
        given = [{self._rename(name, rows): value for name, value in one.arguments} for one in uses]
        return parametrized([self._row(one) for one in uses], given)

    def _uses(self, members: list[Instance]) -> list[Instance]:
        """The members, and what they are with one class more."""
        return [*members, *[self._wide[one] for one in members if self._wide]]

    def _row(self, body: Instance) -> list[Leaf]:
        return [leaf for _, leaves in self._leaves[body] for leaf in leaves]

    def _add(self, name: str, members: list[Instance], parameters: Parameters) -> None:
        group = Group(name, members, parameters)
        self.groups.append(group)
        self._enter(group, parameters)

    def _enter(self, group: Group, parameters: Parameters) -> None:
        for member in group.members:
            self.group[member] = group
        for use, values in zip(self._uses(group.members), parameters.values):
            group.values[use] = values
        group.wider = self._uses(group.members)[len(group.members) :]
        cells = iter(parameters.cells)
        for offset, leaves in self._leaves[group.members[0]]:
            group.cells[offset] = tuple([next(cells) for _ in leaves])

    def _number(self, root: Instance) -> None:
        """The outermost body has no parameter but the number of classes."""
        if root not in self.first:
            return
        self._skeleton(root)
        row, wider = self._row(root), self.wider
        wide = row if wider is None else self._row(self._wide[root])
        parameters = of_classes(row, wide, *((wider.name, wider.classes) if wider else ("", 0)))
        self._enter(Group(root.name, [root], parameters), parameters)

    def own_sides(self, body: Instance) -> tuple[int, ...]:
        """The sides of what a body is given, where they are open: rows that bring a map back to
        them do so at every size.
        """
        start = own_value(self.network, body)
        shape = self.network.nodes[start].shape if start is not None else None
        return shape.spatial if isinstance(shape, Shape) and shape.dims else ()

    # ---- what instances of one block have in common --------------------------------------------

    def _skeleton(self, body: Instance) -> tuple[Any, ...]:
        """All of a body but its numbers, which are kept beside it."""
        leaves = self._leaves[body] = []
        wide = self._leaves[self._wide.get(body, body)] = leaves if not self._wide else []
        refers = self._references(body)
        again = bool(self.made_before(body))
        parts: list[Any] = []
        for item in body_items(body):
            if isinstance(item, Node):
                place = item.index - self.first[body]
                shape, found = self._describe(item, self.own_sides(body))
                reads = tuple([refers(index) for index in item.inputs])
                shares = again or self._target(item.shares, refers)
                late = refers(self.network.carried.get(item.index))
                parts.append((relative(item), shape, reads, shares, late))
                leaves.append((place, found))
                if self.wider is not None:
                    wide.append((place, self._wider_numbers(item, shape, self.own_sides(body))))
            elif item.name == SCAN:
                parts.append((SCAN, str(item.times)))
            elif item in self.first:
                group = self.group[item]
                reads = tuple([refers(index) for index in self.read_by(item)])
                made = self._target(self.made_before(item), refers)
                whole = self.outer[item][0] is not None
                parts.append((relative(item), id(group), reads, whole, refers(item.output), made))
                place = self.first[item] - self.first[body]
                leaves.append((place, self._arguments(item, group)))
                if self.wider is not None:
                    wide.append((place, self._arguments(self._wide[item], group)))
        gives = [refers(index) for index in self._exports.get(body, ())]
        return (*parts, refers(body.output), *gives)

    def _wider_numbers(
        self, node: Node, shape: tuple[Any, ...], sides: tuple[int, ...]
    ) -> tuple[Leaf, ...]:
        """The numbers of a node with one class more; all else of it is as it was."""
        assert self.wider is not None
        other, found = self.wider.describe(self.wider.network.nodes[node.index], sides)
        if other != shape:
            raise ClassesChangeMore
        return found

    def _references(self, body: Instance) -> Any:
        first, last = self.first[body], self.last[body]
        outside = {index: number for number, index in enumerate(self.outer[body][1])}

        def refers(index: int | None) -> Any:
            if index is None:
                return None
            if first <= index < last:
                return index - first
            return ("outside", outside.get(index, -1))

        return refers

    def _target(self, path: str, refers: Any) -> Any:
        if not path:
            return ""
        found = refers(self.shared.get(path))
        return path if isinstance(found, tuple) else found

    def _arguments(self, instance: Instance, group: Group) -> tuple[Leaf, ...]:
        values = group.values[instance]
        return tuple(
            [
                Leaf(value, name, True, self._divides)
                for name, value in zip(group.parameters, values)
            ]
        )

    def made_before(self, instance: Instance) -> str:
        """The path of a node whose weights a whole instance uses again; empty if it has its own."""
        if instance not in self.first:
            return ""
        first, last = self.first[instance], self.last[instance]
        shares = [node.shares for node in self.network.nodes[first:last] if self._holds(node)]
        found = [self.shared.get(path, -1) for path in shares]
        if not shares or any(index < 0 or first <= index < last for index in found):
            return ""
        return shares[0]

    def _holds(self, node: Node) -> bool:
        return bool(self.network.weights(node) or self.network.buffers(node))


def relative(item: Node | Instance) -> str:
    """The path of an item inside the body it stands in."""
    body = body_of(item)
    return item.path[len(body.path) + 1 :] if body.path else item.path


def body_of(item: Node | Instance) -> Instance:
    """The block or net in whose body an item stands; rows of a scan stand in that of the scan."""
    body = item.block if isinstance(item, Node) else item.parent
    assert body is not None
    while body.name == SCAN and body.parent is not None:
        body = body.parent
    return body


def body_items(body: Instance) -> Iterator[Node | Instance]:
    """The items of a body in text order, those of its scans behind each scan's instance."""
    pending = list(reversed(body.items))
    while pending:
        item = pending.pop()
        yield item
        if isinstance(item, Instance) and item.name == SCAN:
            pending.extend(reversed(item.items))


def _instances(root: Instance) -> Iterator[Instance]:
    """All instances, outer ones before those inside."""
    pending = [root]
    while pending:
        instance = pending.pop()
        yield instance
        pending.extend([item for item in reversed(instance.items) if isinstance(item, Instance)])


def _by_height(instances: list[Instance]) -> Iterator[list[Instance]]:
    """Instances that hold no others, then those that hold only these, and so on; scans are no
    level.
    """
    height: dict[Instance, int] = {}
    levels: dict[int, list[Instance]] = {}
    for instance in reversed(instances):
        inner = [height.get(item, 0) for item in instance.items if isinstance(item, Instance)]
        height[instance] = max(inner, default=0) + (instance.name != SCAN)
    for instance in instances:
        if instance.name != SCAN:
            levels.setdefault(height[instance], []).append(instance)
    for level in sorted(levels):
        yield levels[level]
