"""Bodies: the lines that stand before the rows, and the rows one after the other."""

from __future__ import annotations

from collections.abc import Iterator

from archc.diagnostics.kinds.names import NameTaken, UnknownLayer
from archc.diagnostics.kinds.syntax import SyntaxMistake
from archc.diagnostics.kinds.values import ValueNotAllowed
from archc.diagnostics.model import Label
from archc.graph.elaborate import rows
from archc.graph.elaborate.formulas import Mistake
from archc.graph.elaborate.frame import Context, Frame, TooLarge
from archc.graph.elaborate.notes import take_meta
from archc.graph.elaborate.scope import UNKNOWN, BlockDefinition, Policy, Scope, policy_for
from archc.graph.elaborate.variants import refuse_twins
from archc.ops.base import Op
from archc.record import replace
from archc.source import Span
from archc.syntax import tree
from archc.syntax.build_rows import COPY_NUMBERS

MODES = ("safe", "exact", "floor", "ceil")
# fmt: off
RESERVED = frozenset((
    "and", "as", "bare", "block", "check", "columns", "each", "else", "every", "extern", "first",
    "from", "if", "input", "let", "meta", "mod", "net", "no", "not", "of", "on", "or", "output",
    "reuse", "sizes", "training", "until", "use", "variants", "where", "with", "within", "yes",
))
# fmt: on
_BEFORE_ROWS = (tree.Every, tree.Let, tree.Sizes, tree.Variants)


def prelude(
    context: Context, frame: Frame, body: tuple[tree.Statement, ...]
) -> Iterator[tree.Statement]:
    """Take in the lines that stand before the rows, then give the rows."""
    for statement in body:
        if isinstance(statement, tree.Block):
            define_block(context, frame.scope, statement)
    seen_row = False
    for statement in body:
        if isinstance(statement, tree.Block):
            continue
        if isinstance(statement, _BEFORE_ROWS):
            try:
                if seen_row:
                    word = type(statement).__name__.lower()
                    found = f"`{word}` stands before the rows of its body"
                    raise Mistake(
                        SyntaxMistake(found, "move the line above the first row"), statement.span
                    )
                take_line(context, frame, statement)
            except Mistake as mistake:
                context.mistake(mistake, frame)
            continue
        seen_row = seen_row or isinstance(statement, (tree.Row, tree.Section, tree.Split))
        yield statement


def take_line(context: Context, frame: Frame, statement: tree.Statement) -> None:
    """`every`, `let`, `sizes`; the variants table was read with the net's parameters."""
    scope = frame.scope
    if isinstance(statement, tree.Every):
        add_policy(scope, statement)
    elif isinstance(statement, tree.Let):
        try:
            check_free(scope, statement.name, statement.name_span)
            scope.origin[statement.name] = statement.name_span
            scope.names[statement.name] = context.evaluate(statement.value, frame)
        except Mistake:
            scope.names[statement.name] = UNKNOWN
            raise
    elif isinstance(statement, tree.Sizes):
        set_sizes(scope, statement)


def add_policy(scope: Scope, every: tree.Every) -> None:
    """One `every` line; a meaning that came with `use ... with` stays."""
    known = policy_for(every.word, scope.policies)
    if known is not None and known.replaced:
        return
    if every.word not in Op.registry and scope.find(every.word) is None:
        raise Mistake(UnknownLayer(every.word, tuple(Op.registry)), every.word_span)
    scope.policies = Policy(every.word, every.chain, scope, scope.policies)


def set_sizes(scope: Scope, statement: tree.Sizes) -> None:
    """`sizes exact`, for the body and those inside."""
    if statement.mode not in MODES:
        kind = ValueNotAllowed("sizes", statement.mode, f"one of {', '.join(MODES)}")
        raise Mistake(kind, statement.mode_span)
    scope.sizes = statement.mode


def define_block(context: Context, scope: Scope, block: tree.Block) -> None:
    """Make a block known in its body; the name and parameters must be free."""
    try:
        check_free(scope, block.name, block.name_span)
        names: set[str] = set()
        for parameter in block.parameters:
            check_free(scope, parameter.name, parameter.name_span)
            if parameter.name in names:
                kind = NameTaken(parameter.name, "another parameter", f"{parameter.name}2")
                raise Mistake(kind, parameter.name_span)
            names.add(parameter.name)
    except Mistake as mistake:
        context.report_plain(mistake)
    scope.names[block.name] = BlockDefinition(block, scope)
    scope.origin[block.name] = block.name_span


