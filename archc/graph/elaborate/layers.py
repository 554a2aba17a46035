"""Layers and moves: an operator made from a row's values, put into the graph under its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archc.diagnostics.kinds.names import UnknownName
from archc.diagnostics.kinds.sizes import (
    ShapesDiffer,
    SizeNotPositive,
    SizeNotWhole,
    UnpoolWithoutPool,
    WrongInput,
)
from archc.diagnostics.kinds.values import ValueNotAllowed
from archc.diagnostics.model import Edit, Fix, Kind, Label
from archc.graph.elaborate.arguments import Bound, bind, missing
from archc.graph.elaborate.formulas import Mistake
from archc.graph.elaborate.frame import Context, Frame, LayerProblem
from archc.graph.elaborate.levels import Level
from archc.graph.elaborate.scope import RowRef
from archc.graph.elaborate.trail import forgotten_on_paths, forgotten_pad, size_trail
from archc.graph.elaborate.units import Unit
from archc.graph.ir import Node
from archc.ops.base import Op
from archc.ops.conv import Windowed
from archc.ops.pool import MaxPool
from archc.ops.values import Value, Window, text_of
from archc.record import replace
from archc.source import Span
from archc.syntax import tree


class Prepared:
    """An operator ready to be put into the graph, as often as its row is repeated."""

    __slots__ = ("bound", "call", "op", "rebuild", "rows", "span")

    def __init__(
        self, op: Op, rows: tuple[int, ...], bound: Bound, call: tree.Call, span: Span
    ) -> None:
        self.span = span
        self.rebuild: Callable[[], Op] | None = None
        self.op = op
        self.rows = rows
        self.bound = bound
        self.call = call


def prepare(context: Context, frame: Frame, unit: Unit) -> Prepared:
    """Bind the values of a unit and make its operator; raises Mistake.

    If a value depends on an open size, the operator can be made again for another one.
    """
    before = context.side_reads
    prepared = _bind_all(context, frame, unit)
    if context.side_reads > before:
        prepared.rebuild = lambda: _bind_all(context, frame, unit).op
        context.side_reads = before
    return prepared


def _bind_all(context: Context, frame: Frame, unit: Unit) -> Prepared:
    cls = unit.callee
    assert isinstance(cls, type)
    bound = Bound()
    for number, (call, scope) in enumerate(unit.calls):
        if call.values or call.keywords or call.first:
            lenient = unit.lenient and number == len(unit.calls) - 1
            bound.over(bind(context, cls, call, frame, scope, lenient))
    call = unit.calls[-1][0]
    if "rounding" in cls.fields:
        mode = frame.scope.sizes
        default = mode if mode in cls.fields["rounding"].choices else "floor"
        bound.options.setdefault("rounding", default)
    key = (cls, *bound.options.items())
    op = context.ops.get(key)
    if op is None:
        missing(cls, unit.word, bound, call.span)
        op = context.ops[key] = cls(**bound.options)
    rows = [row.node for name, row in _in_order(cls, bound)] if bound.rows else []
    if cls.wants_pool_input:
        rows.append(_pool_input(context, bound, rows[0]))
    return Prepared(op, tuple(rows), bound, call, unit.span)


def _in_order(cls: type[Op], bound: Bound) -> list[tuple[str, Any]]:
    return [(name, bound.rows[name]) for name in cls.fields if name in bound.rows]


def _pool_input(context: Context, bound: Bound, pool: int) -> int:
    """What went into the pooling that an unpooling undoes."""
    node = context.nodes[pool]
    if node.shape is None:
        return pool
    if not isinstance(node.op, MaxPool):
        row = bound.rows["pool"].text
        raise Mistake(UnpoolWithoutPool(row, node.op.word), bound.spans["pool"])
    if node.op.pad == "same":
        raise Mistake(_padded_apart(bound.rows["pool"].text), bound.spans["pool"],
                      other=Label(node.span, "its places are those of the padded map"))  # fmt: skip
    return node.inputs[0]


def _padded_apart(row: str) -> Kind:
    """`pad=same` may pad more behind than in front: then the map is padded before it is pooled."""
    takes = "a maxpool that pads both ends alike"
    advice = "give the pooling its pad as a number, such as `pad=1`, or none"
    return ValueNotAllowed("unpool", f"`{row}` with pad=same", takes, advice)


def running(context: Context, frame: Frame, word: str, span: Span) -> int:
    """The node of the running value; raises Mistake before the first input."""
    if frame.value is None:
        needs = "a value above it"
        hint = "begin with a row such as `input 224x224x3`"
        raise Mistake(WrongInput(word, needs, "nothing yet", hint), span)
    return frame.value


def emit(context: Context, frame: Frame, unit: Unit, prepared: Prepared, path: str) -> Node:
    """Put a layer or move behind the running value."""
    inputs: tuple[int, ...] = prepared.rows
    if unit.word not in ("prev",):
        inputs = (running(context, frame, unit.word, prepared.span), *prepared.rows)
    return place(context, frame, prepared, inputs, path)


def place(
    context: Context, frame: Frame, prepared: Prepared, inputs: tuple[int, ...], path: str
) -> Node:
    """Put an operator into the graph; what it refuses is reported with its arithmetic."""
    span = prepared.span
    try:
        node = context.add(prepared.op, inputs, path, frame, span)
    except LayerProblem as problem:
        _report(context, frame, prepared, problem.kind, problem.node)
        node = problem.node
    if prepared.rebuild is not None:
        context.rebuilds[node.index] = prepared.rebuild
    frame.value = node.index
    return node


def _report(context: Context, frame: Frame, prepared: Prepared, kind: Kind, node: Node) -> None:
    """Place a layer's problem: the option at fault, where its size came from, repairs."""
    span, secondary = prepared.span, context.paths_of_join
    at = prepared.bound.spans.get(kind.field)
    if at is not None and (at.source is not span.source or at.line != span.line):
        secondary = (*secondary, Label(at, "given here"))
    elif at is not None:
        span = at
    fixes = tuple([fix for repair in kind.repairs for fix in _fix(context, prepared, node, repair)])
    origin = size_trail(context.network, node.inputs[0]) if node.inputs else ()
    secondary = (*secondary, *_came_from(context, node, span, secondary))
    hints: tuple[str, ...] = ()
    if node.inputs and isinstance(kind, (SizeNotWhole, SizeNotPositive)):
        hints = forgotten_pad(context.network, node.inputs[0])
    elif len(node.inputs) > 1 and isinstance(kind, ShapesDiffer):
        hints = forgotten_on_paths(context.network, node.inputs)
        kind = replace(kind, advice=()) if hints else kind
    context.report(kind, span, frame, secondary=secondary, notes=origin, help=hints, fixes=fixes)


