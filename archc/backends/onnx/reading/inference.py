"""Sizes as onnx infers them: for operators that the language lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import onnx

    from archc.backends.onnx.reading.reader import Reading


def inferred_sides(reading: Reading) -> dict[str, tuple[int, ...]]:
    """The sides of every value whose sides are known numbers, once the inputs' are."""
    from onnx import ModelProto, shape_inference

    model = ModelProto()
    model.CopyFrom(reading.model.proto)
    for value in model.graph.input:
        view = reading.values.get(value.name)
        if view is not None:
            dims = value.type.tensor_type.shape.dim
            for dim, side in zip(dims, view.shape):
                dim.dim_value = side
    for value in (*model.graph.value_info, *model.graph.output):
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param:
                dim.ClearField("dim_param")
    try:
        model = shape_inference.infer_shapes(model, data_prop=True)
    except Exception:  # onnx's own readers of a hostile model
        return {}
    found: dict[str, tuple[int, ...]] = {}
    for value in (*model.graph.value_info, *model.graph.output):
        dims = value.type.tensor_type.shape.dim
        sides = tuple([dim.dim_value for dim in dims])
        if value.type.tensor_type.HasField("shape") and all(sides):
            found[value.name] = sides
    return found


def declared_sides(reading: Reading, name: str) -> tuple[int, ...] | None:
    """The sides that the model says a value has, open ones as numbers that stand for them."""
    graph = reading.model.proto.graph
    for value in (*graph.output, *graph.value_info):
        if value.name == name and value.type.tensor_type.HasField("shape"):
            dims = value.type.tensor_type.shape.dim
            found = [_side(reading, dim, at == 0) for at, dim in enumerate(dims)]
            return None if None in found else tuple([side for side in found if side])
    return None


def _side(reading: Reading, dim: onnx.TensorShapeProto.Dimension, first: bool) -> int | None:
    """A side as a number; the first that is open is the batch."""
    if dim.dim_value:
        return dim.dim_value
    if not dim.dim_param:
        return None
    return reading.batch if first else reading.number(reading.count_of(dim.dim_param))
