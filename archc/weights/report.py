"""What was found out about a checkpoint with other names, as text and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from archc.graph.tensors import alive
from archc.weights.checkpoint import Stored
from archc.weights.fit import other_classes
from archc.weights.match import Match, Unsettled
from archc.weights.renamed import mapping
from archc.weights.units import Unit

SHOWN = 5
"""how many of a kind are named"""
EVIDENCE = ("shape", "names", "blocks", "renames", "numbers", "order", "given")


def table(found: Match) -> str:
    """A row for each layer that is known: its name here and there, its size, what told so."""
    rows = [("network", "checkpoint", "size", "by")]
    for pair in found.pairs:
        size = pair.ours.text
        if pair.theirs.text != size:
            size = f"{size} (stored as {pair.theirs.text})"
        rows.append((pair.ours.path, pair.theirs.path, size, pair.evidence))
    widths = [max([len(row[at]) for row in rows]) for at in range(3)]
    lines = [
        "  ".join([f"{cell:{width}}" for cell, width in zip(row, widths)] + [row[3]])
        for row in rows
    ]
    return "\n".join(lines)


def summary(found: Match) -> str:
    """How much is known, and by what."""
    layers = len({unit.place for unit in _ours(found)})
    by = Counter([pair.evidence for pair in found.pairs])
    told = ", ".join([f"{by[one]} by {one}" for one in EVIDENCE if by[one]])
    count = f"{len(found.pairs)} of {layers} layers" if layers else "no layers"
    return f"{found.network.name} in {found.checkpoint.name}: {count}{': ' if told else ''}{told}"


def _ours(found: Match) -> list[Unit]:
    units = [pair.ours for pair in found.pairs] + list(found.missing)
    return units + [unit for one in (*found.ambiguous, *found.unequal) for unit in one.ours]


def problems(found: Match) -> list[str]:
    """What is not known and why, a line or a few each; empty if all is."""
    lines = _some([_ambiguous(cells) for cells in _merged(found.ambiguous)])
    lines += _some([_unequal(one) for one in found.unequal])
    needed = alive(found.network, training=False)
    missing = [
        f"missing: {unit.path} ({unit.text})"
        + ("" if unit.node in needed else ", which training alone needs")
        for unit in found.missing
    ]
    lines += [*_some(missing), *_reasons(found)]
    surplus = _surplus(found)
    if surplus:
        lines.append(f"not in the network: {_names(surplus)}")
    if surplus and not found.missing:
        leave = "".join([f" --without {name}" for name in surplus[:SHOWN]])
        lines.append(f" {leave} leaves them out, if the network is meant without")
    return lines


def _surplus(found: Match) -> list[str]:
    """Layers that the network lacks, by the shortest names that have no others below them."""
    used = [pair.theirs.path for pair in found.pairs]
    used += [unit.path for one in (*found.ambiguous, *found.unequal) for unit in one.theirs]
    taken = {path[:at] for path in used for at, sign in enumerate(path) if sign == "."}
    names: dict[str, None] = {}
    for unit in found.unused:
        parts = unit.path.split(".")
        starts = [".".join(parts[:depth]) for depth in range(1, len(parts) + 1)]
        names.setdefault(next((one for one in starts if one not in taken), unit.path))
    return list(names)


def _merged(cells: Iterable[Unsettled]) -> list[list[Unsettled]]:
    """Cells that are one question: the checkpoint's layers lie in the same parts of it."""
    found: dict[tuple[str, ...], list[Unsettled]] = {}
    for cell in cells:
        found.setdefault(_apart([one.path for one in cell.theirs]), []).append(cell)
    return list(found.values())


def _apart(paths: Sequence[str]) -> tuple[str, ...]:
    """The shortest beginnings, cut at dots, that tell names apart."""
    parts = [path.split(".") for path in paths]
    for depth in range(1, max([len(one) for one in parts])):
        short = [".".join(one[:depth]) for one in parts]
        if len(set(short)) == len(short):
            return tuple(short)
    return tuple(paths)


