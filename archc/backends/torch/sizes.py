"""Sizes of values as torch has them: batch first, channels second."""

from __future__ import annotations

from archc.ops.values import Count, Shape

THINGS = 3
"""in the place of a count that is not known before a network runs"""


def size_of(shape: Shape) -> tuple[int, ...]:
    """A value's size in torch, for one sample."""
    count = _number(shape.count)
    each = (shape.channels, *shape.spatial) if shape.dims else ()
    if count is None:
        return (1, *each)
    return (count, *each) if shape.rank > 0 else (1, count, *each)


def _number(count: int | Count | None) -> int | None:
    return THINGS + count.plus if isinstance(count, Count) else count
