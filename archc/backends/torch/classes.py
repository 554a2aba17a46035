"""The text of a class: its signature, what it holds, what its forward does."""

from __future__ import annotations

from collections.abc import Sequence

from archc.backends.torch.body import Body, Source, default_of, ordered
from archc.backends.torch.forward import NAMES, Forward
from archc.backends.torch.holding import Holding
from archc.backends.torch.layout import STEP, Call, lines_of
from archc.backends.torch.naming import identifier
from archc.backends.torch.running import Running, label_of
from archc.graph.ir import Node
from archc.graph.outline import Group
from archc.graph.parameters import Given
from archc.ops.ends import Extern
from archc.ops.values import Shape


class ClassText:
    """A block's class."""

    def __init__(self, source: Source, group: Group, name: str) -> None:
        self.source = source
        self.name = name
        self.group = group
        self.body = Body(source, group)
        self.holding = Holding(self.body)

    def lines(self) -> list[str]:
        """The whole class; one whose modules are numbered is a Sequential."""
        root = self.body.members.root
        needs_forward = not (root.is_chain and root.counts and len(self.results()) == 1)
        forward = self.forward() if needs_forward else []
        made = Call("super().__init__(", ())
        if self.body.is_numbered:
            whole = self.holding.sequence(root)
            made = Call("super().__init__(", whole.items, ")", whole.comments)
        kept = [
            f"{STEP * 2}self.{name} = {name}"
            for name in self.group.parameters
            if name in self.body.kept
        ]
        return [
            f"class {self.name}(nn.{'Sequential' if self.body.is_numbered else 'Module'}):",
            *self.attributes(),
            *self.signature(),
            *lines_of(made, 2),
            *kept,
            *([] if self.body.is_numbered else self.holding.lines()),
            *self.beginnings(),
            *(["", *self.methods()] if needs_forward else []),
            *forward,
        ]

    def attributes(self) -> list[str]:
        """Facts that the class itself has: none, for a block."""
        return []

    def beginnings(self) -> list[str]:
        """How the tensors of its own layers begin; those for inference come from a state."""
        if self.source.inference:
            return []
        held = [
            (item, self.body.relative(item.path))
            for item in self.body.items
            if isinstance(item, Node)
        ]
        return self.source.beginnings.own_lines(held)

    def signature(self) -> list[str]:
        """The first line of `__init__`, or as many as it takes."""
        parameters = [self._declared_parameter(name) for name in ordered(self.group)]
        return lines_of(Call("def __init__(", ("self", *parameters), ") -> None:"), 1)

    def _declared_parameter(self, name: str) -> str:
        at = self.group.parameters.index(name)
        column = [self.group.values[member][at] for member in self.group.members]
        kind = _kind(column)
        default = default_of(self.group, name)
        return f"{name}: {kind} = {default}" if default else f"{name}: {kind}"

    def methods(self) -> list[str]:
        """What Python has to compute: a method to override for each `extern`."""
        lines: list[str] = []
        for item in self.body.items:
            if isinstance(item, Node) and isinstance(item.op, Extern):
                name, size = item.op.name, item.op.size
                labels = [label_of(self.source.network.nodes[index]) for index in item.inputs]
                names = [
                    label if label and labels.count(label) == 1 else f"x{at}"
                    for at, label in enumerate(labels)
                ]
                given = [f"{at}: {self.kind_of(i)}" for at, i in zip(names, item.inputs)]
                lines += lines_of(Call(f"def {name}(", ("self", *given), ") -> Tensor:"), 1)
                text = f'"override `{name}`: it gives {size}"'
                lines += [f"{STEP * 2}raise NotImplementedError({text})", ""]
        return lines

    # ---- forward -------------------------------------------------------------------------------

    def kind_of(self, index: int) -> str:
        """The Python type of a value."""
        shape = self.source.network.nodes[index].shape
        return "Tensor" if isinstance(shape, Shape) else "list[Tensor]"

    def inputs(self) -> dict[int, str]:
        """The values that the forward is given, by name."""
        running, others = self.source.outline.outer[self.body.instance]
        given = [] if running is None else [running]
        names = dict(zip(given, NAMES))
        for index in others:
            names[index] = self._argument(index, names)
        return names

    def _argument(self, index: int, taken: dict[int, str]) -> str:
        """The name of the block's parameter that names this row; else the next free one."""
        path = self.source.network.nodes[index].path
        for name, text in self.body.instance.arguments:
            plain = text.replace("_", "").replace(".", "")
            names_row = path.endswith(text) and plain.isalnum() and not plain.isdigit()
            if names_row and identifier(name) not in taken.values():
                return identifier(name)
        return next(name for name in NAMES if name not in taken.values())

    def results(self) -> tuple[int, ...]:
        """The values that it gives."""
        return self.body.results

    def gives(self) -> str:
        """The type of what the forward gives."""
        kinds = [self.kind_of(index) for index in self.results()]
        return kinds[0] if len(kinds) == 1 else f"tuple[{', '.join(kinds)}]"

    def forward(self) -> list[str]:
        """The signature, the statements, the return."""
        names = self.inputs()
        steps = Running(self.body, self.holding).steps()
        first, then = self.source.lowering.apart(steps) if self.body.is_network else (steps, [])
        held = () if self.body.is_network else names
        forward = Forward(
            [*first, *then],
            names,
            self.results(),
            training=len(then),
            labels=self.labels(),
            held=held if self.source.inference else None,
        )
        lines = self._declared(forward.lines(), forward, names)
        given = [f"{name}: {self.kind_of(index)}" for index, name in names.items()]
        head = lines_of(Call("def forward(", ("self", *given), f") -> {self.gives()}:"), 1)
        return [*self.decorators(), *head, *self.beginning(names), *lines, *self.returned(forward)]

    def decorators(self) -> list[str]:
        """What stands before the forward: something for the network alone."""
        return []

    def beginning(self, names: dict[int, str]) -> list[str]:
        """What the forward does first with what it is given: something for the network alone."""
        return []

    def labels(self) -> dict[int, str]:
        """Names that results have: something for the network alone."""
        return {}

    def _declared(self, lines: list[str], forward: Forward, names: dict[int, str]) -> list[str]:
        """A lone result gets its type where it comes from a module, since these give anything."""
        results = set(self.results())
        name = forward.name_of(min(results))
        start = f"{STEP * 2}{name} = "
        first = next((at for at, line in enumerate(lines) if line.startswith(start)), None)
        if len(results) > 1 or first is None or name in names.values():
            return lines
        typed_ones = ("torch.", "F.", *[f"{given}." for given in names.values()])
        if not lines[first].startswith(tuple([start + one for one in typed_ones])):
            typed = f"{STEP * 2}{name}: {self.kind_of(min(results))} = "
            lines[first] = lines[first].replace(start, typed, 1)
        return lines

    def returned(self, forward: Forward) -> list[str]:
        """The last statement."""
        names = ", ".join([forward.name_of(index) for index in self.results()])
        return [f"{STEP * 2}return {names}"]


def _kind(column: Sequence[Given]) -> str:
    """The type of a parameter with these values."""
    sides = [value for value in column if isinstance(value, tuple)]
    if sides:
        whole = f"tuple[{', '.join(['int'] * len(sides[0]))}]"
        return whole if len(sides) == len(column) else f"int | {whole}"
    return "int" if all(isinstance(value, int) for value in column) else "float"
