"""The graphs inside of a graph's nodes: bodies of scans, and those in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import onnx


def graphs_in(nodes: Iterable[onnx.NodeProto]) -> Iterator[onnx.GraphProto]:
    """The graphs that nodes hold, each before those inside of it."""
    for node in nodes:
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield attribute.g
                yield from graphs_in(attribute.g.node)


def with_inner(nodes: Iterable[onnx.NodeProto]) -> Iterator[onnx.NodeProto]:
    """Nodes, then those of the graphs that they hold."""
    nodes = list(nodes)
    yield from nodes
    for graph in graphs_in(nodes):
        yield from graph.node
