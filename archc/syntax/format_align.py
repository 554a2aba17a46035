"""Alignment: bars of tables, stops of rows, and a column for guards, arrows and comments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from archc.syntax import tree
from archc.syntax.format_lines import Line

_DEFINITIONS = (tree.Every, tree.Let, tree.Meta)
_SCOPED = (tree.Net, tree.Block, tree.Row, tree.Section, tree.Split)
_VALUE_LINES = (tree.CheckRow, tree.Meta)

# Tails stand at a column of this grid, so that one longer row seldom moves all the others.
_GRID = 10
_GRID_START = 32
_WIDEST_ALIGNED = 80
_WIDEST_KEPT = 100
_WIDEST_TABLE = 160
_WIDEST_NAME = 40


def align(lines: list[Line]) -> None:
    """Set the text of all lines."""
    for run in _runs(lines, _same_definition):
        _align_definitions(run)
    for run in _runs(lines, _both_rows):
        _align_rows(run)
    for line in lines:
        line.text = line.main()
    for table in _tables(lines):
        _align_table(table)
    _align_tails(lines)


# ---- groups -------------------------------------------------------------------------------------


def _runs(lines: list[Line], alike: Callable[[Line, Line], bool]) -> Iterator[list[Line]]:
    """Neighbouring lines that are alike, two at least."""
    run: list[Line] = []
    for line in lines:
        if run and not (not line.blank and alike(run[-1], line)):
            if len(run) > 1:
                yield run
            run = []
        run.append(line)
    if len(run) > 1:
        yield run


def _same_definition(above: Line, below: Line) -> bool:
    return above.kind is below.kind and below.kind in _DEFINITIONS and above.depth == below.depth


def _both_rows(above: Line, below: Line) -> bool:
    return _is_plain_row(above) and _is_plain_row(below) and above.depth == below.depth


def _is_plain_row(line: Line) -> bool:
    is_plain = line.kind is tree.Row and line.parts == 1 and line.cells is None
    return is_plain and sum([len(word.text) + 1 for word in line.words]) <= _WIDEST_ALIGNED


# ---- `=` of definitions -------------------------------------------------------------------------


def _align_definitions(run: list[Line]) -> None:
    starts = [line for line in run if line.part == 0 and len(line.words[1].text) <= _WIDEST_NAME]
    width = max([len(line.words[1].text) for line in starts], default=0)
    for line in starts:
        line.gaps = [0] + [1] * (len(line.words) - 1)
        line.gaps[2] += width - len(line.words[1].text)


# ---- stops of rows ------------------------------------------------------------------------------


class _Stop:
    """A word that may stand under its like in the row above, and what leads up to it."""

    __slots__ = ("at", "kind", "prefix")

    def __init__(self, at: int, kind: str, prefix: int) -> None:
        self.at = at
        self.kind = kind
        self.prefix = prefix


class _Fields:
    """A row's stops, and the form of its words: rows of equal form have equal numbers."""

    def __init__(self, line: Line, forms: dict[tuple[int, str], int]) -> None:
        self.line = line
        self.stops: list[_Stop] = []
        line.gaps = [0] + [1] * (len(line.words) - 1)
        self.widths = self._read(forms)

    def _read(self, forms: dict[tuple[int, str], int]) -> list[int]:
        """Find the stops; gives the offset of each word."""
        form, starts, offset = 0, True, 0
        offsets: list[int] = []
        behind_label = False
        for at, word in enumerate(self.line.words):
            key = _key(word.kind, word.option, word.text, starts)
            form = forms.setdefault((form, key), len(forms) + 1)
            if behind_label or word.kind in ("_SEMI", "REPEAT", "FIRST"):
                self.stops.append(_Stop(at, "LABEL" if behind_label else word.kind, form))
            behind_label = word.kind == "LABEL"
            starts = word.kind in ("_SEMI", "LABEL", "EACH", "NO")
            offsets.append(offset)
            offset += len(word.text) + 1
        self.form = form
        return offsets


def _key(kind: str, option: str, text: str, telling: bool) -> str:
    """What is equal in rows that are aligned: words and option names, not the values."""
    if option:
        return option + "="
    if kind in ("NAME", "DOTTED", "NUMBER", "SIZE", "FUNC", "LPAR", "STRING"):
        return text if telling else "value"
    return kind


def _align_rows(run: list[Line]) -> None:
    forms: dict[tuple[int, str], int] = {}
    rows = [_Fields(line, forms) for line in run]
    shifts = [0] * len(rows)
    for stop in range(max([len(row.stops) for row in rows])):
        first = 0
        while first < len(rows):
            last = first
            while last + 1 < len(rows) and _share(rows[last], rows[last + 1], stop):
                last += 1
            if last > first:
                _align_stop(rows, shifts, first, last + 1, stop)
            first = last + 1


def _share(above: _Fields, below: _Fields, stop: int) -> bool:
    """Whether two rows are alike up to a repetition, or alike as a whole."""
    if len(above.stops) <= stop or len(below.stops) <= stop:
        return False
    if above.stops[stop].prefix != below.stops[stop].prefix:
        return False
    return above.form == below.form or above.stops[stop].kind in ("REPEAT", "FIRST")


