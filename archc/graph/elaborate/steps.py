"""Steps of a row: names given to what they make, repetitions, and whole chains of steps."""

from __future__ import annotations

from archc.diagnostics.kinds.names import NameTaken
from archc.diagnostics.kinds.values import ValueNotAllowed
from archc.graph.elaborate import blocks, inputs, joins, layers
from archc.graph.elaborate.again import Making, prepare_again, share
from archc.graph.elaborate.formulas import Mistake
from archc.graph.elaborate.frame import Context, Frame
from archc.graph.elaborate.levels import Entry, Level, Naming, claim
from archc.graph.elaborate.naming import (
    Own,
    Plan,
    fill,
    has_braces,
    is_dotted,
    is_plain_join,
    main_word,
    move_path,
    name_for,
    own_name,
    place_of,
)
from archc.graph.elaborate.scope import Datum, RowRef, Word
from archc.graph.elaborate.units import Unit, expand
from archc.ops.ends import Identity
from archc.record import replace
from archc.source import Span
from archc.syntax import tree


def run_chain(
    context: Context,
    frame: Frame,
    steps: tree.Chain,
    own: Own | None,
    body: tuple[tree.Statement, ...] | None = None,
) -> None:
    """Run the steps of a row; `own` is the row's label, `body` the paths of its last step."""
    plans = [
        Plan(step, expand(step, frame) if isinstance(step, tree.Call) else []) for step in steps
    ]
    inner = frame if own is None else _name_plans(frame, plans, own, body is not None)
    if body is not None and not isinstance(steps[-1], tree.Call):
        raise _no_rows(steps[-1].span.text, body)
    for number, plan in enumerate(plans):
        if frame.stopped:
            break
        context.step(plan.step.span)
        run_step(context, inner, plan, body if number == len(plans) - 1 else None)
    frame.value = inner.value


def _name_plans(frame: Frame, plans: list[Plan], own: Own, has_body: bool) -> Frame:
    """Decide what a row's label names: its only thing with weights, or a level over several."""
    weighted = [plan for plan in plans if plan.weighted]
    named = [plan for plan in plans if plan.named]
    total = sum([plan.weighted for plan in weighted])
    if not has_body and len(weighted) == 1 and (total == 1 or _repeated(weighted[0])):
        weighted[0].own = own
    elif not has_body and total == 0 and sum([plan.named for plan in named]) <= 1:
        for plan in plans:
            if plan in named or isinstance(plan.step, tree.Input):
                plan.own = own
    else:
        return frame.inside(level=own.level.below(own.name, own.span), pattern=None)
    return frame


def _repeated(plan: Plan) -> bool:
    return isinstance(plan.step, tree.Call) and plan.step.repeat is not None


def run_step(
    context: Context, frame: Frame, plan: Plan, body: tuple[tree.Statement, ...] | None
) -> None:
    """Run one step: a call, `from`, `reuse` or an input; keep its value under its name."""
    step = plan.step
    own = plan.own
    first = len(context.nodes)
    if step.label is not None and not (isinstance(step, tree.Call) and has_braces(step.label)):
        own = own_name(context, frame, step.label)
        own.entry().under_way = True
    if body is not None and (not isinstance(step, tree.Call) or step.each):
        raise _no_rows(step.span.text.split()[0], body)
    if isinstance(step, tree.From):
        frame.value = find_row(context, frame, step.row).node
    elif isinstance(step, tree.Input):
        inputs.run_input(context, frame, step, own.name if own else None)
    elif isinstance(step, tree.Reuse):
        _reuse(context, frame, step, own)
    else:
        _run_call(context, frame, step, plan.units, own, body)
    if step.label is not None and own is not None and frame.value is not None:
        entry = own.entry()
        entry.under_way = False
        entry.again = entry.again or Making((step,), frame, None, first, len(context.nodes))
        context.finish(entry, frame.value, frame)


def find_row(context: Context, frame: Frame, name: tree.Name) -> RowRef:
    """The row a reference names, or the row a parameter was given; raises Mistake."""
    row = context.row(name, frame)
    if row is None:
        given = frame.scope.find(name.parts[0])
        if isinstance(given, Word) and given.text:
            found = f"the word {given.text}, which wins over a row of that name"
            raise Mistake(ValueNotAllowed(f"`{name.parts[0]}`", found, "a row"), name.span)
        row = given if isinstance(given, RowRef) else None
        if row is not None and len(name.parts) > 1:
            inner = row.entry.level.find(name.parts[1:]) if row.entry and row.entry.level else None
            node = inner.node if inner else None
            row = RowRef(node, ".".join(name.parts), inner) if node is not None else None
    if row is None:
        raise layers.unknown_row(context, frame, name, frame.level)
    return row


