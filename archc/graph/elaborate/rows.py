"""Rows, sections and split rows: labels, guards, table cells and arrows around a chain of steps."""

from __future__ import annotations

from archc.diagnostics.kinds.tables import CellCount, ColumnUnknown
from archc.diagnostics.kinds.values import ValueNotAllowed
from archc.graph.elaborate.again import Making
from archc.graph.elaborate.formulas import Known, Mistake, Silenced
from archc.graph.elaborate.frame import Context, Frame
from archc.graph.elaborate.levels import Level, claim, descend
from archc.graph.elaborate.naming import Own, fill
from archc.graph.elaborate.notes import check_arrow
from archc.graph.elaborate.scope import Scope
from archc.graph.elaborate.steps import run_chain
from archc.graph.elaborate.variants import no_header
from archc.record import replace
from archc.syntax import tree
from archc.syntax.build_rows import uses_copy_number

ANONYMOUS = "_"


class Labelled:
    """Where a label puts its row: `own` for a plain name, else the level and the pattern that
    numbers it.
    """

    __slots__ = ("level", "own", "pattern")

    def __init__(self, level: Level, own: Own | None, pattern: str | None) -> None:
        self.level = level
        self.own = own
        self.pattern = pattern


def run_row(context: Context, frame: Frame, row: tree.Row) -> bool:
    """Expand one row; False if a guard says that it is not there."""
    steps, body = row.steps, row.body
    if row.guard is not None and not context.truth(row.guard.condition, frame):
        if row.guard.otherwise is None:
            return False
        steps, body = row.guard.otherwise, None  # the rows below belong to the row itself
    here = frame
    arrow = row.arrow
    if row.cells is not None:
        here, steps, cell_arrow = _with_cells(context, frame, row, steps)
        arrow = arrow or cell_arrow
    steps, label = _label_copies(steps, row.label)
    labelled = _labelled(context, here, label, _repeats(steps))
    inner, own = here, None
    if labelled is not None:
        own = labelled.own
        if labelled.pattern is not None:
            inner = here.inside(level=labelled.level, pattern=labelled.pattern)
    elif here is not frame:
        inner = here
    before = len(context.nodes)
    if own is not None and "{" not in own.name:
        own.entry().under_way = True
    run_chain(context, inner, steps, own, body)
    frame.value = inner.value
    if labelled is not None and frame.value is not None:
        pattern = inner.pattern if labelled.own is None else None
        making = Making(steps, inner, pattern, before, len(context.nodes))
        _name_value(context, frame, labelled, making if body is None else None)
    if arrow is not None and not frame.stopped:
        check_arrow(context, here, arrow, before)
    return True


def _label_copies(
    steps: tree.Chain, label: tree.Label | None
) -> tuple[tree.Chain, tree.Label | None]:
    """A copy's number in an outer part of a label (`stages.{i}.conv:`) names each copy anew."""
    if label is None or "{" not in label.text.rpartition(".")[0] or not _repeats(steps):
        return steps, label
    if len(steps) > 1 or steps[0].label is not None:
        return steps, label
    return (replace(steps[0], label=label),), None


def _repeats(steps: tree.Chain) -> bool:
    return any(isinstance(step, tree.Call) and step.repeat is not None for step in steps)


def _labelled(
    context: Context, frame: Frame, label: tree.Label | None, repeats: bool
) -> Labelled | None:
    if label is None or label.text == ANONYMOUS:
        return None
    last_raw = repeats and "{" in label.text.rsplit(".", 1)[-1]

    def filled(part: str) -> str:
        return part if last_raw and "{" in part else fill(context, frame, part, label)

    level, last = descend(frame.level, label, filled)
    if "*" in last:
        return Labelled(level, None, last)
    if not last_raw:
        claim(level, last, label.span)
    return Labelled(level, Own(level, last, label.span), None)


def _name_value(context: Context, frame: Frame, labelled: Labelled, making: Making | None) -> None:
    """The label reads as the value of the line, and can be used again if no rows stand below."""
    assert frame.value is not None
    if labelled.own is not None:
        if "{" in labelled.own.name:
            return
        entry = labelled.own.entry()
        entry.under_way = False
    else:
        outer = labelled.level.outer
        name = labelled.level.path.rsplit(".", 1)[-1]
        if outer is None or name not in outer.names:
            return
        entry = outer.names[name]
    entry.again = making
    context.finish(entry, frame.value, frame)


