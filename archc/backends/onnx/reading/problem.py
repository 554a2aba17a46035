"""What stops the reading of a model."""

from __future__ import annotations


class ModelProblem(Exception):
    """A model that cannot be read; the message is one line for people."""


class Unreadable(Exception):
    """A node has no meaning in the language as it stands; it becomes `extern`."""


def axis_of(axis: int, rank: int) -> int:
    """An axis counted from the front. Raises Unreadable for one that a value has not."""
    if not -rank <= axis < rank:
        raise Unreadable(f"axis {axis} of {rank} sides")
    return axis % rank
