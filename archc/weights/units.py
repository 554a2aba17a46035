"""Layers as a checkpoint shows them: tensors with one name before the last part."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping

from archc.graph.ir import Network
from archc.graph.tensors import INTEGERS, StateTensor, tensors_of
from archc.record import Record
from archc.weights.checkpoint import Checkpoint, WeightsProblem
from archc.weights.fit import trimmed
from archc.weights.names import is_under

ROLES = {
    "weight": "weight",
    "kernel": "weight",
    "gamma": "weight",
    "bias": "bias",
    "beta": "bias",
    "running_mean": "mean",
    "moving_mean": "mean",
    "running_var": "var",
    "moving_variance": "var",
}
"""what tensors of a layer are called in PyTorch and in TensorFlow"""
IN_ORDER = ("weight", "bias", "mean", "var")
"""the order in which PyTorch's layers define them"""
LEAF = re.compile(rf"(?:(.*)[._/])?({'|'.join(ROLES)})(?::0)?", re.DOTALL)

Signature = tuple[tuple[str, tuple[int, ...]], ...]


class Unit(Record):
    """A layer, or one of its parts: the tensors that go together, by their role.

    `place` is its place among the units of its side; `node` the index of its node in a network,
    -1 in a checkpoint. `signature` has the roles and sizes, as far as they tell layers apart.
    """

    path: str
    place: int
    node: int
    keys: tuple[tuple[str, str], ...]
    shapes: tuple[tuple[str, tuple[int, ...]], ...]
    signature: Signature

    @property
    def text(self) -> str:
        """Its largest tensor's size: `64x3x7x7`."""
        shape = max([shape for _, shape in self.shapes], key=lambda one: (len(one), math.prod(one)))
        return "x".join([str(side) for side in shape]) or "one number"


def units_of_network(network: Network) -> tuple[list[Unit], dict[str, StateTensor]]:
    """The units of a network in text order, and its tensors by key."""
    tensors = tensors_of(network)
    rows = [(key, one.shape, one.node.index) for key, one in tensors.items()]
    return _units(rows, {}), tensors


def units_of_checkpoint(
    checkpoint: Checkpoint, units: Iterable[Unit], without: Iterable[str] = ()
) -> list[Unit]:
    """The units of a checkpoint in its order, without those under some names.

    A linear layer may stand for the conv over the whole map that a network has in its place, and
    the other way round: then it has that one's signature.
    """
    rows = [(key, stored.shape, -1) for key, stored in checkpoint.tensors.items()]
    for name in without:
        kept = [row for row in rows if not is_under(row[0], name)]
        if len(kept) == len(rows):
            raise WeightsProblem(f"there is no `{name}` in the checkpoint")
        rows = kept
    wanted = {shape for unit in units for _, shape in unit.signature}
    present = {trimmed(shape) for _, shape, _ in rows}
    return _units(rows, _unrolled(wanted, present))


def _unrolled(
    wanted: set[tuple[int, ...]], present: set[tuple[int, ...]]
) -> Mapping[tuple[int, ...], tuple[int, ...]]:
    """Sizes of a checkpoint that are those of a network, written otherwise."""
    flat: dict[tuple[int, int], list[tuple[int, ...]]] = {}
    for shape in wanted - present:
        if len(shape) > 1:
            flat.setdefault((shape[0], math.prod(shape[1:])), []).append(shape)
    found = {}
    for shape in present - wanted:
        same = flat.get((shape[0], math.prod(shape[1:])), []) if len(shape) > 1 else []
        if len(same) == 1 and 2 in (len(shape), len(same[0])):
            found[shape] = same[0]
    return found


def _units(
    rows: Iterable[tuple[str, tuple[int, ...], int]],
    unrolled: Mapping[tuple[int, ...], tuple[int, ...]],
) -> list[Unit]:
    held: dict[str, dict[str, tuple[str, tuple[int, ...], int]]] = {}
    for key, shape, node in rows:
        path, role = split_key(key)
        if role not in INTEGERS:
            held.setdefault(path, {})[role] = (key, shape, node)
    units: list[Unit] = []
    for path, roles in held.items():
        keys = tuple([(role, key) for role, (key, _, _) in roles.items()])
        shapes = tuple([(role, shape) for role, (_, shape, _) in roles.items()])
        node = next(iter(roles.values()))[2]
        units.append(Unit(path, len(units), node, keys, shapes, _signature(shapes, unrolled)))
    return units


def split_key(key: str) -> tuple[str, str]:
    """A layer's name and the role of its tensor; a tensor by itself has its own name, no role."""
    found = LEAF.fullmatch(key)
    if found and found[1]:
        return found[1], ROLES[found[2]]
    path, _, leaf = key.rpartition(".")
    return (path, leaf) if leaf in INTEGERS else (key, "")


def _signature(
    shapes: tuple[tuple[str, tuple[int, ...]], ...],
    unrolled: Mapping[tuple[int, ...], tuple[int, ...]],
) -> Signature:
    kept = [(role, trimmed(shape)) for role, shape in shapes]
    if len(kept) == 1:  # a tensor alone may be called anything
        kept = [("", kept[0][1])]
    return tuple(sorted([(role, unrolled.get(shape, shape)) for role, shape in kept]))
