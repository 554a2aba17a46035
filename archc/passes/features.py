"""The beginning of a network, up to a row: a trunk for another task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from archc.diagnostics.similar import suggestion
from archc.graph.ir import Instance, Network, Node
from archc.graph.rewrite import rewritten
from archc.ops.stack import List
from archc.passes.base import Change, Pass, State, keys, refusal


class Features(Pass):
    """Keep only what leads to the value of a row, which becomes the output.

    The row is named as rows are: `conv5_3`, `layer3`, `features.28`; a name over several rows
    means the value of the last one.
    """

    name = "features"
    until: str

    def change(self, network: Network) -> Change:
        value = self._value(network)
        kept = _leading_to(network, value)
        gone = frozenset([node.index for node in network.nodes if node.index not in kept])
        things = {network.nodes[value].path, *_blocks(network, value), *network.outputs}
        name = self.until if self.until.isidentifier() and self.until in things else "output"
        changed = rewritten(network, gone=gone, outputs={name: value})
        lost = {key for node in network.nodes if node.index in gone for key in keys(network, node)}
        lost -= {key for node in changed.nodes for key in keys(changed, node)}

        def weights(state: Mapping[str, Any]) -> State:
            return {key: tensor for key, tensor in state.items() if key not in lost}

        note = f"{len(kept)} of {len(network.nodes)} nodes lead to `{self.until}`"
        return Change(changed, weights, (note,))

    def _value(self, network: Network) -> int:
        """The value of the row; raises CannotApply."""
        named = {**network.inputs, **network.training_outputs, **network.outputs}
        if self.until in named:
            found: int | None = named[self.until]
        else:
            found = _named(network, self.until)
        if found is None:
            known = list(dict.fromkeys(_names(network)))
            said = suggestion(self.until, tuple(known), "for example")
            raise refusal(self, None, f"no row is called `{self.until}`", said)
        node = network.nodes[found]
        if any(block.times is not None for block in node.block.trace()):
            raise refusal(self, node, "it is a row of a scan, which gives one value for each thing")
        return found


def _named(network: Network, name: str) -> int | None:
    """The value of the thing of this path, or of the last thing below it."""
    found: int | None = None
    pending: list[Node | Instance] = list(reversed(network.root.items))
    while pending:
        item = pending.pop()
        value = item.index if isinstance(item, Node) else item.output
        if item.path == name or item.path.startswith(f"{name}."):
            found = value if value is not None else found
            if item.path == name:
                return found
        elif isinstance(item, Instance):
            pending.extend(reversed(item.items))
    return found


def _blocks(network: Network, value: int) -> Iterator[str]:
    """The paths of blocks that give a value."""
    for block in network.nodes[value].block.trace():
        if block.output == value:
            yield block.path


def _names(network: Network) -> Iterator[str]:
    """Names that rows have, with the levels above them."""
    for node in network.nodes:
        parts = node.path.split(".")
        yield from [".".join(parts[: end + 1]) for end in range(len(parts))]


def _leading_to(network: Network, value: int) -> set[int]:
    """The nodes whose values are needed for one, also from one step before."""
    needed = {value}
    pending = [value]
    while pending:
        node = network.nodes[pending.pop()]
        before = [*node.inputs]
        if node.index in network.carried:
            before.append(network.carried[node.index])
        for index in before:
            if index not in needed:
                needed.add(index)
                pending.append(index)
    return needed | set(_lists(network, needed))


def _lists(network: Network, needed: set[int]) -> Iterator[int]:
    """Lists that a join or a block is given: their items are read, the list itself is not."""
    given = {network.nodes[index].inputs for index in needed}
    blocks = [block for index in needed for block in network.nodes[index].block.trace()]
    taken = {index for block in blocks for index in block.inputs}
    for node in network.nodes:
        used = node.inputs in given or node.index in taken
        if isinstance(node.op, List) and used and needed.issuperset(node.inputs):
            yield node.index
