"""Python expressions laid out as `ruff format` lays them out: flat, else split at the last bracket.

Only what the generated source needs: names, calls, lists and chains of them as text with brackets.
"""

from __future__ import annotations

from collections.abc import Sequence

from archc.record import Record

WIDTH = 88
STEP = "    "


class Call(Record):
    """Something in brackets: `head(first, second)tail`, or a list, `[first, second]`.

    An item is a text that is never split, or another one of these; `comments` stand behind the
    items, and make it one item a line.
    """

    head: str
    items: tuple[str | Call, ...]
    tail: str = ")"
    comments: tuple[str, ...] = ()
    loop: str = ""
    """`for i in range(3)`, behind the only item"""

    def flat(self) -> str:
        """On one line."""
        loop = f" {self.loop}" if self.loop else ""
        return f"{self.head}{', '.join([flat(item) for item in self.items])}{loop}{self.tail}"


Piece = str | Call


def flat(piece: Piece) -> str:
    """The piece on one line."""
    return piece if isinstance(piece, str) else piece.flat()


def lines_of(
    piece: Piece, indent: int, before: str = "", after: str = "", comment: str = ""
) -> list[str]:
    """The lines of `before piece after  # comment`, as many as it needs.

    A comment that has no room behind the only line stands above; one that is too wide is left out.
    """
    start = STEP * indent
    whole = f"{start}{before}{flat(piece)}{after}"
    one_line = isinstance(piece, str) or not piece.items
    one_line = one_line or (len(whole) <= WIDTH and not _has_comments(piece))
    if comment and one_line and len(f"{whole}  # {comment}") <= WIDTH:
        return [f"{whole}  # {comment}"]
    above = [f"{start}# {comment}"] if comment and len(f"{start}# {comment}") <= WIDTH else []
    if isinstance(piece, str) or one_line:
        return [*above, whole]
    if len(f"{start}{before}{piece.head}") > WIDTH and before.endswith("= "):
        return [*above, f"{start}{before}(", *lines_of(piece, indent + 1), f"{start})"]
    inside = _inside(piece, indent + 1)
    return [*above, f"{start}{before}{piece.head}", *inside, f"{start}{piece.tail}{after}"]


def _inside(piece: Call, indent: int) -> list[str]:
    """What stands between the brackets: one line if it fits, else a line for each item."""
    together = STEP * indent + Call("", piece.items, "", (), piece.loop).flat()
    if len(together) <= WIDTH and not _has_comments(piece):
        return [together]
    if piece.loop:
        return [*lines_of(piece.items[0], indent), STEP * indent + piece.loop]
    lines: list[str] = []
    comments: Sequence[str] = piece.comments or [""] * len(piece.items)
    for item, comment in zip(piece.items, comments):
        lines.extend(lines_of(item, indent, after=",", comment=comment))
    return lines


def entry(name: str, piece: Piece) -> Piece:
    """`name: piece` in a dictionary."""
    if isinstance(piece, str):
        return f"{name}: {piece}"
    return Call(f"{name}: {piece.head}", piece.items, piece.tail, piece.comments)


def _has_comments(piece: Piece) -> bool:
    if isinstance(piece, str):
        return False
    return any(piece.comments) or any(_has_comments(item) for item in piece.items)


def parsed(text: str) -> Piece:
    """An expression as pieces: split at its last brackets, where `ruff format` splits it."""
    if not text.endswith((")", "]")) or text.endswith(",)"):
        return text
    depth, at = 0, len(text)
    while at > 0:
        at -= 1
        depth += (text[at] in ")]}") - (text[at] in "([{")
        if depth == 0:
            break
    items = _items(text[at + 1 : -1])
    return Call(text[: at + 1], tuple([parsed(item) for item in items]), text[-1])


def _items(text: str) -> list[str]:
    """What commas outside of brackets set apart."""
    items, depth, start = [], 0, 0
    for at, sign in enumerate(text):
        depth += (sign in "([{") - (sign in ")]}")
        if sign == "," and depth == 0:
            items.append(text[start:at].strip())
            start = at + 1
    last = text[start:].strip()
    return [*items, last] if last else items
