"""Rows: which steps stand on one line, where `from` is needed, and which values need a name."""

from __future__ import annotations

from collections.abc import Iterator

from archc.backends.arch.layout import Element, Layout
from archc.backends.arch.things import has_name
from archc.graph.compare import MADE_AGAIN
from archc.graph.ir import Instance, Node
from archc.graph.outline import SCAN, Group, relative
from archc.ops.ends import Input, Prev

_SHORT_MOVES = frozenset(
    ("flatten", "reshape", "transpose", "tokens", "token", "map", "chunk", "shuffle", "sum")
)


class Row:
    """One line: `begin` is the value of its `from`; its last step may have paths or rows below.

    A path is its rows, or a value: `identity` if it is the running one.
    """

    __slots__ = ("begin", "elements", "paths", "running")

    def __init__(self, begin: int | None, running: int | None) -> None:
        self.begin = begin
        self.running = running
        self.elements: list[Element] = []
        self.paths: list[list[Row] | int] | None = None

    @property
    def last(self) -> Element:
        """The step that gives the row's value."""
        return self.elements[-1]


class Planner:
    """The rows of every group; `named` are the values that rows read by name, by group."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.outline = layout.outline
        self.named: dict[Group, set[int]] = {group: set() for group in layout.elements}
        self.rows: dict[Group, list[Row]] = {}
        for group, elements in layout.elements.items():
            body = group.members[0]
            self.rows[group] = self._rows(body, elements, layout.start[group])
            output = self.output(group)
            if output is not None:
                self.read(output, body)

    def output(self, group: Group) -> int | None:
        """What a block gives, if it is not the value of its last row."""
        body = group.members[0]
        given = body.output if body.parent is not None else None
        return None if given == self.rows[group][-1].last.gives else given

    def _rows(self, body: Instance, elements: list[Element], running: int | None) -> list[Row]:
        """Elements as rows, from a running value on."""
        rows: list[Row] = []
        for element in elements:
            begin = None
            if element.takes is not None and element.takes != running:
                begin = element.takes
                self.read(begin, body)
            if not rows or begin is not None or not self._goes_on(rows[-1], element):
                rows.append(Row(begin, running))
            row = rows[-1]
            row.elements.append(element)
            self._below(body, row, element, begin if begin is not None else running)
            running = element.gives
        return rows

    def _goes_on(self, row: Row, element: Element) -> bool:
        """Whether a step stands on this line; what is made again together is a line of its own."""
        one, other = self.label(row.last), self.label(element)
        if one or other:
            return one == other
        return _follows(element) and not self._ends(row)

    def label(self, element: Element) -> str:
        """The label of the row this step stands on, if that row is made again whole."""
        return "" if element.node is None else self.layout.again.rows.get(element.node, "")

    def _ends(self, row: Row) -> bool:
        """Whether nothing can follow on this line: the label of an output reads as its end."""
        network = self.layout.network
        outputs = (*network.outputs.values(), *network.training_outputs.values())
        last = row.last
        begins = last.node is not None and isinstance(last.node.op, Input)
        return row.paths is not None or begins or len(last.copies) > 1 or last.gives in outputs

    def _below(self, body: Instance, row: Row, element: Element, running: int | None) -> None:
        """Names that a step reads, its paths, its rows."""
        if element.inner is not None:
            assert isinstance(element.item, Instance)
            scanned = element.item.items[0]
            assert isinstance(scanned, Node)
            row.paths = list(self._rows(body, element.inner, scanned.index))  # type: ignore[arg-type]
            return
        if element.paths:
            self._paths(body, row, element, running)
            return
        for index in self.named_by(element, running):
            self.read(index, body)

    def named_by(self, element: Element, running: int | None) -> tuple[int, ...]:
        """The values that a step without paths names."""
        node = element.node
        if self.layout.again.of(element.item):
            return ()
        if node is not None and node.op.word == "extern" and element.named == (running,):
            return ()
        return element.named

    def reads_of(self, row: Row) -> Iterator[int]:
        """The values that a line reads by name, in its paths too."""
        if row.begin is not None:
            yield row.begin
        for element in row.elements:
            yield from self.named_by(element, row.running)
        for path in row.paths or ():
            for inner in path if isinstance(path, list) else [path]:
                if isinstance(inner, Row):
                    yield from self.reads_of(inner)
                elif inner != row.running:
                    yield inner

    def _paths(self, body: Instance, row: Row, element: Element, running: int | None) -> None:
        values = [path.value for path in element.paths if not path.elements]
        start = self.layout.start[self.outline.group[body]]
        if len(values) == len(element.paths) and (start is None or start not in values):
            for value in values:
                self.read(value, body)
            row.paths = None
            element.named = tuple(values)
            element.paths = []
            return
        row.paths = []
        for path in element.paths:
            if path.elements:
                row.paths.append(self._rows(body, path.elements, running))
            else:
                row.paths.append(path.value)
                if path.value != running:
                    self.read(path.value, body)

    def read(self, value: int, body: Instance) -> None:
        """A value is read by name in a body: it needs one where it is made."""
        first, last = self.outline.first[body], self.outline.last[body]
        group = self.outline.group[body]
        if not first <= value < last:
            if value == self.layout.start[group]:
                self.named[group].add(-1)
            return
        for where, inside in self.inwards(value, body):
            offset = inside - self.outline.first[where]
            self.named[self.outline.group[where]].add(offset)

    def inwards(self, value: int, body: Instance) -> Iterator[tuple[Instance, int]]:
        """The bodies through which a name leads to a value, and the value in each of them; of
        each block the member that is written.
        """
        yield body, value
        child = self.child(value, body)
        while child is not None and child.output != value:
            inner = self.outline.group[child].members[0]
            value += self.outline.first[inner] - self.outline.first[child]
            yield inner, value
            child = self.child(value, inner)

    def named_in(self, row: Row) -> list[Node | Instance]:
        """The things of the module tree that a row makes, in its paths too, in text order."""
        found: list[Node | Instance] = []
        if row.paths is None:
            return self.named_on(row)
        for path in row.paths:
            for inner in path if isinstance(path, list) else [path]:
                if isinstance(inner, Row):
                    found += self.named_in(inner)
        before = self.named_on(row)
        own = [item for item in before if item is row.last.item]
        return [*[item for item in before if item not in own], *found, *own]

    def named_on(self, row: Row) -> list[Node | Instance]:
        """The things of the module tree that the steps of a line make."""
        items = [item for one in row.elements for item in one.items]
        return [item for item in items if self.has_name(item)]

    def has_name(self, item: Node | Instance) -> bool:
        """Whether the text makes a thing of the module tree here."""
        if isinstance(item, Instance) and item.name == SCAN:
            return False
        return not self.layout.again.of(item) and has_name(item)

    def child(self, value: int, body: Instance) -> Instance | None:
        """The block in this body in which a value is made; None if the body itself makes it."""
        found = None
        for block in [self.layout.network.nodes[value].block]:
            around: Instance | None = block
            while around is not None and around is not body:
                if around in self.outline.group:
                    found = around
                around = around.parent
        return found


def _follows(element: Element) -> bool:
    """Whether a step stands on the line of the step before it: activations, norms, small moves."""
    node = element.node
    if node is None or element.paths or isinstance(node.op, (Input, Prev)):
        return False
    if MADE_AGAIN in node.path or node.shares:
        return False
    if relative(node)[:1].isdigit():  # only a row's label can begin with a digit
        return False
    return element.takes is not None and (node.op.elementwise or node.op.word in _SHORT_MOVES)
