"""What the writer expects: `->` behind rows, and `check` rows made ready for the analyses."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from archc.diagnostics.kinds.names import UnknownName
from archc.diagnostics.kinds.notes import SizeNoteWrong
from archc.diagnostics.kinds.values import ValueNotAllowed
from archc.diagnostics.model import Edit, Fix, Kind
from archc.graph.elaborate.formulas import Mistake
from archc.graph.elaborate.frame import Context, Frame
from archc.graph.elaborate.inputs import is_as_written, shown, written_shape
from archc.graph.elaborate.trail import size_trail
from archc.graph.elaborate.variants import chosen, special_cells
from archc.graph.ir import METRICS, Check
from archc.ops.values import Shape, Value, Window
from archc.source import Span
from archc.syntax import tree

CHECKED = (*METRICS, "output")


def check_arrow(context: Context, frame: Frame, arrow: tree.Arrow, first: int) -> None:
    """Compare the running value with what the row says it should be."""
    if not frame.arrows or frame.value is None or not context.obeys_rules:
        return
    value = context.nodes[frame.value].shape
    if value is None:
        return
    with context.reading_sides():
        right = is_as_written(context, frame, arrow.shape, value)
    if context.is_open:
        context.size_notes.append((_note(context, frame, arrow), frame.value, arrow.shape.span))
    if right:
        return
    span = arrow.shape.span
    fix = Fix(f"write `-> {shown(value)}`", (Edit(span, shown(value)),), "unsafe")
    kind = SizeNoteWrong(span.text, shown(value))
    context.report(kind, span, frame, notes=size_trail(context.network, frame.value), fixes=(fix,))


def _note(context: Context, frame: Frame, arrow: tree.Arrow) -> Callable[[Value], Kind | None]:
    """The same comparison at other sizes of an open input."""

    def compare(value: Value) -> Kind | None:
        right = is_as_written(context, frame, arrow.shape, value)
        return None if right else SizeNoteWrong(arrow.shape.span.text, shown(value))

    return compare


def take_check(context: Context, frame: Frame, row: tree.CheckRow) -> None:
    """A `check` row as a `Check` of the network."""
    value = row.value
    if isinstance(value, tuple):
        cell = chosen(value, frame, row.span)
        if cell.value is None:
            return
        value = cell.value
    given = tuple([(key.name, _whole(context, frame, key.value)) for key in row.given])
    _add(context, frame, row.metric, row.relation, value, row.within, given, row.span)


def take_columns(context: Context, frame: Frame, net: tree.Net, variant: str) -> None:
    """The check and meta columns of a table on its side."""
    for column, cell in special_cells(net, variant):
        if cell.value is None:
            continue
        if column.kind == "meta":
            context.network.meta[column.name] = _meta(context, frame, cell.value)
        elif column.metric is not None:
            _add(
                context,
                frame,
                column.metric,
                column.relation,
                cell.value,
                column.within,
                (),
                cell.span,
            )


def take_meta(context: Context, frame: Frame, row: tree.Meta) -> None:
    """A `meta` row; it changes nothing in the graph."""
    value = row.value
    if isinstance(value, tuple):
        cell = chosen(value, frame, row.span)
        if cell.value is None:
            return
        value = cell.value
    context.network.meta[row.name] = _meta(context, frame, value)


def _meta(context: Context, frame: Frame, value: tree.Expression) -> str | int | Fraction | float:
    if isinstance(value, tree.Size):
        return value.span.text
    if isinstance(value, tree.Name):
        return ".".join(value.parts)
    datum = context.evaluate(value, frame)
    return datum if isinstance(datum, (str, int, Fraction, float)) else str(datum)


def _whole(context: Context, frame: Frame, value: tree.Expression) -> int:
    return context.whole(value, frame, "a count")


def _add(
    context: Context,
    frame: Frame,
    metric: tree.Metric,
    relation: str,
    value: tree.Expression,
    within: tree.Expression | None,
    given: tuple[tuple[str, int], ...],
    span: Span,
) -> None:
    if metric.name not in CHECKED:
        raise Mistake(UnknownName(metric.name, "check", CHECKED), metric.span)
    row, node = _row_of(context, frame, metric)
    number: Fraction | int = 0
    unit = Fraction(0)
    shape: Value | None = None
    if metric.name == "output":
        with context.reading_sides():
            shape = _shape(context, frame, value)
    else:
        number = _number(context, frame, value)
        unit = value.unit if isinstance(value, tree.Number) else unit
    share = Fraction(_number(context, frame, within)) if within is not None else None
    written, place = value.span.text, value.span
    found = Check(
        metric.name, row, node, relation, number, written, unit, share, shape, given, span, place
    )
    context.network.checks.append(found)


def _row_of(context: Context, frame: Frame, metric: tree.Metric) -> tuple[str, int | None]:
    """The path and node of the row a metric is about; of no row, it is about the whole net."""
    if metric.row is None:
        return "", None
    entry = frame.level.find(metric.row.parts)
    if entry is None or entry.node is None:
        known = tuple(frame.level.rows_in_sight())
        raise Mistake(UnknownName(".".join(metric.row.parts), "row", known), metric.row.span)
    return entry.path, entry.node


def _shape(context: Context, frame: Frame, value: tree.Expression) -> Value | None:
    """The expected shape; None is written for a lone `?`; open sides `?` are not kept here."""
    if isinstance(value, tree.ShapeList):
        items = [_shape(context, frame, item) for item in value.items]
        return tuple([item for item in items if isinstance(item, Shape)])
    text = value if isinstance(value, tree.ShapeText) else tree.ShapeText(value.span, None, value)
    sides, count = written_shape(context, frame, text)
    if sides is None:
        return None
    return Shape(tuple([-1 if side is None else side for side in sides]), count)


def _number(context: Context, frame: Frame, value: tree.Expression) -> Fraction | int:
    datum = context.evaluate(value, frame)
    if isinstance(datum, bool) or not isinstance(datum, (int, Fraction, float)):
        shown_as = "a size" if isinstance(datum, Window) else str(datum)
        raise Mistake(ValueNotAllowed("a check", shown_as, "a number"), value.span)
    return Fraction(datum) if isinstance(datum, float) else datum
