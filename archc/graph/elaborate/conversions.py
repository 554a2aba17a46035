"""A value as an option wants it: a whole number, a window, a pad, one of some words."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from archc.diagnostics.kinds.sizes import ChannelsNotWhole
from archc.diagnostics.kinds.values import ValueNotAllowed
from archc.graph.elaborate.arithmetic import as_whole
from archc.graph.elaborate.formulas import Mistake
from archc.graph.elaborate.scope import Datum, RowRef, Word, describe
from archc.ops.base import Field
from archc.ops.values import Drawn, Window
from archc.record import replace
from archc.source import Span


def convert(name: str, field: Field, value: Datum, word: str, span: Span) -> Any:
    """A datum as the option wants it; raises Mistake."""
    rule = _CONVERSIONS[field.kind]
    result = rule(name, field, value, span)
    if result is None:
        takes = _expects(name, field)
        shown = describe(value)
        raise Mistake(ValueNotAllowed(name, shown or "nothing", takes), span)
    return result


def _expects(name: str, field: Field) -> str:
    if field.kind == "choice":
        return f"one of {', '.join(field.choices)}"
    if field.kind == "initial":
        either = f"one of {', '.join(field.choices)}" if field.choices else "a number"
        return f"{either}, or numbers such as normal(0.01)"
    least = "" if field.minimum is None else f" of at least {field.minimum}"
    words = {
        "integer": f"a whole number{least}",
        "number": "a number",
        "window": "a window such as 3x3/2",
        "size": "a size such as 7x7",
        "padding": "a number, a number for each side (0x1x1), half or same",
        "flag": "no value: the bare word is enough",
        "switch": "yes or no",
        "row": "the name of a row",
        "name": "the name of a row",
    }
    return words[field.kind]


def _integer(name: str, field: Field, value: Datum, span: Span) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, Fraction, float)):
        return None
    whole = as_whole(value)
    if whole is None:
        shown = describe(value) if not isinstance(value, Fraction) else decimal(value)
        raise Mistake(ChannelsNotWhole(f"`{name}`", shown), span)
    if field.minimum is not None and whole < field.minimum:
        return None
    return whole


def decimal(value: Fraction) -> str:
    """A fraction as people write it: `24.5`, or `170/3` if it never ends."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return f"{float(value):g}" if rest == 1 else f"{value.numerator}/{value.denominator}"


def _number(name: str, field: Field, value: Datum, span: Span) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, Fraction, float)):
        return None
    return value


def _window(name: str, field: Field, value: Datum, span: Span) -> Any:
    return value if isinstance(value, Window) else None


def _size(name: str, field: Field, value: Datum, span: Span) -> Any:
    if isinstance(value, Window):
        return value if value.stride is None else None
    whole = _integer(name, field, value, span)
    return None if whole is None else Window((whole,))


def _padding(name: str, field: Field, value: Datum, span: Span) -> Any:
    if isinstance(value, Word):
        return value.text if value.text in ("half", "same") else None
    if isinstance(value, Window):
        return value.sides if value.stride is None else None
    whole = _integer(name, replace(field, minimum=0), value, span)
    return whole if whole is not None and whole >= 0 else None


def _switch(name: str, field: Field, value: Datum, span: Span) -> Any:
    return value if isinstance(value, bool) else None


def _choice(name: str, field: Field, value: Datum, span: Span) -> Any:
    return value.text if isinstance(value, Word) and value.text in field.choices else None


def _initial(name: str, field: Field, value: Datum, span: Span) -> Any:
    if isinstance(value, Drawn):
        return value
    return (_choice if field.choices else _number)(name, field, value, span)


def _name(name: str, field: Field, value: Datum, span: Span) -> Any:
    return value.text if isinstance(value, (Word, RowRef)) else None


_CONVERSIONS = {
    "integer": _integer,
    "number": _number,
    "window": _window,
    "size": _size,
    "padding": _padding,
    "flag": _switch,
    "switch": _switch,
    "choice": _choice,
    "initial": _initial,
    "row": _name,
    "name": _name,
}
