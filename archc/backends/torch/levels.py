"""What is a class: blocks whose uses run alike, and levels of names.

A block that is used again in another way has no class: its rows stand where it is used.

`branch1.conv`, `branch1.bn`, `branch1.relu` are a level of names, `branch1`. It reads best as a
class of its own where one value goes in and one comes out. Here such a level becomes an instance,
so that equal levels are one class, as equal blocks are. Levels whose names are numbers stay: they
are a Sequential.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterable, Iterator, Sequence

from archc.graph.ir import Instance, Network, Node
from archc.graph.outline import SCAN
from archc.graph.uses import Uses
from archc.ops.ends import Extern
from archc.ops.lowering import Torch
from archc.ops.pool import Unpool

Item = Node | Instance
FEW = range(2, 5)
"""so many operators in a row name a level by what they are: ConvBnRelu"""


class Level(Instance):
    """A level of names; `name` is that of the level, or of the operators it consists of."""

    __slots__ = ()


def with_levels(network: Network) -> Network:
    """The network with an instance for each class; its nodes keep their indices."""
    made = copy.copy(network)
    made.nodes = list(network.nodes)
    return _Levels(made).made()


class _Levels:
    def __init__(self, network: Network) -> None:
        self._network = network
        uses = Uses(network)
        self._apart = uses.apart
        again = {node.path for use in uses.first for node in uses.nodes[use]}
        self._readers: dict[int, set[int]] = {}
        self._sharers: dict[str, set[str]] = {}
        """for each path the rows that take weights from it, but for those of whole blocks"""
        for node in network.nodes:
            for index in node.inputs:
                self._readers.setdefault(index, set()).add(node.index)
            if node.shares and node.path not in again:
                self._sharers.setdefault(node.shares, set()).add(node.path)
        ends = (network.outputs, network.training_outputs, network.carried)
        self._ends = {index for found in ends for index in found.values()}

    def made(self) -> Network:
        """The tree copied without blocks that can be no class, and with the levels in it."""
        old = self._network.root
        root = self._network.root = Instance(old.name, old.path, None, old.span, old.arguments)
        pending = [(old, root)]
        while pending:
            before, after = pending.pop()
            after.inputs, after.output = before.inputs, before.output
            for item in self._items(before):
                if isinstance(item, Node):
                    after.items.append(self._copied(item, after))
                    continue
                inner = Instance(item.name, item.path, after, item.span, item.arguments, item.times)
                after.items.append(inner)
                pending.append((item, inner))
        bodies = [root]
        while bodies:
            body = bodies.pop()
            bodies += [item for item in body.items if isinstance(item, Instance)]
            if body.name != SCAN:
                self._group(body, body.path)
        return self._network

    def _items(self, body: Instance) -> Iterator[Item]:
        """The items of a body, with those of blocks that can be no class in their place."""
        pending = list(reversed(body.items))
        while pending:
            item = pending.pop()
            if isinstance(item, Instance) and item in self._apart:
                pending.extend(reversed(item.items))
            else:
                yield item

    def _copied(self, node: Node, block: Instance) -> Node:
        made = copy.copy(node)
        made.block = block
        self._network.nodes[node.index] = made
        return made

    def _group(self, body: Instance, path: str) -> None:
        """Make instances of the levels that stand in a body under `path`."""
        start = len(path) + 1 if path else 0
        names: dict[str, set[str]] = {}
        for item in body.items:
            level, _, rest = item.path[start:].partition(".")
            if rest and _is_under(item, path) and not self._is_free(item):
                names.setdefault(level, set()).add(rest.partition(".")[0])
        for level, inner in names.items():
            inside = f"{path}.{level}" if path else level
            part = () if _counts(inner) else self._part(body, inside)
            if part:
                self._move(body, inside, part)
            else:
                self._group(body, inside)

    def _part(self, body: Instance, path: str) -> Sequence[Item]:
        """The items of a level and what stands between them; none if it can be no class."""
        own = [item for item in body.items if _is_under(item, path)]
        if _is_row_of_blocks(own, path) or all(self._is_free(item) for item in own):
            return ()
        part = body.items[body.items.index(own[0]) : body.items.index(own[-1]) + 1]
        nodes = list(_nodes(part))
        strange = [item for item in part if not _is_under(item, path) and not self._is_free(item)]
        if strange or any(self._is_bound(node, path) for node in nodes):
            return ()
        made = {node.index for node in nodes}
        given = {index for node in nodes for index in node.inputs} - made
        used = {index for index in made if self._is_used(index, made)}
        return part if len(given) == 1 and used == {_output(part[-1])} else ()

    def _is_used(self, index: int, made: set[int]) -> bool:
        """Whether somebody outside reads a value."""
        return index in self._ends or bool(self._readers.get(index, set()) - made)

    def _is_free(self, item: Item) -> bool:
        """Whether an item has no keys."""
        if isinstance(item, Instance):
            return False
        return not (self._network.weights(item) or self._network.buffers(item))

    def _is_bound(self, node: Node, path: str) -> bool:
        """Whether a node needs more of what is around it than a value."""
        if node.block.name == SCAN or isinstance(node.op, Extern):
            return True
        shared = {node.shares or path, *self._sharers.get(node.path, ())}
        if not all(f"{other}.".startswith(f"{path}.") for other in shared):
            return True
        readers = [self._network.nodes[index] for index in self._readers.get(node.index, ())]
        if any(isinstance(reader.op, Unpool) for reader in readers):
            return True
        found = node.op.torch(*[self._network.nodes[index].shape for index in node.inputs])
        return not isinstance(found, Torch) or "{image}" in found.call

    def _move(self, body: Instance, path: str, part: Sequence[Item]) -> None:
        level = Level(_name(path, part), path, body, part[0].span)
        place = body.items.index(part[0])
        body.items[place : place + len(part)] = [level]
        level.items = list(part)
        level.output = _output(part[-1])
        made = {node.index for node in _nodes(part)}
        level.inputs = tuple(
            dict.fromkeys([i for node in _nodes(part) for i in node.inputs if i not in made])
        )
        taken = {item.path for item in part}
        for item in part:
            if isinstance(item, Instance):
                item.parent = level
                continue
            item.block = level
            if not _is_under(item, path):
                item.path = _free(f"{path}.{item.op.word}", taken)
                taken.add(item.path)
        self._group(level, path)


def _name(path: str, part: Sequence[Item]) -> str:
    """A few operators in a row name a level by what they are."""
    nodes = [item for item in part if isinstance(item, Node)]
    row = all(after.inputs == (before.index,) for before, after in itertools.pairwise(nodes))
    if len(nodes) == len(part) and len(nodes) in FEW and row:
        return "_".join([node.op.word for node in nodes])
    return _word(path)


def _word(path: str) -> str:
    """The last name of a path that is no number."""
    return next((name for name in reversed(path.split(".")) if not name.isdigit()), "level")


def _counts(names: Iterable[str]) -> bool:
    return all(name.isdigit() for name in names)


def _is_row_of_blocks(items: Sequence[Item], path: str) -> bool:
    """Whether a level counts equal blocks, `denselayer1`, `denselayer2`, which a loop can make."""
    names = {item.path[len(path) + 1 :].rstrip("0123456789") for item in items}
    blocks = {item.name for item in items if isinstance(item, Instance)}
    whole = all(isinstance(item, Instance) for item in items)
    return whole and len(items) > 2 and len(names) == len(blocks) == 1


def _is_under(item: Item, path: str) -> bool:
    return not path or item.path.startswith(f"{path}.")


def _output(item: Item) -> int | None:
    return item.index if isinstance(item, Node) else item.output


def _nodes(items: Sequence[Item]) -> Iterator[Node]:
    """All nodes in items, those of instances too."""
    pending = list(reversed(items))
    while pending:
        item = pending.pop()
        if isinstance(item, Node):
            yield item
        else:
            pending.extend(reversed(item.items))


def _free(name: str, taken: set[str]) -> str:
    number = 1
    while f"{name}{number}" in taken:
        number += 1
    return f"{name}{number}"
