"""A spec from an ONNX model: read, written as text, and the text compared with what was read."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING, Any

from archc import __version__
from archc.backends.onnx.reading.file import Model, opened
from archc.backends.onnx.reading.network import Read, read
from archc.backends.onnx.reading.problem import ModelProblem
from archc.backends.onnx.reading.weights import kind_of, tensor_of
from archc.graph.ir import Network
from archc.graph.tensors import tensors_of
from archc.limits import DEFAULT, Limits
from archc.record import Record
from archc.source import SourceFile
from archc.syntax.format import format_text
from archc.transforming import Differs, Refused, written
from archc.weights.checkpoint import Stored
from archc.weights.safetensors_file import write_safetensors

if TYPE_CHECKING:
    from numpy import ndarray

VALUES_OF_BLOCKS = (3, 1, 0)
"""how many values a block is given at most: fewer where no text says it; with 0 there are none"""
Sizes = Mapping[str, tuple[int, ...]]


class Imported(Record):
    """A spec: its text, what there is to say about it, and what it was read from."""

    text: str
    notes: tuple[str, ...]
    read: Read

    @property
    def network(self) -> Network:
        """The network that the text describes."""
        return self.read.network

    def weights(self) -> dict[str, Any]:
        """The numbers of the model by the spec's keys, in torch's order. Raises ModelProblem."""
        return {
            key: tensor_of(self.read, tensor)
            for key, tensor in tensors_of(self.read.network).items()
        }

    @property
    def has_weights(self) -> bool:
        """Whether the spec has any tensors."""
        return bool(tensors_of(self.network))

    def files(self) -> set[str]:
        """The files that the model was read from."""
        return self.read.model.files()

    def save_weights(self, path: str) -> None:
        """Write them as safetensors, one at a time, numbers of half precision as they are.

        Raises ModelProblem, OSError; there is no new file then.
        """
        tensors = tensors_of(self.network)
        stored = {key: Stored(one.shape, kind_of(self.read, one)) for key, one in tensors.items()}

        def numbers(key: str) -> Any:
            found: ndarray[Any, Any] = tensor_of(self.read, tensors[key], stored[key].dtype)
            return found.reshape(-1).view("uint8").data

        metadata = {"format": "pt", "source": f"written by archc {__version__}"}
        write_safetensors(path, stored, numbers, metadata)


def imported(
    path: str, name: str, head: str = "", sizes: Sizes | None = None, limits: Limits = DEFAULT
) -> Imported:
    """The spec of a model. `sizes` fix the open sides of inputs, HxWxC by name.

    Raises ModelProblem for a model that cannot be read, OSError.
    """
    return written_from(opened(path), name, head, sizes, limits)


def written_from(
    model: Model, name: str, head: str, sizes: Sizes | None, limits: Limits
) -> Imported:
    """The same for a model that is open already."""
    said = ""
    for values in VALUES_OF_BLOCKS:
        found = _read(model, name, sizes, values, limits)
        try:
            text, notes = _written(model, name, found, head, sizes, values, limits)
        except (Refused, Differs) as problem:
            said = str(problem)
            continue
        return Imported(_with_notes(text, found, limits), (*notes, *_lacks(found)), found)
    raise ModelProblem(f"{model.path} has a structure that no text of ours gives: {said}")


def _read(model: Model, name: str, sizes: Sizes | None, values: int, limits: Limits) -> Read:
    fixed = sizes is not None
    return read(model, name, dict(sizes or {}), fixed=fixed, values=values, limits=limits)


def _written(
    model: Model,
    name: str,
    found: Read,
    head: str,
    sizes: Sizes | None,
    values: int,
    limits: Limits,
) -> tuple[str, tuple[str, ...]]:
    """The text, tried at a second size too where sides are open."""

    def larger(size: str) -> Network | None:
        given, _, sides = size.partition("=")
        asked = tuple([int(side) for side in sides.split("x")])
        try:
            return read(model, name, {given: asked}, values=values, limits=limits).network
        except ModelProblem:
            return None

    return written(found.network, head, larger if found.network.open_sides else None, limits)


def _lacks(found: Read) -> tuple[str, ...]:
    """What the language lacks, and how many numbers of the model are in no file for that."""
    notes = [
        f"the language lacks ONNX's {code.kind}: `extern {name}` stands for it, in Python"
        for name, code in found.externs.items()
    ]
    left = {name: size for code in found.externs.values() for name, size in code.weights}
    if left:
        count = sum(map(prod, left.values()))
        notes.append(f"{count:,} numbers belong to that code: no spec and no file has them")
    return tuple(notes)


def _with_notes(text: str, found: Read, limits: Limits) -> str:
    """The text with what ONNX says of it above each `extern`."""
    lines = []
    for line in text.splitlines():
        name = line.removeprefix("extern ").partition("(")[0]
        if line.startswith("extern ") and name in found.externs:
            lines += [f"# {said}" for said in found.externs[name].lines()]
        lines.append(line)
    noted = "\n".join(lines) + "\n"
    return format_text(SourceFile("<written>", noted), limits) or text
