"""Rows of the user's own Python: what they are given, and the size that is declared."""

from __future__ import annotations

from archc.diagnostics.kinds.names import WrongNumberOfValues
from archc.diagnostics.kinds.values import ValueNotAllowed
from archc.graph.elaborate import layers
from archc.graph.elaborate.formulas import Mistake
from archc.graph.elaborate.frame import Context, Frame
from archc.graph.elaborate.inputs import written_shape
from archc.graph.elaborate.scope import ExternDefinition, RowRef, Scope, describe
from archc.ops.ends import Extern
from archc.ops.values import Shape
from archc.syntax import tree


def run_extern(
    context: Context, frame: Frame, extern: ExternDefinition, call: tree.Call, path: str
) -> None:
    """A row of the user's own Python, whose result's size is declared."""
    parameters = extern.tree.parameters
    rows: list[int] = []
    for value in call.values:
        row = context.evaluate(value, frame)
        if not isinstance(row, RowRef):
            raise Mistake(ValueNotAllowed(extern.name, describe(row), "names of rows"), value.span)
        rows.append(row.node)
    if not rows:
        rows = [layers.running(context, frame, extern.name, call.span)]
    if len(rows) != len(parameters):
        names = ", ".join([parameter.parts[0] for parameter in parameters])
        takes = f"{len(parameters)} ({names})"
        raise Mistake(WrongNumberOfValues(extern.name, len(rows), takes), call.span)
    outer = frame.inside(scope=_extern_scope(frame, extern))
    sides, count = written_shape(context, outer, extern.tree.result)
    if sides is None or None in sides:
        takes = "numbers, names and letters: the size must be known"
        raise Mistake(ValueNotAllowed("extern", "?", takes), extern.tree.result.span)
    size = Shape(tuple([side for side in sides if side is not None]), count)
    node = context.add(Extern(name=extern.name, size=size), tuple(rows), path, frame, call.span)
    frame.value = node.index


def _extern_scope(frame: Frame, extern: ExternDefinition) -> Scope:
    """What an extern's result may name: its file, and what the net around the row is given."""
    scope = Scope(extern.scope)
    net = frame.net_scope
    if net is not None:
        scope.names.update(net.names)
        scope.implicit.update(net.implicit)
    return scope
