"""Logical lines: indentation, comments, and rows that go on behind a `;`."""

from __future__ import annotations

import re

from archc.diagnostics.kinds.syntax import SyntaxMistake
from archc.diagnostics.model import Bag, Diagnostic, Edit, Fix
from archc.record import Record
from archc.source import SourceFile, Span
from archc.syntax.tree import Comment

_COMMENT = re.compile(r'"[^"\n]*"|(#)[^\n]*')
# A `;` left over at the end of a body must not swallow the net behind it.
_HEADER = re.compile(r"(?:net|block|use|extern)[ \t]+[A-Za-z_]")
INDENT = "  "


class LogicalLine(Record):
    """A row's text, `start` to `end` in its file, with what stands inside a continued row."""

    indent: int
    start: int
    end: int
    number: int


def read_lines(source: SourceFile, bag: Bag) -> tuple[list[LogicalLine], list[Comment]]:
    """Split a file into logical lines and comments; tabs in the indentation are reported."""
    lines: list[LogicalLine] = []
    comments: list[Comment] = []
    tabs: list[Edit] = []
    open_start = -1
    open_indent = open_number = open_end = 0
    offset = 0
    for number, raw in enumerate(source.text.split("\n"), 1):
        code_end = len(raw)
        if "#" in raw:
            hash_at = _comment_start(raw)
            if hash_at >= 0:
                span = Span(source, offset + hash_at, offset + len(raw.rstrip()))
                comments.append(Comment(span, not raw[:hash_at].strip()))
                code_end = hash_at
        code = raw[:code_end].rstrip()
        text = code.lstrip(" \t\ufeff")
        if text:
            if open_start >= 0 and _HEADER.match(code):
                lines.append(LogicalLine(open_indent, open_start, open_end, open_number))
                open_start = -1
            if open_start < 0:
                lead = code[: len(code) - len(text)]
                open_indent = _indent(source, offset, lead, tabs)
                open_start, open_number = offset + len(lead), number
            if not text.endswith(";"):
                lines.append(LogicalLine(open_indent, open_start, offset + len(code), open_number))
                open_start = -1
            open_end = offset + len(code)
        offset += len(raw) + 1
    if open_start >= 0:
        lines.append(LogicalLine(open_indent, open_start, open_end, open_number))
    if tabs:
        bag.add(_tabs_found(tabs))
    return lines, comments


def _comment_start(line: str) -> int:
    for match in _COMMENT.finditer(line):
        if match.group(1):
            return match.start(1)
    return -1


def _indent(source: SourceFile, offset: int, lead: str, tabs: list[Edit]) -> int:
    """The width of an indentation; tabs in it are noted as what to write instead."""
    if "\t" not in lead:
        return len(lead.replace("\ufeff", ""))
    spaces = lead.replace("\t", INDENT)
    tabs.append(Edit(Span(source, offset, offset + len(lead)), spaces))
    return len(spaces)


def _tabs_found(tabs: list[Edit]) -> Diagnostic:
    """One diagnostic for all lines: who indents with tabs does so everywhere."""
    more = f", and in {len(tabs) - 1:,} more lines" if len(tabs) > 1 else ""
    mistake = SyntaxMistake(
        f"a tab in the indentation{more}", "indent with spaces; a tab has no fixed width"
    )
    return mistake.at(tabs[0].span, fixes=(Fix("indent with spaces", tuple(tabs), "safe"),))
