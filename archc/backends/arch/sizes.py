"""Sizes behind the rows of a net, with letters where its input is open."""

from __future__ import annotations

import re

from archc.backends.arch.rows import Row
from archc.graph.ir import Instance
from archc.graph.outline import Outline
from archc.ops.ends import Input
from archc.ops.values import Shape


class Sizes:
    """What is written behind the rows of one body."""

    def __init__(self, outline: Outline, body: Instance, shown: bool) -> None:
        self.network = outline.network
        sides = outline.own_sides(body)
        self.own = sides, self._letters(len(sides), body)
        self.shown = shown and body.parent is None
        self.letters = self._divisors()
        self._said = ""

    def _letters(self, rank: int, body: Instance) -> str:
        """How the body's rows write the sides of what it is given."""
        opened = self.network.open_sides
        if opened and body.parent is None:
            by_axis = {axis: letter for letter, _, axis in opened[0].letters}
            return "x".join([by_axis.get(axis, str(axis)) for axis in range(rank)])
        return "x".join({1: "W", 2: "HW", 3: "DHW"}.get(rank, ""))

    def _divisors(self) -> dict[int, tuple[str, int]]:
        """For each open side of the input its letter, and what divides all its sizes."""
        found: dict[int, tuple[str, int]] = {}
        for opened in self.network.open_sides[:1]:
            for letter, _, axis in opened.letters:
                rule = re.search(rf"\b{letter} mod (\d+) == 0", opened.condition)
                found[axis] = letter, int(rule[1]) if rule else 1
        return found

    def behind(self, row: Row) -> str:
        """The size behind a row, if it is another than that of the row before."""
        value = self.network.nodes[row.last.gives].shape
        if not self.shown or not isinstance(value, Shape) or value.is_integer:
            return ""
        text = str(value) if not self.letters else self._open_size(value)
        said, self._said = self._said, text
        is_input = row.last.node is not None and isinstance(row.last.node.op, Input)
        return "" if text == said or is_input else text

    def _open_size(self, value: Shape) -> str:
        """`H/2xW/2x64` where the sides are those of the input, divided; `?` elsewhere."""
        if value.count is not None or value.rank != len(self.own[0]):
            return "" if value.count is not None or value.rank else str(value)
        sides = [self._open_side(axis, side) for axis, side in enumerate(value.spatial)]
        return "x".join([*sides, str(value.channels)])

    def _open_side(self, axis: int, side: int) -> str:
        whole, (letter, divisor) = self.own[0][axis], self.letters.get(axis, ("", 1))
        if not letter or not side or whole % side or divisor % (whole // side):
            return "?"
        return letter if whole == side else f"{letter}/{whole // side}"
