"""Arrays that are worked out while they are written: passes change weights without holding them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from numpy import ndarray

AT_ONCE = 1 << 18
"""numbers that are worked out at a time: memory does not grow with an array"""
Pieces: TypeAlias = "Callable[[], Iterable[ndarray[Any, Any]]]"
"""the numbers of an array from its first to its last, some of them at a time, as often as asked"""


class Lazy:
    """An array whose `pieces` are worked out in float64; arithmetic on it gives another one.

    It has what `passes/base.py` promises of a state's arrays: arithmetic, `**`, `reshape`. Where
    two arrays meet, the one that is repeated to the sides of the other is held as a whole.
    """

    def __init__(self, shape: tuple[int, ...], pieces: Pieces) -> None:
        self.shape = shape
        self.pieces = pieces

    def reshape(self, shape: tuple[int, ...]) -> Lazy:
        """The same numbers with other sides."""
        return Lazy(shape, self.pieces)

    def _with(self, other: Any, work: Callable[[Any, Any], Any]) -> Lazy:
        if not isinstance(other, Lazy):
            return Lazy(self.shape, lambda: (work(piece, other) for piece in self.pieces()))
        shape = _together(self.shape, other.shape)
        return Lazy(
            shape,
            lambda: (
                work(mine, theirs).reshape(-1)
                for mine, theirs in zip(_cut(self, shape), _cut(other, shape), strict=True)
            ),
        )

    def __add__(self, other: Any) -> Lazy:
        return self._with(other, lambda a, b: a + b)

    def __sub__(self, other: Any) -> Lazy:
        return self._with(other, lambda a, b: a - b)

    def __rsub__(self, other: Any) -> Lazy:
        return self._with(other, lambda a, b: b - a)

    def __mul__(self, other: Any) -> Lazy:
        return self._with(other, lambda a, b: a * b)

    def __truediv__(self, other: Any) -> Lazy:
        return self._with(other, lambda a, b: a / b)

    def __rtruediv__(self, other: Any) -> Lazy:
        return self._with(other, lambda a, b: b / a)

    def __pow__(self, other: Any) -> Lazy:
        return self._with(other, lambda a, b: a**b)

    __radd__ = __add__
    __rmul__ = __mul__


def lazy(shape: tuple[int, ...], pieces: Pieces) -> Lazy:
    """An array whose numbers come in `pieces` of any kind and size."""

    def small() -> Iterator[ndarray[Any, Any]]:
        for piece in pieces():
            flat = piece.reshape(-1)
            for begin in range(0, flat.size, AT_ONCE):
                yield flat[begin : begin + AT_ONCE].astype("float64")

    return Lazy(shape, small)


def _together(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    """The sides of two arrays that meet, as NumPy's rules have it."""
    rank = max(len(one), len(other))
    pairs = zip((1,) * (rank - len(one)) + one, (1,) * (rank - len(other)) + other)
    return tuple([max(pair) for pair in pairs])


def _cut(array: Lazy, shape: tuple[int, ...]) -> Iterator[ndarray[Any, Any]]:
    """An array in blocks of these sides: read one by one, or repeated if it has fewer numbers."""
    import numpy as np

    if math.prod(array.shape) == math.prod(shape):
        sizes = [math.prod(block) for block, _ in _blocks(shape)]
        flat = of_sizes(array.pieces(), sizes)
        yield from (piece.reshape(block) for piece, (block, _) in zip(flat, _blocks(shape)))
        return
    whole = np.broadcast_to(np.concatenate(list(array.pieces())).reshape(array.shape), shape)
    yield from (whole[place] for _, place in _blocks(shape))


def _blocks(shape: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], tuple[Any, ...]]]:
    """The sides and the place of each block: some rows along the first axis that has such rows.

    A row is what lies behind one place of that axis and of those before it.
    """
    if not shape:
        yield (), ()
        return
    axes = range(len(shape))
    axis = next(at for at in axes if math.prod(shape[at + 1 :]) <= AT_ONCE)
    rows, behind = AT_ONCE // max(math.prod(shape[axis + 1 :]), 1), shape[axis + 1 :]
    for before in product(*[range(side) for side in shape[:axis]]):
        for first in range(0, shape[axis], rows):
            end = min(first + rows, shape[axis])
            yield (end - first, *behind), (*before, slice(first, end))


def of_sizes(
    pieces: Iterable[ndarray[Any, Any]], sizes: Iterable[int]
) -> Iterator[ndarray[Any, Any]]:
    """The same numbers in pieces of these sizes."""
    import numpy as np

    left, source = np.empty(0), iter(pieces)
    for size in sizes:
        held, number = [left], left.size
        while number < size:
            held.append(next(source))
            number += held[-1].size
        joined = np.concatenate(held) if len(held) > 1 else left
        yield joined[:size]
        left = joined[size:]
