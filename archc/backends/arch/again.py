"""What is made again: layers, blocks and whole rows that stand for `reuse twin`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archc.backends.arch.things import CannotWrite, has_name, has_weights
from archc.graph.compare import MADE_AGAIN
from archc.graph.ir import Instance, Node
from archc.graph.outline import Outline, body_of, relative

_USE = re.compile(rf"([^.{MADE_AGAIN}]+){MADE_AGAIN}\d+\.")


class Again:
    """`made` are the things that other rows make again, so that they need a name on a row of
    their own.

    `uses` are rows that are made again whole, by their first node: the row's label and the nodes
    of this use. `rows` are the labels of these rows, by the nodes on them. Without `whole_rows`
    there are none: each layer is made again for itself.
    """

    def __init__(self, outline: Outline, whole_rows: bool) -> None:
        self.outline = outline
        self.network = outline.network
        self.uses: dict[Node, tuple[str, list[Node]]] = {}
        self.rows: dict[Node, str] = {}
        for nodes in self._uses() if whole_rows else ():
            self._whole_row(nodes)
        self._in_rows = {node for _, nodes in self.uses.values() for node in nodes}
        self._plain = dict(self._without_weights())
        self.made = self._made()

    def of(self, item: Node | Instance) -> str:
        """The path of the layer (or of one in the block) that this one is again; else empty."""
        if isinstance(item, Node):
            return item.shares or self._plain.get(item.index, "")
        return self.outline.made_before(item)

    def target(self, item: Node | Instance) -> Node | Instance:
        """What is made again: the layer, or the block whose layer has the shared path."""
        node = self.network.nodes[self.outline.shared[self.of(item)]]
        if isinstance(item, Node):
            return node
        found = node.block
        wanted = self.outline.last[item] - self.outline.first[item]
        while found.parent is not None:
            if found.name == item.name and wanted == (
                self.outline.last[found] - self.outline.first[found]
            ):
                return found
            found = found.parent
        return node

    def _made(self) -> set[Node | Instance]:
        found: set[Node | Instance] = set()
        for body in self.outline.group:
            if self.outline.made_before(body):
                found.add(self.target(body))
        for node in self.network.nodes:
            if self.of(node) and node not in self._in_rows and not self._in_block(node):
                found.add(self.target(node))
        return found

    def _in_block(self, node: Node) -> bool:
        return any(self.outline.made_before(one) for one in node.block.trace())

    # ---- rows ----------------------------------------------------------------------------------

    def _uses(self) -> Iterator[list[Node]]:
        """Neighbours whose paths say that they came of one `reuse`."""
        found: list[Node] = []
        before = ""
        for node in self.network.nodes:
            use = _USE.match(relative(node))
            name = use[0] if use and not self._in_block(node) else ""
            if found and (name != before or node.block is not found[0].block):
                yield found
                found = []
            if name:
                found.append(node)
            before = name
        if found:
            yield found

    def _whole_row(self, nodes: list[Node]) -> None:
        """Write the nodes of one use as `reuse NAME`, if all of one row of that name is in it."""
        name = relative(nodes[0]).partition(MADE_AGAIN)[0]
        owner = next((node for node in nodes if node.shares), None)
        if owner is None:
            return
        begin = self.outline.shared[owner.shares] - nodes.index(owner)
        row = self.network.nodes[max(begin, 0) : begin + len(nodes)]
        same = len(row) == len(nodes) and all(map(self._is_again, nodes, row))
        if same and self._is_chain(row) and self._is_chain(nodes) and self._is_label(name, row):
            self.uses[nodes[0]] = name, nodes
            self.rows.update(dict.fromkeys(row, name))

    def _is_again(self, node: Node, one: Node) -> bool:
        return one.op == node.op and one.block is node.block and node.shares in ("", one.path)

    def _is_chain(self, nodes: list[Node]) -> bool:
        """Whether each node reads the one before, and nobody else reads that."""
        indices = [node.index for node in nodes]
        network = self.network
        given = {*network.outputs.values(), *network.training_outputs.values()}
        given.update(network.carried.values())
        inner = set(indices[:-1])
        outside = [node for node in network.nodes if node not in nodes]
        read = inner & {index for node in outside for index in node.inputs}
        chained = [node.inputs for node in nodes[1:]] == [(index,) for index in indices[:-1]]
        return chained and not read and not inner & given

    def _is_label(self, name: str, row: list[Node]) -> bool:
        """Whether a row of these nodes can have this label: that of its only layer with weights,
        or a level that is all its own.
        """
        weighted = [relative(node) for node in row if has_weights(node)]
        if weighted == [name]:
            return True
        below = [node for node in row if relative(node).startswith(f"{name}.")]
        named = [node for node in row if has_name(node)]
        body = body_of(row[0])
        others = self.network.nodes[self.outline.first[body] : self.outline.last[body]]
        alone = not any(relative(one).startswith(f"{name}.") for one in others if one not in row)
        counted = [relative(node) for node in named] == [f"{name}.{n}" for n in range(len(named))]
        return below == named and alone and (counted or len(weighted) > 1)

    # ---- layers without weights ----------------------------------------------------------------

    def _without_weights(self) -> Iterator[tuple[int, str]]:
        """Single layers without weights, with the path of an equal one before them in the same
        body, which does the same.
        """
        for node in self.network.nodes:
            if MADE_AGAIN not in node.path or node.shares or node.op.role != "layer":
                continue
            if node in self._in_rows or self._in_block(node):
                continue
            before = self.network.nodes[self.outline.first[body_of(node)] : node.index]
            equal = [one.path for one in before if self._can_stand_for(one, node)]
            if not equal:
                raise CannotWrite(node.path, "it is made again in rows that no name holds")
            yield node.index, equal[-1]

    def _can_stand_for(self, one: Node, node: Node) -> bool:
        return one.op == node.op and has_name(one) and body_of(one) is body_of(node)
