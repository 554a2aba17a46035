"""Where keys and their values stand in a TOML text, which tomllib does not say.

A reading by lines that is good for what people write: a key it does not find (inline tables) has no
place, and its message has none.
"""

from __future__ import annotations

import re

from archc.source import SourceFile, Span

Path = tuple[str | int, ...]
"""`("budgets", 0, "params")`"""

_HEADER = re.compile(r"\s*(\[\[?)([^\[\]]+)\]\]?\s*(?:#.*)?$")
_ROW = re.compile(r"""\s*([\w."' -]+?)\s*=\s*("[^"]*"|'[^']*'|[^#]*[^#\s])?""")


class Places:
    """The places of a file's keys; `inside` is the table that is ours, `("tool", "archc")`."""

    def __init__(self, source: SourceFile, inside: Path = ()) -> None:
        self.source = source
        self._inside = inside
        self._found: dict[Path, Span] = {}
        self._tables: dict[Path, int] = {}
        table: Path = ()
        for number, start in enumerate(source.line_starts, 1):
            line = source.line(number)
            header = _HEADER.match(line)
            if header:
                table = self._table(header, start)
            else:
                self._row(table, line, start)

    def of(self, path: Path) -> Span:
        """The value of a key, or what stands around it; the file as a whole if nothing is known."""
        whole = (*self._inside, *path)
        while len(whole) > len(self._inside):
            if whole in self._found:
                return self._found[whole]
            whole = whole[:-1]
        return Span(SourceFile(self.source.name, ""), 0, 0)

    def shown(self, path: Path) -> str:
        """`archc.toml:3`, or `archc.toml` where the line is not known."""
        span = self.of(path)
        return f"{self.source.name}:{span.line}" if span.source.text else self.source.name

    def _table(self, header: re.Match[str], start: int) -> Path:
        path = _keys(header.group(2))
        if header.group(1) == "[[":
            number = self._tables[path] = self._tables.get(path, -1) + 1
            path = (*path, number)
        span = Span(self.source, start + header.start(1), start + len(header.group().rstrip()))
        self._found.setdefault(path, span)
        return path

    def _row(self, table: Path, line: str, start: int) -> None:
        row = _ROW.match(line)
        if row:
            first, last = row.span(2) if row.group(2) else row.span(1)
            path = (*table, *_keys(row.group(1)))
            self._found.setdefault(path, Span(self.source, start + first, start + last))


def _keys(text: str) -> Path:
    return tuple([key.strip().strip("\"'") for key in text.split(".")])
