"""Diagnostics as people read them: the message, the lines with marks, notes and help.

The layout is rustc's. Columns of notes and help are separated by tabs in the diagnostic and aligned
here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from archc.diagnostics.columns import harmless
from archc.diagnostics.model import PRINTED_AT_MOST, Diagnostic, Fix, Label
from archc.diagnostics.paint import Paint, plain
from archc.diagnostics.snippet import Snippet
from archc.source import SourceFile, Span

_CELLS = re.compile(r"\t| {3,}")
LONGEST_LINE = 2000
"""a message that repeats more of a hostile file than this is cut in its middle"""


def render_all(diagnostics: Sequence[Diagnostic], paint: Paint = plain) -> str:
    """All diagnostics by place, one empty line between them; behind 20, how many more there are."""
    shown = chosen(diagnostics)
    texts = [render(diagnostic, paint) for diagnostic in shown]
    hidden = len(diagnostics) - len(shown)
    if hidden:
        texts.append(f"and {hidden:,} more {'finding' if hidden == 1 else 'findings'}")
    return "\n\n".join(texts)


def chosen(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """The at most 20 to print, by place: errors before warnings where not all can be."""
    by_weight = sorted(diagnostics, key=lambda found: (found.severity != "error", found.order))
    return sorted(by_weight[:PRINTED_AT_MOST], key=lambda found: found.order)


def render(diagnostic: Diagnostic, paint: Paint = plain) -> str:
    """One diagnostic, without a line end."""
    severity = diagnostic.severity
    head = paint(severity, f"{severity}[{diagnostic.slug}]")
    lines = [f"{head}{paint('strong', ': ' + _bounded(harmless(diagnostic.message)))}"]
    lines += _places(diagnostic, paint)
    for note in _notes(diagnostic):
        lines += _remark("note", note, paint)
    for text in (*_help(diagnostic), *_offers(diagnostic)):
        lines += _remark("help", text, paint)
    return "\n".join(lines)


def summary(diagnostics: Sequence[Diagnostic]) -> str:
    """`2 errors, 1 warning`; an empty text for nothing."""
    errors = sum(found.severity == "error" for found in diagnostics)
    counts = ((errors, "error"), (len(diagnostics) - errors, "warning"))
    return ", ".join([f"{n:,} {word}{'s' if n > 1 else ''}" for n, word in counts if n])


def _places(diagnostic: Diagnostic, paint: Paint) -> list[str]:
    """A block of lines for each file that is pointed at, that of the primary place first."""
    by_file: dict[SourceFile, list[tuple[Label, str]]] = {}
    by_file[diagnostic.primary.span.source] = [(diagnostic.primary, diagnostic.severity)]
    for label in diagnostic.secondary:
        by_file.setdefault(label.span.source, []).append((label, "secondary"))
    if not diagnostic.primary.span.source.text:
        name = harmless(diagnostic.primary.span.source.name)
        return [f" {paint('gutter', '-->')} {name}"] if name else []
    snippets = [Snippet(source, labels) for source, labels in by_file.items()]
    width = max(len(str(snippet.last_line)) for snippet in snippets)
    lines: list[str] = []
    for number, snippet in enumerate(snippets):
        arrow = ":::" if number else "-->"
        place = harmless(str(snippet.labels[0][0].span))
        lines.append(f"{' ' * width}{paint('gutter', arrow)} {place}")
        lines += snippet.lines(width, paint)
    if diagnostic.notes or diagnostic.help or _fixes_to_show(diagnostic):
        lines.append(paint("gutter", " " * width + " |"))
    return lines


def _notes(diagnostic: Diagnostic) -> list[str]:
    """The notes; how often the cause was met goes to the one that names a use."""
    notes = list(diagnostic.notes)
    more = diagnostic.uses - 1
    if not more:
        return notes
    said = f"and {more:,} more {'use' if more == 1 else 'uses'}"
    for position, note in enumerate(notes):
        if note.startswith("in block"):
            first, line_end, rest = note.partition("\n")
            notes[position] = f"{first}, {said}{line_end}{rest}"
            break
    return notes


def _help(diagnostic: Diagnostic) -> list[str]:
    """The help without the guesses that an offered edit repeats."""
    titles = [fix.title for fix in diagnostic.fixes]
    offered = {*titles, *[title.replace("write", "did you mean", 1) + "?" for title in titles]}
    return [text for text in diagnostic.help if text not in offered]


def _offers(diagnostic: Diagnostic) -> list[str]:
    """Fixes as help: what to write, and the line it makes."""
    shown = _fixes_to_show(diagnostic)
    rows = ["\t".join([*_CELLS.split(fix.title), _result(fix)]).rstrip("\t") for fix in shown]
    if len(shown) == 1 and len(_CELLS.split(shown[0].title)) == 1:
        return [": ".join(row.split("\t")) for row in rows]
    if not rows:
        return []
    if len(rows) == 1:
        return [f"this repairs it\n  {rows[0]}"]
    return ["each of these repairs it\n" + "\n".join([f"  {row}" for row in rows])]


def _fixes_to_show(diagnostic: Diagnostic) -> list[Fix]:
    return [fix for fix in diagnostic.fixes if fix.title]


def _result(fix: Fix) -> str:
    """The line that the edits make, if they touch one line only: "`conv 3x3 8 pad=1`"."""
    lines = {edit.span.line for edit in fix.edits}
    if len(lines) != 1 or any("\n" in edit.span.text for edit in fix.edits):
        return ""
    source = fix.edits[0].span.source
    number = lines.pop()
    line, begins = source.line(number), source.line_starts[number - 1]
    for edit in sorted(fix.edits, key=lambda edit: edit.span.start, reverse=True):
        if "\n" in edit.replacement:
            return ""
        start, end = edit.span.start - begins, edit.span.end - begins
        line = line[:start] + edit.replacement + line[end:]
    row = _without_comment(line).strip()
    return f"`{row}`" if row and len(row) <= 100 else ""


def _without_comment(line: str) -> str:
    """The row alone; a quoted `#` begins no comment."""
    before, sign, _ = line.partition("#")
    return before if sign and before.count('"') % 2 == 0 else line


def _remark(word: str, text: str, paint: Paint) -> list[str]:
    """`note: text`; further lines stand as they are, their columns aligned."""
    first, *rest = text.split("\n")
    lines = [f"{paint(word, word)}: {_bounded(harmless(first.replace(chr(9), '  ')))}"]
    return lines + _aligned(rest)


def _aligned(rows: list[str]) -> list[str]:
    """Rows whose cells are separated by tabs, each column as wide as its widest cell."""
    table = [[harmless(cell) for cell in row.split("\t")] for row in rows]
    widths: dict[int, int] = {}
    for row in table:
        for column, cell in enumerate(row[:-1]):
            widths[column] = max(widths.get(column, 0), len(cell))
    padded = [
        "   ".join([f"{cell:<{widths.get(i, 0)}}" for i, cell in enumerate(r)]) for r in table
    ]
    return [_bounded(line.rstrip()) for line in padded]


def _bounded(text: str) -> str:
    if len(text) <= LONGEST_LINE:
        return text
    half = LONGEST_LINE // 2
    return f"{text[:half]} ... {text[-half:]}"


def place(span: Span) -> str:
    """`path:line:column`, harmless to print."""
    return harmless(str(span))