# ---- calls -------------------------------------------------------------------------------------


def _run_call(
    context: Context,
    frame: Frame,
    call: tree.Call,
    units: list[Unit],
    own: Own | None,
    body: tuple[tree.Statement, ...] | None,
) -> None:
    if call.each:
        _run_each(context, frame, call, units, own)
        return
    word = call.head.parts[0]
    made = frame.made.get(word, 0)
    if call.repeat is None and not call.first and not call.numbered:
        frame.made[word] = made + 1
        run_units(context, frame, units, own, body, call)
        return
    copies = 1
    if call.repeat is not None:
        _no_row_of_this_name(frame, call.repeat)
        copies = context.whole(call.repeat, frame, "a repetition")
    label = call.label if call.label is not None and has_braces(call.label) else None
    later: tree.Call = replace(call, first=()) if call.first else call
    varying = call.numbered or label is not None or (body is not None and call.repeat is not None)
    for copy in range(copies):
        if frame.stopped:
            return
        context.step(call.span)
        here, this = frame, later if copy else call
        if varying or (own is not None and "{" in own.name):
            here = _numbered(frame, copy, call)
            units = expand(this, here)
        elif copy == 1 and call.first:
            units = expand(this, here)
        named = (
            own_name(context, here, label) if label else _copy_name(context, here, own, call, copy)
        )
        frame.made[word] = made + copy + 1
        run_units(context, here, units, named, body, this)
        frame.value = here.value


def _no_row_of_this_name(frame: Frame, repeat: tree.Expression) -> None:
    """`concat a x2` repeats; if a row is called `x2`, its name is refused where it is given."""
    name = f"x{repeat.span.text}"
    entry = frame.level.find((name,)) if isinstance(repeat, tree.Number) else None
    if entry is not None:
        taken = f"a repetition: {name} reads as repeat {repeat.span.text} times"
        raise Mistake(NameTaken(name, taken, f"y{repeat.span.text}"), entry.span)


def _numbered(frame: Frame, copy: int, call: tree.Call) -> Frame:
    """A frame in which `i` is the copy's number and `j` that of all copies of the block so far.

    A row that is not repeated has no `i`: inside a block it would be 0 for every copy.
    """
    names: dict[str, Datum] = {"j": frame.made.get(call.head.parts[0], 0)}
    if call.repeat is not None:
        names["i"] = copy
    return frame.inside(scope=frame.scope.with_names(**names))


def _copy_name(
    context: Context, frame: Frame, own: Own | None, call: tree.Call, copy: int
) -> Own | None:
    """Copies of a labelled row are `label.0`, `label.1` ..., or what braces in the label say."""
    if own is None or call.repeat is None:
        return own
    if "{" in own.name:
        level, name = own.level, fill(context, frame, own.name, tree.Label(own.span, own.name))
    else:
        level, name = own.level.below(own.name, own.span), str(copy)
    claim(level, name, own.span)
    return Own(level, name, own.span)


def run_units(
    context: Context,
    frame: Frame,
    units: list[Unit],
    own: Own | None,
    body: tuple[tree.Statement, ...] | None,
    call: tree.Call,
) -> None:
    """Put the units of one copy of a step into the graph, each under its name."""
    naming = frame.naming
    dotted = is_dotted(units)
    taker: Unit | None = None
    if dotted:
        own = own or Own(naming.level, naming.name(main_word(units)), call.span)
        naming = Naming(own.level.below(own.name, own.span), None)
    elif own is not None:
        naming, taker = place_of(units, own, naming)
    main: Entry | None = None
    row_goes_on = own is not None and own.entry().under_way
    if own is not None:
        own.entry().under_way = True
    for unit in units:
        if frame.stopped:
            break
        last = body if unit is units[-1] else None
        leads = unit.main and own is None and naming.pattern is None
        entry = _run_unit(context, frame, unit, naming, own if unit is taker else None, last, leads)
        if leads:
            main = entry
    if frame.value is None:
        return
    if own is not None:
        own.entry().under_way = row_goes_on
        context.finish(own.entry(), frame.value, frame)
    elif main is not None and not frame.stopped:
        main.under_way = False
        context.finish(main, frame.value, frame)


