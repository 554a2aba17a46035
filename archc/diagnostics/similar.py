"""Did you mean: the known words nearest to a misspelt one."""

from __future__ import annotations

from collections.abc import Iterable

LONGEST = 64
SHOWN = 3
LISTED = 10
SHORTEST_START = 3


def closest(word: str, known: Iterable[str]) -> tuple[str, ...]:
    """At most three known words within a third of the word's letters, the nearest first.

    A hostile file may hold words of any length: longer ones than LONGEST are like nothing.
    """
    allowed = max(1, len(word) // 3)
    if len(word) > LONGEST:
        return ()
    lower = word.lower()
    found: list[tuple[int, int, str]] = []
    for position, candidate in enumerate(dict.fromkeys(known)):
        other = candidate.lower()
        if candidate == word:
            continue
        if min(len(lower), len(other)) >= SHORTEST_START and other.startswith(lower[: len(other)]):
            found.append((1, position, candidate))  # `padding` for `pad`, `chan` for `channels`
            continue
        if abs(len(other) - len(lower)) > allowed:
            continue
        steps = distance(lower, other, allowed)
        if steps <= allowed and steps < max(len(word), len(candidate)):
            found.append((steps, position, candidate))
    found.sort()
    return tuple([candidate for _, _, candidate in found[:SHOWN]])


def nearest(word: str, known: Iterable[str]) -> str:
    """The one known word near enough to be meant; an empty text for none, or for several."""
    near = closest(word, known)
    return near[0] if len(near) == 1 else ""


def distance(left: str, right: str, limit: int) -> int:
    """Letters to insert, drop, change or swap with their neighbour; limit + 1 if there are more."""
    before: list[int] = []
    last = list(range(len(right) + 1))
    for row, sign in enumerate(left, 1):
        now = [row]
        for column, other in enumerate(right, 1):
            cost = min(last[column] + 1, now[-1] + 1, last[column - 1] + (sign != other))
            if row > 1 < column and sign == right[column - 2] and left[row - 2] == other:
                cost = min(cost, before[column - 2] + 1)
            now.append(cost)
        if min(now) > limit:
            return limit + 1
        before, last = last, now
    return last[-1]


def listed(words: Iterable[str], most: int = LISTED) -> str:
    """`a`, `b`, `c` and 4 more."""
    names = [f"`{word}`" for word in words]
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"


def suggestion(word: str, known: tuple[str, ...], otherwise: str = "these are known here") -> str:
    """`did you mean ...?`, or else what is known, or nothing where nothing is."""
    near = closest(word, known)
    if near:
        return did_you_mean(near)
    return f"{otherwise}: {listed(known)}" if known else ""


def did_you_mean(near: Iterable[str]) -> str:
    """`did you mean a, b or c?`."""
    choices = [f"`{name}`" for name in near]
    last = choices.pop()
    return f"did you mean {', '.join(choices) + ' or ' if choices else ''}{last}?"
