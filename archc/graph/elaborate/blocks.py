"""Blocks, and nets used as blocks: each use stamps a fresh copy."""

from __future__ import annotations

from typing import Any

from archc.diagnostics.kinds.expansion import EndlessBlock
from archc.diagnostics.kinds.names import NetNotChosen, UnknownName, UnknownNet, WrongNumberOfValues
from archc.diagnostics.kinds.notes import SizePromiseBroken
from archc.diagnostics.kinds.values import MissingValue, ValueNotAllowed
from archc.diagnostics.model import Label
from archc.graph.elaborate import joins, layers
from archc.graph.elaborate.arguments import bind_parameters
from archc.graph.elaborate.asked import input_steps
from archc.graph.elaborate.externs import run_extern
from archc.graph.elaborate.formulas import Mistake
from archc.graph.elaborate.frame import STEPS_PER_BLOCK, Context, Frame, Stop, TooLarge
from archc.graph.elaborate.inputs import (
    is_as_written,
    open_letter,
    shape_count,
    shown,
    split_count,
)
from archc.graph.elaborate.levels import Entry, Level
from archc.graph.elaborate.scope import (
    UNKNOWN,
    BlockDefinition,
    Datum,
    ExternDefinition,
    NetDefinition,
    NetVariant,
    Presets,
    RowRef,
    Scope,
    describe,
)
from archc.graph.elaborate.units import Unit
from archc.graph.elaborate.variants import net_parameters
from archc.graph.ir import Instance
from archc.graph.modules import variant_names
from archc.ops.values import Count, Shape
from archc.record import replace
from archc.syntax import tree

Values = tuple[tuple[str, Datum], ...]
"""values filled in by name"""
SIDE_NAMES = (*"HWCDT",)
SPATIAL_NAMES = {1: ("W",), 2: ("H", "W"), 3: ("D", "H", "W")}


def run_block(context: Context, frame: Frame, unit: Unit, own: Any) -> Entry:
    """Use a block, a net or an extern at the running value; gives the entry of its name."""
    callee = unit.callee
    call = unit.calls[-1][0]
    chosen = ".".join(call.head.parts[1:])
    presets: Values = ()
    if isinstance(callee, Presets):
        presets, callee = callee.values, callee.block
    if isinstance(callee, NetVariant):
        chosen, callee = callee.variant, callee.net
    entry: Entry = own.entry()
    if isinstance(callee, ExternDefinition):
        run_extern(context, frame, callee, call, entry.path)
        return entry
    assert not isinstance(callee, type)
    context.step(call.span, STEPS_PER_BLOCK)
    if isinstance(callee, NetDefinition):
        inner = _enter_net(context, frame, unit, callee, chosen, presets, entry)
    else:
        inner = _enter_block(context, frame, unit, callee, presets, entry)
    context.depth += 1
    try:
        if context.depth > context.limits.depth:
            what = "net" if isinstance(callee, NetDefinition) else "block"
            kind = EndlessBlock(inner.instance.name, context.limits.depth, what)
            raise TooLarge(kind, call.span)
        _run_inside(context, frame, inner, callee, call)
    finally:
        context.depth -= 1
    if frame.value is not None:
        context.finish(entry, frame.value, frame)
    return entry


def _run_inside(context: Context, frame: Frame, inner: Frame, callee: Any, call: tree.Call) -> None:
    if isinstance(callee, NetDefinition):
        context.run_body(inner, callee.tree.body)
        _net_outputs(context, inner, call)
    else:
        context.run_body(inner, callee.tree.body)
        _keep_promise(context, inner, callee, call)
    if call.until is not None and inner.stop is not None and not inner.stop.hit:
        kind = UnknownName(".".join(call.until.parts), "row", tuple(inner.level.names))
        raise Mistake(kind, call.until.span)
    inner.instance.output = inner.value
    frame.value = inner.value


# ---- blocks ------------------------------------------------------------------------------------


def _enter_block(
    context: Context,
    frame: Frame,
    unit: Unit,
    definition: BlockDefinition,
    presets: Values,
    entry: Entry,
) -> Frame:
    block = definition.tree
    call = unit.calls[-1][0]
    given: dict[str, Datum] = {}
    for values, scope in unit.calls:
        here = frame if scope is frame.scope else frame.inside(scope=scope)
        given.update(bind_parameters(context, unit.word, block.parameters, values, here, presets))
    scope = Scope(definition.scope)
    instance = _instance(frame, definition.name, entry, call, given)
    inner = _frame_inside(frame, scope, Level(entry.path, None), instance, entry)
    inner.value = frame.value
    inner.arrows = frame.arrows and block.span.source is context.network.source
    if call.until is not None:
        inner.stop = Stop(f"{entry.path}.{'.'.join(call.until.parts)}", frame.stop)
    shape = _receive(context, inner, definition, call)
    _bind(context, inner, block.parameters, given, unit.word, call)
    if block.receives is not None and shape is not None:
        _match(context, inner, block, block.receives, shape, call)
    return inner


