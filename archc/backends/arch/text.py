"""Rows as text: labels that give every layer the path it had, sections, paths below joins."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from archc.backends.arch.calls import Calls
from archc.backends.arch.layout import Element, numbered
from archc.backends.arch.names import Names
from archc.backends.arch.rows import Row
from archc.backends.arch.sizes import Sizes
from archc.backends.arch.spelling import Style, label
from archc.backends.arch.things import CannotWrite, has_weights
from archc.graph.ir import Instance, Node
from archc.graph.outline import Group, relative

INDENT = "  "
WIDEST = 96


class Numbers:
    """How unlabelled layers are numbered, level by level, as elaboration does it."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], int] = {}

    def next(self, level: str, word: str) -> str:
        """The name the next unlabelled layer of this word gets."""
        return f"{word}{self._counts.get((level, word), 0) + 1}"

    def count(self, level: str, word: str, times: int = 1) -> None:
        """Layers of this word were made."""
        self._counts[level, word] = self._counts.get((level, word), 0) + times

    def kept(self) -> Numbers:
        """A copy to go back to."""
        copy = Numbers()
        copy._counts = dict(self._counts)
        return copy


class BodyText:
    """The lines of one body."""

    def __init__(
        self, names: Names, group: Group, style: Style, inputs: dict[int, str], sizes: bool = True
    ) -> None:
        self.names = names
        self.planner = names.planner
        self.outline = names.outline
        self.group = group
        self.body = group.members[0]
        self.sizes = Sizes(self.outline, self.body, sizes)
        self.calls = Calls(names, group, style, inputs, self.sizes.own)
        self.counter = Numbers()
        self._table = ""
        self._names: dict[Row, list[str]] = {}
        self._levels = Counter[str]()
        for row in self.planner.rows[group]:
            self._levels.update([level for path in self._paths(row) for level in _levels(path)])
        self._refused: set[Row] = set()

    def lines(self) -> Iterator[str]:
        """The rows of the body, without indentation of their own."""
        start = self.names.alias(self.group, -1)
        if start:
            yield f"{start}: identity"
        yield from self._rows(self.planner.rows[self.group], "")
        output = self.planner.output(self.group)
        if output is not None:
            yield f"from {self.calls.reference(output)}"

    # ---- rows and sections ---------------------------------------------------------------------

    def _rows(self, rows: Sequence[Row], level: str, arrows: bool = True) -> Iterator[str]:
        at = 0
        while at < len(rows):
            length, name = self._section(rows, at, level)
            value = self.names.levels[self.group].get(rows[at + length - 1].last.gives)
            if length < 2 and (not name or value != f"{level}{name}"):
                yield from self._row(rows[at], level, arrows)
                at += 1
                continue
            inner = f"{level}{name}."
            part = rows[at : at + length]
            pattern = self._is_counted(part, inner)
            yield f"{label(name)}.*:" if pattern else f"{label(name)}:"
            outer, self._table = self._table, ""
            for row in part:
                found = self._row(row, inner, arrows, pattern)
                yield from [INDENT + line for line in found]
            self._table = outer
            at += length

    def _section(self, rows: Sequence[Row], at: int, level: str) -> tuple[int, str]:
        """How many rows from here on have all their names below one name, and that name."""
        name = self._common(rows[at], level)
        if not name or name[0].isdigit() or rows[at] in self._refused:
            return 1, ""
        length = 1
        for row in rows[at + 1 :]:
            if self._common(row, level) not in (name, None):
                break
            length += 1
        while length > 1 and self._common(rows[at + length - 1], level) is None:
            length -= 1
        part = rows[at : at + length]
        if self._is_section(part, f"{level}{name}."):
            return length, name
        self._refused.update(part)
        return 1, ""

    def _is_section(self, rows: Sequence[Row], level: str) -> bool:
        """Whether rows can stand below a label of their own."""
        if not self._alone(rows, level) or self.names.hides(rows, level, self.group):
            return False
        if self._is_counted(rows, level):
            return True
        return not self._is_numbered(rows, level) and rows[-1] is not self._naming_row()

    def _is_numbered(self, rows: Sequence[Row], level: str) -> bool:
        """Whether a name below a level begins with a digit, which no label on a step can."""
        return any(path[len(level)].isdigit() for row in rows for path in self._paths(row))

    def _common(self, row: Row, level: str) -> str | None:
        """The level below which all names of a row stand; empty if they do not, None if it has
        none.
        """
        found = {self._below(path, level) for path in self._paths(row)}
        if self._has_alias(row):
            return ""
        if not found:
            return None
        return found.pop() if len(found) == 1 else ""

    def _below(self, path: str, level: str) -> str:
        first, dot, _ = path[len(level) :].partition(".")
        return first if dot and path.startswith(level) else ""

    def _paths(self, row: Row) -> list[str]:
        """The names that a row makes, those of its paths too."""
        found = self._names.get(row)
        if found is None:
            found = self._names[row] = [relative(item) for item in self.planner.named_in(row)]
        return found

    def _has_alias(self, row: Row) -> bool:
        """Whether a step of a row gets a name of the body's own level."""
        inner = [
            one
            for path in row.paths or ()
            for one in (path if isinstance(path, list) else [path])
            if isinstance(one, Row)
        ]
        here = any(self.names.alias(self.group, one.gives) for one in row.elements)
        return here or any(self._has_alias(one) for one in inner)

    def _is_counted(self, rows: Sequence[Row], level: str) -> bool:
        """Whether the names below a level are 0, 1, 2 ... in text order."""
        paths = [path for row in rows for path in self._paths(row)]
        return [path[len(level) :] for path in paths] == [str(n) for n in range(len(paths))]

    # ---- one row -------------------------------------------------------------------------------

    def _row(
        self,
        row: Row,
        level: str,
        arrows: bool = False,
        pattern: bool = False,
        wrap: bool = True,
    ) -> Iterator[str]:
        head, level, pattern = self._head(row, level, pattern)
        own = self._labelled(row, level) if not head and not pattern else None
        steps: list[str] = []
        running = row.begin if row.begin is not None else row.running
        for element in row.elements:
            steps.append(self._step(element, level, running, pattern, own))
            running = element.gives
        if row.begin is not None:
            steps[:1] = [f"from {self.calls.reference(row.begin)} ; {steps[0]}"]
        yield from self._header(row)
        arrow = self.sizes.behind(row) if arrows else ""
        yield from _wrapped(head if own is None else f"{own} ", steps, arrow, wrap)
        yield from self._below_row(row, level)

    def _header(self, row: Row) -> Iterator[str]:
        """The header of a table in front of its first row."""
        if row.last.copies and self.calls.in_table(row.last):
            header = self.calls.header(row.last)
            if header != self._table:
                self._table = header
                yield header

    def _head(self, row: Row, level: str, pattern: bool) -> tuple[str, str, bool]:
        """`downsample.*:` where the names of a row are counted below one level of their own, and
        `m4:` in front of a join whose paths stand below it.
        """
        name = self._common(row, level)
        join = self.names.levels[self.group].get(row.last.gives, "")
        if row.paths is not None and join.startswith(level) and join:
            return f"{label(join[len(level) :])}: ", f"{join}.", False
        if pattern or not name or row.paths is not None or len(self._named_elements(row)) < 2:
            return "", level, pattern
        inner = f"{level}{name}."
        if not self._alone([row], inner):
            return "", level, pattern
        if self._is_counted([row], inner):
            return f"{label(name)}.*: ", inner, True
        weighted = [one for one in self._named_elements(row) if has_weights(one.item)]
        if len(weighted) > 1 and not self._is_numbered([row], inner) and not name[0].isdigit():
            return f"{label(name)}: ", inner, False
        return "", level, pattern

    def _alone(self, rows: Sequence[Row], level: str) -> bool:
        """Whether nothing else of the body stands below a level."""
        return self._levels[level] == sum([len(self._paths(row)) for row in rows])

    def _below_row(self, row: Row, level: str) -> Iterator[str]:
        if row.paths is None:
            return
        element = row.last
        if element.inner is not None and isinstance(element.item, Instance):
            scanned = element.item.items[0]
            assert isinstance(scanned, Node)
            thing = self.names.alias(self.group, scanned.index)
            if thing:
                yield f"{INDENT}{thing}: identity"
        for path in row.paths:
            if isinstance(path, Row):
                yield from [INDENT + line for line in self._row(path, level)]
            elif isinstance(path, int):
                text = "identity" if path == _running(row) else f"from {self.calls.reference(path)}"
                yield INDENT + text
            else:
                yield from [INDENT + line for line in self._path(path, level)]

    def _path(self, rows: list[Row], level: str) -> Iterator[str]:
        """A path on one line where it fits, else rows of an anonymous level."""
        simple = all(row.paths is None for row in rows[:-1])
        if len(rows) > 1 and any(self.planner.label(row.last) for row in rows):
            simple = False
        if simple and all(row.begin is None for row in rows[1:]):
            merged = Row(rows[0].begin, rows[0].running)
            merged.elements = [element for row in rows for element in row.elements]
            merged.paths = rows[-1].paths
            runs = [one for one in merged.elements if len(one.copies) > 1]
            before = self.counter.kept()
            if not runs or len(merged.elements) == 1:
                lines = list(self._row(merged, level, wrap=False))
                if len(lines[0]) < WIDEST:
                    yield from lines
                    return
            self.counter = before
        yield "_:"
        yield from [INDENT + line for line in self._rows(rows, level, arrows=False)]

    # ---- names ---------------------------------------------------------------------------------

    def _labelled(self, row: Row, level: str) -> str | None:
        """The label of a row that names its only layer with weights, or its value."""
        if row.paths is not None:
            return None
        level_name = self.names.levels[self.group].get(row.last.gives, "")
        paths = [relative(one) for one in self.planner.named_on(row)]
        if level_name in paths and not row.last.each:
            return f"{label(level_name[len(level) :])}:"
        named = self._named_elements(row)
        weighted = [one for one in named if has_weights(one.item)]
        explicit = [one for one in named if self._explicit(one, level)]
        layer = weighted if weighted else named
        last = row.last
        again = self.planner.label(last)
        if again and [relative(one.item) for one in layer] == [again]:
            if any(one not in layer for one in explicit):
                raise CannotWrite(again, "a row that is made again names a step")
            return f"{label(again)}:"
        if len(named) == 1 and len(named[0].copies) > 1:
            return self._run_label(named[0], level) if explicit else None
        if len(explicit) == 1 and explicit == layer:
            one = explicit[0]
            name = relative(one.item)[len(level) :]
            read = self._is_read(one.gives) and one is not last
            target = one.item in self.planner.layout.again.made and len(row.elements) > 1
            names_output = name.isidentifier() and row is self._naming_row()
            if not read and not target and not names_output:
                return f"{label(name)}:"
        if not named and self._again(last) and self.names.alias(self.group, last.gives):
            return f"{self.names.alias(self.group, last.gives)}:"
        return None

    def _naming_row(self) -> Row | None:
        """The last row of the net, if a label there would give its only output another name."""
        alone = self.body.parent is None and list(self.outline.network.outputs) == ["output"]
        return self.planner.rows[self.group][-1] if alone else None

    def _again(self, element: Element) -> bool:
        again = self.planner.layout.again
        return bool(again.of(element.item)) or element.item in again.uses

    def _named_elements(self, row: Row) -> list[Element]:
        return [element for element in row.elements if self.planner.has_name(element.items[0])]

    def _is_read(self, value: int) -> bool:
        offset = value - self.outline.first[self.body]
        return offset in self.planner.named[self.group]

    def _explicit(self, element: Element, level: str) -> bool:
        """Whether a name would not come out by itself, or is needed to make the layer again."""
        items = element.items
        if items[0] in self.planner.layout.again.made or self._is_read_as_list(element):
            return True
        word = self._word(items[0])
        name = relative(items[0])
        if word == "input":
            return name != word
        return name != f"{level}{self.counter.next(level, word)}"

    def _is_read_as_list(self, element: Element) -> bool:
        return element.each and self._is_read(element.gives)

    def _word(self, item: Node | Instance) -> str:
        if self.planner.layout.again.of(item):
            item = self.planner.layout.again.target(item)
        if isinstance(item, Instance):
            return self.names.blocks[self.outline.group[item]]
        return item.op.word

    def _run_label(self, element: Element, level: str) -> str:
        """`layer1:` for layer1.0, layer1.1 ...; a formula of the copy's number else."""
        first, second = [relative(one)[len(level) :] for one in element.copies[:2]]
        at = numbered(first, second)
        assert at is not None
        parts = re.split(r"(\d+)", first)
        begin = int(parts[at])
        before, after = "".join(parts[:at]), "".join(parts[at + 1 :])
        if before.endswith(".") and not after and begin == 0:
            return f"{label(before[:-1])}:"
        formula = "{i}" if begin == 0 else f"{{i+{begin}}}"
        return f"{before}{formula}{after}:"

    # ---- steps ---------------------------------------------------------------------------------

    def _step(
        self, element: Element, level: str, running: int | None, pattern: bool, own: str | None
    ) -> str:
        item = element.items[0]
        text = self.calls.call(element, running)
        named = self.planner.has_name(item)
        name = ""
        if self._again(element):
            if item not in self.planner.layout.again.uses:
                self.counter.count(level, self._word(item))
            alias = self.names.alias(self.group, element.gives)
            return f"{text} as {alias}" if alias and own is None else text
        if named:
            labels = own == f"{label(relative(item)[len(level) :])}:"
            explicit = not pattern and (labels or self._explicit(element, level))
            if explicit and own is None:
                name = relative(item)[len(level) :]
            parent = relative(item).rpartition(".")[0] if explicit else level.rstrip(".")
            self.counter.count(f"{parent}." if parent else "", self._word(item), len(element.items))
        else:
            name = self.names.alias(self.group, element.gives)
        if name and len(element.copies) > 1:
            raise CannotWrite(item.path, "repeated rows inside a row with other layers")
        return f"{text} as {label(name)}" if name else text


def _levels(path: str) -> list[str]:
    """The levels a path stands in, `features.` and `features.denseblock1.`."""
    parts = path.split(".")[:-1]
    return [".".join(parts[: end + 1]) + "." for end in range(len(parts))]


def _running(row: Row) -> int | None:
    """The value that the paths of a row begin with."""
    if len(row.elements) > 1:
        return row.elements[-2].gives
    return row.begin if row.begin is not None else row.running


def _wrapped(head: str, steps: list[str], arrow: str, wrap: bool) -> Iterator[str]:
    """The steps of a row, on several lines if they are too long for one."""
    line = head
    for number, step in enumerate(steps):
        longer = f"{line} ; {step}" if number else f"{line}{step}"
        if number and wrap and len(longer) > WIDEST:
            yield line
            longer = step
        line = longer
    yield f"{line}  -> {arrow}" if arrow else line
