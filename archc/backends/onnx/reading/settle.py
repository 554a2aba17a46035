"""Views brought into the language's own order, by moves of the language.

What a move does to numbers is read from its own ONNX nodes, so that it is said in one place.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING, Any

from archc.backends.onnx.reading.moves import MOVES
from archc.backends.onnx.reading.problem import Unreadable
from archc.backends.onnx.reading.views import View, whole
from archc.diagnostics.model import Kind
from archc.ops.base import Op
from archc.ops.channels import Chunk, Shuffle
from archc.ops.nodes import Nodes
from archc.ops.pixels import PixelShuffle, PixelUnshuffle
from archc.ops.resample import Crop
from archc.ops.shape import Flatten, Map, Reshape, Token, Tokens, Transpose
from archc.ops.values import Count, Shape, Window

if TYPE_CHECKING:
    from archc.backends.onnx.reading.call import Call
    from archc.backends.onnx.reading.made import Made
    from archc.backends.onnx.reading.reader import Reading

DEEPEST = 3
"""moves behind each other that are tried"""
CHUNKS_TRIED = 8
SHUFFLED_AT_MOST = 2**14
"""channels, for which an order is worked out place by place"""
INPUT = "x"


class Settling:
    """The moves that were made, so that the same view is the same row."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self._made: dict[tuple[Any, ...], int] = {}
        self._found: dict[tuple[Any, ...], tuple[Op, ...] | None] = {}

    def is_near(self, view: View) -> bool:
        """Whether one move at most brings a row into the order of a view."""
        moves = self._known(view, "")
        return moves is not None and len(moves) < 2

    def _known(self, view: View, wish: str) -> tuple[Op, ...] | None:
        """The fewest moves to a view, found once for all views that are alike."""
        made = self.reading.row(view)
        key = (made.shape, made.rows, view.sides, view.offset, wish)
        if key not in self._found:
            self._found[key] = self._moves(made, view, wish)
        return self._found[key]

    def settled(self, view: View, wish: str) -> int:
        """The row whose value a view shows. Raises Unreadable."""
        made = self.reading.row(view)
        assert isinstance(view.base, int)
        if not isinstance(made.shape, Shape):
            raise Unreadable("a list")
        moves = self._known(view, wish)
        if moves is None:
            raise Unreadable(f"numbers of {made.shape} in an order that no move gives")
        index, here = view.base, self.reading.call
        _, by = self.reading.arranged.get(id(view), (view, None))
        arranged = by or self.reading.first_arranged.get(view)
        for op in moves:
            self.reading.call = arranged or here
            if arranged is None and isinstance(op, Map):  # it ends what made the things
                self.reading.call = self.reading.rows[index].call
            index = self._move(index, op, by)
        self.reading.call = here
        return index

    def _move(self, index: int, op: Op, by: Call | None) -> int:
        """The row of a move; parts that several nodes take stay several rows."""
        inner = self.reading.parts.padded.get(index)
        if inner is not None and op == Crop(size=Window(self.reading.shape(inner).spatial), at=0):
            return inner
        key = (index, op, by if isinstance(op, (Chunk, Crop, Token)) else None)
        if key not in self._made:
            found = self.reading.emit(op, index).base
            assert isinstance(found, int)
            self._made[key] = found
        return self._made[key]

    def _moves(self, made: Made, view: View, wish: str) -> tuple[Op, ...] | None:
        """The fewest moves that bring the value of a row into the order of a view."""
        everything = whole(0, self.reading.sizes(made))
        level: list[tuple[tuple[Op, ...], Shape, View]] = [((), made.shape, everything)]
        for depth in range(DEEPEST + 1):
            for moves, found, shown in level:
                if shown.shape == view.shape and shown.order == view.order and _is(found, wish):
                    return moves
            if depth < DEEPEST:
                level = [*self._further(level, view)]
        return None

    def _further(
        self, level: list[tuple[tuple[Op, ...], Shape, View]], view: View
    ) -> Iterator[tuple[tuple[Op, ...], Shape, View]]:
        for moves, shape, shown in level:
            for op in (*_candidates(shape, view), *self._one_of_many(shape, view)):
                if moves and type(moves[-1]) is type(op):
                    continue
                found = op.shape(shape)
                if isinstance(found, Kind) or not isinstance(found, Shape):
                    continue
                after = self.through(op, shape, shown)
                if after is not None:
                    yield (*moves, op), found, after

    def _one_of_many(self, shape: Shape, view: View) -> Iterator[Op]:
        """One of things whose number is open, counted from the front, or the last."""
        if shape.rank == 0 and isinstance(shape.count, Count) and shape.dims:
            index = view.offset // shape.channels
            last = index + 1 == self.reading.number(shape.count)
            yield Token(last=True) if last else Token(index=index)

    def through(self, op: Op, shape: Shape, view: View) -> View | None:
        """What a move makes of a view, by its ONNX nodes."""
        made = Nodes((INPUT,), self.reading.opset)
        values = {INPUT: view}
        name = op.onnx(made, shape)
        constants = {
            f"#{key}": one.numbers if one.sides else one.numbers[0]
            for key, one in made.constants.items()
        }
        for node in made.nodes:
            attributes = dict(node.attributes)

            def numbers(index: int, inputs: tuple[str, ...] = node.inputs) -> Any:
                return constants[inputs[index]] if index < len(inputs) else None

            try:
                found = MOVES[node.kind](values[node.inputs[0]], attributes.get, numbers)
            except (Unreadable, KeyError):
                return None
            values[node.outputs[0]] = found
        return values[name] if isinstance(name, str) else None


