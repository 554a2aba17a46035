"""A network for ONNX, and how it is run."""

from __future__ import annotations

from textwrap import dedent
from typing import Any, NamedTuple


class Case(NamedTuple):
    """A network, and how it is run."""

    text: str
    how: dict[str, Any]


def case(text: str, **how: Any) -> Case:
    """The text as it is written here, with its lines moved to the left."""
    return Case(dedent(text.lstrip("\n")), how)
