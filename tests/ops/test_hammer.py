"""Any operator with any options on any input gives a value or a problem, never an exception."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archc.diagnostics.model import Kind
from archc.ops import Op
from archc.ops.base import Field
from archc.ops.ends import Extern, Input
from archc.ops.scan import Gather
from archc.ops.values import Count, Drawn, Shape, Value, Window

GIGANTIC = 10**60
SIDES = st.sampled_from([0, 1, 2, 3, 4, 7, 8, 12, 64, GIGANTIC, GIGANTIC + 1])
COUNTS = st.one_of(
    st.none(),
    SIDES,
    st.builds(Count, st.sampled_from(["R", "T"]), st.sampled_from([0, 1, GIGANTIC])),
)
SHAPES = st.builds(Shape, st.lists(SIDES, max_size=5).map(tuple), COUNTS)
PICTURES = st.builds(Shape, st.tuples(SIDES, SIDES, SIDES), st.none())
THINGS = st.builds(Shape, st.tuples(SIDES), COUNTS)
BOXES = st.builds(Shape, st.just((4,)), COUNTS)
ARRAYS = st.one_of(SHAPES, PICTURES, THINGS, BOXES)
VALUES = st.one_of(ARRAYS, ARRAYS, ARRAYS, st.lists(ARRAYS, max_size=4).map(tuple))

INTEGERS = st.sampled_from([0, 1, 2, 3, 4, 5, 8, 12, 64, GIGANTIC])
NUMBERS = st.one_of(
    st.sampled_from([0, 1, -1, Fraction(1, 2), Fraction(1, 3), GIGANTIC, Fraction(1, GIGANTIC)]),
    st.sampled_from([Fraction(10**400, 3), 10**400]),
    st.floats(),
)
SIZES = st.lists(st.sampled_from([-1, 0, 1, 2, 3, 4, 7, GIGANTIC]), min_size=1, max_size=4)
STRIDES = st.one_of(st.none(), SIZES.map(tuple))
WINDOWS = st.builds(Window, SIZES.map(tuple), STRIDES)
DRAWN = st.builds(Drawn, st.sampled_from(["normal", "uniform"]), st.floats(1e-9, 1e9))
PADDINGS = st.one_of(INTEGERS, SIZES.map(tuple), st.sampled_from(["half", "same"]))


def option_values(cls: type[Op], field: Field) -> st.SearchStrategy[Any]:
    """What elaboration may bind to an option, after its own checks."""
    least = field.minimum if field.minimum is not None else -5
    if cls in (Input, Extern) and field.kind == "size":
        return SHAPES
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "integer": INTEGERS.filter(lambda number: number >= least),
        "number": NUMBERS,
        "window": WINDOWS,
        "size": SIZES.map(lambda sides: Window(tuple(sides))),
        "padding": PADDINGS,
        "flag": st.booleans(),
        "switch": st.booleans(),
        "choice": st.sampled_from(field.choices or ("",)),
        "initial": st.one_of(st.sampled_from(field.choices) if field.choices else NUMBERS, DRAWN),
        "row": st.just("a"),
        "name": st.just("a"),
    }
    value = kinds[field.kind]
    return value if field.required else st.one_of(st.just(field.default), value)


def operators(cls: type[Op]) -> st.SearchStrategy[Op]:
    return st.builds(cls, **{name: option_values(cls, f) for name, f in cls.fields.items()})


@st.composite
def rows(draw: st.DrawFn, cls: type[Op]) -> tuple[Op, tuple[Value, ...]]:
    """An operator and inputs by the convention of archc/ops/base.py."""
    op = draw(operators(cls))
    if cls.role == "join":
        paths = draw(st.lists(VALUES, max_size=5))
        same = draw(st.booleans())
        return op, tuple([paths[0]] * len(paths) if same and paths else paths)
    given_rows = [n for n, f in cls.fields.items() if f.kind == "row" and getattr(op, n)]
    number = 1 + len(given_rows) + cls.wants_pool_input
    inputs = [draw(VALUES) for _ in range(number)]
    if draw(st.booleans()):
        inputs = [inputs[0]] * number
    return op, tuple(inputs)


CLASSES = sorted({*Op.registry.values(), Gather}, key=lambda cls: cls.__name__)


@pytest.mark.parametrize("cls", CLASSES)
def test_value_or_problem(cls: type[Op]) -> None:
    @settings(
        max_examples=120,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(rows(cls))
    def check(row: tuple[Op, tuple[Value, ...]]) -> None:
        op, inputs = row
        assert isinstance(op.options, dict)
        assert op.reach() is None or len(op.reach() or ()) == 3
        result = op.shape(*inputs)
        if isinstance(result, Kind):
            check_problem(result)
        else:
            check_value(op, inputs, result)

    check()


def check_problem(problem: Kind) -> None:
    texts = [problem.message, problem.label, problem.field, *problem.notes, *problem.help]
    texts += [repair.text for repair in problem.repairs]
    assert all(isinstance(text, str) for text in texts)
    assert problem.message
    assert "Shape(" not in problem.message
    assert "Fraction(" not in problem.message


def check_value(op: Op, inputs: tuple[Value, ...], result: Value) -> None:
    tensors = {**op.weights(*inputs), **op.buffers(*inputs)}
    assert all(isinstance(side, int) for size in tensors.values() for side in size)
    shapes = flat((result,))
    assert all(isinstance(shape, Shape) for shape in shapes)
    given_shapes = flat(inputs)
    if all(map(is_positive, given_shapes)) and type(op) not in (Input, Extern):
        assert all(map(is_positive, shapes)), (op, inputs, result)
    counts = [shape.count for shape in (*given_shapes, *shapes)]
    if not any(isinstance(count, Count) for count in counts):
        macs = op.macs(inputs, result)
        assert isinstance(macs, int)
        assert macs >= 0


def flat(values: tuple[Value, ...]) -> list[Shape]:
    return [
        shape for value in values for shape in (value if isinstance(value, tuple) else (value,))
    ]


def is_positive(shape: Shape) -> bool:
    count = 1 if shape.count is None or isinstance(shape.count, Count) else shape.count
    return min((*shape.dims, count)) >= 1