def _instance(
    frame: Frame, name: str, entry: Entry, call: tree.Call, given: dict[str, Datum]
) -> Instance:
    arguments = tuple([(key, describe(value)) for key, value in given.items()])
    instance = Instance(name, entry.path, frame.instance, call.span, arguments)
    instance.inputs = (frame.value,) if frame.value is not None else ()
    frame.instance.items.append(instance)
    return instance


def _frame_inside(
    frame: Frame, scope: Scope, level: Level, instance: Instance, entry: Entry
) -> Frame:
    entry.level = level
    inner = Frame(scope, level, instance)
    inner.stop = frame.stop
    inner.waiting = frame.waiting
    inner.net_scope = frame.net_scope
    return inner


def _bind(
    context: Context,
    inner: Frame,
    parameters: tuple[tree.Parameter, ...],
    given: dict[str, Datum],
    word: str,
    call: tree.Call,
) -> None:
    """Put the parameters into the block's scope; defaults may use those before them."""
    for parameter in parameters:
        value = given.get(parameter.name)
        if value is None:
            if parameter.default is None:
                raise Mistake(MissingValue(word, f"a value for `{parameter.name}`"), call.span)
            value = context.evaluate(parameter.default, inner)
        inner.scope.names[parameter.name] = value
        inner.scope.origin[parameter.name] = parameter.name_span


def _receive(
    context: Context, inner: Frame, definition: BlockDefinition, call: tree.Call
) -> Shape | None:
    """Bind H, W, C ... of the incoming value, or the items of a list; gives its shape if known."""
    block = definition.tree
    shape = context.nodes[inner.value].shape if inner.value is not None else None
    if block.items:
        _receive_list(context, inner, block, call)
        return None
    if shape is None:
        _receive_unknown(inner, block)
    if isinstance(shape, Shape):
        for axis, name in enumerate(SPATIAL_NAMES.get(shape.rank, ())):
            context.bind_side(inner.scope, name, inner.value, axis, shape.dims[axis])
        if shape.dims:
            context.bind_channels(inner.scope, "C", inner.value, shape.channels)
        if shape.rank == 0:
            context.bind_channels(inner.scope, "D", inner.value, shape.channels)
        if shape.count is not None:
            context.bind_count(inner.scope, "T", inner.value, shape.count)
        return shape
    return None


def _receive_unknown(inner: Frame, block: tree.Block) -> None:
    """Nothing is known of the incoming value, so whatever uses its sides stays silent."""
    inner.scope.implicit.update(dict.fromkeys(SIDE_NAMES, UNKNOWN))
    text = block.receives
    if text is None:
        return
    sides = text.dims.sides if isinstance(text.dims, tree.Size) else (text.dims,)
    letters = [side.parts[0] for side in sides if isinstance(side, tree.Name)]
    letters += [split_count(text.count)[0]] if text.count is not None else []
    inner.scope.implicit.update(dict.fromkeys(letters, UNKNOWN))


def _receive_list(context: Context, inner: Frame, block: tree.Block, call: tree.Call) -> None:
    items = joins.items_of(context, inner, call)
    if len(items) != len(block.items):
        takes = f"a list of {len(block.items)}"
        raise Mistake(WrongNumberOfValues(block.name, len(items), takes), call.span)
    for name, item in zip(block.items, items):
        inner.scope.names[name.parts[0]] = RowRef(item, name.parts[0], None)


def _match(
    context: Context,
    inner: Frame,
    block: tree.Block,
    text: tree.ShapeText,
    shape: Shape,
    call: tree.Call,
) -> None:
    """`on HxWxC`: letters that mean nothing yet name the sides, everything else is a promise."""
    sides = text.dims.sides if isinstance(text.dims, tree.Size) else (text.dims,)
    broken = len(sides) != len(shape.dims) or (text.count is None) != (shape.count is None)
    own = {parameter.name for parameter in block.parameters}
    if not broken and text.count is not None and shape.count is not None:
        broken = not _match_count(context, inner, text.count, shape.count, own)
    if not broken:
        for axis, side in enumerate(sides):
            letter = _letter(side, inner.scope, own)
            if letter is not None and axis == shape.rank:
                context.bind_channels(inner.scope, letter, inner.value, shape.channels)
            elif letter is not None:
                context.bind_side(inner.scope, letter, inner.value, axis, shape.dims[axis])
            elif side is not None:
                with context.reading_sides():
                    wanted = context.whole(side, inner, "a side")
                broken = broken or wanted != shape.dims[axis]
                context.promise(side, inner, axis)
    if broken:
        kind = SizePromiseBroken(block.name, text.span.text, str(shape), "input")
        raise Mistake(kind, call.span, other=Label(text.span, "promised here"))


