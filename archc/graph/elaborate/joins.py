"""Joins, lists, and `scan`: rows that have paths or rows of their own."""

from __future__ import annotations

from collections.abc import Iterable

from archc.diagnostics.kinds.expansion import ExpansionTooLarge
from archc.diagnostics.kinds.names import UnknownName
from archc.diagnostics.kinds.sizes import WrongInput
from archc.diagnostics.kinds.values import MissingValue, ValueNotAllowed
from archc.diagnostics.model import Label
from archc.graph.elaborate import layers
from archc.graph.elaborate.formulas import Mistake
from archc.graph.elaborate.frame import Context, Frame, LayerProblem, TooLarge
from archc.graph.elaborate.scope import Scope
from archc.graph.elaborate.units import Unit
from archc.graph.ir import Instance, Node
from archc.ops.ends import Prev
from archc.ops.scan import Gather
from archc.ops.stack import List
from archc.ops.values import Shape, text_of
from archc.source import Span
from archc.syntax import tree


def is_reduction(unit: Unit) -> bool:
    """`mean things` and its kin work on the running value, not on paths."""
    values = [value for call, _ in unit.calls for value in call.values]
    return any(isinstance(value, tree.Name) and value.parts == ("things",) for value in values)


def run_join(
    context: Context,
    frame: Frame,
    unit: Unit,
    path: str,
    body: tuple[tree.Statement, ...] | None,
) -> None:
    """Join the paths below the row, the rows it names, or the items of the running list."""
    prepared = layers.prepare(context, frame, unit)
    nodes, labels = _inputs(context, frame, prepared, unit.word, body)
    if frame.stopped:
        return
    if unit.word == "list":
        nodes = opened(context, nodes, prepared.call.span)
    elif len(nodes) == 1:
        frame.value = nodes[0]
        return
    context.paths_of_join = labels
    layers.place(context, frame, prepared, tuple(nodes), path)
    context.paths_of_join = ()


def _inputs(
    context: Context,
    frame: Frame,
    prepared: layers.Prepared,
    word: str,
    body: tuple[tree.Statement, ...] | None,
) -> tuple[list[int], tuple[Label, ...]]:
    """The nodes to join and, for paths, where they stand; raises Mistake."""
    call = prepared.call
    named = prepared.bound.positional
    if named and body is not None:
        kind = ValueNotAllowed(f"`{word}`", "names and paths below", "one of them")
        raise Mistake(kind, call.span)
    if len(named) == 1 and word != "list":
        raise Mistake(_one_row(word, named[0].text), call.span)
    if named:
        return [row.node for row in named], ()
    if body is None:
        return list(items_of(context, frame, call)), ()
    nodes, labels = _paths(context, frame, body)
    if not nodes and not frame.stopped:
        missing = MissingValue(word, "a path; none of those below it is there")
        raise Mistake(missing, call.span)
    return nodes, labels


def _one_row(word: str, row: str) -> ValueNotAllowed:
    advice = (
        f"it joins exactly the rows it names; to join `{row}` with the row above, name that row "
        f"too: `conv 3x3 8 as above ; {word} {row} above`"
    )
    return ValueNotAllowed(f"`{word}`", f"the one row `{row}`", "two rows or more", advice)


def _paths(
    context: Context, frame: Frame, body: tuple[tree.Statement, ...]
) -> tuple[list[int], tuple[Label, ...]]:
    """Run each path from the running value; gives their values and where they stand."""
    start = frame.value
    scope = Scope(frame.scope)
    nodes: list[int] = []
    labels: list[Label] = []
    inner = frame.inside(scope=scope)
    for statement in context.prelude(inner, body):
        path = inner.inside(value=start)
        there = context.run_statement(path, statement)
        if frame.stopped:  # an `until` was reached in this path: its value is the result
            frame.value = path.value
            break
        if not there:
            continue
        value = layers.running(context, path, "a join", statement.span)
        nodes.append(value)
        shape = context.nodes[value].shape
        if shape is not None:
            labels.append(Label(statement.span, text_of(shape)))
    return nodes, tuple(labels)


