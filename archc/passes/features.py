"""The beginning of a network, up to a row: a trunk for another task."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from archc.diagnostics.similar import suggestion
from archc.graph.ir import Instance, Network, Node
from archc.graph.rewrite import rewritten
from archc.graph.tensors import leading_to
from archc.ops.stack import List
from archc.passes.base import Change, Pass, State, keys, refusal


class Features(Pass):
    """Keep only what leads to the value of a row, or of several, which become the outputs.

    Rows are named as `from` names them: `conv5_3`, `layer3`, `features.28`, several with commas
    between them. A row's value is that behind its last step, a level's that of its last row.
    """

    name = "features"
    until: str

    def change(self, network: Network) -> Change:
        rows = [row.strip() for row in self.until.split(",")]
        values = {row: self._value(network, row) for row in rows}
        if len(values) < len(rows):
            twice = next(row for row in rows if rows.count(row) > 1)
            raise refusal(self, network.nodes[values[twice]], f"`{twice}` is named twice")
        kept = _leading_to(network, values.values())
        gone = frozenset([node.index for node in network.nodes if node.index not in kept])
        ends = self._ends(network, values)
        changed = rewritten(network, gone=gone, outputs=ends)
        lost = {key for node in network.nodes if node.index in gone for key in keys(network, node)}
        lost -= {key for node in changed.nodes for key in keys(changed, node)}

        def weights(state: Mapping[str, Any]) -> State:
            return {key: tensor for key, tensor in state.items() if key not in lost}

        names = ", ".join([f"`{row}`" for row in values])
        note = f"{len(kept)} of {len(network.nodes)} nodes lead to {names}"
        return Change(changed, weights, (note,))

    def _ends(self, network: Network, values: dict[str, int]) -> dict[str, int]:
        """The outputs by name: that of the row where it names this value in a text too."""
        ends: dict[str, int] = {}
        for row, value in values.items():
            path = network.nodes[value].path
            things = {path, *_blocks(network, value), *network.outputs}
            levels = path.startswith(f"{row}.") and network.rows.get(row) == value
            plain = row.isidentifier() and (row in things or levels)
            name = row if plain else "output" if len(values) == 1 else path.replace(".", "_")
            if value in ends.values():
                other = next(row for row, one in values.items() if one == value)
                raise refusal(self, network.nodes[value], f"`{other}` and `{row}` are one value")
            ends[name] = value
        return ends

    def _value(self, network: Network, row: str) -> int:
        """The value of a row; raises CannotApply."""
        named = {**network.rows, **network.inputs, **network.training_outputs, **network.outputs}
        found = named.get(row, _named(network, row))
        if found is None:
            known = list(dict.fromkeys([*network.rows, *_names(network)]))
            said = suggestion(row, tuple(known), "for example")
            raise refusal(self, None, f"no row is called `{row}`", said)
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


def _leading_to(network: Network, values: Iterable[int]) -> set[int]:
    """The nodes whose values are needed for these, and the lists they were read from."""
    needed = leading_to(network, values)
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
