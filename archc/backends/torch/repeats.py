"""Blocks that repeat: `unit1`, `unit2`, ..., made alike and run one behind the other, are loops."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archc.backends.torch.body import Body
from archc.backends.torch.members import Item, output_of
from archc.graph.ir import Instance
from archc.record import Record

FEWEST = 3
"""so many blocks become a loop"""
COUNTED = re.compile(r"([A-Za-z_]\w*?)(0|[1-9]\d*)")


class Repeat(Record):
    """Blocks of one class: their names are `stem` and the numbers from `first` to `last`."""

    items: tuple[Item, ...]
    stem: str
    first: int
    last: int

    def head(self, counter: str) -> str:
        """The head of the loop over them."""
        return f"for {counter} in range({self.first}, {self.last + 1}):"

    def name(self, counter: str) -> str:
        """The expression for the name of one of them."""
        return f'f"{self.stem}{{{counter}}}"'


def repeats(body: Body) -> Iterator[Repeat]:
    """All of a class, directly in it; a block that is used again elsewhere ends its row."""
    names = list(body.members.root.children.items())
    blocks = [item for item in body.items if isinstance(item, Instance)]
    uses = {block: body.source.lowering.first_use(block) for block in blocks}
    again = {first for block, first in uses.items() if first is not block}
    start = 0
    for end in range(1, len(names) + 1):
        if end < len(names) and _goes_on(body, names[end - 1], names[end], again):
            continue
        items = [item for _, item in names[start:end] if isinstance(item, Instance)]
        found = COUNTED.fullmatch(names[start][0])
        if found and len(items) >= FEWEST and body.members.is_row(items):
            first = int(found[2])
            yield Repeat(tuple(items), found[1], first, first + len(items) - 1)
        start = end


def _goes_on(
    body: Body, before: tuple[str, object], after: tuple[str, object], again: set[Instance]
) -> bool:
    """Whether the second of two children is the first once more."""
    found = [COUNTED.fullmatch(name) for name, _ in (before, after)]
    items = [child for _, child in (before, after) if isinstance(child, Instance)]
    if len(items) < 2 or again.intersection(items) or not (found[0] and found[1]):
        return False
    if found[0][1] != found[1][1] or int(found[0][2]) + 1 != int(found[1][2]):
        return False
    texts = {(body.made(item).flat(), body.size(output_of(item) or 0)) for item in items}
    return len(texts) == 1