def run_section(context: Context, frame: Frame, section: tree.Section) -> bool:
    """Expand a label over rows; False if its guard says that it is not there."""
    if section.guard is not None and not context.truth(section.guard.condition, frame):
        return False
    label = section.label
    inner = frame.inside(scope=Scope(frame.scope))
    labelled = None
    if label.text != ANONYMOUS:
        labelled = _section_level(context, frame, label)
        inner.level, inner.pattern = labelled.level, labelled.pattern
    context.run_body(inner, section.body)
    frame.value = inner.value
    if labelled is not None and frame.value is not None:
        outer = labelled.level.outer
        name = labelled.level.path.rsplit(".", 1)[-1]
        if outer is not None and name in outer.names and not frame.stopped:
            context.finish(outer.names[name], frame.value, frame)
    return True


def _section_level(context: Context, frame: Frame, label: tree.Label) -> Labelled:
    level, last = descend(frame.level, label, lambda part: fill(context, frame, part, label))
    if "*" in last:
        return Labelled(level, None, last)
    claim(level, last, label.span)
    return Labelled(level.below(last, label.span), None, None)


def run_split(context: Context, frame: Frame, split: tree.Split) -> bool:
    """Expand the cell of the chosen variant; False if it is empty."""
    if frame.choice is None:
        raise no_header("variants", split.span)
    index, names, line = frame.choice
    if len(split.cells) != len(names):
        raise Mistake(CellCount(len(split.cells), names, line), split.span)
    chain = split.cells[index].chain
    if chain is None:
        return False
    row = tree.Row(split.span, split.label, chain, None, None, split.arrow, split.body)
    return run_row(context, frame, row)


# ---- columns -----------------------------------------------------------------------------------


def _with_cells(
    context: Context, frame: Frame, row: tree.Row, steps: tree.Chain
) -> tuple[Frame, tree.Chain, tree.Arrow | None]:
    """The row with its cells as values of the block in front of the first bar."""
    assert row.cells is not None
    if frame.columns is None:
        raise no_header("columns", row.span)
    table, line = frame.columns
    if not table.columns:  # the header has a mistake
        raise Silenced(row.span)
    names = tuple([column.name for column in table.columns])
    if len(row.cells) != len(names):
        raise Mistake(CellCount(len(row.cells), names, line), row.span)
    call = steps[-1]
    if not isinstance(call, tree.Call):
        kind = ValueNotAllowed(
            "a table row", f"`{call.span.text}`", "a layer or block before its bar"
        )
        raise Mistake(kind, call.span)
    reader = _Cells(context, frame, call)
    for column, cell in zip(table.columns, row.cells):
        if cell.value is not None:
            reader.take(column, cell.value)
    inner = frame.inside(scope=reader.scope)
    return inner, (*steps[:-1], reader.call()), reader.arrow


class _Cells:
    """Reads the cells of one row from left to right; each may use the columns before it."""

    def __init__(self, context: Context, frame: Frame, call: tree.Call) -> None:
        self.context = context
        self.frame = frame
        self.base = call
        self.scope = Scope(frame.scope)
        self.keywords = list(call.keywords)
        self.first = list(call.first)
        self.repeat = call.repeat
        self.numbered = call.numbered
        self.arrow: tree.Arrow | None = None

    def take(self, column: tree.Column, value: tree.Expression) -> None:
        """One cell that is not empty."""
        if column.kind in ("check", "meta"):
            raise Mistake(ColumnUnknown(column.name, "columns", ()), column.span)
        if column.kind == "arrow":
            shape = (
                value
                if isinstance(value, tree.ShapeText)
                else tree.ShapeText(value.span, None, value)
            )
            self.arrow = tree.Arrow(value.span, shape)
            return
        ready = self._ready(column, value)
        if column.name == "x" and column.kind == "value":
            self.repeat = ready
            return
        keyword = tree.Keyword(value.span, column.name, column.span, ready)
        (self.first if column.kind == "first" else self.keywords).append(keyword)

    def _ready(self, column: tree.Column, value: tree.Expression) -> tree.Expression:
        if uses_copy_number(value):
            self.numbered = True
            return value
        datum = self.context.evaluate(value, self.frame, self.scope)
        if column.kind == "value":
            self.scope.names[column.name] = datum
        known: tree.Expression = Known(value.span, datum)  # type: ignore[assignment]
        return known

    def call(self) -> tree.Call:
        """The call with the cells' values."""
        call: tree.Call = replace(
            self.base,
            keywords=tuple(self.keywords),
            first=tuple(self.first),
            repeat=self.repeat,
            numbered=self.numbered,
        )
        return call