def items_of(context: Context, frame: Frame, call: tree.Call) -> tuple[int, ...]:
    """The items of the running list; raises Mistake if the running value is one value."""
    value = layers.running(context, frame, call.head.parts[0], call.span)
    node = context.nodes[value]
    if node.shape is None:
        return (value,)
    if isinstance(node.shape, Shape):
        hint = "indent its paths below it, or name the rows to join"
        word, needs = call.head.parts[0], "paths or a list"
        if call.each:
            word, needs, hint = "each", "a list", f"`{word}` without `each` works on one value"
        raise Mistake(WrongInput(word, needs, str(node.shape), hint), call.span)
    return node.inputs


def flat_items(context: Context, value: int) -> tuple[int, ...]:
    """The items of a list, or the one value itself."""
    node = context.nodes[value]
    return node.inputs if isinstance(node.op, List) else (value,)


def opened(context: Context, nodes: Iterable[int], span: Span) -> list[int]:
    """The values for a list, lists among them opened; raises TooLarge.

    A list in a list doubles at each step, so what lists hold counts as layers do.
    """
    items: list[int] = []
    most = context.limits.layers
    for node in nodes:
        items += flat_items(context, node)
        if context.listed + len(items) > most:
            found = ExpansionTooLarge(context.listed + len(items), most, "items of lists")
            raise TooLarge(found, span)
    context.listed += len(items)
    return items


def make_list(context: Context, frame: Frame, nodes: Iterable[int], path: str, span: Span) -> None:
    """A list of several values as the running value, lists among them opened."""
    items = tuple(opened(context, nodes, span))
    node = context.add(List(), items, path, frame, span)
    frame.value = node.index


# ---- scan --------------------------------------------------------------------------------------


def run_scan(
    context: Context, frame: Frame, unit: Unit, path: str, body: tuple[tree.Statement, ...] | None
) -> None:
    """Run the rows below once for each thing of the running value."""
    call = unit.calls[-1][0]
    if body is None:
        raise Mistake(
            MissingValue("scan", "rows below it, which run once for each thing"), call.span
        )
    prepared = layers.prepare(context, frame, unit)
    value = layers.running(context, frame, "scan", call.span)
    shape = context.nodes[value].shape
    times = shape.count if isinstance(shape, Shape) else None
    if context.is_open and isinstance(times, int):
        context.side_reads += 1
    instance = Instance("scan", path, frame.instance, call.span, times=times)
    frame.instance.items.append(instance)
    inner = frame.inside(instance=instance, scope=Scope(frame.scope), waiting=[])
    layers.emit(context, inner, unit, prepared, path)
    instance.inputs = (value,)
    for statement in context.prelude(inner, body):
        context.run_statement(inner, statement)
    assert inner.value is not None
    _settle(context, inner)
    frame.value = inner.value
    try:
        node = context.add(Gather(times=times), (inner.value,), f"{path}.out", frame, call.span)
    except LayerProblem as problem:
        context.report(problem.kind, call.span, frame)
        node = problem.node
    frame.value = instance.output = node.index


def note_prev(context: Context, frame: Frame, node: Node, unit: Unit) -> None:
    """Remember a `prev` until the rows of its scan are all there."""
    if not isinstance(node.op, Prev):
        return
    span = unit.calls[-1][0].span
    if frame.waiting is None:
        kind = ValueNotAllowed("prev", "a place outside of `scan`", "a place in the rows of a scan")
        raise Mistake(kind, span)
    frame.waiting.append((node, node.op.row, span))


def _settle(context: Context, frame: Frame) -> None:
    """Tie each `prev` to the row it reads and compare their shapes."""
    for node, name, span in frame.waiting or ():
        entry = frame.level.find(tuple(name.split(".")))
        if entry is None or entry.node is None:
            kind = UnknownName(name, "row", tuple(frame.level.rows_in_sight()))
            context.report(kind, span, frame)
            continue
        context.network.carried[node.index] = entry.node
        found = context.nodes[entry.node].shape
        if found is not None and node.shape is not None and found != node.shape:
            shown = ValueNotAllowed("prev", str(node.shape), f"the shape of `{name}`, {found}")
            context.report(shown, span, frame)
