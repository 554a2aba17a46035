"""A net's parameters: from its variant, from the call, from their defaults."""

from __future__ import annotations

from archc.diagnostics.kinds.names import NameTaken
from archc.diagnostics.kinds.syntax import SyntaxMistake
from archc.diagnostics.kinds.tables import CellCount, ColumnUnknown
from archc.diagnostics.kinds.values import MissingValue
from archc.diagnostics.model import Label
from archc.graph.elaborate.formulas import Mistake
from archc.graph.elaborate.frame import Context, Frame
from archc.graph.elaborate.scope import Datum
from archc.graph.modules import lies_on_its_side, variant_names, variants_table
from archc.source import Span
from archc.syntax import tree


def net_parameters(
    context: Context,
    frame: Frame,
    net: tree.Net,
    variant: str,
    given: dict[str, Datum],
    span: Span,
) -> None:
    """Put a net's parameters into its scope: what a call gives wins over the variant, that over
    defaults.
    """
    table = variants_table(net)
    if table is not None:
        refuse_twins(table.columns)
        _refuse_twin_rows(table.rows)
    cells: dict[str, tree.Cell] = {}
    if table is not None and variant:
        names = tuple(variant_names(net))
        index = names.index(variant)
        cells = variant_cells(net, table, index)
        if not lies_on_its_side(net, table):
            frame.choice = (index, names, table.span.line)
    for parameter in net.parameters:
        frame.scope.names[parameter.name] = _value(context, frame, parameter, cells, given, span)
        frame.scope.origin[parameter.name] = parameter.name_span


def _value(
    context: Context,
    frame: Frame,
    parameter: tree.Parameter,
    cells: dict[str, tree.Cell],
    given: dict[str, Datum],
    span: Span,
) -> Datum:
    if parameter.name in given:
        return given[parameter.name]
    cell = cells.get(parameter.name)
    if cell is not None and cell.value is not None:
        return context.evaluate(cell.value, frame)
    if parameter.default is None:
        raise Mistake(MissingValue(frame.instance.name, f"a value for `{parameter.name}`"), span)
    return context.evaluate(parameter.default, frame)


def variant_cells(net: tree.Net, table: tree.Variants, index: int) -> dict[str, tree.Cell]:
    """The cells of one variant by column name (checks and meta are in `special_cells`)."""
    parameters = {parameter.name for parameter in net.parameters}
    if not lies_on_its_side(net, table):
        found = {}
        for row in table.rows:
            if row.name not in parameters:
                raise Mistake(ColumnUnknown(row.name, net.name, tuple(parameters)), row.name_span)
            _count(row.cells, tuple([c.name for c in table.columns]), table, row.span)
            found[row.name] = row.cells[index]
        return found
    row = table.rows[index]
    _count(row.cells, tuple([column.name for column in table.columns]), table, row.span)
    found = {}
    for column, cell in zip(table.columns, row.cells):
        if column.kind == "value" and column.name not in parameters:
            raise Mistake(ColumnUnknown(column.name, net.name, tuple(parameters)), column.span)
        if column.kind == "value":
            found[column.name] = cell
    return found


def refuse_twins(columns: tuple[tree.Column, ...]) -> None:
    """Raise Mistake if two columns have one name; a metric may have several checks."""
    seen: dict[tuple[str, str], Span] = {}
    for column in columns:
        first = seen.setdefault((column.kind, column.name), column.span)
        if first is not column.span and column.kind != "check":
            raise _twin(" ".join(column.span.text.split()), "column", column.span, first)


def _refuse_twin_rows(rows: tuple[tree.VariantRow, ...]) -> None:
    seen: dict[str, Span] = {}
    for row in rows:
        first = seen.setdefault(row.name, row.name_span)
        if first is not row.name_span:
            raise _twin(row.name, "row", row.name_span, first)


def _twin(name: str, what: str, span: Span, first: Span) -> Mistake:
    kind = NameTaken(name, f"another {what} of this table, at line {first.line}", "")
    return Mistake(kind, span, other=Label(first, "the name is taken here"))


def special_cells(net: tree.Net, variant: str) -> list[tuple[tree.Column, tree.Cell]]:
    """The check and meta columns of a table on its side, with the variant's cells."""
    table = variants_table(net)
    if table is None or not variant or not lies_on_its_side(net, table):
        return []
    row = next(row for row in table.rows if row.name == variant)
    pairs = zip(table.columns, row.cells)
    return [(column, cell) for column, cell in pairs if column.kind in ("check", "meta")]


def _count(
    cells: tuple[tree.Cell, ...], names: tuple[str, ...], table: tree.Variants, span: Span
) -> None:
    if len(cells) != len(names):
        raise Mistake(CellCount(len(cells), names, table.span.line), span)


def chosen(cells: tuple[tree.Cell, ...], frame: Frame, span: Span) -> tree.Cell:
    """The cell of the variant in a row with one cell for each; raises Mistake."""
    if frame.choice is None:
        raise no_header("variants", span)
    index, names, line = frame.choice
    if len(cells) != len(names):
        raise Mistake(CellCount(len(cells), names, line), span)
    return cells[index]


def no_header(word: str, span: Span) -> Mistake:
    """The mistake of a row with bars above which no line says what the bars mean."""
    expected = f"write the header above it: `{word} | ... | ...`"
    if word == "variants":
        expected += "; a table on its side, variants down, has check columns instead"
    return Mistake(
        SyntaxMistake(f"no `{word}` line has a column for each bar here", expected), span
    )
