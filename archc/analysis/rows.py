"""Which row of the net's own text a node comes from, however deep in blocks it stands."""

from __future__ import annotations

from archc.graph.ir import Instance, Network


def outermost(block: Instance) -> Instance | None:
    """The block of the net's own text around a block; None for the net itself."""
    around = list(block.trace())
    return around[-1] if around else None


def row_lines(network: Network) -> list[int]:
    """For each node, the line of the net's row that it comes from.

    A step that an `every` line adds points at that line, which stands above; it belongs to the row
    before it.
    """
    lines: list[int] = []
    current = 0
    around: dict[int, Instance | None] = {}
    for node in network.nodes:
        key = id(node.block)
        if key not in around:
            around[key] = outermost(node.block)
        use = around[key]
        span = use.span if use is not None and use.span is not None else node.span
        if span.source is network.source:
            current = max(current, span.line)
        lines.append(current)
    return lines