def _is(shape: Shape, wish: str) -> bool:
    if wish == "map":
        return shape.rank > 0
    if wish == "things":
        return shape.rank == 0 and shape.count is not None
    if wish == "vector":
        return shape.rank == 0 and shape.count is None
    return True


def _candidates(shape: Shape, view: View) -> Iterator[Op]:
    """Moves that could lead from a value of this shape to a view."""
    if len(view.sides) < 2:  # samples and numbers in one side
        return
    after = view.shape[2:]
    wanted, here = prod(view.shape[1:]), 0 if isinstance(shape.count, Count) else shape.numbers
    if here and wanted < here:
        yield from _parts(shape, view, here, wanted)
    if shape.count is None:
        yield from _of_one(shape, view)
    elif shape.rank:
        yield Flatten()
        sides = view.shape
        yield Reshape(size=Window((*sides[2:], sides[1]) if len(sides) > 2 else sides[-1:]))
    else:
        yield Transpose()
        yield Flatten()
        if len(after) == 1:
            yield Map(length=after[0])
        elif after:
            yield Map(size=Window(after))


def _of_one(shape: Shape, view: View) -> Iterator[Op]:
    """Moves of a map or a vector."""
    sides = view.shape
    if shape.rank:
        yield Flatten()
    yield Tokens()
    if sides[-1] < shape.channels:
        yield Tokens(numbers=sides[-1])
    for size in sorted({size for side in view.sides for size, _ in side if size > 1}):
        if size < shape.channels <= SHUFFLED_AT_MOST and shape.channels % size == 0:
            yield Shuffle(groups=size)
    if shape.rank == 2:
        yield from _pixels(shape, view)
    if len(sides) > 3:
        yield Reshape(size=Window((*sides[2:], sides[1])))


def _parts(shape: Shape, view: View, here: int, wanted: int) -> Iterator[Op]:
    """Some of the channels, one of the things, a part of a map."""
    of = here // wanted
    places = prod(shape.spatial)
    if here % wanted == 0 and shape.channels % of == 0:
        first = view.offset // (places * (shape.channels // of)) + 1
        numbers = [first, *[number for number in range(1, of + 1) if number != first]]
        for number in numbers[:CHUNKS_TRIED]:
            if number <= of:
                yield Chunk(number=number, of=of)
    if shape.rank == 0 and isinstance(shape.count, int):
        index = view.offset // shape.channels
        if index < shape.count:
            yield Token(index=index)
    sides = view.shape[2:]
    if shape.rank and len(sides) == shape.rank and view.shape[1] == shape.channels:
        yield Crop(size=Window(sides))
        offset, at = view.offset, []
        for size in reversed(shape.spatial):
            at.append(offset % size)
            offset //= size
        if len(set(at)) == 1:
            yield Crop(size=Window(sides), at=at[0])


def _pixels(shape: Shape, view: View) -> Iterator[Op]:
    """Channels as places, places as channels."""
    side = prod(view.shape[2:])
    places = prod(shape.spatial)
    for factor in range(2, 9):
        if side == places * factor**2:
            yield PixelShuffle(factor=factor)
        if side * factor**2 == places or view.shape[1] * factor**2 == places:
            yield PixelUnshuffle(factor=factor)
            yield PixelUnshuffle(factor=factor, order="places")
