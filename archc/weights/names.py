"""Names of layers as others write them: their numbers, their words, what they have in common."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import takewhile

TOKEN = re.compile(r"[A-Za-z]+|\d+")
CUT = re.compile(r"[._/]|(?<=\d)(?=[A-Za-z])|(?<=[A-Za-z])(?=\d)")
"""where a name may be cut: at a sign, and between a word and a number"""
LETTER = re.compile(r"(?<=[\d._/])[a-z](?![A-Za-z])")
"""a letter that counts: the `b` of `branch_2b`"""

Template = tuple[str, tuple[int, ...]]


def template(path: str) -> Template:
    """A name with its numbers taken out, and the numbers: `layer#.#.conv#`, (1, 0, 2)."""
    numbers: list[int] = []

    def taken(found: re.Match[str]) -> str:
        text = found[0]
        numbers.append(int(text[:18]) if text.isdigit() else ord(text) - ord("a") + 1)
        return "#"

    pattern = rf"[0-9]+|{LETTER.pattern}"
    return re.sub(pattern, taken, path), tuple(numbers)


def words(path: str) -> frozenset[str]:
    """The words of a name, numbers with the word they stand behind: `norm.1` is `norm1`."""
    found: set[str] = set()
    word = ""
    for token in TOKEN.findall(path):
        word = f"{word}{'.' if word[-1:].isdigit() else ''}{token}" if token.isdigit() else token
        found.add(word.lower())
    return frozenset(found)


def beginnings(path: str) -> list[str]:
    """What a name begins with, cut after each sign and before and behind each number."""
    return [path[: found.end()] for found in CUT.finditer(path) if 0 < found.end() < len(path)]


def below(paths: list[str]) -> tuple[str, list[str]]:
    """What names have in common, cut behind a dot, and the rest of each."""
    same = takewhile(lambda parts: len(set(parts)) == 1, zip(*[path.split(".") for path in paths]))
    start = "".join([f"{parts[0]}." for parts in same])
    return start, [path[len(start) :] for path in paths]


def starred(path: str) -> set[str]:
    """A name without one word of its last part: `*1` of both `conv1` and `bn1`."""
    start = max(path.rfind("."), path.rfind("/")) + 1
    found = list(re.finditer(r"[A-Za-z]+", path[start:]))
    ends = [found[0], found[-1]] if found else []
    return {f"{path[: start + one.start()]}*{path[start + one.end() :]}" for one in ends}


def is_under(path: str, start: str) -> bool:
    """Whether a name is this one or lies below it."""
    return path == start or (path.startswith(start) and path[len(start)] in "./_")


def groups_of(paths: Iterable[str]) -> dict[str, list[int]]:
    """The names (by their places) that begin alike, by what they begin with."""
    found: dict[str, list[int]] = {}
    for place, path in enumerate(paths):
        for start in beginnings(path):
            found.setdefault(start, []).append(place)
    return found
