"""Building an ONNX model: lowered, checked by onnx itself, written in one stream."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from archc.backends.differs import BuildDiffers
from archc.backends.onnx.lower import Lowered
from archc.backends.onnx.model import FLOATS, model_of
from archc.backends.onnx.stream import LARGEST, Tensor, size_of, write, write_apart
from archc.diagnostics.model import ArchError
from archc.files import replacing
from archc.graph.ir import Network
from archc.record import Record

if TYPE_CHECKING:
    import onnx

OPSETS = range(13, 25)
DEFAULT_OPSET = 20
UNNAMED = "unk__"
"""how onnx calls sides that it knows nothing of"""


class Options(Record):
    """What a model is to be: `batch` is a number of samples, None for any; `dtype` that of the
    weights and of what is worked out.
    """

    opset: int = DEFAULT_OPSET
    batch: int | None = None
    dtype: str = "float32"


class Built(Record):
    """A model that was checked, without the numbers of its tensors, and what it was made from."""

    lowered: Lowered
    model: onnx.ModelProto
    options: Options

    def with_inputs(self) -> Built:
        """The same with its weights as inputs, so that the model is whole without numbers."""
        model = with_inputs(self.lowered, self.model, self.options.dtype)
        return Built(self.lowered, model, self.options)


def built(network: Network, options: Options) -> Built:
    """The model of a network. Raises ArchError for what this opset lacks, BuildDiffers."""
    lowered = Lowered(network, options.opset, options.batch)
    if lowered.bag.has_errors:
        raise ArchError(lowered.bag.sorted())
    model = model_of(lowered, options.dtype)
    complete(model, compare(lowered, model, options))
    return Built(lowered, model, options)


def compare(
    lowered: Lowered, model: onnx.ModelProto, options: Options
) -> dict[str, onnx.ValueInfoProto]:
    """Raise BuildDiffers unless onnx finds the model well formed, and its sizes those of ours.

    Gives the sizes that onnx finds, by value.
    """
    from onnx import checker, shape_inference

    whole = with_inputs(lowered, model, options.dtype)
    try:
        checker.check_model(whole, full_check=True)
        bare = type(whole)()
        bare.CopyFrom(whole)
        del bare.graph.value_info[:]
        found = shape_inference.infer_shapes(bare, strict_mode=True, data_prop=True)
    except (checker.ValidationError, shape_inference.InferenceError) as error:
        raise BuildDiffers(f"{lowered.network.name}: {str(error).splitlines()[0]}") from None
    theirs = {info.name: info for info in (*found.graph.value_info, *found.graph.output)}
    ours = {info.name: _sides(info) for info in (*model.graph.value_info, *model.graph.output)}
    for name, info in theirs.items():
        if name in ours and not _agree(ours[name], _sides(info)):
            raise BuildDiffers(f"{name} is {_sides(info)}, {ours[name]} was inferred")
    return theirs


def complete(model: onnx.ModelProto, found: Mapping[str, onnx.ValueInfoProto]) -> None:
    """Give sizes to the values inside an operator, and numbers to sides that are the same at
    every size of the picture.
    """
    infos = {info.name: info for info in model.graph.value_info}
    ends = {info.name for info in (*model.graph.input, *model.graph.output)}
    for name, theirs in found.items():
        ours = infos.get(name)
        if ours is None and name not in ends:
            model.graph.value_info.add().CopyFrom(theirs)
        elif ours is not None:
            sides = theirs.type.tensor_type.shape.dim
            for mine, other in zip(ours.type.tensor_type.shape.dim, sides):
                if not mine.WhichOneof("value") and other.HasField("dim_value"):
                    mine.CopyFrom(other)
    for info in model.graph.value_info:
        for side in info.type.tensor_type.shape.dim:
            if side.dim_param.startswith(UNNAMED):
                side.ClearField("dim_param")


def with_inputs(lowered: Lowered, model: onnx.ModelProto, dtype: str) -> onnx.ModelProto:
    """The model with its weights as inputs: whole without a single number of them."""
    from onnx import helper

    whole = type(model)()
    whole.CopyFrom(model)
    for name, stored in lowered.tensors.items():
        info = helper.make_tensor_value_info(name, FLOATS[dtype], stored.sides)
        whole.graph.input.append(info)
    return whole


def _sides(info: onnx.ValueInfoProto) -> list[int | str]:
    return [
        side.dim_value if side.HasField("dim_value") else side.dim_param
        for side in info.type.tensor_type.shape.dim
    ]


def _agree(ours: list[int | str], theirs: list[int | str]) -> bool:
    if not theirs:
        return True
    pairs = zip(ours, theirs)
    numbers = [(a, b) for a, b in pairs if isinstance(a, int) and isinstance(b, int)]
    return len(ours) == len(theirs) and all(a == b for a, b in numbers)


def data_beside(path: str) -> str:
    """The file for the numbers of a model that are not in the model's own."""
    return f"{path}.data"


def save(path: str, one: Built, tensors: Sequence[Tensor], *, apart: bool = False) -> list[str]:
    """Write a model with its numbers, into a second file beside it if they are `apart` or too many
    for one; the names of the files that were written. Raises OSError, the old files are then
    still there.
    """
    if not apart and size_of(one.model, tensors) <= LARGEST:
        with replacing(path) as file:
            write(file, one.model, tensors)
        return [path]
    beside = data_beside(path)
    with ExitStack() as stack:
        file, data = [stack.enter_context(replacing(name)) for name in (path, beside)]
        write_apart(file, data, one.model, tensors, os.path.basename(beside))
    return [path, beside]
