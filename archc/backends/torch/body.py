"""What the text of one class is made from: a block's items, their numbers, names and sizes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property

from archc.backends.torch.comments import common_size
from archc.backends.torch.constants import Writer, formula
from archc.backends.torch.initial import Beginnings
from archc.backends.torch.layout import Call
from archc.backends.torch.levels import Level, with_levels
from archc.backends.torch.lower import Lowering
from archc.backends.torch.members import PLAIN, Branch, Item, Members, own_path
from archc.backends.torch.naming import (
    CLASS_NAMES,
    NUM_CLASSES,
    attribute,
    class_name,
    network_class,
    parameter,
)
from archc.backends.torch.part_texts import part_names
from archc.graph.compare import same_wiring
from archc.graph.ir import Instance, Network, Node
from archc.graph.outline import SCAN, Group, Outline, Wider, body_items
from archc.graph.parameters import ClassesChangeMore
from archc.ops.stack import Concat
from archc.ops.values import Value
from archc.passes.strip_training import without_idle

CHANNELS = ("in_channels", "out_channels")
"""what needs no name in a call"""
DEFAULTS = {
    **dict.fromkeys(("s", "d", "stride", "dilate", "dilation", "groups"), 1),
    "padding": 0,
}


MANY = 3
"""so many classes of one block are numbered"""


class Source:
    """What all classes of a network's source share: lowerings, groups and their names, parts."""

    def __init__(
        self, network: Network, wider: Network | None = None, *, inference: bool = False
    ) -> None:
        self.network = network = with_levels(without_idle(network))
        self.inference = inference
        """whether the source is for inference alone"""
        self.lowering = Lowering(network)
        self.wider = None if wider is None else with_levels(without_idle(wider))
        self.beginnings = Beginnings(network, self.lowering)
        self.outline = self._outline()
        self.parts: set[str] = set()
        self._taken = {network_class(network), *CLASS_NAMES, *part_names()}
        self._names = self._named()

    def _named(self) -> dict[int, str]:
        """The classes of all groups: see `name_of`."""
        groups = sorted(
            self.outline.groups, key=lambda group: (not self.is_made(group), -len(group.members))
        )
        first: dict[str, set[str]] = {}
        alike: dict[str, list[Group]] = {}
        for group in groups:
            names = _level_names(group.members[0])
            more = sorted(names - first.setdefault(group.name, names))
            own = "".join([class_name(name) for name in more]) if len(more) == 1 else ""
            own = "" if isinstance(group.members[0], Level) else own
            alike.setdefault(class_name(group.name) + own, []).append(group)
        found: dict[int, str] = {}
        for base, ones in alike.items():
            if len(ones) < MANY:
                found.update({id(one): self.free_name(base) for one in ones})
                continue
            numbered = [one for one in self.outline.groups if one in ones]
            mark = "_" if base[-1].isdigit() else ""
            for number, one in enumerate(numbered, 1):
                found[id(one)] = self.free_name(f"{base}{mark}{number}")
        return found

    def _outline(self) -> Outline:
        """With the number of classes as a parameter, where all that depends on it are numbers."""
        given, exports = (self.network, self.lowering.describe), self.lowering.exports
        if self.wider is not None and same_wiring(self.network, self.wider):
            classes = self.network.values["classes"]
            describe = Lowering(self.wider).describe
            wider = Wider(self.wider, describe, NUM_CLASSES, classes)
            with suppress(ClassesChangeMore):
                return Outline(*given, wider, parameter, exports)
        self.wider = None
        return Outline(*given, None, parameter, exports)

    def runs_of(self, instance: Instance) -> list[Instance]:
        """The uses that run the modules of one, itself the first."""
        return self.lowering.uses.of(instance)

    def given_to(self, instance: Instance) -> tuple[int, ...]:
        """What a block is given, in the order in which its first use takes it."""
        uses, first = self.lowering.uses, self.lowering.first_use(instance)
        instead = dict(zip(uses.outside(first), uses.outside(instance)))
        return tuple([instead.get(index, index) for index in self.outline.read_by(first)])

    def name_of(self, group: Group) -> str:
        """The class of a group: the block's name; the more used of two groups has it plain.

        Another one is called by the one thing that it has besides (`BottleneckDownsample`); more
        than two are numbered in text order.
        """
        return self._names[id(group)]

    def is_made(self, group: Group) -> bool:
        """Whether a group has modules of its own; others are used again under their first name."""
        return any(not self.outline.made_before(member) for member in group.members)

    def free_name(self, base: str) -> str:
        """A class name that no other class has."""
        number, name = 2, base
        while name in self._taken:
            name = f"{base}_{number}" if base[-1].isdigit() else f"{base}{number}"
            number += 1
        self._taken.add(name)
        return name


