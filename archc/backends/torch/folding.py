"""Modules in a row: equal ones, and those whose numbers grow evenly, as one comprehension."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from archc.backends.torch.layout import Call, Piece

REPEATED = 3
"""from so many on"""
NUMBER = re.compile(r"(?<![\w.])\d+(?![\w.])")
"""a whole number, no part of a name or of a fraction"""
Folded = tuple[tuple[Piece, ...], str, tuple[str, ...]]


def folded(pieces: Sequence[Call], sizes: Sequence[str]) -> Folded:
    """Items of a Sequential, its closing bracket, and the sizes behind the items."""
    items: list[Piece] = []
    comments: list[str] = []
    at = 0
    while at < len(pieces):
        number, piece = _run(pieces[at:])
        if number < REPEATED:
            number = 1
            items.append(pieces[at])
        else:
            items.append(Call("*[", (piece,), "]", loop=_loop(piece, number)))
        changed = [size for size in sizes[at : at + number] if size]
        comments.append(changed[-1] if changed else "")
        at += number
    return tuple(items), ")", tuple(comments) if any(comments) else ()


def one_run(names: Sequence[str], pieces: Sequence[Call]) -> Call | None:
    """The argument of an OrderedDict whose names count: one comprehension, if one can say it."""
    number, piece = _run(pieces)
    prefix = names[0].rstrip("0123456789")
    start = names[0][len(prefix) :]
    if number != len(pieces) or number < REPEATED or not start.isdigit():
        return None
    if [f"{prefix}{int(start) + at}" for at in range(number)] != list(names):
        return None
    key = f'f"{prefix}{{i + {start}}}"' if int(start) else f'f"{prefix}{{i}}"'
    return Call("OrderedDict(", (Call("(", (key, piece)),), ")", loop=f"for i in range({number})")


def _run(pieces: Sequence[Call]) -> tuple[int, Call]:
    """How many pieces from the first on are alike, and what each is; `i` counts them."""
    texts = [piece.flat() for piece in pieces]
    first = texts[0]
    if len(texts) < REPEATED:
        return 1, pieces[0]
    if texts[1] == first:
        number = next((at for at, text in enumerate(texts) if text != first), len(texts))
        return number, pieces[0]
    begin, step = _numbers(first), []
    if NUMBER.sub("#", texts[1]) == NUMBER.sub("#", first):
        step = [after - before for before, after in zip(begin, _numbers(texts[1]))]
    if not step:
        return 1, pieces[0]
    number = 0
    while number < len(texts) and texts[number] == _at(first, begin, step, number):
        number += 1
    return number, _with(pieces[0], iter([_formula(*pair) for pair in zip(begin, step)]))


def _at(text: str, begin: list[int], step: list[int], number: int) -> str:
    values = iter([str(value + number * more) for value, more in zip(begin, step)])
    return NUMBER.sub(lambda _: next(values), text)


def _with(piece: Call, texts: Iterator[str]) -> Call:
    """The piece with other texts in the place of its numbers, in order."""
    items = tuple(
        [
            _with(item, texts)
            if isinstance(item, Call)
            else NUMBER.sub(lambda _: next(texts), item)
            for item in piece.items
        ]
    )
    return Call(piece.head, items, piece.tail, piece.comments, piece.loop)


def _numbers(text: str) -> list[int]:
    return [int(found) for found in NUMBER.findall(text)]


def _formula(begin: int, step: int) -> str:
    if step == 0:
        return str(begin)
    times = "i" if step == 1 else f"{step} * i"
    return f"{begin} + {times}" if begin else times


def _loop(piece: Call, number: int) -> str:
    counter = "i" if re.search(r"\bi\b", piece.flat()) else "_"
    return f"for {counter} in range({number})"
