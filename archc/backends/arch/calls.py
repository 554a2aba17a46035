"""Calls: operators and blocks with their values, as they stand on a row."""

from __future__ import annotations

from archc.backends.arch.layout import Element
from archc.backends.arch.names import Names
from archc.backends.arch.spelling import Style, number, reference, spelled
from archc.backends.arch.things import CannotWrite
from archc.graph.ir import Instance, Node
from archc.graph.outline import SCAN, Group
from archc.graph.parameters import Cell
from archc.ops.ends import Extern, Input
from archc.ops.values import Number

POSITIONAL = 3
"""more numbers than these are given by name, or in a table"""
TABLE = 3
"""so many uses of a block with many numbers are a table"""


class Calls:
    """The calls of one body."""

    def __init__(
        self,
        names: Names,
        group: Group,
        style: Style,
        inputs: dict[int, str],
        own: tuple[tuple[int, ...], str],
    ) -> None:
        self.names = names
        self.planner = names.planner
        self.outline = names.outline
        self.group = group
        self.body = group.members[0]
        self.style = style
        self.inputs = inputs
        self.own = own

    def call(self, element: Element, running: int | None) -> str:
        """A step without its name; `running` is the value before it."""
        item = element.item
        use = self.planner.layout.again.uses.get(item) if isinstance(item, Node) else None
        if use:
            return f"reuse {reference(use[0])}"
        if self.planner.layout.again.of(item):
            target = self.planner.layout.again.target(item)
            return f"reuse {self._target(target)}"
        if isinstance(item, Instance):
            if item.name == SCAN:
                return SCAN
            return f"each {self._use(element)}" if element.each else self._use(element)
        if isinstance(item.op, Input):
            return f"input {self.inputs[item.index]}"
        named = self.planner.named_by(element, running)
        references = [self.reference(index) for index in named]
        if isinstance(item.op, Extern):
            return " ".join([item.op.name, *references])
        cells = self.group.cells[self.outline.place(item)]
        text = spelled(item.op, cells, iter(references), self.style, self.own)
        text = f"each {text}" if element.each else text
        if item.op.role == "join" and references:
            return f"{text} {' '.join(references)}"
        return text

    def _target(self, target: Node | Instance) -> str:
        body = target.block if isinstance(target, Node) else target.parent
        while body is not None and body.name == SCAN:
            body = body.parent
        inside = f"{self.body.path}." if self.body.path else ""
        if not target.path.startswith(inside):
            what = "its weights are used again in a block that cannot see it"
            raise CannotWrite(target.path, what)
        if isinstance(target, Instance) and target.path.rpartition(".")[2].isdigit():
            raise CannotWrite(target.path, "one of several copies is used again")
        return reference(target.path[len(inside) :])

    def _use(self, element: Element) -> str:
        """A call of a block: its numbers, the rows it reads, how often."""
        group = self.outline.group[element.copies[0]]
        cells = self._values(element.copies[-1])
        if self.in_table(element):
            written = [self._cell(group, name, cell) for name, cell in zip(group.parameters, cells)]
            return " | ".join([self.names.blocks[group], *written])
        given = defaults(group)
        plain = [name for name in group.parameters if name not in given]
        by_name = len(plain) > POSITIONAL
        words: list[str] = []
        options: list[str] = []
        pairs = sorted(zip(group.parameters, cells), key=lambda pair: pair[0] in given)
        for name, cell in pairs:
            if name in given or by_name:
                text = self._cell(group, name, cell)
                options += [f"{name}={text}"] if text else []
            else:
                words.append(_argument(cell))
        rows = [self.reference(index) for index in element.named]
        if by_name:
            rows = [f"{name}={row}" for name, row in zip(self.names.rows[group], rows)]
        found = [self.names.blocks[group], *words, *rows, *options]
        if len(element.copies) > 1:
            found += [f"x{len(element.copies)}", *self._first(element, group)]
        return " ".join(found)

    def in_table(self, element: Element) -> bool:
        """Whether the block's numbers stand under a header: many of them, several times."""
        if len(element.copies) != 1 or element.each or element.named:
            return False
        group = self.outline.group.get(element.copies[0])
        if group is None or len(group.parameters) - len(defaults(group)) <= POSITIONAL:
            return False
        ends = [row.last for row in self.planner.rows[self.group] if len(row.last.copies) == 1]
        alike = [one for one in ends if self.outline.group.get(one.copies[0]) is group]
        return element in alike and len(alike) >= TABLE

    def header(self, element: Element) -> str:
        """The header of a table."""
        group = self.outline.group[element.copies[0]]
        return " | ".join(["columns", *group.parameters])

    def _values(self, member: Instance) -> tuple[Cell, ...]:
        return self.group.cells[self.outline.place(member)]

    def _cell(self, group: Group, name: str, cell: Cell) -> str:
        """A value of a parameter; nothing where it is the default."""
        default = defaults(group).get(name)
        return "" if not cell.parameter and cell.value == default else _argument(cell)

    def _first(self, element: Element, group: Group) -> list[str]:
        pairs = zip(
            group.parameters,
            self._values(element.copies[0]),
            self._values(element.copies[1]),
        )
        different = [f"{name}={_argument(one)}" for name, one, other in pairs if one != other]
        return ["first", *different] if different else []

    def reference(self, index: int) -> str:
        """How rows of this body name a value."""
        return reference(self.names.of(index, self.body))


def defaults(group: Group) -> dict[str, Number]:
    """Parameters that are mostly left out: a stride of 1."""
    found: dict[str, Number] = {}
    for at, name in enumerate(group.parameters):
        if name == "s" and any(values[at] == 1 for values in group.values.values()):
            found[name] = 1
    return found


def _argument(cell: Cell) -> str:
    return str(cell) if cell.parameter else number(cell.value)