class Body:
    """The items of one class."""

    def __init__(self, source: Source, group: Group) -> None:
        self.source = source
        self.network = source.network
        self.group = group
        self.instance = group.members[0]
        self.prefix = self.instance.path
        self.torch = source.lowering.torch
        self.items: list[Item] = [
            item for item in body_items(self.instance) if self._is_there(item)
        ]
        held = [item for item in self.items if self._is_held(item)]
        self.members = Members(
            self.items,
            held,
            self.prefix,
            self._call_of,
            self.reads_of,
            self.is_free,
            self.is_tensor,
            self.results,
        )
        self.kept: set[str] = set()
        """parameters of the class that its forward reads"""

    def _is_there(self, item: Item) -> bool:
        lowering = self.source.lowering
        if isinstance(item, Node):
            return item.index in lowering.alive
        return bool(self.exports(item)) and (item.name == SCAN or item in self.source.outline.first)

    def exports(self, item: Instance) -> tuple[int, ...]:
        """The values of a block that others read."""
        return self.source.lowering.exports.get(item, ())

    def _is_held(self, item: Item) -> bool:
        if isinstance(item, Instance):
            return item.name != SCAN and not self.source.outline.made_before(item)
        return self.torch[item.index].make is not None and not item.shares

    def _call_of(self, item: Item) -> str:
        """The call of an item; empty if it gives more than one value."""
        if isinstance(item, Instance):
            return PLAIN if self.exports(item) == (item.output,) else ""
        node = item
        found = self.torch[node.index]
        indexed = node.index in self.source.lowering.indexed
        return "" if indexed or "{state}" in found.call else found.call

    @property
    def is_network(self) -> bool:
        """Whether this is the outermost body."""
        return self.instance.parent is None

    @property
    def is_numbered(self) -> bool:
        """Whether the names of its modules are numbers, so that it is a Sequential itself."""
        root = self.members.root
        return bool(root.children) and root.counts

    @property
    def given(self) -> int | None:
        """The value whose sides are the body's own."""
        if self.instance.parent is None and self.network.open_sides:
            return self.network.inputs[self.network.open_sides[0].letters[0][1]]
        return self.source.outline.outer[self.instance][0]

    @cached_property
    def results(self) -> tuple[int, ...]:
        """The values that the forward gives."""
        if self.instance.parent is None:
            network = self.network
            return (*network.outputs.values(), *network.training_outputs.values())
        return self.exports(self.instance)

    def is_free(self, item: Item) -> bool:
        """Whether a node has no tensors, so that one module can do for several."""
        if isinstance(item, Instance):
            return False
        return not (self.network.weights(item) or self.network.buffers(item))

    def is_tensor(self, item: Item) -> bool:
        """Whether what a node holds is a bare parameter, no module."""
        make = self.torch[item.index].make if isinstance(item, Node) else None
        return make is not None and make.name == "nn.Parameter"

    def reads_of(self, item: Item) -> tuple[int, ...]:
        """The values that an item reads."""
        if isinstance(item, Node):
            return item.inputs
        return () if item.name == SCAN else tuple(self.source.outline.read_by(item))

    # ---- numbers -------------------------------------------------------------------------------

    def made(self, item: Item) -> Call:
        """The expression that makes an item's module."""
        if isinstance(item, Instance):
            return self._made_block(item)
        found = self.torch[item.index]
        assert found.make is not None
        writer = self._writer(item)
        writer.values(found)
        self.source.parts.update(found.parts)
        if "." not in found.make.name:
            self.source.parts.add(found.make.name)
        given = writer.made(found.make)
        if item.index in self.source.lowering.indexed:
            given = (*given, "return_indices=True")
        return Call(f"{found.make.name}(", given)

    def _made_block(self, item: Instance) -> Call:
        group = self.source.outline.group[item]
        cells = self.group.cells[self.source.outline.place(item)]
        texts = dict(zip(group.parameters, map(formula, cells)))
        names = [name for name in ordered(group) if texts[name] != default_of(group, name)]
        plain = next((at for at, name in enumerate(names) if name not in CHANNELS), len(names))
        plain = max(plain, 1) if names[:1] == [*ordered(group)][:1] else 0
        given = [texts[name] for name in names[:plain]]
        given += [f"{name}={texts[name]}" for name in names[plain:]]
        return Call(f"{self.source.name_of(group)}(", tuple(given))

    def call(self, node: Node) -> str:
        """The call of a node with its numbers; `{self}` and its inputs still have places."""
        found = self.torch[node.index]
        self.source.parts.update(found.parts)
        call, writer = found.call, self._writer(node)
        for name, value in writer.values(found).items():
            call = call.replace(f"{{{name}}}", value)
        self.kept.update(writer.kept)
        return call

    def _writer(self, node: Node) -> Writer:
        return Writer(self.group.cells[self.source.outline.place(node)])

    # ---- names and sizes -----------------------------------------------------------------------

    def relative(self, path: str) -> str:
        """A path inside this body; layers that are used again go by their first name."""
        return own_path(path, self.prefix)

    def reference(self, path: str) -> str:
        """How a module is read: `self.conv1`, `self.block["0"]`, `self.features[3]`."""
        name, *levels = path.split(".")
        text = f"self[{name}]" if self.is_numbered else attribute(name)
        if not levels:
            return text
        (level, *inner), inside = levels, self.members.root.children.get(name)
        # Only the first level has a type that can be indexed.
        if not inner and isinstance(inside, Instance) and level.isidentifier():
            return f"{text}.{level}"
        if inner or not isinstance(inside, Branch) or self.is_numbered:
            return f'self.get_submodule("{path}")'
        if inside.counts:
            return f"{text}[{level}]"
        return f'self.get_submodule("{path}")' if inside.is_chain else f'{text}["{level}"]'

    def size(self, index: int) -> str:
        """The size of a value; where uses of the block differ, by the class's parameters and the
        sides of what comes in.
        """
        group = self.group
        runs = [one for one in group.members for _ in self.source.runs_of(one)]
        wider = dict(zip(group.members, group.wider))
        members = [*runs, *[wider[one] for one in runs if wider]]
        given = self.source.outline.outer[self.instance][0]
        incoming = [None] * len(members) if given is None else self._shapes(given)
        columns = dict(zip(group.parameters, zip(*[group.values[one] for one in members])))
        numbers = {
            name: tuple([value for value in column if not isinstance(value, tuple)])
            for name, column in columns.items()
        }
        known = {name: column for name, column in numbers.items() if len(column) == len(members)}
        node = self.network.nodes[index]
        stacked = node.inputs if isinstance(node.op, Concat) else ()
        parts = [self._shapes(one) for one in stacked]
        lone = len(self.source.outline.read_by(self.instance)) == 1
        return common_size(self._shapes(index), incoming, known, parts, lone)

    def _shapes(self, index: int) -> list[Value | None]:
        """The shape of a value in all uses of the block, one that they are given or one inside."""
        outline = self.source.outline
        given = outline.read_by(self.instance) if index < outline.first[self.instance] else []
        offset = index - outline.first[self.instance]
        places = [
            self.source.given_to(one)[given.index(index)] if given else outline.first[one] + offset
            for member in self.group.members
            for one in self.source.runs_of(member)
        ]
        return [network.nodes[at].shape for network in self._networks() for at in places]

    def _networks(self) -> list[Network]:
        """The network, and that with one class more where it counts."""
        wider = self.source.wider
        return [self.network, wider] if wider is not None and self.group.wider else [self.network]

    def inner(self, loop: Instance) -> Iterator[Item]:
        """The items of a scan's rows."""
        return (item for item in loop.items if self._is_there(item))


def _level_names(instance: Instance) -> set[str]:
    """The names that a block gives to what is in it; not those that were counted."""
    paths = [own_path(item.path, instance.path) for item in instance.items]
    names = {path.partition(".")[0] for path in paths}
    return {name for name in names if name.isidentifier() and not name[-1].isdigit()}


def ordered(group: Group) -> tuple[str, ...]:
    """The parameters of a class: what comes in first, those with a default last."""
    return tuple(
        sorted(
            group.parameters,
            key=lambda name: (
                bool(default_of(group, name)),
                CHANNELS.index(name) if name in CHANNELS else len(CHANNELS),
            ),
        )
    )


def default_of(group: Group, name: str) -> str:
    """The default of a parameter: strides and their like are 1; empty if there is none."""
    at = group.parameters.index(name)
    default = DEFAULTS.get(name)
    used = any(group.values[member][at] == default for member in group.members)
    return str(default) if used else ""
