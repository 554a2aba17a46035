"""Names that nobody else has."""

from __future__ import annotations

from collections.abc import Container
from itertools import chain, count


def free_name(name: str, taken: Container[str], sign: str = ".") -> str:
    """The name, with a number behind it if it is taken: `x`, `x.2`, `x.3`."""
    others = (f"{name}{sign}{number}" for number in count(2))
    return next(one for one in chain([name], others) if one not in taken)
