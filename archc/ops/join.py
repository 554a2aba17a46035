"""Joins number by number: sums, differences, products, means and maxima of paths."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from archc.diagnostics.kinds.sizes import ShapesDiffer
from archc.diagnostics.kinds.values import ValueNotAllowed
from archc.diagnostics.model import Kind
from archc.ops.base import THINGS_HINT, Op, Result, Tensors, needs_numbers, option, within, wrong
from archc.ops.lowering import Make, Torch, met, opened, stacked
from archc.ops.nodes import Nodes
from archc.ops.values import Count, Number, Shape, number_text

TWO_COUNTS = "two counts"


class Join(Op):
    """What the joins share: paths in, one value out. A path that is a list stands for its items."""

    role = "join"

    def _paths(self, inputs: tuple[Any, ...]) -> tuple[Shape, ...] | Kind:
        """The paths, two at least and all of numbers; or the problem."""
        found = flat(inputs)
        if len(found) < 2:
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


def met_names(made: Nodes, inputs: tuple[Any, ...]) -> list[str]:
    """The paths' values such that they meet number by number: one without `of` meets each thing."""
    shapes = flat(inputs)
    counted = any(shape.count is not None for shape in shapes)
    return [
        made.unsqueeze(name, 1) if counted and shape.rank == 0 and shape.count is None else name
        for name, shape in zip(made.paths, shapes)
    ]


def one_by_one(made: Nodes, kind: str, terms: list[str]) -> str:
    """A node of two inputs for all terms, from the first on."""
    found = terms[0]
    for term in terms[1:]:
        found = made(kind, found, term)
    return found


def flat(inputs: tuple[Any, ...]) -> tuple[Shape, ...]:
    """The paths, with lists among them opened."""
    found: list[Shape] = []
    for value in inputs:
        found.extend([value] if isinstance(value, Shape) else value)
    return tuple(found)


def common_count(paths: tuple[Shape, ...]) -> int | Count | str | None:
    """The count that the paths share, None if none has one, TWO_COUNTS if they differ."""
    counts = {path.count for path in paths if path.count is not None}
    if len(counts) > 1:
        return TWO_COUNTS
    return counts.pop() if counts else None


