"""Nodes that another one makes needless: what is worked out twice, joins that are joined again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from archc.backends.onnx.scan import Body, Placed
from archc.record import replace

CHANCE = "RandomNormalLike"
"""gives other numbers each time"""

Apart = Callable[[Placed], Any]
"""nodes of which this is not the same stay apart"""


def shared(
    nodes: Sequence[Placed], ends: set[str], apart: Apart
) -> tuple[list[Placed], dict[str, str]]:
    """The nodes of a graph without those that give what an earlier one gives.

    Also what replaces the values of these. Nodes that give one of `ends` stay.
    """
    first: dict[Any, Placed] = {}
    renamed: dict[str, str] = {}
    kept: list[Placed] = []
    for given in nodes:
        placed = _within(with_names(given, renamed), apart)
        node = placed.node
        key = (node.kind, node.domain, node.inputs, node.attributes, apart(placed))
        own = node.kind == CHANCE or bool(node.domain) or not ends.isdisjoint(node.outputs)
        if key in first and not own:
            renamed.update(zip(node.outputs, first[key].node.outputs))
        else:
            first.setdefault(key, placed)
            kept.append(placed)
    return _joined_once(kept, ends, apart), renamed


def _within(placed: Placed, apart: Apart) -> Placed:
    """The same of the graph that a node holds."""

    def changed(value: Any) -> Any:
        if not isinstance(value, Body):
            return value
        nodes, _ = shared(value.nodes, set(value.outputs), apart)
        return replace(value, nodes=tuple(nodes))

    return _with_attributes(placed, changed)


def _joined_once(nodes: list[Placed], ends: set[str], apart: Apart) -> list[Placed]:
    """A join that only another one reads is part of that one, if both join the same axis."""
    reads = Counter(read_by(nodes))
    joins = {placed.node.outputs[0]: placed for placed in nodes if placed.node.kind == "Concat"}
    within: set[str] = set()

    def parts(name: str, outer: Placed) -> tuple[str, ...]:
        inner = joins.get(name)
        same = inner is not None and inner.node.attributes == outer.node.attributes
        if inner is None or not same or reads[name] > 1 or name in ends:
            return (name,)
        if apart(inner) != apart(outer):
            return (name,)
        within.add(name)
        return inner.node.inputs

    for placed in list(joins.values()):  # inner ones come first, and are whole by then
        inputs = [part for name in placed.node.inputs for part in parts(name, placed)]
        node = replace(placed.node, inputs=tuple(inputs))
        joins[node.outputs[0]] = replace(placed, node=node)
    whole = [joins.get(placed.node.outputs[0], placed) for placed in nodes]
    return [placed for placed in whole if placed.node.outputs[0] not in within]


def read_by(nodes: Sequence[Placed]) -> Iterator[str]:
    """All values that nodes read, each as often as it is read; also inside of their graphs."""
    for placed in nodes:
        yield from placed.node.inputs
        for _, value in placed.node.attributes:
            if isinstance(value, Body):
                yield from read_by(value.nodes)
                yield from value.outputs


def with_names(placed: Placed, renamed: dict[str, str]) -> Placed:
    """A node whose values have other names; also inside of its graph, which reads from outside."""
    if not renamed:
        return placed
    node = placed.node
    inputs = tuple([renamed.get(name, name) for name in node.inputs])
    outputs = tuple([renamed.get(name, name) for name in node.outputs])

    def changed(value: Any) -> Any:
        if not isinstance(value, Body):
            return value
        return replace(value, nodes=tuple([with_names(one, renamed) for one in value.nodes]))

    return _with_attributes(
        replace(placed, node=replace(node, inputs=inputs, outputs=outputs)), changed
    )


def _with_attributes(placed: Placed, changed: Callable[[Any], Any]) -> Placed:
    node = placed.node
    attributes = tuple([(name, changed(value)) for name, value in node.attributes])
    found: Placed = replace(placed, node=replace(node, attributes=attributes))
    return found
