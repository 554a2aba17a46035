"""The sizes that onnx finds: compared with ours, and noted where we have none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from archc.backends.differs import BuildDiffers
from archc.backends.onnx.nested import graphs_in

if TYPE_CHECKING:
    import onnx

UNNAMED = "unk__"
"""how onnx calls sides that it knows nothing of"""
LIKE_INPUT = ("GroupNormalization",)
"""operators that onnx has no rule for: they give the size of their first input"""
Sizes: TypeAlias = "Mapping[str, onnx.ValueInfoProto]"
"""by the names of values"""


def check(model: onnx.ModelProto) -> None:
    """Raise BuildDiffers unless onnx finds the model well formed. Its weights are inputs."""
    from onnx import checker, shape_inference

    try:
        checker.check_model(model, full_check=True)
    except (checker.ValidationError, shape_inference.InferenceError) as error:
        raise _differs(model, error) from None


def compare(model: onnx.ModelProto) -> Sizes:
    """Raise BuildDiffers unless the sizes that onnx finds are ours. Weights are inputs.

    Gives what it finds without knowing ours, except those of foreign operators.
    """
    foreign = {name for node in model.graph.node if node.domain for name in node.output}
    bare = type(model)()
    bare.CopyFrom(model)
    del bare.graph.value_info[:]
    bare.graph.value_info.extend([one for one in model.graph.value_info if one.name in foreign])
    theirs = inferred(bare)
    for ours in (*model.graph.value_info, *model.graph.output):
        if ours.name in theirs and not _agree(_sides(ours), _sides(theirs[ours.name])):
            found = _sides(theirs[ours.name])
            raise BuildDiffers(f"{ours.name} is {found}, {_sides(ours)} was inferred")
    return theirs


def inferred(model: onnx.ModelProto) -> Sizes:
    """The sizes that onnx finds for the values of all graphs, from those that the model has.

    A body is not told the numbers of small tensors outside, so each gets those that it reads.
    Raises BuildDiffers.
    """
    from onnx import shape_inference

    constants = {one.name: one for one in model.graph.initializer}
    whole = type(model)()
    whole.CopyFrom(model)
    for body in graphs_in(whole.graph.node):
        read = {name: None for node in body.node for name in node.input if name in constants}
        body.initializer.extend([constants[name] for name in read])
    for graph in (whole.graph, *graphs_in(whole.graph.node)):
        for node in graph.node:
            if node.op_type in LIKE_INPUT:
                alike = type(node)(op_type="Identity", input=node.input[:1], output=node.output)
                node.CopyFrom(alike)
    try:
        found = shape_inference.infer_shapes(whole, strict_mode=True, data_prop=True)
    except shape_inference.InferenceError as error:
        raise _differs(model, error) from None
    return {
        info.name: info
        for graph in (found.graph, *graphs_in(found.graph.node))
        for info in (*graph.input, *graph.value_info, *graph.output)
    }


def complete(model: onnx.ModelProto, found: Sizes) -> None:
    """Give sizes to the values inside an operator and inside a body, and numbers to sides that
    are the same at every size of the picture, those of the outputs too.
    """
    for body in graphs_in(model.graph.node):
        for ours in body.input:
            _refine(ours, found[ours.name])
    for graph in (model.graph, *graphs_in(model.graph.node)):
        noted = {info.name for info in (*graph.value_info, *graph.output)}
        for name in [name for node in graph.node for name in node.output]:
            if name in found and name not in noted:
                graph.value_info.add().CopyFrom(found[name])
        for ours in (*graph.value_info, *graph.output):
            if ours.name in found:
                _refine(ours, found[ours.name])


def is_complete(model: onnx.ModelProto) -> bool:
    """Whether every value of every graph has sides."""
    for graph in (model.graph, *graphs_in(model.graph.node)):
        sized = {info.name for info in (*graph.value_info, *graph.output) if _has_sides(info)}
        if any(name and name not in sized for node in graph.node for name in node.output):
            return False
    return True


def _differs(model: onnx.ModelProto, error: Exception) -> BuildDiffers:
    return BuildDiffers(f"{model.graph.name}: {str(error).splitlines()[0]}")


def _refine(ours: onnx.ValueInfoProto, theirs: onnx.ValueInfoProto) -> None:
    """Take over a whole size where there is none, and the sides that are numbers."""
    if not _has_sides(ours):
        ours.CopyFrom(theirs)
    sides = ours.type.tensor_type.shape.dim
    for mine, other in zip(sides, theirs.type.tensor_type.shape.dim):
        if not mine.WhichOneof("value") and other.HasField("dim_value"):
            mine.CopyFrom(other)
        if mine.dim_param.startswith(UNNAMED):
            mine.ClearField("dim_param")


def _has_sides(info: onnx.ValueInfoProto) -> bool:
    return bool(info.type.tensor_type.HasField("shape"))


def _sides(info: onnx.ValueInfoProto) -> list[int | str] | None:
    if not _has_sides(info):
        return None
    return [
        side.dim_value if side.HasField("dim_value") else side.dim_param
        for side in info.type.tensor_type.shape.dim
    ]


def _agree(ours: list[int | str] | None, theirs: list[int | str] | None) -> bool:
    """Whether two sizes may be the same: onnx knows fewer sides as numbers than we do."""
    if ours is None or theirs is None:
        return True
    pairs = zip(ours, theirs)
    numbers = [(a, b) for a, b in pairs if isinstance(a, int) and isinstance(b, int)]
    return len(ours) == len(theirs) and all(a == b for a, b in numbers)
