"""Rows that can be read and mean nothing, and what was most likely meant by them."""

from __future__ import annotations

from archc.diagnostics.dialects import layer_word
from archc.diagnostics.kinds.names import UnknownLayer, UnknownNet, UnknownOption
from archc.diagnostics.kinds.values import ValueNotAllowed
from archc.graph.elaborate.formulas import Mistake
from archc.graph.elaborate.frame import Context, Frame
from archc.graph.elaborate.scope import Scope
from archc.ops.base import Op
from archc.source import Span
from archc.syntax import tree

_SWITCHES = {"True": "yes", "true": "yes", "False": "no", "false": "no"}


def check_repeat(context: Context, word: str, call: tree.Call, frame: Frame, scope: Scope) -> None:
    """Raise Mistake for `unit 64 xn1` and `unit 64 x n1`: a repetition is `x(n1)`."""
    for position, value in enumerate(call.values):
        if not isinstance(value, tree.Name) or value.parts[0][:1] != "x" or len(value.parts) > 1:
            continue
        name = value.parts[0]
        if scope.find(name) is not None or context.row(value, frame) is not None:
            continue
        span, times = value.span, name[1:]
        if not times and position + 1 < len(call.values):
            following = call.values[position + 1]
            known = isinstance(following, tree.Name) and scope.find(following.parts[0]) is not None
            if not known and not isinstance(following, tree.Number):
                continue
            span, times = Span(span.source, span.start, following.span.end), following.span.text
        elif not times or scope.find(times) is None:
            continue
        right = f"x{times}" if times.isdigit() else f"x({times.strip('()')})"
        found, takes = f"`{' '.join(span.text.split())}`", f"`{right}` to repeat the row"
        raise Mistake(ValueNotAllowed(f"`{word}`", found, takes, "", right), span)


def check_window(word: str, cls: type[Op], call: tree.Call) -> None:
    """Raise Mistake for `conv 3*3 128` and `conv 6 5`: a window is `3x3`."""
    windowed = any(field.kind == "window" and field.positional for field in cls.fields.values())
    if not windowed or len(call.values) < 2:
        return
    first, second = call.values[0], call.values[1]
    if any(isinstance(value, tree.Size) for value in call.values):
        return
    text = first.span.text.replace(" ", "")
    left, star, right = text.partition("*")
    if star and left.isdigit() and right.isdigit():
        found = ValueNotAllowed(word, f"the product `{text}`", "a window", "", f"{left}x{right}")
        raise Mistake(found, first.span)
    numbers = [v for v in call.values if isinstance(v, tree.Number) and v.span.text.isdigit()]
    if len(numbers) == len(call.values) == 2:
        window = min(reversed(numbers), key=lambda number: int(number.span.text))
        side = window.span.text
        found = ValueNotAllowed(word, f"two numbers ({text} {second.span.text})",
                                "a window and one number",
                                f"a window has all its sides: `{side}x{side}`",
                                f"{side}x{side}")  # fmt: skip
        raise Mistake(found, window.span)


def stray_number(cls: type[Op], written: tuple[str, ...], number: int) -> str:
    """What to say of `maxpool 3x3 2 1` and `maxpool 2`, where a number has no place."""
    window = cls.fields.get("window")
    if window is None or not window.positional or "pad" not in cls.fields:
        return ""
    if "window" in written:
        return "a stride is glued to the window, `3x3/2`, and a pad has its name, `pad=1`"
    return f"a window has all its sides: `{number}x{number}`" if number < 100 else ""


def foreign_switch(option: str, name: str, span: Span) -> Mistake | None:
    """`bias=False`."""
    if name not in _SWITCHES:
        return None
    return Mistake(ValueNotAllowed(option, f"`{name}`", "yes or no", "", _SWITCHES[name]), span)


def layer_among_values(name: str, word: str, takes: str) -> ValueNotAllowed | None:
    """`conv 3x3 64 relu`."""
    meant = name if name in Op.registry else layer_word(name)
    if not meant:
        return None
    advice = f"a further layer stands behind `;`: `; {meant}`"
    return ValueNotAllowed(word, f"the layer `{name}`", takes, advice, f"; {meant}")


def not_a_parameter(word: str, names: list[str], span: Span, option: str) -> Mistake:
    """A value by a name that the block has not; a column `n` may be meant to repeat the row."""
    line = span.source.line(span.line).lstrip()
    if option in _REPEATS and line.startswith("columns"):
        takes = f"a parameter ({', '.join(names)}) or `x`" if names else "`x`"
        advice = "the column that repeats a row is called `x`"
        return Mistake(ValueNotAllowed(f"a column of `{word}`", f"`{option}`", takes, advice, "x"),
                       span)  # fmt: skip
    return Mistake(UnknownOption(word, option, tuple(names)), span)


_REPEATS = frozenset({"n", "N", "repeat", "repeats", "times"})


def check_glued(call: tree.Call, frame: Frame) -> None:
    """Raise Mistake for `max pool 2x2/2`, `avg pool 2x2/2`, `batch norm`."""
    if not call.values or len(call.head.parts) > 1:
        return
    word, second = call.head.parts[0], call.values[0]
    if word.lower() not in _FIRST_HALVES or not isinstance(second, tree.Name):
        return
    half = second.parts[0].lower()
    if frame.scope.find(word) is not None or half not in _SECOND_HALVES:
        return
    if frame.level.find(second.parts) is not None or frame.scope.find(half) is not None:
        return
    glued = f"{word.lower()}{half}"
    meant = glued if glued in Op.registry else layer_word(glued)
    if meant:
        span = Span(call.head.span.source, call.head.span.start, second.span.end)
        raise Mistake(UnknownLayer(f"{word} {second.parts[0]}", (), meant), span)


_FIRST_HALVES = frozenset({"max", "avg", "average", "batch", "layer", "group", "instance"})
_SECOND_HALVES = frozenset({"pool", "pooling", "norm", "normalization"})


def unknown_layer(mistake: Mistake, call: tree.Call, frame: Frame) -> Mistake:
    """A row of that name may be meant: `from d1`."""
    name = call.head.parts
    if not isinstance(mistake.kind, (UnknownLayer, UnknownNet)) or call.values or call.keywords:
        return mistake
    if frame.level.find(name) is None or mistake.span.start != call.head.span.start:
        return mistake
    word = ".".join(name)
    return Mistake(UnknownLayer(word, (), f"from {word}"), mistake.span)
