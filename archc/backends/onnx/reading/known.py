"""What is known of values while a model is read: sizes, counts, the numbers of constants."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from archc.backends.onnx.reading.call import Call
from archc.backends.onnx.reading.file import Model
from archc.backends.onnx.reading.made import Made
from archc.backends.onnx.reading.views import View, whole
from archc.ops.base import Op
from archc.ops.ends import Input
from archc.ops.values import Count, Shape

if TYPE_CHECKING:
    from numpy import ndarray

FOLDED_AT_MOST = 2**22
"""numbers of a constant that is worked out while reading"""
_LETTERS = "TSRQPN"
_NUMBERS = (7907, 7901, 7883, 7879, 7877, 7873)
"""stand for open numbers of things"""


class Known:
    """Sizes of rows and numbers of constants.

    `batch` stands for the number of samples, `counts` for numbers that the model leaves open.
    `rows` are made in the order in which they are needed; `values` are views of them by name,
    `calls` the nodes that give them.
    """

    def __init__(self, model: Model, batch: int) -> None:
        self.model = model
        self.batch = batch
        self.rows: list[Made] = []
        self.values: dict[str, View] = {}
        self.calls: dict[str, Call] = {}
        self.folded: dict[str, ndarray[Any, Any]] = {}
        self.folded_numbers = 0
        """how many numbers all of `folded` have"""
        self.counts: dict[str, int] = {}
        self._symbols: dict[str, Count] = {}

    def known(self, name: str) -> View | None:
        """The value of this name if it has one yet."""
        raise NotImplementedError

    def view(self, name: str) -> View:
        """The value of this name. Raises Unreadable if nothing is known of it."""
        raise NotImplementedError

    # ---- sizes ---------------------------------------------------------------------------------

    def count_of(self, side: str) -> Count:
        """An open number of things, by what the model calls it: a capital letter, or `T+1`."""
        if side in self._symbols:
            return self._symbols[side]
        letter, plus, more = side.partition("+")
        known = len(letter) == 1 and letter.isalpha() and letter.isupper()
        if not known or (plus and not more.isdigit()):
            letter, more = _LETTERS[len(self.counts) % len(_LETTERS)], ""
        self.counts.setdefault(letter, _NUMBERS[len(self.counts) % len(_NUMBERS)])
        found = self._symbols[side] = Count(letter, int(more or 0))
        return found

    def is_list(self, made: Made) -> bool:
        """Whether a row gives several values."""
        return not isinstance(made.shape, Shape)

    def number(self, count: int | Count | None) -> int | None:
        """A count of things, with a number for one that is open."""
        if isinstance(count, Count):
            return self.counts[count.symbol] + count.plus
        return count

    def sizes(self, made: Made) -> tuple[int, ...]:
        """Sides of a row's value in ONNX's order, with numbers for what is open."""
        shape, rows = made.shape, made.rows
        if not isinstance(shape, Shape):
            return ()
        each = (shape.channels, *shape.spatial) if shape.dims else ()
        if shape.count is None:
            return (rows or self.batch, *each)
        count = rows or self.number(shape.count)
        assert count is not None
        if shape.rank > 0:
            return (count, *each)
        return (self.samples(made), count, *each)

    def samples(self, made: Made) -> int:
        """The side of a value that stands for the samples: 1 where things of all are one row."""
        return self.batch if made.rows is None else 1

    def _rows(self, op: Op, shape: Any, inputs: tuple[int, ...]) -> int | None:
        """How many things the value of an operator has if those of all samples lie in one row."""
        before = [made for made in [self.rows[index] for index in inputs] if made.rows]
        if not isinstance(shape, Shape) or (shape.count is None and not before):
            return None
        count = self.number(shape.count) or 1
        if before and getattr(before[0].shape, "count", None) == shape.count:
            return before[0].rows
        if before:
            return count
        if shape.rank > 0:
            return count if isinstance(op, Input) else count * self.batch
        return None

    # ---- constants -----------------------------------------------------------------------------

    def is_tensor(self, name: str) -> bool:
        """Whether a value is a tensor of the model."""
        view = self.known(name)
        return view is not None and isinstance(view.base, str)

    def array(self, name: str) -> ndarray[Any, Any] | None:
        """The numbers of a constant, None if it is none or too large."""
        view = self.known(name)
        if view is None or not isinstance(view.base, str) or prod(view.shape) > FOLDED_AT_MOST:
            return None
        if view.base not in self.folded and not self.model.has_numbers(view.base):
            return None
        return self.numbers_of(view)

    def numbers_of(self, view: View) -> ndarray[Any, Any]:
        """The numbers that a view of a tensor shows."""
        import numpy as np

        assert isinstance(view.base, str)
        base = self.folded.get(view.base)
        base = self.model.array(view.base) if base is None else base
        if not prod(view.shape):
            return np.zeros(view.shape, base.dtype)
        flat = np.ascontiguousarray(base).reshape(-1)
        parts = [part for side in view.sides for part in side if part[0] > 1]
        steps = [distance * flat.itemsize for _, distance in parts]
        sizes = [size for size, _ in parts]
        found = np.lib.stride_tricks.as_strided(flat[view.offset :], sizes, steps, writeable=False)
        return found.reshape(view.shape)

    def scalar(self, name: str) -> float | None:
        """The number of a constant that is one number (many times, perhaps)."""
        view = self.known(name)
        if view is None or prod(view.shape) != 1:
            return None
        found = self.array(name)
        return None if found is None else float(found.reshape(-1)[0])

    def is_zero(self, name: str) -> bool:
        """Whether a value is zeros, however many."""
        call = self.calls.get(name)
        if call is not None and call.kind == "Expand" and not self.is_tensor(name):
            return self.scalar(call.inputs[0]) == 0
        found = self.array(name)
        return found is not None and not found.any()

    def zero_sides(self, name: str) -> tuple[int, ...] | None:
        """The sides of zeros, however many."""
        call = self.calls.get(name)
        if call is not None and call.kind == "Expand" and not self.is_tensor(name):
            return self.integers(call.inputs[1])
        return self.view(name).shape

    def integers(self, name: str) -> tuple[int, ...] | None:
        """The whole numbers of a constant."""
        found = self.array(name) if name else None
        return None if found is None else tuple([int(one) for one in found.reshape(-1)])

    def constant(self, name: str, array: Any) -> None:
        """A value that is known now."""
        import numpy as np

        self.folded[name] = np.asarray(array)
        self.folded_numbers += self.folded[name].size
        self.values[name] = whole(name, self.folded[name].shape)
