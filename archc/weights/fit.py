"""Whether a checkpoint is that of a network, and where the two first differ."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable

from archc.graph.ir import Network
from archc.graph.tensors import StateTensor, tensors_of
from archc.record import Record
from archc.weights.checkpoint import Checkpoint, Stored
from archc.weights.constants import is_constant

BATCHES = ".num_batches_tracked"
"""a count that no inference needs: a checkpoint may have it where a network does not"""
INTEGERS = ("int64", "int32", "int16", "int8", "uint8")
SHOWN = 4
"""how many of each kind of difference are named"""


class Fit(Record):
    """How a checkpoint's tensors compare with a network's, in the network's order.

    `missing` leaves out what follows from the network itself; `shapes` and `dtypes` are tensors
    and what the checkpoint has in their place. `notes` say how what fits is read.
    """

    network: Network
    checkpoint: Checkpoint
    tensors: tuple[StateTensor, ...]
    missing: tuple[StateTensor, ...]
    unexpected: tuple[str, ...]
    shapes: tuple[tuple[StateTensor, Stored], ...]
    dtypes: tuple[tuple[StateTensor, Stored], ...]
    notes: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether every tensor of each has its place in the other."""
        return not (self.missing or self.unexpected or self.shapes or self.dtypes)

    def text(self) -> str:
        """What differs and what to do, in a few lines; one line if all is well."""
        whole, file = len(self.tensors), self.checkpoint.name
        if self.ok:
            return f"{file} fits {self.network.name}: {whole} tensors"
        wrong = {one.key for one in self.missing}
        wrong.update([one.key for one, _ in (*self.shapes, *self.dtypes)])
        first = next((at for at, one in enumerate(self.tensors) if one.key in wrong), whole)
        lines = [f"{file} does not fit {self.network.name}: {_count(first, whole, len(wrong))}"]
        lines += _some(
            [
                f"{one.key} is {sides(stored.shape)} in {file},"
                f" {sides(one.shape)} in the network ({place(one)})"
                for one, stored in self.shapes
            ]
        )
        lines += _some(
            [f"{one.key} is {stored.dtype}, {one.dtype} is needed" for one, stored in self.dtypes]
        )
        lines += _some([f"{one.key} is missing ({place(one)})" for one in self.missing])
        lines += _some([f"{key} is not in the network" for key in self.unexpected])
        return "\n  ".join([*lines, *self._advice()])

    def _advice(self) -> list[str]:
        name, file = self.network.name, self.checkpoint.path
        classes = self._other_classes()
        if classes:
            return [
                f"the number of classes alone differs: num_classes={classes}, or"
                f" `archc transform {name} --pass new-head --classes {classes}`"
            ]
        mine = Counter([trimmed(one.shape) for one in self.missing])
        theirs = Counter([trimmed(self.checkpoint.tensors[key].shape) for key in self.unexpected])
        if mine and (mine & theirs).total() * 2 > mine.total():
            same = "the names differ, sizes do not" if mine == theirs else "names differ"
            return [f"{same}: `archc weights map {name} {file}` finds which is which"]
        return []

    def _other_classes(self) -> int:
        """The checkpoint's number of classes, if that is all that differs; else 0."""
        if self.missing or self.unexpected or self.dtypes:
            return 0
        return other_classes(self.network, self.shapes)


def fit(network: Network, checkpoint: Checkpoint) -> Fit:
    """Compare a checkpoint with a network; the numbers themselves are not read."""
    wanted, found = tensors_of(network), checkpoint.tensors
    both = [(one, found[key]) for key, one in wanted.items() if key in found]
    same = [(one, stored) for one, stored in both if one.shape == stored.shape]
    floats = Counter([stored.dtype for one, stored in same if is_float(one.dtype)])
    notes = [
        f"{count} tensors are {dtype}, and are read as float32"
        for dtype, count in floats.items()
        if is_float(dtype) and dtype != "float32"
    ]
    return Fit(
        network,
        checkpoint,
        tuple(wanted.values()),
        tuple([one for key, one in wanted.items() if key not in found and not is_constant(one)]),
        tuple([key for key in found if key not in wanted and not key.endswith(BATCHES)]),
        tuple([pair for pair in both if pair[0].shape != pair[1].shape]),
        tuple([(one, stored) for one, stored in same if not _reads_as(stored.dtype, one)]),
        tuple(notes),
    )


def is_float(dtype: str) -> bool:
    """Whether numbers of this kind can be weights."""
    return dtype.startswith(("float", "bfloat"))


def _reads_as(dtype: str, wanted: StateTensor) -> bool:
    """Whether a kind of numbers may stand for another: floats for floats, integers for int64."""
    floats = is_float(wanted.dtype)
    may_count = not floats and wanted.key.endswith(BATCHES)
    return is_float(dtype) if floats else dtype in INTEGERS or (may_count and is_float(dtype))


def other_classes(network: Network, pairs: Iterable[tuple[StateTensor, Stored]]) -> int:
    """The number of outputs that the last layers have in a checkpoint, if the only difference is
    theirs; else 0.
    """
    sizes = set()
    for one, stored in pairs:
        wanted, found = trimmed(one.shape), trimmed(stored.shape)
        if not wanted or not found or wanted[1:] != found[1:]:
            return 0
        sizes.add((wanted[0], found[0]))
    if len(sizes) != 1:
        return 0
    heads = {one.node.index for one, _ in pairs}
    behind: set[int] = set()
    for node in network.nodes:
        if heads.union(behind).intersection(node.inputs):
            behind.add(node.index)
    weighted = any(network.weights(network.nodes[index]) for index in behind)
    return 0 if weighted else next(iter(sizes))[1]


def trimmed(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A size without the ones at its end: a 1x1 conv may stand for a linear layer."""
    end = len(shape)
    while end > 1 and shape[end - 1] == 1:
        end -= 1
    return shape[:end]


def sides(shape: tuple[int, ...]) -> str:
    """`64x3x7x7`."""
    return "x".join([str(side) for side in shape]) if shape else "one number"


def place(tensor: StateTensor) -> str:
    """The row a tensor comes from: `resnet.arch:22`."""
    span = tensor.node.span
    return f"{os.path.basename(span.source.name)}:{span.line}"


def _count(first: int, whole: int, wrong: int) -> str:
    if not wrong:
        return f"it has all {whole} tensors, and others"
    rest = whole - wrong
    if first == rest:
        return f"the first {first} of {whole} tensors fit"
    return f"{rest} of {whole} tensors fit"


def _some(lines: list[str]) -> list[str]:
    more = len(lines) - SHOWN
    return [*lines[:SHOWN], f"... and {more} more"] if more > 1 else lines
