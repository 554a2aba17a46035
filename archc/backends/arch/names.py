"""Names in a body: paths that must come out as they were, and names for values that have none."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from archc.backends.arch.rows import Planner, Row
from archc.backends.arch.things import CannotWrite, has_name, has_weights
from archc.graph.compare import MADE_AGAIN
from archc.graph.elaborate.bodies import RESERVED, flags
from archc.graph.ir import Instance, Node
from archc.graph.outline import Group, body_of, relative
from archc.ops.base import Op
from archc.ops.ends import Extern
from archc.ops.scan import Scan

LAST = chr(0x10FFFF)
"""sorts behind all other signs"""
START = "start"
"""the row that names what a block is given, where a row has to name it"""
THING = "thing"
"""the same for the rows of a scan"""


class Names:
    """The names of one network's text."""

    def __init__(self, planner: Planner) -> None:
        self.planner = planner
        self.outline = planner.outline
        self.network = planner.outline.network
        self.blocks: dict[Group, str] = {}
        self.hints = dict(self._hints())
        self.rows: dict[Group, tuple[str, ...]] = {}
        self.items: dict[Group, tuple[str, ...]] = {}
        self.levels: dict[Group, dict[int, str]] = {}
        self._aliases: dict[Group, dict[int, str]] = {}
        self._paths: dict[Group, list[str]] = {}
        root = self.outline.group[self.network.root]
        self.net = self._net_name()
        self._name_blocks(root)
        for group in planner.rows:
            self._name_rows(group)
        for group in planner.rows:
            self._name_values(group)

    # ---- what names people used ----------------------------------------------------------------

    def _hints(self) -> Iterator[tuple[int, str]]:
        """Names by which values were read, those of outputs last: they win."""
        for node in self.network.nodes:
            fields = type(node.op).fields
            names = [getattr(node.op, name) for name, f in fields.items() if f.kind == "row"]
            if node.op.role != "join":
                yield from zip(node.inputs[1:], [name for name in names if name])
        for node_index, index in self.network.carried.items():
            yield index, getattr(self.network.nodes[node_index].op, "row", "")
        for outputs in (self.network.outputs, self.network.training_outputs):
            yield from [(index, name) for name, index in outputs.items()]

    def _net_name(self) -> str:
        name = "".join([sign if sign.isalnum() else "_" for sign in self.network.name])
        return f"net_{name}" if is_taken(name) or not name[0].isalpha() else name

    # ---- blocks and their parameters -----------------------------------------------------------

    def _name_blocks(self, root: Group) -> None:
        """The block's own name for the group that is used most, others say in what they differ."""
        used = {self.net, *[name for group in self.planner.rows for name in group.parameters]}
        used.update(self._read_names())
        for node in self.network.nodes:
            if isinstance(node.op, Extern):
                used.add(node.op.name)
        alike: dict[str, list[Group]] = {}
        for group in self.written(root):
            alike.setdefault(group.name, []).append(group)
        for name, groups in alike.items():
            groups.sort(key=lambda group: -len(group.members))
            plain = "".join([sign if sign.isalnum() else "_" for sign in name])
            for group in groups:
                chosen = (
                    _unused(plain, used) if group is groups[0] else self._other(group, plain, used)
                )
                used.add(chosen)
                self.blocks[group] = chosen

    def _read_names(self) -> Iterator[str]:
        """First parts of the names that rows read: a block of that name would be meant instead."""
        for group, offsets in self.planner.named.items():
            body = group.members[0]
            for index in [self.outline.first[body] + offset for offset in offsets if offset >= 0]:
                child = self.planner.child(index, body)
                item: Node | Instance = self.network.nodes[index] if child is None else child
                if has_name(item):
                    yield relative(item).partition(".")[0]

    def _other(self, group: Group, name: str, used: set[str]) -> str:
        """`bottleneck_first` for one that begins its stages, else `bottleneck_2`."""
        first = all(relative(one).rpartition(".")[2] == "0" for one in group.members)
        return _unused(f"{name}_first", used) if first else _unused(name, used, 2)

    def written(self, root: Group) -> list[Group]:
        """The groups that the text defines: not those of blocks that are made again."""
        layout = self.planner.layout
        again = {
            self.outline.group[one]
            for one in self.outline.group
            if any(layout.again.of(outer) for outer in one.trace())
        }
        kept = {
            group
            for group in self.outline.groups
            if any(
                not any(layout.again.of(outer) for outer in one.trace()) for one in group.members
            )
        }
        return [group for group in self.outline.groups if group in kept or group not in again]

    def _name_rows(self, group: Group) -> None:
        """Parameters for the rows that a block reads, and names for the items of its list."""
        body = group.members[0]
        if body.parent is None:
            return
        taken = self.planner.layout.list_taken(body)
        others = self.outline.outer[body][1]
        items = taken.inputs if taken is not None else ()
        used = {*group.parameters, *self._own_names(group)}
        named = tuple([index for index in others if index not in items])
        given = [key for key, value in body.arguments if not _is_number(value)]
        names = given if len(given) == len(named) else [f"row{n + 1}" for n in range(len(named))]
        self.rows[group] = tuple([_unused(name, used) for name in names])
        used.update(self.rows[group])
        if any(index in items for index in others):
            self.items[group] = tuple([_unused(f"p{n + 1}", used) for n in range(len(items))])

    def _own_names(self, group: Group) -> set[str]:
        """First parts of the paths in a body."""
        body = group.members[0]
        nodes = self.network.nodes[self.outline.first[body] : self.outline.last[body]]
        start = len(body.path) + 1 if body.path else 0
        return {node.path[start:].partition(".")[0] for node in nodes if has_name(node)}

    # ---- values --------------------------------------------------------------------------------

    def _name_values(self, group: Group) -> None:
        """A name for each value that is read and has none."""
        body = group.members[0]
        own = self._own_names(group)
        used = {*own, *group.parameters, *self.rows.get(group, ()), *self.items.get(group, ())}
        used.update(self.blocks.values())
        aliases = self._aliases[group] = {}
        if -1 in self.planner.named[group]:
            aliases[-1] = _unused(START, used)
            used.add(aliases[-1])
        levels = self.levels[group] = dict(self._levels(group))
        for offset in sorted(self.planner.named[group] - {-1}):
            index = self.outline.first[body] + offset
            child = self.planner.child(index, body)
            node = self.network.nodes[index]
            item: Node | Instance = node if child is None else child
            if index in levels or self.planner.has_name(item):
                continue
            if child is not None and child.output != index:
                raise CannotWrite(node.path, "a value inside of layers that are used again is read")
            aliases[offset] = _unused(self._wanted(index, item), used)
            used.add(aliases[offset])

    def _wanted(self, index: int, item: Node | Instance) -> str:
        """The name that a value had, or its kind and number."""
        wanted = self.hints.get(index, "")
        if wanted.isidentifier() and not is_taken(wanted):
            return wanted
        if isinstance(item, Node) and isinstance(item.op, Scan):
            return THING
        return item.path.rpartition(".")[2].replace(MADE_AGAIN, "_")

    def _levels(self, group: Group) -> Iterator[tuple[int, str]]:
        """Values that the name of a level reads as: of a labelled join, of a section, of a row
        that works on each item of a list.
        """
        rows = self.planner.rows[group]
        below = [[relative(item) for item in self.planner.named_in(row)] for row in rows]
        for at, row in enumerate(rows):
            item = row.last.item
            level = relative(item).rpartition(".")[0]
            hint = self.hints.get(row.last.gives, "")
            if row.last.each:
                yield row.last.gives, relative(item)
            elif hint and (self._is_section(below[: at + 1], hint) or self._labels(row, hint)):
                yield row.last.gives, hint
            elif has_name(item):
                continue
            elif row.last.paths and level and _all_of(below, at, level):
                yield row.last.gives, level

    def _is_section(self, rows: list[list[str]], name: str) -> bool:
        """Whether the last rows hold all there is below a name."""
        inside = [at for at, paths in enumerate(rows) if _all_below(paths, name)]
        return bool(inside) and inside == list(range(inside[0], len(rows)))

    def _labels(self, row: Row, name: str) -> bool:
        """Whether a row's label is both the name of its only layer with weights and of its value,
        which comes later.
        """
        weighted = [item for item in self.planner.named_on(row) if has_weights(item)]
        if row.paths is not None or len(row.elements) < 2 or len(weighted) != 1:
            return False
        layer = weighted[0]
        if relative(layer) != name or row.last.item is layer or isinstance(layer, Instance):
            return False
        body = self.outline.group[body_of(layer)]
        return layer.index - self.outline.first[body.members[0]] not in self.planner.named[body]

    def alias(self, group: Group, index: int) -> str:
        """The name of a value that needs one and has no path of its own; else empty."""
        offset = index - self.outline.first[group.members[0]] if index >= 0 else -1
        return self._aliases[group].get(offset, "")

    def of(self, index: int, body: Instance) -> str:
        """How rows of a body name a value."""
        if not self.outline.first[body] <= index < self.outline.last[body]:
            return self._outside(index, body, self.outline.group[body])
        steps = self.planner.inwards(index, body)
        return ".".join([self._inside(value, where) for where, value in steps])

    def hides(self, rows: Sequence[Row], level: str, group: Group) -> bool:
        """Whether a name that rows read would be another one below a level: the nearest wins."""
        body = group.members[0]
        if group not in self._paths:
            nodes = self.network.nodes[self.outline.first[body] : self.outline.last[body]]
            self._paths[group] = sorted([relative(node) for node in nodes if has_name(node)])
        paths = self._paths[group]
        begin, end = bisect_left(paths, level), bisect_left(paths, f"{level}{LAST}")
        inner = {path[len(level) :].partition(".")[0] for path in paths[begin:end]}
        return any(
            self.of(index, body).partition(".")[0] in inner
            for row in rows
            for index in self.planner.reads_of(row)
        )

    def _inside(self, index: int, body: Instance) -> str:
        """The name of a value in the body that makes it, or of the block that holds it."""
        group = self.outline.group[body]
        child = self.planner.child(index, body)
        if child is None or child.output == index:
            found = self.alias(group, index) or self.levels[group].get(index, "")
            if found:
                return found
        return relative(self.network.nodes[index] if child is None else child)

    def _outside(self, index: int, body: Instance, group: Group) -> str:
        if index == self.planner.layout.start[group]:
            return self.alias(group, -1)
        taken = self.planner.layout.list_taken(body)
        items = taken.inputs if taken is not None else ()
        if index in items:
            return self.items[group][items.index(index)]
        others = [one for one in self.outline.outer[body][1] if one not in items]
        return self.rows[group][others.index(index)]


def is_taken(name: str) -> bool:
    """Whether the language has this word already."""
    repetition = name[:1] == "x" and name[1:].isdigit()
    return name in RESERVED or name in Op.registry or name in flags() or repetition


def _all_of(rows: list[list[str]], at: int, level: str) -> bool:
    """Whether one row holds all there is below a level, and nothing else."""
    others = [path for number, paths in enumerate(rows) if number != at for path in paths]
    return _all_below(rows[at], level) and not any(one.startswith(f"{level}.") for one in others)


def _all_below(paths: list[str], level: str) -> bool:
    return bool(paths) and all(path.startswith(f"{level}.") for path in paths)


def _unused(name: str, used: set[str], number: int = 1) -> str:
    found = name if number == 1 else f"{name}_{number}"
    while found in used or is_taken(found):
        number += 1
        found = f"{name}_{number}"
    return found


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).replace("/", "", 1).isdigit()
