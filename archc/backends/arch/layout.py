"""The items of a body as the language nests them: joins with their paths, repeated rows, scans.

A join comes behind its paths in the graph. Its paths are found again by walking back from it: a
path is a chain of items of which each takes the value of the one before, and ends where a value
is used by more than one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from archc.backends.arch.again import Again
from archc.graph.ir import Instance, Node
from archc.graph.outline import SCAN, Group, Outline, body_items, body_of, relative
from archc.ops.ends import Input, Prev
from archc.ops.scan import Gather
from archc.ops.stack import List

OUTSIDE = 0
SHORT = 6
"""steps of a path that a body may begin with"""
_NUMBER = re.compile(r"(\d+)")


class Path:
    """One path of a join: its elements, or the value it is."""

    __slots__ = ("elements", "value")

    def __init__(self, value: int, elements: list[Element]) -> None:
        self.value = value
        self.elements = elements


class Element:
    """One step: an operator, a join with its paths, a scan with its rows, or a block (`copies`
    of it in a row); `each` if it works on every item of a list. `made` are the items in it.

    `takes` is the running value it needs, None if any will do; `gives` the value behind it;
    `named` are the values it reads by name.
    """

    __slots__ = ("copies", "each", "gives", "inner", "item", "made", "named", "paths", "takes")

    def __init__(
        self, item: Node | Instance, takes: int | None, gives: int, named: tuple[int, ...] = ()
    ) -> None:
        self.item = item
        self.takes = takes
        self.gives = gives
        self.named = named
        self.paths: list[Path] = []
        self.inner: list[Element] | None = None
        self.each = False
        self.made: set[int] = set()
        self.copies: list[Instance] = [item] if isinstance(item, Instance) else []

    @property
    def items(self) -> Sequence[Node | Instance]:
        """What it is in the graph: the operator, or the copies of the block."""
        return self.copies or [self.item]

    @property
    def node(self) -> Node | None:
        """The operator, if it is one."""
        return self.item if isinstance(self.item, Node) else None


class Layout:
    """The bodies of a network's groups; `elements` of the first member of each."""

    def __init__(self, outline: Outline, whole_rows: bool) -> None:
        self.outline = outline
        self.network = outline.network
        self.outer_readers = _readers(outline)
        self.again = Again(outline, whole_rows)
        self.elements: dict[Group, list[Element]] = {}
        self.start: dict[Group, int | None] = {}
        for group in [*outline.groups, outline.group[outline.network.root]]:
            body = group.members[0]
            self.start[group] = body.inputs[0] if body.inputs else None
            self.elements[group] = _Body(self, body).laid_out(body.items, self.start[group])

    def list_taken(self, instance: Instance) -> Node | None:
        """The list that a block is given, if it is given one."""
        given = self.network.nodes[instance.inputs[0]] if instance.inputs else None
        return given if given is not None and isinstance(given.op, List) else None


def _readers(outline: Outline) -> dict[int, list[int]]:
    """For each value the nodes that read it; an output of the network is read from outside."""
    network = outline.network
    readers: dict[int, list[int]] = {node.index: [] for node in network.nodes}
    for node in network.nodes:
        for index in node.inputs:
            readers[index].append(node.index)
    for index in (*network.outputs.values(), *network.training_outputs.values()):
        readers[index].append(len(network.nodes))
    for node_index, index in network.carried.items():
        readers[index].append(node_index)
    return readers