def _ambiguous(cells: list[Unsettled]) -> str:
    """One question: by the parts that the layers lie in if all of them do, else by the first."""
    sizes = ", ".join(list(dict.fromkeys([cell.ours[0].text for cell in cells]))[:3])
    theirs = [unit.path for unit in cells[0].theirs]
    parts = {_apart([unit.path for unit in cell.ours]) for cell in cells}
    ours = [unit.path for unit in cells[0].ours]
    if len(parts) == 1 and len(cells) > 1:
        ours, theirs = list(parts.pop()), list(_apart(theirs))
    return (
        f"ambiguous: {_names(ours)} ({sizes}) may each be any of\n  {_names(theirs)}\n"
        f"  --with {ours[0]}={theirs[0]} would settle one of them"
    )


def _unequal(one: Unsettled) -> str:
    return (
        f"does not fit: {len(one.ours)} layers of {one.ours[0].text} in the network,"
        f" {len(one.theirs)} in the checkpoint\n"
        f"  {_names([unit.path for unit in one.ours])}\n"
        f"  {_names([unit.path for unit in one.theirs])}"
    )


def _names(names: Sequence[str]) -> str:
    more = f", ... ({len(names)} in all)" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _some(lines: list[str]) -> list[str]:
    more = len(lines) - SHOWN
    return [*lines[:SHOWN], f"... and {more} more like this"] if more > 1 else lines


def _reasons(found: Match) -> list[str]:
    """Why layers may be missing, where it can be seen."""
    wanted = [shape for unit in found.missing for _, shape in unit.shapes]
    others = {shape for unit in found.unused for _, shape in unit.shapes}
    lines = []
    kernel = next((one for one in wanted if len(one) == 4 and _of_tensorflow(one) in others), None)
    if kernel is not None:
        here, there = ["x".join(map(str, one)) for one in (kernel, _of_tensorflow(kernel))]
        lines.append(f"kernels are in TensorFlow's order, {there} for {here}: transpose them first")
    if any(len(one) == 2 and one[0] == 3 * one[1] and (one[1], one[1]) in others for one in wanted):
        lines.append("query, key and value are apart in the checkpoint: concatenate them first")
    classes = _other_classes(found)
    if classes:
        name = found.network.name
        lines.append(
            f"the number of classes alone differs: num_classes={classes}, or"
            f" `archc transform {name} --pass new-head --classes {classes}`"
        )
    return lines


def _of_tensorflow(shape: tuple[int, ...]) -> tuple[int, ...]:
    out, channels, *window = shape
    return (*window, channels, out)


def _other_classes(found: Match) -> int:
    """The checkpoint's number of classes, if the heads are all that is missing."""
    if found.ambiguous or found.unequal or not found.missing:
        return 0
    pairs = []
    for unit in found.missing:
        roles = [role for role, _ in unit.shapes]
        same = [one for one in found.unused if [role for role, _ in one.shapes] == roles]
        if len(same) != 1:
            return 0
        shapes = dict(same[0].shapes)
        pairs += [(found.tensors[key], Stored(shapes[role], "")) for role, key in unit.keys]
    return other_classes(found.network, pairs)


def as_json(found: Match) -> dict[str, Any]:
    """The mapping and what is left, as JSON takes it."""
    by = {key: pair for pair in found.pairs for _, key in pair.ours.keys}
    stored = found.checkpoint.tensors
    return {
        "format_version": 1,
        "network": found.network.name,
        "checkpoint": found.checkpoint.name,
        "mapped": found.ok,
        "notes": list(found.checkpoint.notes),
        "tensors": {
            key: {
                "from": other,
                "shape": list(found.tensors[key].shape),
                "stored_shape": list(stored[other].shape),
                "by": by[key].evidence,
            }
            for key, other in mapping(found).items()
        },
        "ambiguous": [_cell(one) for one in found.ambiguous],
        "unequal": [_cell(one) for one in found.unequal],
        "missing": [unit.path for unit in found.missing],
        "unused": [unit.path for unit in found.unused],
    }


def _cell(one: Unsettled) -> dict[str, Any]:
    return {
        "network": [unit.path for unit in one.ours],
        "checkpoint": [unit.path for unit in one.theirs],
        "shape": one.ours[0].text,
    }
