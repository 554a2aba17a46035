"""Text as a terminal shows it: the column of each character, and what stands for a harmful one."""

from __future__ import annotations

TAB = 4
ESCAPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
WIDE = frozenset({"W", "F"})
NO_WIDTH = frozenset({"Mn", "Me"})


class Columns:
    """A line as it is shown, and the columns (from 0) of its characters.

    Control characters and those that change the direction of text are shown by their number: a file
    may come from a stranger, and must not be able to repaint the terminal.
    """

    __slots__ = ("_starts", "text")

    def __init__(self, line: str) -> None:
        self._starts: list[int] | None = None
        self.text = line
        if line.isascii() and line.isprintable():
            return
        shown: list[str] = []
        self._starts = [0]
        for sign in line:
            text, width = _shown(sign, self._starts[-1])
            shown.append(text)
            self._starts.append(self._starts[-1] + width)
        self.text = "".join(shown)

    def of(self, index: int) -> int:
        """The column where the character at `index` begins; behind the end, one column for each."""
        if self._starts is None:
            return index
        last = len(self._starts) - 1
        return self._starts[min(index, last)] + max(index - last, 0)


def _shown(sign: str, column: int) -> tuple[str, int]:
    """What stands for a character at a column, and how many columns it takes."""
    if sign == "\t":
        width = TAB - column % TAB
        return " " * width, width
    if sign.isascii() and sign.isprintable():
        return sign, 1
    from unicodedata import category, east_asian_width

    kind = category(sign)
    if kind in ESCAPED:
        text = f"<{ord(sign):02x}>" if ord(sign) < 256 else f"<U+{ord(sign):04X}>"
        return text, len(text)
    if kind in NO_WIDTH:
        return sign, 0
    return sign, 2 if east_asian_width(sign) in WIDE else 1


def harmless(text: str) -> str:
    """Words of ours that may hold words of a file: one line, nothing a terminal acts on."""
    return text if text.isascii() and text.isprintable() else Columns(text).text
