"""Names: what a row's label or a step's `as` names, and names for things that have none.

A label names the only thing with weights on its line, or a level over several.
"""

from __future__ import annotations

from archc.graph.elaborate.frame import Context, Frame
from archc.graph.elaborate.levels import Entry, Level, Naming, claim, descend
from archc.graph.elaborate.scope import describe
from archc.graph.elaborate.units import Unit
from archc.source import Span
from archc.syntax import tree


class Own:
    """The name that a row or step has of its own: its level, its last part."""

    __slots__ = ("level", "name", "span")

    def __init__(self, level: Level, name: str, span: Span) -> None:
        self.level = level
        self.name = name
        self.span = span

    def entry(self) -> Entry:
        """The entry of the name."""
        return self.level.entry(self.name, self.span)


class Plan:
    """A step and what it stands for; `own` is the name it gets."""

    __slots__ = ("own", "step", "units")

    def __init__(self, step: tree.Step, units: list[Unit]) -> None:
        self.step = step
        self.units = units
        self.own: Own | None = None

    @property
    def weighted(self) -> int:
        """How many things with weights it makes, one copy of it; names below the row's count as
        one.
        """
        if is_dotted(self.units):
            return 1
        return sum([unit.has_weights and not is_plain_join(unit) for unit in self.units])

    @property
    def named(self) -> int:
        """How many things of the module tree it makes."""
        return sum([unit.has_name and not is_plain_join(unit) for unit in self.units])


def is_dotted(units: list[Unit]) -> bool:
    """Whether the names are put below the row's own (`every conv = conv as .conv ; bn as .bn`)."""
    return any(unit.label is not None and unit.label.text.startswith(".") for unit in units)


def is_plain_join(unit: Unit) -> bool:
    """A join has weights only as `add weighted`."""
    cls = unit.callee
    if not isinstance(cls, type) or cls.role != "join":
        return False
    values = [value for call, _ in unit.calls for value in call.values]
    return not any(
        isinstance(value, tree.Name) and value.parts == ("weighted",) for value in values
    )


def has_braces(label: tree.Label) -> bool:
    return "{" in label.text


def own_name(context: Context, frame: Frame, label: tree.Label) -> Own:
    """The level and last part of a label, its braces worked out."""
    level, last = descend(frame.level, label, lambda part: fill(context, frame, part, label))
    name = level.place(last) if "*" in last else last
    claim(level, name, label.span)
    return Own(level, name, label.span)


def fill(context: Context, frame: Frame, part: str, label: tree.Label) -> str:
    """A part of a label with the formulas in its braces worked out."""
    if "{" not in part:
        return part
    out, rest = "", part
    while "{" in rest:
        before, _, rest = rest.partition("{")
        formula, _, rest = rest.partition("}")
        value = context.label_formula(formula, frame, label.span)
        out += before + describe(value)
    return out + rest


def main_word(units: list[Unit]) -> str:
    return next((unit.word for unit in units if unit.main), units[0].word)


def place_of(units: list[Unit], own: Own, naming: Naming) -> tuple[Naming, Unit | None]:
    """What a name on a step names: its only thing with weights, its only thing, or a level over
    several.
    """
    weighted = [unit for unit in units if unit.has_weights and not is_plain_join(unit)]
    named = [unit for unit in units if unit.has_name and not is_plain_join(unit)]
    if len(weighted) == 1:
        return naming, weighted[0]
    if not weighted and len(named) == 1:
        return naming, named[0]
    if not named:
        return naming, None
    return Naming(own.level.below(own.name, own.span), None), None


def name_for(unit: Unit, naming: Naming, context: Context, frame: Frame) -> Own:
    """A name for a thing without one: the policy's, the pattern's, or kind and number."""
    span = unit.calls[-1][0].span
    if unit.label is None:
        name = naming.name(unit.word)
        claim(naming.level, name, span)
        return Own(naming.level, name, span)
    naming.level.count(unit.word)
    label = unit.label
    level, last = descend(naming.level, label, lambda part: fill(context, frame, part, label))
    name = level.place(last) if "*" in last else last
    claim(level, name, span)
    return Own(level, name, span)


def move_path(unit: Unit, naming: Naming) -> str:
    """The path of a move or join: no key, but a place in reports."""
    return naming.level.key(f"{unit.word}{naming.level.count(unit.word)}")
