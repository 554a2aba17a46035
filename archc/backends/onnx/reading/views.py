"""Values as ONNX sees them: the numbers of something known, in another order or some of them.

A view is strided, as an array of NumPy is: each of its sides is made of parts, and a part is a
size and the distance between neighbours in what the view shows. Reshapes and transposes only
rewrite the parts, so that a chain of them is one view, whatever way an exporter takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from archc.backends.onnx.reading.problem import Unreadable
from archc.record import Record

Part = tuple[int, int]
"""a size, and the distance between neighbours"""
Side = tuple[Part, ...]


class View(Record):
    """`base` is what it shows: a row that was made, or a tensor of the model by its name."""

    base: int | str
    sides: tuple[Side, ...]
    offset: int = 0

    @property
    def shape(self) -> tuple[int, ...]:
        """The sides as numbers, the batch in front."""
        return tuple([size_of(side) for side in self.sides])

    @property
    def order(self) -> tuple[int, tuple[Part, ...]]:
        """In which order it shows the numbers, whatever its sides: equal for equal orders."""
        return self.offset, merged([part for side in self.sides for part in side])

    def with_base(self, base: int | str) -> View:
        """The same view of something else of the same sizes."""
        return View(base, self.sides, self.offset)


def whole(base: int | str, sizes: Sequence[int]) -> View:
    """A view of everything, in order."""
    sides: list[Side] = []
    distance = prod(sizes)
    for size in sizes:
        distance = distance // size if size else 0
        sides.append(((size, distance),))
    return View(base, tuple(sides))


def size_of(side: Side) -> int:
    """How many places a side has."""
    return prod([size for size, _ in side])


def merged(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Parts that go on where the next one ends are one."""
    found: list[Part] = []
    for size, distance in parts:
        if size == 1:
            continue
        if found and found[-1][1] == size * distance:
            found[-1] = (found[-1][0] * size, distance)
        else:
            found.append((size, distance))
    return tuple(found)


