"""Another size than the written one for an input of a net: `--input 320x320x3`."""

from __future__ import annotations

from collections.abc import Iterator

from archc.diagnostics.kinds.values import ValueNotAllowed
from archc.graph.elaborate.formulas import Mistake
from archc.record import Record
from archc.source import Span
from archc.syntax import tree


class Asked(Record):
    """The size that a user asks for, of the input `name`; empty, of the first one."""

    sides: tuple[int, ...]
    name: str = ""

    @property
    def text(self) -> str:
        """As it is written on the command line."""
        size = "x".join([str(side) for side in self.sides])
        return f"{self.name}={size}" if self.name else size

    def concerns(self, name: str, is_first: bool) -> bool:
        """Whether it is for this input."""
        return self.name == name if self.name else is_first

    def sides_for(self, dims: list[int], is_open: bool, written: tree.ShapeText) -> list[int]:
        """The sides asked for in place of `dims`; raises Mistake if they do not fit the input.

        Sides that letters leave open are as asked already. Of an input without letters, height
        and width may change.
        """
        free = 0 if is_open or not dims else len(dims) - 1
        if len(dims) == len(self.sides) and tuple(dims[free:]) == self.sides[free:]:
            return list(self.sides)
        raise Mistake(self._misfit(is_open, free, written), written.span)

    def _misfit(self, is_open: bool, free: int, written: tree.ShapeText) -> ValueNotAllowed:
        advice = "an input without letters can have another height and width alone"
        if is_open:
            advice = "numbers stand for its letters; all else is as written"
        elif not free:
            advice = "this input has no side that could be another"
        takes = f"a size that fits `{written.span.text}`"
        return ValueNotAllowed("--input", f"`{self.text}`", takes, advice)

    def unknown(self, inputs: tuple[str, ...], span: Span) -> Mistake:
        """The mistake of a name that no input has."""
        takes = f"the name of an input ({', '.join(inputs)})"
        return Mistake(ValueNotAllowed("--input", f"`{self.name}`", takes), span)

    def letters(self, net: tree.Net) -> dict[str, int]:
        """Sizes of the letters of a named input: inputs above it may have the same ones."""
        found: dict[str, int] = {}
        for name, step in input_steps(net):
            dims = step.shape.dims
            if name != self.name or not isinstance(dims, tree.Size):
                continue
            for side, size in zip(dims.sides, self.sides):
                if isinstance(side, tree.Name) and side.parts[0][0].isupper():
                    found.setdefault(side.parts[0], size)
        return found


def input_steps(net: tree.Net) -> Iterator[tuple[str, tree.Input]]:
    """The inputs of a net by name, in text order."""
    rows = [line for line in net.body if isinstance(line, tree.Row)]
    for line in rows:
        for step in line.steps:
            if isinstance(step, tree.Input):
                label = step.label or line.label
                yield (label.text if label else "input"), step