def check_free(scope: Scope, name: str, span: Span) -> None:
    """Raise Mistake if a name is taken: by a layer, a flag, a reserved word, or in scope."""
    taken = ""
    if name in RESERVED:
        taken = "a reserved word"
    elif name in Op.registry:
        taken = "a layer"
    elif name in flags():
        taken = "an option's word"
    elif (name,) in COPY_NUMBERS:
        taken = "the number of a copy"
    elif name[0] == "x" and name[1:].isdigit():
        taken = f"a repetition: {name} reads as repeat {name[1:]} times"
    elif scope.where(name) is not None and scope.where(name) != span:
        where = scope.where(name)
        assert where is not None
        taken = f"the one at line {where.line}"
    if taken:
        where = scope.where(name)
        other = Label(where, "taken here") if where is not None and where != span else None
        raise Mistake(NameTaken(name, taken, proposal(scope, name)), span, other=other)


_FLAGS: set[str] = set()


def flags() -> set[str]:
    """Every flag and choice of any operator."""
    if not _FLAGS:
        for cls in Op.registry.values():
            for name, field in cls.fields.items():
                if field.kind == "flag":
                    _FLAGS.add(name)
                if field.positional:
                    _FLAGS.update(field.choices)
        _FLAGS.update(("half", "same"))
    return _FLAGS


def proposal(scope: Scope, name: str) -> str:
    """A name near the one wanted that is free."""
    for candidate in (f"{name}_", f"{name}2", f"my_{name}"):
        if (
            candidate not in Op.registry
            and candidate not in flags()
            and scope.where(candidate) is None
        ):
            return candidate
    return f"{name}_own"


def run_body(context: Context, frame: Frame, body: tuple[tree.Statement, ...]) -> None:
    """Expand the rows of a body in order, until an `until` is reached."""
    for statement in prelude(context, frame, body):
        if frame.stopped:
            return
        run_statement(context, frame, statement)


def run_statement(context: Context, frame: Frame, statement: tree.Statement) -> bool:
    """Expand one line; a mistake is reported and makes its value unknown. False: not there."""
    try:
        return _dispatch(context, frame, statement)
    except TooLarge:
        raise
    except Mistake as mistake:
        context.mistake(mistake, frame)
        if frame.stopped or isinstance(statement, (tree.CheckRow, tree.Meta, tree.Output)):
            return True
        frame.value = context.unknown(frame, statement.span)
        _name_unknown(context, frame, statement)
        return True


def _name_unknown(context: Context, frame: Frame, statement: tree.Statement) -> None:
    """Names of a row with a mistake still exist, so that rows that read them stay silent."""
    labels = [getattr(statement, "label", None)]
    labels += [step.label for step in getattr(statement, "steps", ())]
    for label in labels:
        if label is not None and label.text.isidentifier() and frame.value is not None:
            entry = frame.level.entry(label.text, label.span)
            if entry.node is None:
                entry.node = frame.value


def _dispatch(context: Context, frame: Frame, statement: tree.Statement) -> bool:
    if isinstance(statement, tree.Row):
        return rows.run_row(context, frame, statement)
    if isinstance(statement, tree.Section):
        return rows.run_section(context, frame, statement)
    if isinstance(statement, tree.Split):
        return rows.run_split(context, frame, statement)
    if isinstance(statement, tree.Columns):
        frame.columns = (replace(statement, columns=()), statement.span.line)
        refuse_twins(statement.columns)
        frame.columns = (statement, statement.span.line)
    elif isinstance(statement, tree.Output):
        frame.outputs.append(statement)
    elif frame.inputs is None and frame.instance.parent is None:
        if isinstance(statement, tree.CheckRow):
            context.checks.append((statement, frame))
        elif isinstance(statement, tree.Meta):
            take_meta(context, frame, statement)
    elif isinstance(statement, (tree.CheckRow, tree.Meta)) and frame.inputs is None:
        word = "check" if isinstance(statement, tree.CheckRow) else "meta"
        found = f"`{word}` stands in a net, not in a block"
        raise Mistake(SyntaxMistake(found, "move the line into the net"), statement.span)
    return True