def _letter(side: tree.Expression | None, scope: Scope, own: set[str]) -> str | None:
    """A side's name: a single capital names the block's own side, unless it is a parameter."""
    if not isinstance(side, tree.Name) or side.parts[0] in own:
        return None
    name = side.parts[0]
    if name in SIDE_NAMES:
        return name
    return open_letter(side, scope)


def _match_count(
    context: Context, inner: Frame, text: tree.Expression, count: int | Count, own: set[str]
) -> bool:
    """`on T of D`, `on T+1 of D`: a letter that means nothing yet names the count that comes in."""
    letter, more = split_count(text)
    is_free = letter in SIDE_NAMES or inner.scope.find(letter) is None
    with context.reading_sides():
        if not letter or letter in own or not is_free:
            return shape_count(context, inner, text) == count
        plus = 0 if more is None else context.whole(more, inner, "a count")
    return context.bind_count(inner.scope, letter, inner.value, count, plus)


def _keep_promise(
    context: Context, inner: Frame, definition: BlockDefinition, call: tree.Call
) -> None:
    """`-> HxWxC` in a block's header is checked at each use."""
    text = definition.tree.promises
    if text is None or inner.value is None or inner.stopped:
        return
    shape = context.nodes[inner.value].shape
    if shape is None:
        return
    with context.reading_sides():
        right = is_as_written(context, inner, text, shape)
    if not right:
        kind = SizePromiseBroken(definition.name, text.span.text, shown(shape), "output")
        promised = (Label(text.span, "promised here"),)
        context.report(kind, call.span, inner, secondary=promised)
    if isinstance(text, tree.ShapeText):
        _promise_sides(context, inner, text)
        return
    for one, value in zip(text.items, joins.flat_items(context, inner.value)):
        _promise_sides(context, inner.inside(value=value), one)


def _promise_sides(context: Context, frame: Frame, text: tree.ShapeText) -> None:
    for axis, side in enumerate(text.dims.sides if isinstance(text.dims, tree.Size) else ()):
        context.promise(side, frame, axis)


# ---- nets as blocks ----------------------------------------------------------------------------


def _enter_net(
    context: Context,
    frame: Frame,
    unit: Unit,
    net: NetDefinition,
    variant: str,
    presets: Values,
    entry: Entry,
) -> Frame:
    call = unit.calls[-1][0]
    known = variant_names(net.tree)
    if variant and variant not in known:
        raise Mistake(UnknownNet(variant, tuple(known)), call.head.span)
    if known and not variant:
        choices = tuple([f"{net.name}.{name}" for name in known])
        raise Mistake(NetNotChosen(choices), call.head.span)
    rows, values = _net_rows(context, frame, net, call)
    given = bind_parameters(context, unit.word, net.tree.parameters, values, frame, presets)
    scope = Scope(net.scope)
    instance = _instance(
        frame, f"{net.name}.{variant}" if variant else net.name, entry, call, given
    )
    inner = _frame_inside(frame, scope, Level(entry.path, None), instance, entry)
    inner.arrows = False
    inner.inputs = rows
    inner.net_scope = scope
    if call.until is not None:
        inner.stop = Stop(f"{entry.path}.{'.'.join(call.until.parts)}", frame.stop)
    net_parameters(context, inner, net.tree, variant, given, call.span)
    return inner


def _net_rows(
    context: Context, frame: Frame, net: NetDefinition, call: tree.Call
) -> tuple[dict[str, int], tree.Call]:
    """The rows for the net's inputs by name, or the running value; and the call without them."""
    names = list(dict.fromkeys([name for name, _ in input_steps(net.tree)]))
    rows: dict[str, int] = {}
    kept = []
    for keyword in call.keywords:
        if keyword.name in names and isinstance(keyword.value, tree.Name):
            row = context.evaluate(keyword.value, frame)
            if not isinstance(row, RowRef):
                raise Mistake(ValueNotAllowed(keyword.name, describe(row), "a row"), keyword.span)
            rows[keyword.name] = row.node
        else:
            kept.append(keyword)
    if not rows and len(names) > 1:
        takes = " ".join([f"`{name}=row`" for name in names])
        kind = ValueNotAllowed(f"`{net.name}`", f"one value for {len(names)} inputs", takes)
        raise Mistake(kind, call.span)
    if not rows:
        rows[""] = layers.running(context, frame, net.name, call.span)
    return rows, replace(call, keywords=tuple(kept))


def _net_outputs(context: Context, inner: Frame, call: tree.Call) -> None:
    """A net with several outputs gives a list; its training outputs are not built."""
    wanted = [name for output in inner.outputs if not output.training for name in output.rows]
    if not wanted or inner.stopped:
        return
    nodes: list[int] = []
    for name in wanted:
        row = context.row(name, inner)
        if row is None:
            raise layers.unknown_row(context, inner, name, inner.level)
        nodes.append(row.node)
    if len(nodes) == 1:
        inner.value = nodes[0]
        return
    path = inner.level.key(f"list{inner.level.count('list')}")
    joins.make_list(context, inner, nodes, path, call.span)
