"""The class of the network itself: its inputs and outputs by their names in the spec."""

from __future__ import annotations

from fractions import Fraction

from archc.analysis.reduction import reductions
from archc.backends.torch.classes import ClassText
from archc.backends.torch.constants import number
from archc.backends.torch.entering import arranging, as_float32
from archc.backends.torch.forward import Forward
from archc.backends.torch.layout import STEP, Call, lines_of
from archc.backends.torch.naming import field, identifier
from archc.ops.values import Shape


class NetworkText(ClassText):
    """The outermost class. Training outputs are worked out in training mode alone."""

    has_features = False

    def attributes(self) -> list[str]:
        """The channels of each output, and by how much it is smaller than the picture."""
        if not self.has_features:
            return []
        network = self.source.network
        found = reductions(network)
        ends = network.outputs.values()
        shapes = [network.nodes[index].shape for index in ends]
        channels = [str(shape.channels) for shape in shapes if isinstance(shape, Shape)]
        by = [_reduction(found.get(index, ())) for index in ends]
        lines = lines_of(Call("(", tuple(_in_tuple(channels))), 1, before="channels = ")
        return [*lines, *lines_of(Call("(", tuple(_in_tuple(by))), 1, before="reduction = "), ""]

    def inputs(self) -> dict[int, str]:
        found = self.source.network.inputs
        if len(found) == 1:
            return dict.fromkeys(found.values(), "x")
        return {index: identifier(name) for name, index in found.items()}

    def _declared_parameter(self, name: str) -> str:
        (classes,) = self.group.values[self.body.instance]
        return f"{name}: int = {classes}"

    def beginnings(self) -> list[str]:
        own = super().beginnings()
        return own if self.source.inference else [*own, *self.source.beginnings.common_lines()]

    def decorators(self) -> list[str]:
        return [f"{STEP}@torch.no_grad()"] if self.source.inference else []

    def beginning(self, names: dict[int, str]) -> list[str]:
        network = self.source.network
        return arranging(network, names) if self.source.inference else []

    @property
    def output_class(self) -> str:
        """The NamedTuple of several outputs."""
        return f"{self.name}Output"

    def output_type(self) -> list[str]:
        """The NamedTuple of several outputs, by the spec's names; none for a single one."""
        network = self.source.network
        if len(self.results()) == 1:
            return []
        fields = [f"{field(name)}: {self.kind_of(at)}" for name, at in network.outputs.items()]
        fields += [
            f"{field(name)}: {self.kind_of(at)} | None = None"
            for name, at in network.training_outputs.items()
        ]
        return [f"class {self.output_class}(NamedTuple):", *[STEP + field for field in fields]]

    def labels(self) -> dict[int, str]:
        """Several outputs are called as the spec calls them; a lone plain one is the value that
        goes on.
        """
        network = self.source.network
        plain = network.outputs if len(network.outputs) > 1 else {}
        found = {**plain, **network.training_outputs}
        return {index: field(name) for name, index in found.items()}

    def gives(self) -> str:
        """A lone output is given as it is, except in training mode beside training outputs."""
        network = self.source.network
        if len(network.outputs) > 1:
            return self.output_class
        kind = self.kind_of(next(iter(network.outputs.values())))
        return f"{kind} | {self.output_class}" if network.training_outputs else kind

    def returned(self, forward: Forward) -> list[str]:
        network = self.source.network
        lines: list[str] = []
        plain = [forward.name_of(index) for index in network.outputs.values()]
        if self.source.inference:
            plain = [as_float32(name, self.kind_of(at)) for name, at in zip(plain, self.results())]
        if network.training_outputs:
            heads = [forward.name_of(index) for index in network.training_outputs.values()]
            if not forward.has_training_steps:
                lines.append(f"{STEP * 2}if self.training:")
            lines += lines_of(Call(f"return {self.output_class}(", (*plain, *heads)), 3)
        if len(plain) == 1:
            return [*lines, f"{STEP * 2}return {plain[0]}"]
        return [*lines, *lines_of(Call(f"return {self.output_class}(", tuple(plain)), 2)]


def _reduction(sides: tuple[Fraction, ...]) -> str:
    """`16`, `(8, 16, 16)`; a vector has none."""
    texts = [number(side) for side in sides]
    if not texts:
        return "None"
    return texts[0] if len(set(texts)) == 1 else f"({', '.join(texts)})"


def _in_tuple(items: list[str]) -> list[str]:
    """A tuple of one item has a comma behind it."""
    return [f"{items[0]},"] if len(items) == 1 else items
