"""Joins: several paths become one value, or one list."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from archc.diagnostics.kinds.sizes import ShapesDiffer
from archc.diagnostics.kinds.values import MissingValue, ValueNotAllowed
from archc.diagnostics.model import Kind
from archc.ops.base import THINGS_HINT, Op, Result, Tensors, needs_numbers, option, within, wrong
from archc.ops.values import Count, Number, Shape, text_of

Count_ = int | Count | None


class Join(Op):
    """What the joins share: paths in, one value out. A path that is a list stands for its items."""

    role = "join"

    def _paths(self, inputs: tuple[Any, ...], least: int = 2) -> tuple[Shape, ...] | Kind:
        """The paths, all of numbers, at least two; or the problem."""
        found = flat(inputs)
        if len(found) < least:
            return wrong(self, "two paths or more", found[0] if found else ())
        problems = [problem for path in found if (problem := needs_numbers(self, path))]
        return problems[0] if problems else found

    def _differ(self, paths: tuple[Shape, ...], rule: str, *advice: str) -> ShapesDiffer:
        return ShapesDiffer(self.word, tuple([str(path) for path in paths]), rule, advice)

    def _met(self, paths: tuple[Shape, ...]) -> Result:
        """One shape for all; a path without `of` meets each thing of one with `of`."""
        count = common_count(paths)
        if isinstance(count, str) or len({path.dims for path in paths}) > 1:
            rule = f"{self.word} wants paths of one shape; one without `of` meets each thing"
            return self._differ(paths, rule, *advice_for(paths))
        return Shape(paths[0].dims, count)


class NumberwiseJoin(Join):
    """A join that works number by number and may drop paths while training."""

    droppath: Number = option(
        "number", default=Fraction(0), doc="chance that a path is dropped; one always stays"
    )

    def shape(self, *paths: Any) -> Result:
        found = within("droppath", self.droppath, 0, 1) or self._paths(paths)
        return found if isinstance(found, Kind) else self._met(found)


def flat(inputs: tuple[Any, ...]) -> tuple[Shape, ...]:
    """Lists among the paths are opened."""
    found: list[Shape] = []
    for value in inputs:
        found.extend([value] if isinstance(value, Shape) else value)
    return tuple(found)


def common_count(paths: tuple[Shape, ...]) -> int | Count | None | str:
    """The count that the paths share, None if none has one; `differ` if there are two."""
    counts = {path.count for path in paths if path.count is not None}
    if len(counts) > 1:
        return "differ"
    return counts.pop() if counts else None


def advice_for(paths: tuple[Shape, ...]) -> tuple[str, ...]:
    """How two maps that do not fit are usually brought together."""
    first = paths[0]
    other = next((path for path in paths if path.dims != first.dims), first)
    if first.rank < 1 or other.rank != first.rank or other.count != first.count:
        return ()
    if first.channels == other.channels:
        return crop_advice(first, other)
    large, small = (first, other) if first.spatial > other.spatial else (other, first)
    strides = {a // b if b and a % b == 0 else 0 for a, b in zip(large.spatial, small.spatial)}
    ones = "x".join(["1"] * first.rank)
    if strides == {1}:
        return (f"project the first path: `conv {ones} {other.channels}` gives {other}",)
    if len(strides) == 1 and 0 not in strides:
        row = f"conv {ones}/{strides.pop()} {small.channels}"
        return (f"project the path of {large}: `{row}` gives {small}",)
    return ()


def crop_advice(first: Shape, other: Shape) -> tuple[str, ...]:
    """The sides differ: the larger map is cropped, or one is resized."""
    large, small = (first, other) if first.spatial > other.spatial else (other, first)
    sides = "x".join([str(side) for side in small.spatial])
    return (f"crop or resize the path of {large}: `crop {sides}` or `crop like=` a row of {small}",)


class Add(NumberwiseJoin):
    """Sum of the paths, number by number: the shortcut of residual networks.

    Shapes are equal; a value without `of` meets each thing of one with `of`. `weighted` trains one
    number for each path: relu(w) / (sum of relu(w) + 1e-4). No MACs.

    Example:
        input 56x56x64
        add
          identity
          conv 3x3 64 pad=half   -> 56x56x64

    Source: He et al. 2016, "Deep residual learning"; Tan et al. 2020 (weighted, in BiFPN).
    """

    words = ("add",)
    weighted_paths_doc = "one trained number for each path"
    weighted: bool = option("flag", default=False, doc=weighted_paths_doc)

    def weights(self, *paths: Any) -> Tensors:
        return {"weight": (len(flat(paths)),)} if self.weighted else {}


class Sub(NumberwiseJoin):
    """The first path minus the others, number by number. No MACs."""
