"""Operators and numbers as the language writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from archc.graph.described import is_own_size, strides_of
from archc.graph.ir import Network
from archc.graph.parameters import Cell, Given
from archc.ops.base import Field, Op
from archc.ops.conv import Filter
from archc.ops.values import Window, number_text

MODES = ("safe", "floor", "ceil", "exact")
OwnSize = tuple[tuple[int, ...], str]
"""the sides of what a body is given, and how they are written: `HxW`"""
ALIKE = 3
"""an option that fewer rows share is said on each of them"""
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")


def number(value: Given) -> str:
    """A number as it may stand on a row."""
    return repr(value) if isinstance(value, (float, tuple)) else number_text(value)


def cell(found: Cell) -> str:
    """A number of a block, or a formula of its parameters."""
    return str(found) if found.parameter else number(found.value)


def _side(found: Cell) -> str:
    """A number as one side of a size."""
    return f"({found})" if found.parameter else number(found.value)


def reference(name: str) -> str:
    """The name of a row, quoted where it holds other signs."""
    first, *others = name.split(".")
    if not _PLAIN.fullmatch(first):
        return f'"{name}"'
    return ".".join([first, *[part if _PART.fullmatch(part) else f'"{part}"' for part in others]])


def label(name: str) -> str:
    """A name as a label: one that begins with a digit is a formula."""
    first, dot, rest = name.partition(".")
    return f"{{{first}}}{dot}{rest}" if first.isdigit() else name


class Style:
    """What a file says once for all its rows: `sizes floor`, `every conv = conv bias=no`.

    `policies` are options by operator and name, as they are written.
    """

    def __init__(self, network: Network) -> None:
        self.mode = _rounding_mode(network)
        self.policies = _policies(network)

    def lines(self) -> Iterator[str]:
        """The lines at the top of the file."""
        if self.mode != "safe":
            yield f"sizes {self.mode}"
        for cls, options in self.policies.items():
            words = [name if text == "" else f"{name}={text}" for name, text in options.items()]
            yield f"every {cls.words[0]} = {cls.words[0]} {' '.join(words)}"

    def default(self, op: Op, name: str) -> str:
        """What an option is where a row does not say it, as it would be written."""
        field = type(op).fields[name]
        if name == "rounding":
            return _rounding_under(self.mode, op)
        found = self.policies.get(type(op), {}).get(name)
        if found is None:
            return _said(field.default)
        return "yes" if field.kind == "flag" else found


def _rounding_mode(network: Network) -> str:
    """The `sizes` line that leaves the fewest rows to say their own rounding."""
    found = [node.op for node in network.nodes if "rounding" in type(node.op).fields]

    def others(mode: str) -> int:
        return sum(
            [op.options.get("rounding", "safe") != _rounding_under(mode, op) for op in found]
        )

    return min(MODES, key=others)


def _rounding_under(mode: str, op: Op) -> str:
    choices = type(op).fields["rounding"].choices
    return mode if mode in choices else "floor"


def _policies(network: Network) -> dict[type[Op], dict[str, str]]:
    """Options that most of an operator's rows have, if the others can say something else."""
    alike: dict[type[Op], list[Op]] = {}
    for node in network.nodes:
        if not node.shares:
            alike.setdefault(type(node.op), []).append(node.op)
    found: dict[type[Op], dict[str, str]] = {}
    for cls, ops in alike.items():
        if len(ops) >= ALIKE and cls.role == "layer":
            options = {name: _usual(name, field, ops) for name, field in cls.fields.items()}
            usual = {name: text for name, text in options.items() if text is not None}
            if usual:
                found[cls] = usual
    return found


def _usual(name: str, field: Field, ops: list[Op]) -> str | None:
    """The value of an option that most have and that is not its default; a flag's is empty."""
    if field.positional or field.required or field.kind in ("row", "name", "window", "size"):
        return None
    values = [getattr(op, name) for op in ops]
    texts = [_said(value) for value in values]
    text = max(dict.fromkeys(texts), key=texts.count)
    if text in ("", _said(field.default)) or 2 * texts.count(text) <= len(texts):
        return None
    if len(set(texts)) == 1:
        return "" if field.kind == "flag" else text
    words = not text[0].isdigit() and field.kind != "flag"
    return text if words and "" not in texts else None


def spelled(
    op: Op, cells: Sequence[Cell], rows: Iterator[str], style: Style, own: OwnSize = ((), "")
) -> str:
    """The word of an operator and its values; `rows` are the names of the rows it reads."""
    own_sides, own_name = own
    words = [op.word]
    numbers = iter(cells)
    for name, field in type(op).fields.items():
        value = getattr(op, name)
        text = own_name
        if not is_own_size(op, value, own_sides):
            text = _value(op, field, value, numbers, rows)
        if text == style.default(op, name):
            continue
        if field.kind == "flag":
            words.append(name)
        elif field.positional:
            words.append(f"({text})" if text.startswith("-") else text)
        else:
            words.append(f"{name}={text}")
    return " ".join(words)


def _said(value: Any) -> str:
    """An option's value as it is written without parameters; empty for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return "x".join([number(side) for side in value])
    return number(value) if isinstance(value, (int, float, Fraction)) else str(value)


def _value(op: Op, field: Field, value: Any, numbers: Iterator[Cell], rows: Iterator[str]) -> str:
    if value is None:
        return ""
    if field.kind in ("row", "name"):
        return next(rows)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Window):
        return _window(op, value, numbers)
    if isinstance(value, tuple):
        return "x".join([_side(next(numbers)) for _ in value])
    if isinstance(value, (int, float, Fraction)):
        return cell(next(numbers))
    return str(value)


def _window(op: Op, window: Window, numbers: Iterator[Cell]) -> str:
    sides = "x".join([_side(next(numbers)) for _ in window.sides])
    strides = [next(numbers) for _ in strides_of(op, window)]
    if not strides or (isinstance(op, Filter) and [cell(one) for one in strides] == ["1"]):
        return sides
    if len(strides) == 1:
        return f"{sides}/{cell(strides[0])}"
    return f"{sides}/{'x'.join([_side(one) for one in strides])}"
