"""One net (or one variant of it) at one set of input sizes: the whole elaboration."""

from __future__ import annotations

import gc
import sys
from collections.abc import Mapping
from typing import Any

from archc.diagnostics.kinds.names import NameTaken, UnknownBlock, UnknownLayer
from archc.diagnostics.kinds.values import ValueNotAllowed
from archc.diagnostics.model import Bag
from archc.graph.elaborate import bodies, layers
from archc.graph.elaborate.asked import Asked, input_steps
from archc.graph.elaborate.formulas import Mistake
from archc.graph.elaborate.frame import Context, Frame, TooLarge
from archc.graph.elaborate.levels import Level
from archc.graph.elaborate.notes import take_check, take_columns
from archc.graph.elaborate.rows import ANONYMOUS
from archc.graph.elaborate.scope import (
    UNKNOWN,
    BlockDefinition,
    ExternDefinition,
    NetDefinition,
    Policy,
    Scope,
)
from archc.graph.elaborate.variants import net_parameters
from archc.graph.ir import Network
from archc.graph.modules import Module, variant_names
from archc.limits import DEFAULT, Limits
from archc.ops.base import Op
from archc.record import Record
from archc.syntax import tree

FRAMES_PER_LEVEL = 24
_IMPORTABLE = (BlockDefinition, NetDefinition, ExternDefinition)


class At(Record):
    """The numbers at which a net is expanded: `sizes` of its letters, the size `asked` for of an
    input, `values` in the place of its parameters' own. With `obeys_rules` off, `where` and size
    notes are not asked.
    """

    sizes: Mapping[str, int] | None = None
    asked: Asked | None = None
    values: Mapping[str, int] | None = None
    obeys_rules: bool = True


AS_WRITTEN = At()


def elaborate(
    module: Module,
    net: str,
    variant: str | None,
    bag: Bag,
    limits: Limits = DEFAULT,
    sizes: dict[str, int] | None = None,
    asked: Asked | None = None,
) -> Network | None:
    """Expand a net to a checked network; None if it has errors, which are in the bag.

    `sizes` gives numbers to open letters (`H`, `W`); `asked` another size to one input.
    """
    context = expand(module, net, variant, bag, limits, At(sizes, asked))
    return None if context.failed else context.network


def expand(
    module: Module,
    net: str,
    variant: str | None,
    bag: Bag,
    limits: Limits = DEFAULT,
    at: At = AS_WRITTEN,
) -> Context:
    """Expand a net and keep all that is known of it: what `elaborate` gives, and how to replay its
    sizes.
    """
    found = module.net(net)
    assert found is not None, net
    assert not variant_names(found) or variant in variant_names(found)
    name = f"{net}.{variant}" if variant else net
    network = Network(name, net, variant or "", module.source)
    network.title, network.span = found.title, found.name_span
    context = Context(network, bag, limits, frozenset(Op.registry) | frozenset(bodies.flags()))
    context.sizes = dict(at.sizes or {})
    context.asked = at.asked
    network.asked = at.asked.text if at.asked is not None else ""
    context.obeys_rules = at.obeys_rules
    context.hooks(bodies)
    collecting = gc.isenabled()
    recursion = sys.getrecursionlimit()
    gc.disable()  # a graph holds no garbage while it grows
    sys.setrecursionlimit(
        recursion + limits.depth * FRAMES_PER_LEVEL + limits.nesting * FRAMES_PER_LEVEL
    )
    try:
        _run(context, module, found, variant or "", at.values or {})
    finally:
        sys.setrecursionlimit(recursion)
        if collecting:
            gc.enable()
    return context


def _run(
    context: Context, module: Module, net: tree.Net, variant: str, values: Mapping[str, int]
) -> None:
    scope = file_scope(context, module, ())
    frame = Frame(Scope(scope), Level("", None), context.network.root)
    frame.net_scope = frame.scope
    frame.arrows = context.asked is None
    try:
        for parameter in net.parameters:
            bodies.check_free(scope, parameter.name, parameter.name_span)
        net_parameters(context, frame, net, variant, dict(values), net.name_span)
        known = frame.scope.names.items()
        context.network.values = {name: value for name, value in known if type(value) is int}
        asked = context.asked
        if asked is not None:
            context.sizes.update(asked.letters(net))
        context.run_body(frame, net.body)
        names = tuple([name for name, _ in input_steps(net)])
        if asked is not None and asked.name not in ("", *names, *context.network.inputs):
            raise asked.unknown(names, net.name_span)
        if frame.value is None:
            kind = ValueNotAllowed(f"net `{net.name}`", "no rows", "an input and rows below it")
            raise Mistake(kind, net.name_span)
        _outputs(context, frame, net)
        take_columns(context, frame, net, variant)
        for row, where in context.checks:
            _take(context, where, row)
        context.network.rows = frame.level.values()
    except Mistake as mistake:
        context.mistake(mistake, frame)