def _align_stop(rows: list[_Fields], shifts: list[int], first: int, end: int, stop: int) -> None:
    ends = [rows[at].widths[rows[at].stops[stop].at] + shifts[at] for at in range(first, end)]
    target = max(ends)
    for at, offset in zip(range(first, end), ends):
        rows[at].line.gaps[rows[at].stops[stop].at] += target - offset
        shifts[at] += target - offset


# ---- bars ---------------------------------------------------------------------------------------


def _tables(lines: list[Line]) -> Iterator[list[Line]]:
    """Lines with cells under one header, and neighbouring `check` and `meta` lines."""
    under: dict[tuple[bool, int | None, int | None], list[Line]] = {}
    values: list[Line] = []
    for line in lines:
        is_value = line.cells is not None and line.kind in _VALUE_LINES
        if values and (line.blank or not is_value or line.kind is not values[-1].kind):
            yield values
            values = []
        if is_value:
            values.append(line)
        elif line.cells is not None:
            in_columns = line.kind in (tree.Columns, tree.Row)
            under.setdefault((in_columns, line.table, line.scope), []).append(line)
    if values:
        yield values
    yield from under.values()


def _align_table(table: list[Line]) -> None:
    """Put the bars of a table under each other; rows too wide for any screen stay."""
    rows = [_TableRow(line) for line in table]
    fitting = [row for row in rows if row.width <= _WIDEST_TABLE]
    first_bar = max([row.offset for row in fitting if not row.is_split], default=0)
    for row in fitting:
        row.pad(row.offset if row.is_split else first_bar)
    column = 0
    while fitting:
        for row in fitting:
            row.write(column)
        column += 1
        fitting = [row for row in fitting if column < len(row.cells)]
        bar = max([row.offset for row in fitting], default=0)
        for row in fitting:
            row.pad(bar)
    for row in rows:
        row.finish()


class _TableRow:
    """A line with cells while it is being written; `offset` is where its next bar may stand."""

    __slots__ = ("cells", "is_split", "line", "offset", "pieces", "width")

    def __init__(self, line: Line) -> None:
        self.line = line
        self.cells = line.cells or []
        self.is_split = line.kind is tree.Split
        lead = line.text + " " if line.words else line.text
        self.pieces = [lead]
        self.offset = len(lead)
        self.width = len(lead) + sum([len(cell) + 3 for cell in self.cells])

    def pad(self, offset: int) -> None:
        """Fill up with spaces."""
        self.pieces.append(" " * (offset - self.offset))
        self.offset = offset

    def write(self, column: int) -> None:
        """Write a bar, a cell and a space."""
        self.pieces.append(f"| {self.cells[column]} ")
        self.offset += len(self.cells[column]) + 3

    def finish(self) -> None:
        """Give the line its text."""
        if self.width > _WIDEST_TABLE:
            self.pieces += [f"| {cell} " for cell in self.cells]
        self.line.text = "".join(self.pieces).rstrip()


# ---- guards, arrows and comments ----------------------------------------------------------------


def _align_tails(lines: list[Line]) -> None:
    """One column for the first tail of all rows of a body; more tails follow their neighbours."""
    scopes: dict[int | None, list[Line]] = {}
    for line in lines:
        if line.kind in _SCOPED:
            scopes.setdefault(line.scope, []).append(line)
    for scope in scopes.values():
        _write_tails(scope, 0, _scope_column(scope))
    for run in _tail_runs([line for line in lines if line.kind not in _SCOPED], 0):
        _write_tails(run, 0, _kept_column(run) or _needed(run))
    for level in (1, 2):
        for run in _tail_runs(lines, level):
            _write_tails(run, level, _needed(run))


def _tail_runs(lines: list[Line], level: int) -> Iterator[list[Line]]:
    """Neighbours that have a tail of this level."""
    run: list[Line] = []
    for line in lines:
        if run and (line.number != run[-1].number + 1 or line.blank or len(line.tails) <= level):
            yield run
            run = []
        if len(line.tails) > level:
            run.append(line)
    if run:
        yield run


def _scope_column(scope: list[Line]) -> int:
    tailed = [line for line in scope if line.tails]
    kept = _kept_column(tailed)
    if kept:
        return kept
    needed = _needed([*tailed, *[line for line in scope if line.cells is not None]])
    return max(_GRID_START, -(-(needed - _GRID_START) // _GRID) * _GRID + _GRID_START)


def _kept_column(lines: list[Line]) -> int:
    """The column at which most of the tails stand already, if it leaves room; 0 if there is none.

    A column once chosen stays, so that a longer row which comes or goes changes one line of a diff.
    """
    aligned = [line for line in lines if len(line.text) <= _WIDEST_ALIGNED]
    if not aligned:
        return 0
    column, times = Counter([line.tail_column for line in aligned]).most_common(1)[0]
    fits = _needed(aligned) <= column <= _WIDEST_KEPT
    return column if fits and 2 * times > len(aligned) else 0


def _needed(lines: list[Line]) -> int:
    """The least column for the tails of lines; longer lines than a screen do not count."""
    return (
        max([len(line.text) for line in lines if len(line.text) <= _WIDEST_ALIGNED], default=0) + 2
    )


def _write_tails(lines: list[Line], level: int, column: int) -> None:
    for line in lines:
        if len(line.tails) > level:
            line.text = line.text.ljust(column - 2) + "  " + line.tails[level]
