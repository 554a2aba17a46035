"""Structure that repeats, as blocks: parts of the module tree that are built alike."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from archc.backends.arch.names import is_taken
from archc.backends.arch.things import has_name
from archc.backends.onnx.reading.again import Use
from archc.graph.compare import MADE_AGAIN
from archc.graph.described import numbers_of
from archc.graph.ir import Instance, Network, Node
from archc.graph.outline import SCAN
from archc.ops.ends import Input
from archc.ops.values import Count

MOST_CALLED = 2
"""how often a part is built alike at least to be a block"""
SHORTEST = 3
"""nodes of a block at least: fewer stand on one row anyway"""
UNNAMED = "unit"
"""a block whose uses have numbers for names"""
VALUES_AT_MOST = 3
"""values that a block is given: more are no help to a reader"""
_DIGITS = re.compile(r"\d+")


ScanSpan = tuple[int, int, int | Count | None]
"""the first node of a scan, the one that gathers its results, and how often its rows run"""


def blocked(
    network: Network,
    levels: list[str],
    values: int = VALUES_AT_MOST,
    scans: Sequence[ScanSpan] = (),
    again: Sequence[Use] = (),
) -> None:
    """Put parts of a flat network into instances of blocks; `levels` say where each node stands.

    A block is given so many `values` at most, and lies within the rows of a scan or has none.
    Levels that are used `again` are blocks in any case.
    """
    read = _last_reads(network)
    every = _spans(network, levels, read)
    spans = {path: span for path, span in every.items() if _fits(span, scans)}
    found = {path: _signature(network, path, *span, values, read) for path, span in spans.items()}
    alike: dict[Any, list[str]] = {}
    for path, signature in found.items():
        if signature is not None:
            alike.setdefault(signature, []).append(path)
    kept = [paths for paths in alike.values() if len(paths) >= MOST_CALLED]
    names: dict[str, str] = {}
    for paths in sorted(kept, key=lambda paths: spans[paths[0]]):
        names.update(dict.fromkeys(paths, _name(paths, set(names.values()))))
    kept_spans = {path: spans[path] for path in names}
    _add_uses(kept_spans, names, again if values else ())
    for path in _rows_of_blocks(kept_spans):
        del kept_spans[path]
    _build(network, kept_spans, names, scans)


def _add_uses(
    spans: dict[str, tuple[int, int]], names: dict[str, str], again: Sequence[Use]
) -> None:
    """Levels that are used again, without blocks inside of them."""
    for use in again:
        for path, (first, last) in [*spans.items()]:
            if first < use.last and last > use.first:
                del spans[path]
    alike: dict[str, list[Use]] = {}
    for use in again:
        alike.setdefault(use.path.partition(MADE_AGAIN)[0], []).append(use)
    for level, uses in alike.items():
        name = _name([level, level], {*names.values()}, level.rpartition(".")[2])
        for use in uses:
            spans[use.path], names[use.path] = (use.first, use.last), name


def _fits(span: tuple[int, int], scans: Sequence[ScanSpan]) -> bool:
    """Whether a part lies inside each scan that it has nodes of."""
    first, last = span
    return all(
        last <= begin or first > end or begin < first < last <= end for begin, end, _ in scans
    )


def _last_reads(network: Network) -> dict[int, int]:
    """The last node that reads each value; outputs are read behind all nodes."""
    found = {index: node.index for node in network.nodes for index in node.inputs}
    return found | dict.fromkeys(network.outputs.values(), len(network.nodes))


def _spans(network: Network, levels: list[str], read: dict[int, int]) -> dict[str, tuple[int, int]]:
    """The levels whose nodes stand together, from the first to behind the last."""
    nodes: dict[str, list[int]] = {}
    for node, level in zip(network.nodes, levels):
        parts = level.split(".") if level else []
        for end in range(1, len(parts) + 1):
            nodes.setdefault(".".join(parts[:end]), []).append(node.index)
    spans: dict[str, tuple[int, int]] = {}
    for path, found in nodes.items():
        first, last = found[0], found[-1] + 1
        if last - first == len(found):
            while first < last and _is_before(network, first, last, read):
                first += 1
            if last - first >= SHORTEST:
                spans[path] = first, last
    return spans


def _rows_of_blocks(kept: dict[str, tuple[int, int]]) -> list[str]:
    """Parts that are blocks `0`, `1` ... and nothing else: rows of the body around say that."""
    inner: dict[str, list[tuple[int, int]]] = {}
    for path, span in kept.items():
        level, _, last = path.rpartition(".")
        if level in kept and last.isdigit():
            inner.setdefault(level, []).append(span)
    found = []
    for level, spans in inner.items():
        covered = {index for start, end in spans for index in range(start, end)}
        if len(spans) > 1 and covered == {*range(*kept[level])}:
            found.append(level)
    return found


def _is_before(network: Network, index: int, last: int, read: dict[int, int]) -> bool:
    """Whether a part begins with a move whose value others need too: it is not of the block."""
    return not has_name(network.nodes[index]) and read.get(index, 0) >= last


def _signature(
    network: Network, path: str, first: int, last: int, values: int, read: dict[int, int]
) -> Any:
    """What two parts have in common to be one block; None if the part can be none."""
    outside: dict[int, int] = {}
    parts: list[Any] = []
    for node in network.nodes[first:last]:
        if isinstance(node.op, Input) or node.shares or "@" in node.path:
            return None
        reads = []
        for index in node.inputs:
            inner = first <= index < last
            reads.append(index - first if inner else -1 - outside.setdefault(index, len(outside)))
        name = node.path[len(path) :] if has_name(node) else ""
        if has_name(node) and not node.path.startswith(f"{path}."):
            return None
        parts.append((name, numbers_of(node.op)[0], tuple(reads)))
    given = [index for index in range(first, last) if read.get(index, 0) >= last]
    if not 1 <= len(outside) <= values or given != [last - 1]:
        return None
    return tuple(parts)


def _name(paths: list[str], taken: set[str], wanted: str = "") -> str:
    """What a block is called: as the levels are, without their numbers."""
    lasts = [path.rpartition(".")[2] for path in paths]
    found = _DIGITS.sub("", _beginning(lasts)).strip("_-") if len(set(paths)) > 1 else wanted
    found = found.replace("-", "_") if len(found) > 1 else UNNAMED
    if is_taken(found):
        found = f"{found}_block"
    number, free = 2, found
    while free in taken:
        free, number = f"{found}{number}", number + 1
    return free


def _beginning(words: list[str]) -> str:
    """What all words begin with."""
    first, last = min(words), max(words)
    length = next((at for at, (a, b) in enumerate(zip(first, last)) if a != b), len(first))
    return first[:length]


def _build(
    network: Network,
    spans: dict[str, tuple[int, int]],
    names: dict[str, str],
    scans: Sequence[ScanSpan],
) -> None:
    """The tree of instances; of two that hold the same nodes the outer one alone."""
    times = {begin: (end, number) for begin, end, number in scans}
    ordered = sorted(spans.items(), key=lambda one: (one[1][0], -one[1][1], len(one[0])))
    begins: dict[int, list[tuple[str, int]]] = {}
    seen: set[tuple[int, int]] = set()
    for path, span in ordered:
        if span not in seen:
            seen.add(span)
            begins.setdefault(span[0], []).append((path, span[1]))
    root = network.root
    root.items = []
    stack: list[tuple[Instance, int]] = [(root, len(network.nodes))]
    for node in network.nodes:
        while stack[-1][1] <= node.index:
            stack.pop()
        if node.index in times:
            stack.append(_scan(network, node, stack[-1][0], *times[node.index]))
        for path, last in begins.get(node.index, ()):
            instance = Instance(names[path], path, stack[-1][0], node.span)
            instance.inputs = _taken(network, node.index, last)
            instance.output = last - 1
            stack[-1][0].items.append(instance)
            stack.append((instance, last))
        stack[-1][0].items.append(node)
        node.block = stack[-1][0]


def _scan(
    network: Network, node: Node, around: Instance, end: int, times: int | Count | None
) -> tuple[Instance, int]:
    """The instance of a scan, and behind which node it ends."""
    instance = Instance(SCAN, node.path, around, node.span, times=times)
    instance.inputs, instance.output = node.inputs, end
    around.items.append(instance)
    network.nodes[end].path = f"{node.path}.out"
    return instance, end


def _taken(network: Network, first: int, last: int) -> tuple[int, ...]:
    found = [i for node in network.nodes[first:last] for i in node.inputs if i < first]
    return tuple(dict.fromkeys(found))[:1]
