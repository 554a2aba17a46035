"""What a model says of a value that it is given: its sides, and what its numbers are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archc.backends.onnx.reading.problem import ModelProblem

if TYPE_CHECKING:
    import onnx

FLOATS = frozenset((1, 10, 11, 16))
"""float, float16, double and bfloat16, by TensorProto's numbers"""
WHOLE = frozenset((2, 3, 4, 5, 6, 7, 9, 12, 13))
"""whole numbers of all widths, and bool"""
SIDES_AT_MOST = 5


def sides_of(value: onnx.ValueInfoProto) -> list[int | str]:
    """The sides of an input, those that are open by what the model calls them.

    Raises ModelProblem for a value of no known sides, for a side of 0, for text.
    """
    tensor = value.type.tensor_type
    sides = [_side(dim) for dim in tensor.shape.dim]
    if not tensor.HasField("shape") or not sides or len(sides) > SIDES_AT_MOST:
        raise ModelProblem(f"the input {value.name} has no known sides")
    if tensor.elem_type not in FLOATS | WHOLE:
        raise ModelProblem(f"the input {value.name} is of a kind that is not read: no numbers")
    if isinstance(sides[0], int) and sides[0] < 1:  # older exporters' word for an open batch
        sides[0] = "?"
    for side in sides:
        if isinstance(side, int) and side < 1:
            raise ModelProblem(f"the input {value.name} has a side of {side}")
    return sides


def _side(dim: onnx.TensorShapeProto.Dimension) -> int | str:
    return int(dim.dim_value) if dim.HasField("dim_value") else dim.dim_param or "?"