def reshaped(view: View, sizes: Sequence[int]) -> View:
    """Other sides. Raises Unreadable where a new side cuts through an old one unevenly."""
    pending = list(reversed(merged([part for side in view.sides for part in side])))
    sides: list[Side] = []
    for size_wanted in sizes:
        side: list[Part] = []
        wanted = size_wanted
        while wanted > 1:
            if not pending:
                raise Unreadable("a reshape to more numbers")
            size, distance = pending.pop()
            if wanted % size == 0:
                side.append((size, distance))
                wanted //= size
            elif size % wanted == 0:
                side.append((wanted, distance * (size // wanted)))
                pending.append((size // wanted, distance))
                wanted = 1
            else:
                raise Unreadable("a reshape across sides")
        if wanted < 1:
            raise Unreadable("a side without places")
        sides.append(tuple(side))
    if pending:
        raise Unreadable("a reshape to fewer numbers")
    return View(view.base, tuple(sides), view.offset)


def transposed(view: View, order: Sequence[int]) -> View:
    """The sides in another order."""
    if sorted(order) != list(range(len(view.sides))):
        raise Unreadable("a transpose of other sides")
    return View(view.base, tuple([view.sides[at] for at in order]), view.offset)


def sliced(view: View, axis: int, start: int, end: int, step: int = 1) -> View:
    """Some places of one side: the first, the one behind the last, and by how much to go on."""
    count = -(-(end - start) // step) if end > start and step > 0 else 0
    if count < 1:
        raise Unreadable("a slice without places")
    return strided(view, axis, start, [(count, step)])


def strided(view: View, axis: int, start: int, parts: Sequence[Part]) -> View:
    """Places of one side in an order that has parts itself: `start` is the first."""
    inner = list(reversed(merged(view.sides[axis])))
    if len(inner) > 1:
        return _across(view, axis, start, parts)
    size, distance = inner[0] if inner else (1, 0)
    last = start + sum([(count - 1) * step for count, step in parts])
    if start < 0 or last >= size:
        raise Unreadable("places beyond a side")
    side = tuple([(count, step * distance) for count, step in parts])
    sides = (*view.sides[:axis], side, *view.sides[axis + 1 :])
    return View(view.base, sides, view.offset + start * distance)


def _across(view: View, axis: int, start: int, parts: Sequence[Part]) -> View:
    """The same where the side is made of several parts: all of them in a new order, or a cut
    between them.
    """
    whole_side = [part for part in view.sides[axis] if part[0] > 1]
    if not start and prod([count for count, _ in parts]) == size_of(view.sides[axis]):
        side = tuple([one for part in parts for one in _places_of(*part, whole_side)])
        return View(view.base, (*view.sides[:axis], side, *view.sides[axis + 1 :]), view.offset)
    outer, *rest = merged(view.sides[axis])
    each = prod([size for size, _ in rest])
    (count, step), *more = parts
    uneven = start % each or count % each or not 0 <= start <= start + count <= outer[0] * each
    if more or step != 1 or uneven:
        raise Unreadable("places across the parts of a side")
    side = ((count // each, outer[1]), *rest)
    sides = (*view.sides[:axis], side, *view.sides[axis + 1 :])
    return View(view.base, sides, view.offset + start // each * outer[1])


def regular(order: Sequence[int]) -> tuple[int, list[Part]] | None:
    """An order of places as its first place and parts, None if it has no such rule."""
    parts: list[Part] = []
    places = list(order)
    while len(places) > 1:
        step = places[1] - places[0]
        length = 2
        while length < len(places) and places[length] - places[length - 1] == step:
            length += 1
        while len(places) % length:
            length -= 1
        if length < 2 or step < 0:
            return None
        parts.insert(0, (length, step))
        places = places[::length]
    start = places[0] if places else 0
    return (start, parts or [(1, 0)]) if list(_places(start, parts)) == list(order) else None


def _places(start: int, parts: Sequence[Part]) -> list[int]:
    found = [start]
    for size, distance in parts:
        found = [place + index * distance for place in found for index in range(size)]
    return found


def composed(view: View, inner: View) -> View:
    """A view of all that `inner` shows, as one of what that shows. Raises Unreadable."""
    inner_parts = [part for side in inner.sides for part in side if part[0] > 1]
    if view.offset:
        raise Unreadable("a part of an order")
    sides: list[Side] = []
    for side in view.sides:
        found: list[Part] = []
        for size, distance in side:
            found += _places_of(size, distance, inner_parts) if size > 1 else []
        sides.append(tuple(found))
    return View(inner.base, tuple(sides), inner.offset)


def _places_of(size: int, distance: int, parts: Sequence[Part]) -> list[Part]:
    """Neighbours at a distance, counted in numbers of an order, as parts of that order."""
    found: list[Part] = []
    below = 1
    for count, step in reversed(parts):
        if size > 1 and distance < below * count:
            if distance % below:
                raise Unreadable("places across an order")
            skip = distance // below
            here = min(size, count // skip)
            if count % skip or size % here:
                raise Unreadable("places across an order")
            found.insert(0, (here, step * skip))
            size //= here
            distance = below * count
        below *= count
    if size > 1:
        raise Unreadable("places beyond an order")
    return found


def widened(view: View, sizes: Sequence[int]) -> View:
    """The same numbers again along sides of 1, as ONNX's Expand and broadcasting do."""
    missing = len(sizes) - len(view.sides)
    sides = [*[((1, 0),)] * max(missing, 0), *view.sides]
    found: list[Side] = []
    for side, wanted in zip(sides, [1] * max(-missing, 0) + list(sizes)):
        size = size_of(side)
        if size == 1 and wanted != 1:
            found.append(((wanted, 0),))
        elif wanted in (1, size):
            found.append(side)
        else:
            raise Unreadable("sides that do not meet")
    return View(view.base, tuple(found), view.offset)