class _Body:
    """One body while it is laid out; `readers` are the items that read a value, OUTSIDE one of
    them.
    """

    def __init__(self, layout: Layout, body: Instance) -> None:
        self.layout = layout
        self.outline = layout.outline
        self.network = layout.network
        self.readers: dict[int, set[int]] = {}
        self.done: set[int] = set()
        first, last = self.outline.first[body], self.outline.last[body]
        for item in body_items(body):
            for index in self._reads(item):
                self.readers.setdefault(index, set()).add(id(item))
        for index in range(first, last):
            outside = [one for one in layout.outer_readers[index] if not first <= one < last]
            if outside or index == body.output:
                self.readers.setdefault(index, set()).add(OUTSIDE)

    def _reads(self, item: Node | Instance) -> Iterable[int]:
        if isinstance(item, Node):
            late = self.network.carried.get(item.index)
            return item.inputs if late is None else (*item.inputs, late)
        if item.name == SCAN or item not in self.outline.first:
            return ()
        taken = self.layout.list_taken(item)
        found = self.outline.read_by(item)
        return found if taken is None else (*found, taken.index)

    def laid_out(self, items: list[Node | Instance], start: int | None) -> list[Element]:
        """The elements of a body in text order."""
        stack: list[Element] = []
        for item in items:
            self.done.add(id(item))
            if isinstance(item, Node):
                if item in self.layout.again.uses:
                    stack.append(self._use(item))
                elif stack and id(item) in stack[-1].made:
                    continue
                elif isinstance(item.op, Gather):
                    stack[-1].gives = item.index
                elif _joins(item):
                    self._join(stack, item, start)
                else:
                    stack.append(self._operator(item))
                    stack[-1].made.add(id(item))
            elif item.name == SCAN:
                stack.append(self._scan(item))
            elif item in self.outline.first:
                stack.append(self._block(item))
                stack[-1].made.add(id(item))
        return self._with_runs(stack)

    def _use(self, first: Node) -> Element:
        """All layers of a row once more."""
        _, nodes = self.layout.again.uses[first]
        element = Element(first, first.inputs[0], nodes[-1].index)
        element.made.update([id(node) for node in nodes])
        return element

    def _operator(self, node: Node) -> Element:
        if isinstance(node.op, Input):
            return Element(node, None, node.index)
        if isinstance(node.op, Prev):
            return Element(node, None, node.index, (self.network.carried[node.index], *node.inputs))
        if node.op.word == "extern":
            return Element(node, None, node.index, node.inputs)
        named = node.inputs[1:2] if type(node.op).wants_pool_input else node.inputs[1:]
        return Element(node, node.inputs[0], node.index, named)

    def _scan(self, instance: Instance) -> Element:
        scanned = instance.items[0]
        assert isinstance(scanned, Node)
        element = Element(instance, scanned.inputs[0], scanned.index)
        element.inner = self.laid_out(instance.items[1:], scanned.index)
        element.made.update(*[one.made for one in element.inner], [id(scanned)])
        return element

    def _block(self, instance: Instance) -> Element:
        running, others = self.outline.outer[instance]
        taken = self.layout.list_taken(instance)
        if taken is not None:
            running = taken.index
            others = tuple([index for index in others if index not in taken.inputs])
        gives = instance.output if instance.output is not None else self.outline.last[instance] - 1
        return Element(instance, running, gives, others)

    # ---- joins ---------------------------------------------------------------------------------

    def _join(self, stack: list[Element], node: Node, start: int | None) -> None:
        element = Element(node, None, node.index)
        element.made.add(id(node))
        listed = self.network.nodes[stack[-1].gives] if stack else None
        if listed and isinstance(listed.op, List) and listed.inputs == node.inputs:
            element.takes = listed.index
            stack.append(element)
            return
        paths: list[Path] = []
        remaining = list(node.inputs)
        while remaining:
            length = self._matches(stack, node, remaining)
            elements = self._chain(stack, node) if length else []
            paths.insert(0, Path(elements[-1].gives if elements else remaining[-1], elements))
            del remaining[-(length or 1) :]
        running = stack[-1].gives if stack else start
        if self._stands_alone(paths, running, isinstance(node.op, List), not stack):
            chain = next(path.elements for path in paths if path.elements)
            stack.extend(chain)  # nothing else begins where this chain does
            paths = [Path(index, []) for index in node.inputs]
        element.paths = paths
        begins = [path.elements[0].takes if path.elements else path.value for path in paths]
        element.takes = running if running in begins and any(p.elements for p in paths) else None
        for path in paths:
            element.made.update(*[one.made for one in path.elements])
        stack.append(self._each(element, running) or element)

    def _stands_alone(
        self, paths: list[Path], running: int | None, listing: bool, begins: bool
    ) -> bool:
        """Whether a join has one path with steps, that only goes on from the value before it and
        does not begin the body with a few steps.
        """
        chains = [path.elements for path in paths if path.elements]
        others = [path.value for path in paths if not path.elements]
        if len(chains) != 1 or running in others:
            return False
        if listing:  # the names of the others are shorter
            return True
        if chains[0][0].takes != running or (begins and len(chains[0]) <= SHORT):
            return False
        made = set().union(*[one.made for one in chains[0]])
        return running is None or self.readers.get(running, set()) <= made

    def _each(self, joined: Element, running: int | None) -> Element | None:
        """One layer or block for every item of the running list, with the same weights."""
        first = [path.elements[0] if len(path.elements) == 1 else None for path in joined.paths]
        listed = self.network.nodes[running] if running is not None else None
        head = first[0] if first else None
        if listed is None or head is None or not isinstance(listed.op, List) or head.named:
            return None
        if not isinstance(joined.item.op, List) if isinstance(joined.item, Node) else True:
            return None
        again = [one for one in first[1:] if one is not None and self._is_of(one, head)]
        takes = tuple([one.takes for one in first if one is not None])
        if len(again) != len(first) - 1 or not again or takes != listed.inputs:
            return None
        each = Element(head.item, listed.index, joined.gives)
        each.each = True
        each.made = joined.made
        return each

    def _is_of(self, element: Element, head: Element) -> bool:
        """Whether an element makes the layers of another one again."""
        again = self.layout.again.of(element.item)
        return bool(again) and self.layout.again.target(element.item) is head.item

    def _matches(self, stack: list[Element], node: Node, remaining: list[int]) -> int:
        """How many of the last values to join the last element gives: several if it is a list."""
        top = stack[-1] if stack else None
        if top is None or (top.node is not None and isinstance(top.node.op, (Input, Prev))):
            return 0
        if self._holds_other(top, node):
            return 0
        readers = self.readers.get(top.gives, set())
        if isinstance(node.op, List):  # its items are read later, through it
            readers = readers & self.done
        if readers == {id(node)} and top.gives == remaining[-1]:
            return 0 if remaining.count(top.gives) > 1 else 1
        listed = self.network.nodes[top.gives]
        if isinstance(node.op, List) and isinstance(listed.op, List) and not readers:
            length = len(listed.inputs)
            return length if tuple(remaining[-length:]) == listed.inputs else 0
        return 0

    def _holds_other(self, element: Element, node: Node) -> bool:
        """Whether a join reads, besides what a block gives, a value from inside of it."""
        value = self.network.nodes[element.gives]
        given = {value.index, *(value.inputs if isinstance(value.op, List) else ())}
        return any(
            self.outline.first[block] <= index < self.outline.last[block]
            for block in element.copies
            if block in self.outline.first
            for index in node.inputs
            if index not in given
        )

    def _chain(self, stack: list[Element], node: Node) -> list[Element]:
        """The last element, and those before it whose values only it and each other use."""
        chain = [stack.pop()]
        made = set(chain[0].made)
        while stack and chain[0].takes == stack[-1].gives:
            before = stack[-1]
            if not self.readers.get(before.gives, set()) <= made:
                break
            if before.node is not None and isinstance(before.node.op, (Input, Prev)):
                break
            if self._holds_other(before, node):
                break
            chain.insert(0, stack.pop())
            made |= before.made
        return self._with_runs(chain)

    # ---- repeated rows -------------------------------------------------------------------------

    def _with_runs(self, elements: list[Element]) -> list[Element]:
        """Blocks that are repeated as one element."""
        found: list[Element] = []
        for element in elements:
            if found and self._continues(found[-1], element):
                found[-1].copies += element.copies
                found[-1].made |= element.made
                found[-1].gives = element.gives
            else:
                found.append(element)
        return found

    def _continues(self, run: Element, element: Element) -> bool:
        if not run.copies or not element.copies or element.takes not in (None, run.gives):
            return False
        group = self.outline.group.get(run.copies[0])
        if group is None or any(
            self.outline.group.get(one) is not group
            or self.layout.again.of(one)
            or one in self.layout.again.made
            for one in (run.copies[-1], element.copies[0])
        ):
            return False
        if run.named != element.named:
            return False
        last, this = run.copies[-1], element.copies[0]
        place = numbered(relative(last), relative(this))
        if place is None:
            return False
        if len(run.copies) > 1:
            same = numbered(relative(run.copies[-2]), relative(last)) == place
            return same and group.values[last] == group.values[this]
        return _alike(group.values[last], group.values[this])


def _alike(first: Sequence[object], later: Sequence[object]) -> bool:
    """Whether the first of several copies differs in at most one value, and not in the main one."""
    different = [at for at, (one, other) in enumerate(zip(first, later)) if one != other]
    return not different or (len(different) == 1 and different[0] > 0)


def _joins(node: Node) -> bool:
    """Whether it joins paths: `mean things` works on one value."""
    return node.op.role == "join" and getattr(node.op, "things", False) is not True


def numbered(before: str, after: str) -> int | None:
    """Which of the numbers in a path counts up by one while all else stays; None if none does."""
    first, second = _NUMBER.split(before), _NUMBER.split(after)
    if len(first) != len(second):
        return None
    different = [at for at, (a, b) in enumerate(zip(first, second)) if a != b]
    if len(different) != 1 or different[0] % 2 == 0:
        return None
    at = different[0]
    follows = second[at] == str(int(first[at]) + 1) and first[at] == str(int(first[at]))
    return at if follows else None


__all__ = ["Element", "Layout", "Path", "body_of", "numbered"]
