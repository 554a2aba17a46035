"""The module tree while it grows: levels, the names in them, and how unnamed layers are numbered.

One name serves three ends: reading a row (`from d1`), the state_dict key, the report. So the tree
of levels is also where rows are looked up: from the nearest level outwards to the body of the
block, dots inwards.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archc.diagnostics.kinds.names import DuplicateKey, NameTaken
from archc.diagnostics.model import Label
from archc.graph.elaborate.formulas import Mistake
from archc.source import Span
from archc.syntax import tree


class Entry:
    """A name in a level: the value it reads as, the level below it, and how to make it again
    (`reuse`).

    While its row is `under_way`, the value is that of a layer in it, and not yet the row's.
    """

    __slots__ = ("again", "is_layer", "level", "node", "path", "span", "under_way")

    def __init__(self, path: str, span: Span) -> None:
        self.path = path
        self.span = span
        self.node: int | None = None
        self.level: Level | None = None
        self.again: Any = None
        self.is_layer = False
        self.under_way = False


class Level:
    """One level of the module tree. `path` is its key prefix; `outer` is None at the body of a
    block.
    """

    __slots__ = ("counts", "names", "outer", "path")

    def __init__(self, path: str, outer: Level | None) -> None:
        self.path = path
        self.outer = outer
        self.names: dict[str, Entry] = {}
        self.counts: dict[str, int] = {}

    def key(self, name: str) -> str:
        """The full path of a name in this level."""
        return f"{self.path}.{name}" if self.path else name

    def entry(self, name: str, span: Span) -> Entry:
        """The entry of a name, made if need be."""
        found = self.names.get(name)
        if found is None:
            found = self.names[name] = Entry(self.key(name), span)
        return found

    def below(self, name: str, span: Span) -> Level:
        """The level of a name below this one, made if need be."""
        entry = self.entry(name, span)
        if entry.is_layer:
            raise _taken(entry, span)
        if entry.level is None:
            entry.level = Level(entry.path, self)
        return entry.level

    def count(self, kind: str) -> int:
        """The running number of a kind of layer in this level, from 1."""
        number = self.counts.get(kind, 0) + 1
        self.counts[kind] = number
        return number

    def place(self, pattern: str) -> str:
        """The next name of a pattern: `*` counts from 0, `word*` from 1."""
        number = self.counts.get(pattern, 0)
        self.counts[pattern] = number + 1
        return pattern.replace("*", str(number if pattern == "*" else number + 1))

    def find(self, parts: tuple[str, ...]) -> Entry | None:
        """The row a reference names: the first part from here outwards, the others inwards."""
        level: Level | None = self
        while level is not None:
            entry = level.names.get(parts[0])
            if entry is not None:
                found = _inwards(entry, parts[1:])
                if found is not None:
                    return found
            level = level.outer
        return None

    def values(self) -> dict[str, int]:
        """What the names in this level and below read as, by path."""
        found: dict[str, int] = {}
        pending = [self]
        while pending:
            for entry in pending.pop().names.values():
                if entry.node is not None:
                    found[entry.path] = entry.node
                if entry.level is not None:
                    pending.append(entry.level)
        return found

    def rows_in_sight(self) -> list[str]:
        """Names that can be read from here, nearest first."""
        found: dict[str, None] = {}
        level: Level | None = self
        while level is not None:
            found.update(dict.fromkeys(level.names))
            level = level.outer
        return list(found)


def _inwards(entry: Entry | None, parts: tuple[str, ...]) -> Entry | None:
    for part in parts:
        if entry is None or entry.level is None:
            return None
        entry = entry.level.names.get(part)
    return entry


class Naming:
    """Where the things of a row go: a level, and the pattern that numbers them there (None: kind
    and number).
    """

    __slots__ = ("level", "pattern")

    def __init__(self, level: Level, pattern: str | None) -> None:
        self.level = level
        self.pattern = pattern

    def name(self, kind: str) -> str:
        """A name for an unlabelled thing."""
        number = self.level.count(kind)
        if self.pattern is not None:
            return self.level.place(self.pattern)
        return f"{kind}{number}"


def split_label(label: tree.Label) -> list[str]:
    """The dotted parts of a label; dots inside braces do not count."""
    parts, depth, current = [], 0, ""
    for sign in label.text.lstrip("."):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if sign == "." and depth == 0:
            parts.append(current)
            current = ""
        else:
            current += sign
    return [*parts, current]


def descend(level: Level, label: tree.Label, fill: Callable[[str], str]) -> tuple[Level, str]:
    """The level a label's last part stands in, and that part; `fill` works out braces."""
    *outer, last = split_label(label)
    for part in outer:
        name = fill(part)
        name = level.place(name) if "*" in name else name
        level = level.below(name, label.span)
    return level, fill(last)


def claim(level: Level, name: str, span: Span) -> Entry:
    """Take a name for one row or layer; raises Mistake if the level has it already."""
    if name.startswith("__"):
        raise Mistake(NameTaken(name, "Python itself", name.strip("_") or "row"), span)
    known = level.names.get(name)
    if known is not None and (known.node is not None or (known.level and known.level.names)):
        raise _taken(known, span)
    return level.entry(name, span)


def _taken(known: Entry, span: Span) -> Mistake:
    """The mistake of a name that a row, a layer or a level has already."""
    first = Label(known.span, "the name is taken here")
    return Mistake(DuplicateKey(known.path), span, other=first if known.span != span else None)