def _came_from(
    context: Context, node: Node, span: Span, known: tuple[Label, ...]
) -> tuple[Label, ...]:
    """The other end: the row that gave the value which does not fit, if in the same file."""
    if known or not node.inputs:
        return ()
    giver = context.nodes[node.inputs[0]]
    if giver.shape is None or giver.span.source is not span.source or giver.span.line == span.line:
        return ()
    return (Label(giver.span, f"gives {text_of(giver.shape)}"),)


def _fix(context: Context, prepared: Prepared, node: Node, repair: Any) -> tuple[Fix, ...]:
    """A layer's own repair as an edit of its row, with the size it gives, if it helps."""
    gives = _after(context, prepared, node, repair)
    if isinstance(gives, Kind):
        return ()
    shown = f"{repair.shown}   -> {text_of(gives)}" if gives is not None else repair.shown
    title = f"{repair.text}   {shown}" if shown else repair.text
    return (Fix(title, (_edit(prepared, repair),), "unsafe"),)


def _after(context: Context, prepared: Prepared, node: Node, repair: Any) -> Value | Kind | None:
    """What the layer gives with a repair; None if the repair is no plain option."""
    inputs = [context.nodes[index].shape for index in node.inputs]
    changes: dict[str, Any] = {}
    if repair.option == "pad":
        changes["pad"] = int(repair.value)
    elif not repair.option:
        changes["rounding"] = repair.value
    elif repair.option == "window" and isinstance(prepared.op, Windowed) and prepared.op.window:
        stride = int(repair.value.rsplit("/", 1)[-1])
        changes["window"] = Window(prepared.op.window.sides, (stride,))
    if not changes:
        return None
    found: Value | Kind = replace(prepared.op, **changes).shape(*inputs)
    return found


def _edit(prepared: Prepared, repair: Any) -> Edit:
    written = prepared.bound.spans.get(repair.option) if repair.option else None
    if written is not None:
        return Edit(written, repair.value)
    call = prepared.call
    ends = [call.head.span.end, *[value.span.end for value in call.values]]
    ends += [keyword.span.end for keyword in call.keywords]
    source = call.head.span.source
    inside = [end for end in ends if call.span.start <= end <= call.span.end]
    at = Span(source, max(inside), max(inside))
    return Edit(at, f" {repair.text}")


def unknown_row(context: Context, frame: Frame, name: tree.Name, level: Level) -> Mistake:
    """The mistake of a reference to a row that is not there."""
    known = (*level.rows_in_sight(), *_row_names(frame))
    return Mistake(UnknownName(".".join(name.parts), "row", known), name.span)


def _row_names(frame: Frame) -> list[str]:
    scope = frame.scope
    return [name for name in scope.all_names() if isinstance(scope.find(name), RowRef)]
