"""Lints: what is allowed and probably not meant. Every one is a warning with the place of a row.

A row of a block is used if any network of the run uses it; so rows are counted over all of them
and judged at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archc.diagnostics.kinds.lints import (
    BiasBeforeNorm,
    ChannelsFirst,
    EvenWindowHalfPad,
    TrainingOutputUsed,
    UnusedBlock,
    UnusedImport,
    UnusedValue,
)
from archc.diagnostics.model import Bag, Diagnostic
from archc.graph.ir import Network, Node
from archc.ops.stack import List
from archc.ops.values import Shape
from archc.record import Record
from archc.source import Span
from archc.syntax import tree

CENTRED = frozenset({"bn", "instancenorm"})
"""norms that take the mean of each channel away, and with it a bias"""

Place = tuple[Span, str]


class Lints:
    """Collects over the networks of a run."""

    def __init__(self) -> None:
        self._used: set[Place] = set()
        self._unused: dict[Place, str] = {}
        self._found = Bag()

    def network(self, network: Network) -> None:
        """Look at one network that has no errors."""
        readers = _readers(network)
        for node, reading in zip(network.nodes, readers):
            self._count_use(node, bool(reading))
            self._found.extend(list(_half_pad(network, node)))
            if len(reading) == 1 and reading[0] >= 0:
                self._found.extend(list(_lost_bias(node, network.nodes[reading[0]])))
        self._found.extend(list(_training_needed(network)))
        self._found.extend(list(_channels_first(network)))

    def file(self, file: tree.File) -> None:
        """Look at the text of one file."""
        self._found.extend(list(_unused_definitions(file)))

    def found(self) -> list[Diagnostic]:
        """All that was found, by place."""
        for place, row in self._unused.items():
            if place not in self._used:
                self._found.add(UnusedValue(row).at(place[0]))
        return self._found.sorted()

    def _count_use(self, node: Node, used: bool) -> None:
        place = (node.span, node.op.word)
        if isinstance(node.op, List):  # what opens it reads its items
            return
        if used:
            self._used.add(place)
        else:
            self._unused.setdefault(place, node.path)


def _readers(network: Network) -> list[list[int]]:
    """For each node the nodes that read it, also one step late; -1 stands for an output.

    A list reads its items only where something reads the list itself.
    """
    readers: list[list[int]] = [[] for _ in network.nodes]
    for index in (*network.outputs.values(), *network.training_outputs.values()):
        readers[index].append(-1)
    for late, index in network.carried.items():
        readers[index].append(late)
    for node in reversed(network.nodes):
        if readers[node.index] or not isinstance(node.op, List):
            for source in node.inputs:
                readers[source].append(node.index)
    return readers


def _half_pad(network: Network, node: Node) -> Iterator[Diagnostic]:
    """`pad=half` on a window of even reach, where the side is not what `half` promises."""
    reach = node.op.reach()
    if getattr(node.op, "pad", None) != "half" or reach is None or node.op.word == "deconv":
        return
    given, gives = network.nodes[node.inputs[0]].shape, node.shape
    if not isinstance(given, Shape) or not isinstance(gives, Shape) or given.rank != gives.rank:
        return
    windows, strides, dilations = (_each(sides, given.rank) for sides in reach)
    for axis, (size, result) in enumerate(zip(given.spatial, gives.spatial)):
        taps = dilations[axis] * (windows[axis] - 1)
        if taps % 2 and result != -(-size // strides[axis]):
            window = "x".join([str(side) for side in windows])
            yield EvenWindowHalfPad(window, taps // 2, str(given), str(gives)).at(node.span)
            return


def _each(sides: tuple[int, ...], rank: int) -> tuple[int, ...]:
    return sides * rank if len(sides) == 1 else sides


def _lost_bias(node: Node, reader: Node) -> Iterator[Diagnostic]:
    """A bias in front of a norm that takes it away."""
    biased = node.op.weighted and getattr(node.op, "bias", False)
    if biased and reader.op.word in CENTRED:
        yield BiasBeforeNorm(node.path, reader.op.word).at(node.span)


PICTURE_AT_LEAST = 17
"""sides of a picture; 3x8x8 may well be a strip of 8 channels"""


def _channels_first(network: Network) -> Iterator[Diagnostic]:
    """Inputs that are written as torch writes them: `3x224x224`."""
    for index in network.inputs.values():
        node = network.nodes[index]
        shape = node.shape
        if not isinstance(shape, Shape) or shape.rank != 2 or shape.count is not None:
            continue
        high, wide = shape.spatial
        if high in (1, 3) and wide == shape.channels and wide >= PICTURE_AT_LEAST:
            size = f"{high}x{wide}x{shape.channels}"
            yield ChannelsFirst(size, f"{wide}x{shape.channels}x{high}").at(node.span)


def _training_needed(network: Network) -> Iterator[Diagnostic]:
    """Heads for training that stand in every way from the inputs to an output."""
    everything = _reached(network, -1)
    for name, output in network.training_outputs.items():
        node = network.nodes[output]
        heads = node.inputs if isinstance(node.op, List) else (output,)
        if all(everything[head] and _is_in_the_way(network, head) for head in heads):
            yield TrainingOutputUsed(name).at(node.span)


def _is_in_the_way(network: Network, head: int) -> bool:
    """Whether some output cannot be reached without a value."""
    without = _reached(network, head)
    return not all(without[index] for index in network.outputs.values() if index != head)


def _reached(network: Network, without: int) -> bytearray:
    """Which nodes the inputs reach if one node is taken away."""
    reached = bytearray(len(network.nodes))
    starts = set(network.inputs.values())
    for node in network.nodes:
        by_inputs = any(reached[index] for index in node.inputs)
        reached[node.index] = node.index != without and (node.index in starts or by_inputs)
    return reached


def _unused_definitions(file: tree.File) -> Iterator[Diagnostic]:
    """Imports and, in a file that has nets, blocks whose name nothing in the file says."""
    said = _Said()
    for statement in file.statements:
        said.read(statement, "")
    for statement in file.statements:
        if isinstance(statement, tree.Use):
            for name in statement.names:
                if not said.outside(name.parts[0]):
                    yield UnusedImport(name.parts[0]).at(name.span)
    if any(isinstance(statement, tree.Net) for statement in file.statements):
        for block in said.blocks:
            if not said.outside(block.name):
                yield UnusedBlock(block.name).at(block.name_span)


class _Said:
    """The names a file says, and inside which block: a recursion alone is no use."""

    def __init__(self) -> None:
        self.blocks: list[tree.Block] = []
        self._where: dict[str, set[str]] = {}

    def outside(self, name: str) -> bool:
        """Whether a name is said anywhere but inside the block that has it."""
        return bool(self._where.get(name, set()) - {name})

    def read(self, node: Any, inside: str) -> None:
        """Collect from a node and all below it, without recursion: a file may be nested deeply."""
        waiting: list[tuple[Any, str]] = [(node, inside)]
        while waiting:
            part, block = waiting.pop()
            if isinstance(part, tuple):
                waiting += [(item, block) for item in part]
            elif isinstance(part, tree.Use | Span) or not isinstance(part, Record):
                continue
            else:
                if isinstance(part, tree.Block):
                    self.blocks.append(part)
                    block = block or part.name
                if isinstance(part, tree.Name):
                    self._where.setdefault(part.parts[0], set()).add(block)
                waiting += [(getattr(part, field), block) for field in type(part).__fields__]
