"""The lines of a file that a diagnostic points at, with its marks below them."""

from __future__ import annotations

from archc.diagnostics.columns import Columns, harmless
from archc.diagnostics.model import Label
from archc.diagnostics.paint import Paint
from archc.record import Record
from archc.source import SourceFile

WIDEST = 180
"""a line longer than this is shown around its first mark"""
BEFORE = 40
CUT = "..."


class Mark(Record):
    """Columns `start` to `end` of one line, and the remark on them."""

    start: int
    end: int
    text: str
    style: str

    @property
    def sign(self) -> str:
        """`-` for a secondary place, `^` for the primary one."""
        return "-" if self.style == "secondary" else "^"


class Snippet:
    """Labels of one file, in the order of its lines."""

    def __init__(self, source: SourceFile, labels: list[tuple[Label, str]]) -> None:
        self.source = source
        self.labels = labels
        self.marked: dict[int, list[tuple[Label, str]]] = {}
        for label, style in labels:
            self.marked.setdefault(label.span.line, []).append((label, style))

    @property
    def last_line(self) -> int:
        """The largest line number, which decides how wide the gutter is."""
        return max(self.marked)

    def lines(self, width: int, paint: Paint) -> list[str]:
        """All lines with their gutter of `width` digits."""
        empty = paint("gutter", " " * width + " |")
        shown = [empty]
        before = 0
        for number in sorted(self.marked):
            if before and number == before + 2:
                shown.append(self._gutter(before + 1, width, paint) + self._plain(before + 1))
            elif before and number > before + 2:
                shown.append(paint("gutter", CUT))
            text, marks = self._line(number)
            shown.append(self._gutter(number, width, paint) + text)
            shown += [f"{empty} {line}" for line in _below(marks, paint)]
            before = number
        return [line.rstrip() for line in shown]

    def _gutter(self, number: int, width: int, paint: Paint) -> str:
        return paint("gutter", f"{number:>{width}} |") + " "

    def _plain(self, number: int) -> str:
        text = Columns(self.source.line(number)).text
        return text if len(text) <= WIDEST else text[:WIDEST] + CUT

    def _line(self, number: int) -> tuple[str, list[Mark]]:
        """The line as it is shown and the marks below it."""
        line = self.source.line(number)
        begins = self.source.line_starts[number - 1]
        used = _window(line, [label.span.start - begins for label, _ in self.marked[number]])
        columns = Columns(line[used[0] : used[1]])
        lead = CUT if used[0] else ""
        marks = []
        for label, style in self.marked[number]:
            start = _clip(label.span.start - begins, used)
            ends = min(label.span.end - begins, len(line.rstrip()))
            end = max(_clip(ends, used), start)
            left = columns.of(start - used[0]) + len(lead)
            right = columns.of(end - used[0]) + len(lead)
            marks.append(Mark(left, max(right, left + 1), harmless(label.text), style))
        return lead + columns.text + (CUT if used[1] < len(line) else ""), marks


def _window(line: str, starts: list[int]) -> tuple[int, int]:
    """Which characters of the line are shown: all, or those around its first mark."""
    if len(line) <= WIDEST:
        return 0, len(line)
    start = max(0, min(starts) - BEFORE)
    return start, min(len(line), start + WIDEST)


def _clip(index: int, window: tuple[int, int]) -> int:
    return min(max(index, window[0]), window[1])


def _below(marks: list[Mark], paint: Paint) -> list[str]:
    """The line of signs, with the last remark behind it, and the other remarks stacked below."""
    marks = sorted(marks, key=lambda mark: (mark.start, mark.end))
    waiting = [mark for mark in marks if mark.text]
    ends = max(mark.end for mark in marks)
    signs = _signs(marks, paint)
    if waiting and _goes_behind(waiting, marks, ends):
        last = waiting.pop()
        signs += " " + paint(last.style, last.text)
    lines = [signs]
    if waiting:
        lines.append(_bars(waiting, paint))
    while waiting:
        last = waiting.pop()
        others = [mark for mark in waiting if mark.start < last.start]
        bars = _bars(others, paint)
        gap = " " * (last.start - (others[-1].start + 1 if others else 0))
        lines.append(f"{bars}{gap}{paint(last.style, last.text)}")
    return lines


def _goes_behind(waiting: list[Mark], marks: list[Mark], ends: int) -> bool:
    """Whether the last remark can stand on the line of signs without seeming to be another's."""
    last = waiting[-1]
    return last.end == ends and last.start == marks[-1].start


def _signs(marks: list[Mark], paint: Paint) -> str:
    """`^^^  --`: the primary sign wins where marks overlap."""
    columns: list[tuple[str, str]] = [(" ", "")] * max(mark.end for mark in marks)
    for mark in sorted(marks, key=lambda mark: mark.style != "secondary"):
        columns[mark.start : mark.end] = [(mark.sign, mark.style)] * (mark.end - mark.start)
    return _runs(columns, paint)


def _bars(marks: list[Mark], paint: Paint) -> str:
    """A `|` below the start of each mark."""
    columns: list[tuple[str, str]] = [(" ", "")] * (
        max([mark.start for mark in marks], default=-1) + 1
    )
    for mark in marks:
        columns[mark.start] = ("|", mark.style)
    return _runs(columns, paint)


def _runs(columns: list[tuple[str, str]], paint: Paint) -> str:
    """Signs of one style painted at once."""
    parts: list[str] = []
    at = 0
    while at < len(columns):
        style, until = columns[at][1], at
        while until < len(columns) and columns[until][1] == style:
            until += 1
        text = "".join([sign for sign, _ in columns[at:until]])
        parts.append(paint(style, text) if style else text)
        at = until
    return "".join(parts)
