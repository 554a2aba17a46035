"""Building an ONNX model: lowered, checked by onnx itself, written in one stream."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from archc.backends.onnx.functions import with_functions
from archc.backends.onnx.lower import Lowered
from archc.backends.onnx.model import FLOATS, MARK, PRODUCER, model_of
from archc.backends.onnx.reading.file import opened
from archc.backends.onnx.reading.problem import ModelProblem
from archc.backends.onnx.sizes import check, compare, complete, inferred, is_complete
from archc.backends.onnx.stream import LARGEST, Tensor, size_of, write, write_apart
from archc.diagnostics.kinds.targets import ExternInModel
from archc.diagnostics.model import ArchError, Bag, Diagnostic
from archc.files import replacing
from archc.graph.ir import Network
from archc.ops.ends import EXTERN, Extern
from archc.record import Record

if TYPE_CHECKING:
    import onnx

OPSETS = range(13, 25)
DEFAULT_OPSET = 20


class Options(Record):
    """What a model is to be: `batch` is a number of samples, None for any; `dtype` that of the
    weights and of what is worked out; with `functions` blocks are functions of the model;
    `licence` is said in it.
    """

    opset: int = DEFAULT_OPSET
    batch: int | None = None
    dtype: str = "float32"
    functions: bool = False
    licence: str = ""


class Built(Record):
    """A model that was checked, without the numbers of its tensors, and what it was made from."""

    lowered: Lowered
    model: onnx.ModelProto
    options: Options

    @property
    def warnings(self) -> list[Diagnostic]:
        """What whoever runs the model has to know: rows that are Python code."""
        bag = Bag()
        for node in self.lowered.externs:
            assert isinstance(node.op, Extern)
            bag.add(ExternInModel(node.op.name, EXTERN).at(node.span))
        return bag.sorted()

    def with_inputs(self) -> Built:
        """The same with its weights as inputs, so that the model is whole without numbers."""
        model = with_inputs(self.lowered, self.model, self.options.dtype)
        return Built(self.lowered, model, self.options)


def built(network: Network, options: Options) -> Built:
    """The model of a network. Raises ArchError for what this opset lacks, BuildDiffers."""
    lowered = Lowered(network, options.opset, options.batch, blocks=options.functions)
    if lowered.bag.has_errors:
        raise ArchError(lowered.bag.sorted())
    model = model_of(lowered, options.dtype, options.licence)
    complete(model, compare(with_inputs(lowered, model, options.dtype)))
    if not is_complete(model):  # onnx finds more where it knows what we know
        complete(model, inferred(with_inputs(lowered, model, options.dtype)))
    if options.functions:
        model = with_functions(lowered, model)
    check(with_inputs(lowered, model, options.dtype))
    return Built(lowered, model, options)


def with_inputs(lowered: Lowered, model: onnx.ModelProto, dtype: str) -> onnx.ModelProto:
    """The model with its weights as inputs: whole without a single number of them."""
    from onnx import helper

    whole = type(model)()
    whole.CopyFrom(model)
    for name, stored in lowered.tensors.items():
        info = helper.make_tensor_value_info(name, FLOATS[dtype], stored.sides)
        whole.graph.input.append(info)
    return whole


def data_beside(path: str) -> str:
    """The file for the numbers of a model that are not in the model's own."""
    return f"{path}.data"


def is_apart(one: Built, tensors: Sequence[Tensor], *, asked: bool) -> bool:
    """Whether the numbers go into a second file: they are to, or are too many for one."""
    return bool(tensors) and (asked or size_of(one.model, tensors) > LARGEST)


def has_own_data(path: str) -> bool:
    """Whether the second file beside a model is its own: archc wrote the model, which names it."""
    beside = data_beside(path)
    if not os.path.exists(beside):
        return False
    try:
        model = opened(path)
    except (ModelProblem, OSError):
        return False
    ours = model.proto.producer_name == PRODUCER and MARK in model.proto.doc_string
    return ours and os.path.abspath(beside) in model.files()


def save(path: str, one: Built, tensors: Sequence[Tensor], *, apart: bool = False) -> list[str]:
    """Write a model with its numbers, into a second file beside it if they are `apart` or too many
    for one; the names of the files that were written. Raises OSError, the old files are then
    still there. The second file of a model that archc wrote before goes if there is none now.
    """
    beside = data_beside(path)
    if not is_apart(one, tensors, asked=apart):
        left_over = has_own_data(path)
        with replacing(path) as file:
            write(file, one.model, tensors)
        if left_over:
            with suppress(OSError):  # the model is whole without it
                os.unlink(beside)
        return [path]
    with ExitStack() as stack:
        file, data = [stack.enter_context(replacing(name)) for name in (path, beside)]
        write_apart(file, data, one.model, tensors, os.path.basename(beside))
        for written in (file, data):
            written.flush()  # whatever does not fit is known before the first one is replaced
    return [path, beside]
