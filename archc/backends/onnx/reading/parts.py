"""Parts of larger things, by the rows that stand for them until the rest is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archc.backends.onnx.reading.views import View

if TYPE_CHECKING:
    from archc.backends.onnx.reading.attention import Heads


class Parts:
    """`heads` and `behind_heads` are an attention before and behind its last layer; `rolled` maps
    that are moved round their edge, by what they were and how far; `windows` maps that are cut
    into windows of these sides; `padded` maps with the zeros that this needs.
    """

    def __init__(self) -> None:
        self.heads: dict[int, Heads] = {}
        self.behind_heads: dict[int, tuple[int, View]] = {}
        self.rolled: dict[Any, tuple[int, tuple[int, int]]] = {}
        self.windows: dict[int, tuple[int, int]] = {}
        self.padded: dict[Any, int] = {}