def _run_unit(
    context: Context,
    frame: Frame,
    unit: Unit,
    naming: Naming,
    own: Own | None,
    body: tuple[tree.Statement, ...] | None,
    leads: bool,
) -> Entry | None:
    """Put one unit into the graph; gives the entry of its name, which those behind it share if it
    `leads`.
    """
    callee = unit.callee
    if body is not None and not _takes_rows(unit):
        raise _no_rows(unit.word, body)
    if callee is Identity:
        return None
    if not isinstance(callee, type):
        named = _counted(context, frame, unit, naming, own, leads)
        return blocks.run_block(context, frame, unit, named)
    if callee.role == "join" and not joins.is_reduction(unit):
        path = (
            own.level.key(own.name) if own and not is_plain_join(unit) else move_path(unit, naming)
        )
        joins.run_join(context, frame, unit, path, body)
        return None
    if unit.word == "scan":
        joins.run_scan(context, frame, unit, move_path(unit, naming), body)
        return None
    return _run_layer(context, frame, unit, naming, own, leads)


def _takes_rows(unit: Unit) -> bool:
    """Whether rows may stand below: joins have paths, a scan has rows for each thing."""
    if not isinstance(unit.callee, type):
        return False
    return unit.word == "scan" or (unit.callee.role == "join" and not joins.is_reduction(unit))


def _no_rows(word: str, body: tuple[tree.Statement, ...]) -> Mistake:
    takes, advice = "no rows: joins and scan have them", "indent this row less"
    kind = ValueNotAllowed(f"`{word}`", "rows below it", takes, advice)
    return Mistake(kind, body[0].span)


def _run_layer(
    context: Context, frame: Frame, unit: Unit, naming: Naming, own: Own | None, leads: bool
) -> Entry | None:
    if unit.prepared is None or unit.prepared.rows:
        unit.prepared = layers.prepare(context, frame, unit)
    if not unit.has_name:
        node = layers.emit(context, frame, unit, unit.prepared, move_path(unit, naming))
        joins.note_prev(context, frame, node, unit)
        return None
    entry = _counted(context, frame, unit, naming, own, leads).entry()
    node = layers.emit(context, frame, unit, unit.prepared, entry.path)
    entry.is_layer = True
    context.finish(entry, node.index, frame)
    return entry


def _counted(
    context: Context, frame: Frame, unit: Unit, naming: Naming, own: Own | None, leads: bool
) -> Own:
    """The name of a thing: its own, which counts in the numbering too, or the next free one."""
    if own is None:
        own = name_for(unit, naming, context, frame)
        own.entry().under_way = leads
        return own
    own.level.count(unit.word)
    return own


# ---- the same layers again ---------------------------------------------------------------------


def _reuse(context: Context, frame: Frame, step: tree.Reuse, own: Own | None) -> None:
    row = find_row(context, frame, step.row)
    entry = row.entry
    if entry is None or entry.again is None:
        advice = "rows that are used again together go into a block"
        kind = ValueNotAllowed("reuse", f"`{row.text}`", "the name of a row with layers", advice)
        raise Mistake(kind, step.row.span)
    own = own or _again_name(frame, entry, step.span)
    run_again(context, frame, entry.again, own)


def _again_name(frame: Frame, entry: Entry, span: Span) -> Own:
    """A name for layers that are used again: the row's, and which time it is."""
    return _next_use(frame.level, entry.path.rsplit(".", 1)[-1], span)


def _next_use(level: Level, name: str, span: Span) -> Own:
    number = level.count(f"{name}@") + 1
    return Own(level, f"{name}@{number}", span)


def run_again(context: Context, frame: Frame, making: Making, own: Own) -> None:
    """Make a row once more at the running value, with the weights made the first time."""
    inner, steps, named = prepare_again(making, frame, own)
    start = len(context.nodes)
    run_chain(context, inner, steps, named)
    share(context, frame, making, start, own.span)
    frame.value = inner.value
    if named is None and frame.value is not None:
        context.finish(own.entry(), frame.value, frame)


def _run_each(
    context: Context, frame: Frame, call: tree.Call, units: list[Unit], own: Own | None
) -> None:
    """`each head`: the first item makes the weights, the others share them."""
    items = joins.items_of(context, frame, call)
    single = replace(call, each=False)
    if own is None:
        naming = frame.naming
        own = Own(naming.level, naming.name(main_word(units)), call.span)
    results: list[int] = []
    making: Making | None = None
    for item in items:
        inner = frame.inside(value=item)
        if making is None:
            first = len(context.nodes)
            run_chain(context, inner, (replace(single, label=None),), own)
            making = Making((single,), frame, None, first, len(context.nodes))
        else:
            run_again(context, inner, making, _next_use(own.level, own.name, call.span))
        assert inner.value is not None
        results.append(inner.value)
    path = frame.level.key(f"list{frame.level.count('list')}")
    joins.make_list(context, frame, results, path, call.span)
    own.entry().again = making