def advice_for(paths: tuple[Shape, ...]) -> tuple[str, ...]:
    """How two maps that do not fit are usually brought together."""
    first = paths[0]
    other = next((path for path in paths if path.dims != first.dims), first)
    if first.rank < 1 or other.rank != first.rank or other.count != first.count:
        return ()
    large, small = (first, other) if first.spatial > other.spatial else (other, first)
    if first.channels == other.channels:
        return crop_advice(large, small)
    strides = {a // b if b and a % b == 0 else 0 for a, b in zip(large.spatial, small.spatial)}
    window = "x".join(["1"] * first.rank)
    if strides == {1}:
        return (f"project the first path: `conv {window} {other.channels}` gives {other}",)
    if len(strides) == 1 and 0 not in strides:
        row = f"conv {window}/{strides.pop()} {small.channels}"
        return (f"project the path of {large}: `{row}` gives {small}",)
    return ()


def crop_advice(large: Shape, small: Shape) -> tuple[str, ...]:
    """Only the sides differ: the larger map is cropped."""
    sides = "x".join([str(side) for side in small.spatial])
    return (f"bring the path of {large} to {sides}: `crop {sides}`, or `crop like=` that row",)


class Add(Join):
    """Sum of the paths, number by number: the shortcut of residual networks.

    Shapes are equal; a value without `of` meets each thing of one with `of`. `weighted` trains one
    number for each path and multiplies by relu(w) / (sum of relu(w) + 1e-4); with it there is no
    `droppath`. No MACs.

    Example:
        input 56x56x64
        add
          identity
          conv 3x3 64 pad=half
        relu                     -> 56x56x64

    Source: He et al. 2016, "Deep residual learning"; Tan et al. 2020 (weighted, in BiFPN).
    """

    words = ("add",)
    paths: str = option(
        "choice",
        default="equal",
        positional=True,
        choices=("equal", "weighted"),
        doc="weighted: one trained number for each path",
    )
    droppath: Number = option(
        "number", default=Fraction(0), doc="chance that a path is dropped; one always stays"
    )

    def shape(self, *paths: Any) -> Result:
        found = within("droppath", self.droppath, 0, 1) or self._paths(paths)
        if self.paths == "weighted" and self.droppath:
            return ValueNotAllowed(
                "droppath", number_text(self.droppath), "no value beside weighted"
            )
        return found if isinstance(found, Kind) else self._met(found)

    def weights(self, *paths: Any) -> Tensors:
        return {"weight": (len(flat(paths)),)} if self.paths == "weighted" else {}

    def torch(self, *paths: Any) -> Torch:
        terms = met(paths)
        if self.paths == "weighted":
            make = Make("WeightedSum", (len(terms),))
            return Torch(f"{{self}}({', '.join(terms)})", make)
        return dropped("sum", paths, self.droppath) if self.droppath else summed(" + ", terms)

    def onnx(self, made: Nodes, *paths: Any) -> str:
        terms = met_names(made, paths)
        if self.paths != "weighted":
            return one_by_one(made, "Add", terms)
        weight = made("Relu", made.tensor("weight"))
        whole = made("Add", made.reduce("ReduceSum", weight, 0), made.number(1e-4))
        parts = made("Div", weight, whole)
        shares = [made.slice(parts, at, at + 1, 0) for at in range(len(terms))]
        return one_by_one(made, "Add", [made("Mul", *pair) for pair in zip(terms, shares)])


class Sub(Join):
    """The first path minus the others, number by number. No MACs.

    Shapes are equal; a value without `of` meets each thing of one with `of`.

    Example:
        input 32x32x16
        sub
          identity
          conv 3x3 16 pad=half
        relu                     -> 32x32x16

    Source: elementary; for example Zhang et al. 2017 (DnCNN, image minus its noise).
    """

    words = ("sub",)

    def shape(self, *paths: Any) -> Result:
        found = self._paths(paths)
        return found if isinstance(found, Kind) else self._met(found)

    def torch(self, *paths: Any) -> Torch:
        return summed(" - ", met(paths))

    def onnx(self, made: Nodes, *paths: Any) -> str:
        return one_by_one(made, "Sub", met_names(made, paths))


class AbsDiff(Join):
    """Absolute difference of two paths, |a - b|, number by number. No MACs.

    Example:
        a: input 4096
        b: input 4096
        absdiff a b
        fc 1 ; sigmoid           -> 1

    Source: Koch et al. 2015, "Siamese neural networks for one-shot image recognition".
    """

    words = ("absdiff",)

    def shape(self, *paths: Any) -> Result:
        found = self._paths(paths)
        if isinstance(found, Kind):
            return found
        if len(found) != 2:
            return wrong(self, "exactly two paths", found)
        return self._met(found)

    def torch(self, *paths: Any) -> Torch:
        return Torch(f"({' - '.join(met(paths))}).abs()")

    def onnx(self, made: Nodes, *paths: Any) -> str:
        return made("Abs", one_by_one(made, "Sub", met_names(made, paths)))


class Reduction(Join):
    """What mean and max share: over the paths, or with `things` over the things of one value."""

    droppath: Number = option(
        "number", default=Fraction(0), doc="chance that a path is dropped; one always stays"
    )
    things: bool = option("flag", default=False, doc="over the things of the running value")

    def shape(self, *paths: Any) -> Result:
        problem = within("droppath", self.droppath, 0, 1)
        if problem:
            return problem
        if self.things:
            if self.droppath:
                return ValueNotAllowed("droppath", str(self.droppath), "no value beside things")
            return over_things(self, paths)
        found = self._paths(paths)
        return found if isinstance(found, Kind) else self._met(found)

    def _reduced(self, name: str, paths: tuple[Any, ...]) -> Torch:
        """torch's reduction over the things, or over the paths stacked."""
        if self.things:
            return Torch(f"{{0}}.{name}({'0, keepdim=True' if paths[0].rank else '1'})")
        if self.droppath:
            return dropped(name, paths, self.droppath)
        return Torch(f"torch.stack([{', '.join(stacked(paths))}]).{name}(0)")


def over_all(made: Nodes, kind: str, value: Shape) -> str:
    """A reduction over the things of a value."""
    return made.reduce(kind, made.x, 0 if value.rank else 1, keepdims=value.rank > 0)


def summed(sign: str, terms: list[str]) -> Torch:
    """The terms with a sign between them."""
    return Torch(sign.join(terms), fresh=True)


def dropped(name: str, paths: tuple[Any, ...], chance: Number) -> Torch:
    """A join of which training leaves out paths."""
    make = Make("DropPaths", (name, float(chance)))
    return Torch(f"{{self}}({', '.join(stacked(paths))})", make)


def over_things(op: Op, inputs: tuple[Any, ...]) -> Result:
    """One thing of the many in `T of D`, `R of HxWxC`."""
    value = inputs[0] if len(inputs) == 1 else flat(inputs)
    if not isinstance(value, Shape) or value.is_integer or value.count is None:
        return wrong(op, "things such as 196 of 512", value, THINGS_HINT)
    return Shape(value.dims)


class Mean(Reduction):
    """Mean of the paths, number by number; `mean things`: of the things of `T of D`. No MACs.

    With `droppath` while training, each path of a sample is left out of the mean with that chance,
    but never all of them.

    Example:
        input 14x14x512
        tokens
        mean things              -> 512

    Source: Larsson et al. 2017, "FractalNet" (join layers).
    """

    words = ("mean",)

    def torch(self, *paths: Any) -> Torch:
        return self._reduced("mean", paths)

    def onnx(self, made: Nodes, *paths: Any) -> str:
        if self.things:
            return over_all(made, "ReduceMean", paths[0])
        terms = met_names(made, paths)
        return made("Mean", *terms)


class Max(Reduction):
    """Largest of the paths, number by number; `max things`: of the things of `T of D`. No MACs.

    Example:
        input T of 64
        fc 1024 ; relu
        max things               -> 1024

    Source: Goodfellow et al. 2013, "Maxout networks"; Qi et al. 2017 (PointNet, over things).
    """

    words = ("max",)

    def torch(self, *paths: Any) -> Torch:
        return self._reduced("amax", paths)

    def onnx(self, made: Nodes, *paths: Any) -> str:
        return (
            over_all(made, "ReduceMax", paths[0])
            if self.things
            else made("Max", *met_names(made, paths))
        )


class Mul(Join):
    """Product of the paths, number by number: gates, attention by channels or places. No MACs.

    Shapes are equal, or a path is a gate: `C` or `1x1xC` against `HxWxC` (one number for each
    channel), `HxWx1` (one for each place), `1` (one for all of them: for each thing of `T of D`). A
    value without `of` meets each thing of one with `of`.

    Example:
        input 56x56x64
        mul
          identity
          gap ; conv 1x1 64 ; sigmoid
        relu                     -> 56x56x64

    Source: Hu et al. 2018, "Squeeze-and-excitation networks"; Srivastava et al. 2015 (gates).
    """

    words = ("mul",)

    def shape(self, *paths: Any) -> Result:
        found = self._paths(paths)
        if isinstance(found, Kind):
            return found
        count = common_count(found)
        full = [path for path in found if all(fits_gate(other, path) for other in found)]
        if isinstance(count, str) or not full:
            rule = "mul wants equal shapes or a gate: C, 1x1xC or HxWx1 for HxWxC, 1 for all"
            return self._differ(found, rule, *advice_for(found))
        return Shape(full[0].dims, count)

    def torch(self, *paths: Any) -> Torch:
        shapes = [value for _, value in opened(paths)]
        rank = max([value.rank for value in shapes])
        terms = [
            path + "".join(f"[:, :{', None' * rank}]" if rank and not value.rank else "")
            for path, value in zip(met(paths), shapes)
        ]
        return summed(" * ", terms)

    def onnx(self, made: Nodes, *paths: Any) -> str:
        shapes = flat(paths)
        rank = max([shape.rank for shape in shapes])
        terms = [
            made.unsqueeze(name, *range(2, rank + 2)) if rank and not shape.rank else name
            for name, shape in zip(met_names(made, paths), shapes)
        ]
        return one_by_one(made, "Mul", terms)


def fits_gate(gate: Shape, value: Shape) -> bool:
    """Whether a path can multiply a value: its own shape, or one number for many of its numbers."""
    channel = (*[1] * value.rank, value.channels)
    place = (*value.spatial, 1)
    return gate.dims in (value.dims, (value.channels,), channel, place, (1,))
