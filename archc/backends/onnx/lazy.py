"""Arrays that are worked out when they are written: passes change weights without holding them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from archc.graph.tensors import StateTensor

if TYPE_CHECKING:
    from numpy import ndarray


class Lazy:
    """An array that `made` works out, in float64; arithmetic on it gives another one.

    It has what `passes/base.py` promises of a state's arrays: arithmetic, `**`, `reshape`.
    """

    def __init__(self, shape: tuple[int, ...], made: Callable[[], ndarray[Any, Any]]) -> None:
        self.shape = shape
        self.made = made

    def reshape(self, shape: tuple[int, ...]) -> Lazy:
        """The same numbers with other sides."""
        return Lazy(shape, lambda: self.made().reshape(shape))

    def _with(self, other: Any, work: Callable[[Any, Any], Any]) -> Lazy:
        if not isinstance(other, Lazy):
            return Lazy(self.shape, lambda: work(self.made(), other))
        shape = _together(self.shape, other.shape)
        return Lazy(shape, lambda: work(self.made(), other.made()))

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


def _together(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    """The sides of two arrays that meet, as NumPy's rules have it."""
    rank = max(len(one), len(other))
    pairs = zip((1,) * (rank - len(one)) + one, (1,) * (rank - len(other)) + other)
    return tuple([max(pair) for pair in pairs])


class LazyState(Mapping[str, Lazy]):
    """The tensors of a network by key, none of them in memory."""

    def __init__(
        self,
        tensors: Mapping[str, StateTensor],
        whole: Callable[[StateTensor], ndarray[Any, Any]],
    ) -> None:
        self._tensors = tensors
        self._whole = whole

    def __getitem__(self, key: str) -> Lazy:
        tensor = self._tensors[key]
        return Lazy(tensor.shape, lambda: self._whole(tensor).astype("float64"))

    def __iter__(self) -> Iterator[str]:
        return iter(self._tensors)

    def __len__(self) -> int:
        return len(self._tensors)
