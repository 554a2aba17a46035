"""The text of a class: its signature, what it holds, what its forward does."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archc.backends.torch.body import Body, Source, default_of, ordered
from archc.backends.torch.folding import one_run
from archc.backends.torch.forward import NAMES, Forward
from archc.backends.torch.holding import Holding
from archc.backends.torch.layout import STEP, WIDTH, Call, lines_of
from archc.backends.torch.members import Branch, output_of
from archc.backends.torch.naming import class_name, identifier
from archc.backends.torch.running import Running
from archc.graph.ir import Node
from archc.graph.outline import Group
from archc.ops.ends import Extern
from archc.ops.values import Shape


class ClassText:
    """A block's class."""

    def __init__(
        self, source: Source, group: Group, name: str, level: Branch | None = None, prefix: str = ""
    ) -> None:
        self.source = source
        self.name = name
        self.level = level
        self.group = group
        self.body = Body(source, group, level, prefix)
        self.levels = list(self._own_levels())
        made = {text.level.path: text.made() for text in self.levels if text.level}
        self.holding = Holding(self.body, made)

    def _own_levels(self) -> Iterator[ClassText]:
        """Levels of names, such as DenseNet's `features`, which read best as classes."""
        for branch in self.body.members.root.children.values():
            if isinstance(branch, Branch) and self._is_class(branch):
                name = self.source.free_name(class_name(branch.path))
                prefix = f"{self.body.prefix}.{branch.path}".lstrip(".")
                yield ClassText(self.source, self.group, name, branch, prefix)

    def _is_class(self, branch: Branch) -> bool:
        if not branch.is_chain:
            return bool(branch.part) and not branch.counts
        children = list(branch.children.items())
        pieces = [self.body.made(item) for _, item in children if not isinstance(item, Branch)]
        names = [name for name, _ in children]
        whole = len(pieces) == len(children)
        return not branch.counts and not (whole and one_run(names, pieces))

    def made(self) -> Call:
        """What makes a level's class: it takes those parameters of the block that it needs."""
        return Call(f"{self.name}(", tuple([f"{name}={name}" for name in self.parameters()]))

    def parameters(self) -> tuple[str, ...]:
        """The parameters of the class."""
        if self.level is None:
            return ordered(self.group)
        text = "\n".join([*self.holding.lines(), *self.forward()])
        return tuple([n for n in ordered(self.group) if re.search(rf"\b{n}\b", text)])

    def blocks(self) -> list[str]:
        """The text of the classes made for levels of names, then of this one."""
        inner = [text for level in self.levels for text in level.blocks()]
        return [*inner, "\n".join(self.lines())]

    def lines(self) -> list[str]:
        """The whole class."""
        if self.is_sequential:
            return self._sequential()
        forward = self.forward()
        kept = [
            f"{STEP * 2}self.{name} = {name}"
            for name in self.group.parameters
            if name in self.body.kept
        ]
        return [
            f"class {self.name}(nn.Module):",
            *self.attributes(),
            *self.signature(),
            f"{STEP * 2}super().__init__()",
            *kept,
            *self.holding.lines(),
            *self.beginnings(),
            "",
            *self.methods(),
            *forward,
        ]

    @property
    def is_sequential(self) -> bool:
        """Whether the class is a chain whose names count from 0, and nothing else."""
        root = self.body.members.root
        return self.level is None and root.is_chain and root.counts and len(self.results()) == 1

    def _sequential(self) -> list[str]:
        """A subclass of nn.Sequential, which needs no forward."""
        whole = self.holding.level(self.body.members.root)
        call = Call("super().__init__(", whole.items, ")", whole.comments)
        head = f"class {self.name}(nn.Sequential):"
        body = [*lines_of(call, 2), *self.beginnings()]
        return [head, *self.attributes(), *self.signature(), *body]

    def attributes(self) -> list[str]:
        """Facts that the class itself has: none, for a block."""
        return []

    def beginnings(self) -> list[str]:
        """How the tensors of its own layers begin; those for inference come from a state."""
        if self.source.inference:
            return []
        inner = {item for level in self.levels for item in level.body.items}
        held = [
            (item, self.body.relative(item.path))
            for item in self.body.items
            if isinstance(item, Node) and item not in inner
        ]
        return self.source.beginnings.own_lines(held)

    def signature(self) -> list[str]:
        """The first line of `__init__`, or as many as it takes."""
        parameters = [self._declared_parameter(name) for name in self.parameters()]
        return lines_of(Call("def __init__(", ("self", *parameters), ") -> None:"), 1)

    def _declared_parameter(self, name: str) -> str:
        at = self.group.parameters.index(name)
        column = [self.group.values[member][at] for member in self.group.members]
        kind = "int" if all(isinstance(value, int) for value in column) else "float"
        default = default_of(self.group, name)
        return f"{name}: {kind} = {default}" if default else f"{name}: {kind}"

    def methods(self) -> list[str]:
        """What Python has to compute: a method to override for each `extern`."""
        lines: list[str] = []
        for item in self.body.items:
            if isinstance(item, Node) and isinstance(item.op, Extern):
                name, size = item.op.name, item.op.size
                given = [f"x{at}: {self.kind_of(index)}" for at, index in enumerate(item.inputs)]
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
        if self.level is not None:
            first = next(self.level.items())
            return {self.level.given if self.level.part else first.inputs[0]: "x"}
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
        if self.level is None:
            return self.body.results
        last = output_of(self.body.items[-1])
        return () if last is None else (last,)

    def gives(self) -> str:
        """The type of what the forward gives."""
        kinds = [self.kind_of(index) for index in self.results()]
        return kinds[0] if len(kinds) == 1 else f"tuple[{', '.join(kinds)}]"

    def forward(self) -> list[str]:
        """The signature, the statements, the return."""
        names = self.inputs()
        steps = Running(self.body, self.holding).steps()
        first, then = self.source.lowering.apart(steps) if self.body.is_network else (steps, [])
        forward = Forward(
            [*first, *then],
            names,
            self.results(),
            training=len(then),
            frees=self.source.inference,
            held=() if self.body.is_network else names,
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

    def _declared(self, lines: list[str], forward: Forward, names: dict[int, str]) -> list[str]:
        """Results that are no inputs get their type where they are first assigned."""
        for index in dict(zip(map(forward.name_of, self.results()), self.results())).values():
            name = forward.name_of(index)
            start = f"{STEP * 2}{name} = "
            first = next((at for at, line in enumerate(lines) if line.startswith(start)), None)
            if first is None or name in names.values() or not name.isidentifier():
                continue
            if any(re.match(rf"[^=]*\b{name}\b[^=]* = ", line) for line in lines[:first]):
                continue
            line = lines[first].replace(f"{name} = ", f"{name}: {self.kind_of(index)} = ", 1)
            lines[first] = line if len(line) <= WIDTH else lines[first]
        return lines

    def returned(self, forward: Forward) -> list[str]:
        """The last statement."""
        names = ", ".join([forward.name_of(index) for index in self.results()])
        return [f"{STEP * 2}return {names}"]
