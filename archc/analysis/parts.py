"""Where the numbers are: the rows of the net's own text that hold most, rows alike folded."""

from __future__ import annotations

from collections.abc import Mapping

from archc.analysis.amounts import evaluate
from archc.analysis.check import amount_of
from archc.analysis.cost import INFERENCE, UNUSED, Costs
from archc.analysis.rows import outermost, row_lines
from archc.diagnostics.kinds.checks import Part
from archc.graph.ir import Node

LARGE = 10
"""a row of at least one such share of the whole (a tenth) is never folded"""
ALIKE = 3
"""more rows of one kind than this are folded"""
SHOWN = 8


class _Row:
    """What one line of the net's text adds up to."""

    __slots__ = ("amount", "kind", "nodes", "place", "uses")

    def __init__(self, kind: str, place: str) -> None:
        self.kind = kind
        self.place = place
        self.amount = 0
        self.nodes: list[Node] = []
        self.uses: set[int] = set()


def largest_parts(
    costs: Costs, metric: str, counts: Mapping[str, int], chosen: frozenset[int] | None
) -> tuple[Part, ...]:
    """The parts in falling order; what is left behind the first few is one line."""
    rows = _rows(costs, metric, counts, chosen)
    whole = sum([row.amount for row in rows])
    kinds: dict[str, list[_Row]] = {}
    for row in rows:
        if row.amount * LARGE < whole:
            kinds.setdefault(row.kind, []).append(row)
    folded = {kind for kind, alike in kinds.items() if len(alike) > ALIKE}
    parts = [_several(kind, kinds[kind]) for kind in folded]
    single = [row for row in rows if row.kind not in folded or row.amount * LARGE >= whole]
    parts += [Part(row.place, name_of([n.path for n in row.nodes]), row.amount) for row in single]
    parts.sort(key=lambda part: (-part.amount, part.place, part.name))
    if len(parts) > SHOWN + 1:
        rest = sum([part.amount for part in parts[SHOWN:]])
        parts[SHOWN:] = [Part("", f"{len(parts) - SHOWN} more rows", rest)]
    return tuple(parts)


def _rows(
    costs: Costs, metric: str, counts: Mapping[str, int], chosen: frozenset[int] | None
) -> list[_Row]:
    rows: dict[int, _Row] = {}
    network = costs.network
    lines = row_lines(network)
    for node in network.nodes:
        index = node.index
        role = costs.roles[index]
        if role != INFERENCE if chosen is None else index not in chosen or role == UNUSED:
            continue
        amount = evaluate(amount_of(costs.of[index], metric), counts)
        if not amount:
            continue
        block, line = outermost(node.block), lines[index]
        if line not in rows:
            kind = block.name if block else node.op.word
            rows[line] = _Row(kind, f"{network.source.name}:{line}")
        row = rows[line]
        row.amount += amount
        row.nodes.append(node)
        row.uses.add(id(block) if block else index)
    return list(rows.values())


def _several(kind: str, rows: list[_Row]) -> Part:
    uses = sum([len(row.uses) for row in rows])
    return Part("", f"{uses} {kind}s", sum([row.amount for row in rows]))


def name_of(paths: list[str]) -> str:
    """One name for several paths: what they have in common, else the first and the last."""
    first, *others = [path.split(".") for path in paths]
    common = first
    for path in others:
        while common != path[: len(common)]:
            common = common[:-1]
    if common:
        return ".".join(common)
    return f"{paths[0]}, {paths[-1]}" if len(paths) == 2 else f"{paths[0]} ... {paths[-1]}"