def _take(context: Context, frame: Frame, row: tree.CheckRow) -> None:
    try:
        take_check(context, frame, row)
    except TooLarge:
        raise
    except Mistake as mistake:
        context.mistake(mistake, frame)


def _outputs(context: Context, frame: Frame, net: tree.Net) -> None:
    """Named outputs, or the last value."""
    network = context.network
    for output in frame.outputs:
        for name in output.rows:
            row = context.row(name, frame)
            if row is None:
                context.mistake(layers.unknown_row(context, frame, name, frame.level), frame)
                continue
            into = network.training_outputs if output.training else network.outputs
            into[".".join(name.parts)] = row.node
    if not network.outputs and frame.value is not None and not context.failed:
        network.outputs[_last_name(net, frame)] = frame.value


def _last_name(net: tree.Net, frame: Frame) -> str:
    """The label of the last row, if it is a plain name."""
    rows = [line for line in net.body if isinstance(line, (tree.Row, tree.Section, tree.Split))]
    label = rows[-1].label if rows else None
    named = label is not None and label.text.isidentifier() and label.text != ANONYMOUS
    return label.text if label is not None and named else "output"


# ---- files -------------------------------------------------------------------------------------


def file_scope(context: Context, module: Module, replacements: tuple[Any, ...]) -> Scope:
    """The scope of a file: its imports, blocks, nets, externs, lets and policies.

    `replacements` are the words that `use ... with` gives another meaning, as if each stood as an
    `every` line at the top of the file and won over the file's own.
    """
    key = (id(module), tuple([id(item) for item in replacements]))
    known = context.file_scopes.get(key)
    if known is not None:
        return known
    scope = Scope(None)
    context.file_scopes[key] = scope
    for item in replacements:
        scope.policies = Policy(item.word, item.chain, Scope(None), scope.policies, replaced=True)
    frame = Frame(scope, Level("", None), context.network.root)
    for statement in module.tree.statements:
        try:
            _file_line(context, module, scope, frame, statement, replacements)
        except Mistake as mistake:
            context.report_plain(mistake)
    return scope


def _file_line(
    context: Context,
    module: Module,
    scope: Scope,
    frame: Frame,
    statement: tree.Statement,
    replacements: tuple[Any, ...],
) -> None:
    if isinstance(statement, tree.Use):
        _import(context, module, scope, statement, replacements)
    elif isinstance(statement, tree.Block):
        bodies.define_block(context, scope, statement)
    elif isinstance(statement, (tree.Net, tree.Extern)):
        bodies.check_free(scope, statement.name, statement.name_span)
        scope.origin[statement.name] = statement.name_span
        if isinstance(statement, tree.Net):
            scope.names[statement.name] = NetDefinition(statement, scope, module)
        else:
            scope.names[statement.name] = ExternDefinition(statement, scope)
    else:
        bodies.take_line(context, frame, statement)


def _import(
    context: Context, module: Module, scope: Scope, use: tree.Use, outer: tuple[Any, ...]
) -> None:
    """Names from another file, its words replaced as `with` says."""
    for name in use.names:  # until they are found, rows that use them stay silent
        scope.names.setdefault(name.parts[0], UNKNOWN)
    used = module.used.get(use.path.value)
    if used is None:
        context.failed = True
        return
    for item in use.replacements:
        if item.word not in Op.registry:
            raise Mistake(UnknownLayer(item.word, tuple(Op.registry)), item.span)
    words = {item.word for item in use.replacements}
    inherited = tuple([item for item in outer if item.word not in words])
    inner = file_scope(context, used, (*inherited, *use.replacements))
    for name in use.names:
        word = name.parts[0]
        found = inner.names.get(word)
        if not isinstance(found, _IMPORTABLE):
            known = tuple([n for n, datum in inner.names.items() if isinstance(datum, _IMPORTABLE)])
            raise Mistake(UnknownBlock(word, known), name.span)
        where = scope.where(word)
        if where is not None:
            taken = f"the one at line {where.line}"
            raise Mistake(NameTaken(word, taken, f"{word}2"), name.span)
        scope.names[word] = found
        scope.origin[word] = name.span
