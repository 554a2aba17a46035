"""Joins that put paths behind each other or side by side; and the product of two matrices."""

from __future__ import annotations

from typing import Any

from archc.diagnostics.model import Kind
from archc.ops.base import THINGS_HINT, Result, wrong
from archc.ops.join import Join, crop_advice, flat
from archc.ops.lowering import Torch, channel_axis, opened
from archc.ops.nodes import Names, Nodes
from archc.ops.values import Count, Shape


class Concat(Join):
    """The channels of all paths behind each other, in the order of the paths. No MACs.

    Sides and counts are equal; on vectors and things the numbers stand behind each other.

    Example:
        input 28x28x192
        concat
          conv 1x1 64
          conv 3x3 128 pad=half
        relu                     -> 28x28x192

    Source: Szegedy et al. 2015, "Going deeper with convolutions"; Huang et al. 2017 (DenseNet).
    """

    words = ("concat",)

    def shape(self, *paths: Any) -> Result:
        found = self._paths(paths)
        if isinstance(found, Kind):
            return found
        if len({(path.spatial, path.count) for path in found}) == 1:
            return found[0].with_channels(sum([path.channels for path in found]))
        return self._differ(found, "only the channels may differ", *self._advice(found))

    def _advice(self, paths: tuple[Shape, ...]) -> tuple[str, ...]:
        first = paths[0]
        other = next((path for path in paths if path.spatial != first.spatial), first)
        if other.rank != first.rank or first.rank < 1 or first.count != other.count:
            return ()
        large, small = (first, other) if first.spatial > other.spatial else (other, first)
        return crop_advice(large, small)

    def torch(self, *paths: Any) -> Torch:
        terms = ", ".join([path for path, _ in opened(paths)])
        return Torch(f"torch.cat([{terms}], dim={channel_axis(flat(paths)[0])})")

    def onnx(self, made: Nodes, *paths: Any) -> str:
        return made("Concat", *made.paths, axis=channel_axis(flat(paths)[0]))


class Append(Join):
    """The things of all paths behind each other, in the order of the paths. No MACs.

    Each thing has the same shape; a vector without `of` is one thing. The counts are added; two
    counts that are unknown have no sum that could be written, which is an error.

    Example:
        input 38x38x84
        append
          tokens 21
          maxpool ; tokens 21
        softmax                  -> 7220 of 21

    Source: Liu et al. 2016, "SSD" (the scores of all maps).
    """

    words = ("append",)

    def shape(self, *paths: Any) -> Result:
        found = flat(paths)
        if len(found) < 2:
            return wrong(self, "two paths or more", found[0] if found else ())
        if len({path.dims for path in found}) > 1:
            return self._differ(found, "append wants things of one shape; their counts may differ")
        if found[0].rank > 0 and any(path.count is None for path in found):
            return wrong(self, "paths of things such as 196 of 512", found, THINGS_HINT)
        unknown = [path.count for path in found if isinstance(path.count, Count)]
        if len(unknown) > 1:
            return self._differ(found, f"{unknown[0]} and {unknown[1]} have no known sum")
        known = [path.count if isinstance(path.count, int) else 1 for path in found]
        if not unknown:
            return Shape(found[0].dims, sum(known))
        count = unknown[0]
        return Shape(found[0].dims, Count(count.symbol, count.plus + sum(known) - 1))

    def torch(self, *paths: Any) -> Torch:
        if flat(paths)[0].rank > 0:
            return Torch(f"torch.cat([{', '.join([path for path, _ in opened(paths)])}])")
        terms = [
            path if value.count is not None else f"{path}.unsqueeze(1)"
            for path, value in opened(paths)
        ]
        return Torch(f"torch.cat([{', '.join(terms)}], dim=1)")

    def onnx(self, made: Nodes, *paths: Any) -> str:
        shapes = flat(paths)
        if shapes[0].rank > 0:
            return made("Concat", *made.paths, axis=0)
        terms = [
            name if shape.count is not None else made.unsqueeze(name, 1)
            for name, shape in zip(made.paths, shapes)
        ]
        return made("Concat", *terms, axis=1)


class List(Join):
    """Several values side by side, nothing computed: for `each`, `roialign`, joins and `output`.

    Lists in it are opened, so a list is always flat. The values may have any shapes.

    Example:
        input 56x56x64
        list
          conv 1x1 9
          conv 1x1 36            -> 56x56x36

    Source: Lin et al. 2017, "Feature pyramid networks" (the maps of all scales).
    """

    words = ("list",)
    rearranges = True

    def shape(self, *paths: Any) -> Result:
        return flat(paths) or wrong(self, "one value or more", ())

    def torch(self, *paths: Any) -> Torch:
        return Torch(f"[{', '.join([path for path, _ in opened(paths)])}]")

    def onnx(self, made: Nodes, *paths: Any) -> Names:
        return tuple(made.paths)


class MatMul(Join):
    """Matrix product of two paths: `M of K` with `K of N` gives `M of N`, a vector `K` gives `N`.

    MACs: M * K * N.

    Example:
        a: input 6x8
        b: input 8x5
        a2: from a ; tokens
        b2: from b ; tokens
        matmul a2 b2             -> 6 of 5

    Source: elementary; for example Wang et al. 2018, "Non-local neural networks".
    """

    words = ("matmul",)

    def shape(self, *paths: Any) -> Result:
        found = self._paths(paths)
        if isinstance(found, Kind):
            return found
        if len(found) != 2 or any(path.rank != 0 for path in found) or found[1].count is None:
            return wrong(self, "`M of K` and `K of N`", found, THINGS_HINT)
        left, right = found
        if right.count != left.channels:
            rule = "the numbers of the first must be as many as the things of the second"
            advice = ("`transpose` turns T of D into D of T",)
            return self._differ(found, rule, *advice)
        return Shape((right.channels,), left.count)

    def macs(self, inputs: tuple[Any, ...], output: Any) -> int:
        left, right = flat(inputs)
        return left.numbers * right.channels

    def torch(self, *paths: Any) -> Torch:
        (left, first), (right, _) = opened(paths)
        if first.count is None:
            return Torch(f"({left}.unsqueeze(1) @ {right}).squeeze(1)")
        return Torch(f"{left} @ {right}")

    def onnx(self, made: Nodes, *paths: Any) -> str:
        left, right = made.paths
        if flat(paths)[0].count is not None:
            return made("MatMul", left, right)
        return made.squeeze(made("MatMul", made.unsqueeze(left, 1), right), 1)
