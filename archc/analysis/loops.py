"""The scans of a network, for peak memory: which values live through all of their steps."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from archc.analysis.cost import INFERENCE, Costs
from archc.graph.ir import Node
from archc.ops.scan import Gather, Scan


class Loops:
    """The scans of a network, of which only nodes that run at inference count.

    `begun` has by a scan's first node the values that have a place from then on: what the scan
    gives, and what `prev` shows; `early` has their numbers. `carried` has the rows that `prev`
    reads, each with the last node of its scan.
    """

    __slots__ = ("_around", "begun", "carried", "early")

    def __init__(self, costs: Costs) -> None:
        self.begun: dict[int, list[Node]] = {}
        self.early: set[int] = set()
        self.carried: list[tuple[int, int]] = []
        self._around: dict[int, tuple[tuple[int, ...], tuple[int, ...]]] = {}
        scans = _scans(costs)
        if scans:
            self._enter(costs, scans)

    def end_for(self, index: int, source: int) -> int | None:
        """The end of the outermost scan that node `index` stands in and `source` does not."""
        starts, ends = self._around.get(index, ((), ()))
        outermost = bisect_right(starts, source)
        return ends[outermost] if outermost < len(ends) else None

    def _enter(self, costs: Costs, scans: dict[int, tuple[int, int]]) -> None:
        nodes, carried = costs.network.nodes, costs.network.carried
        within: list[int] = []
        chain: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())
        for node in nodes:
            index = node.index
            if type(node.op) is Scan:
                within.append(index)
                chain = tuple(within), tuple([scans[start][1] for start in within])
            if not within:
                continue
            self._around[index] = chain
            first, last = scans[within[-1]]
            gathers = type(node.op) is Gather
            if costs.roles[index] == INFERENCE and (gathers or index in carried):
                self.begun.setdefault(first, []).append(node)
                self.early.add(index)
                if index in carried:
                    self.carried.append((carried[index], last))
            if gathers:
                within.pop()
                chain = chain[0][:-1], chain[1][:-1]


def _scans(costs: Costs) -> dict[int, tuple[int, int]]:
    """The first and the last node that run of each scan, by the number of its `scan` node."""
    nodes = costs.network.nodes
    if not any(type(node.op) is Scan for node in nodes):
        return {}
    running = [node.index for node in nodes if costs.roles[node.index] == INFERENCE]
    found: dict[int, tuple[int, int]] = {}
    open_: list[int] = []
    for node in nodes:
        if type(node.op) is Scan:
            open_.append(node.index)
        elif type(node.op) is Gather:
            start = open_.pop()
            begin, behind = bisect_left(running, start), bisect_right(running, node.index)
            runs = begin < behind
            found[start] = (running[begin], running[behind - 1]) if runs else (start, node.index)
    return found
