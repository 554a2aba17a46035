"""Values on a row: by look for layers, by position for blocks, by name for both."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from archc.diagnostics.kinds.names import UnknownName, UnknownOption, WrongNumberOfValues
from archc.diagnostics.kinds.values import MissingValue, ValueNotAllowed
from archc.graph.elaborate import slips
from archc.graph.elaborate.conversions import convert
from archc.graph.elaborate.formulas import Mistake
from archc.graph.elaborate.frame import Context, Frame
from archc.graph.elaborate.scope import Datum, RowRef, Scope, Word, describe, kind_of
from archc.ops.base import Field, Op
from archc.ops.values import Window
from archc.source import Span
from archc.syntax import tree

NUMBER_KINDS = ("integer", "number")
SIZE_KINDS = ("window", "size")


class Bound:
    """What a row gives an operator: options, further rows, and where each was written."""

    __slots__ = ("options", "positional", "rows", "spans")

    def __init__(self) -> None:
        self.options: dict[str, Any] = {}
        self.rows: dict[str, RowRef] = {}
        self.spans: dict[str, Span] = {}
        self.positional: list[RowRef] = []

    def over(self, other: Bound) -> None:
        """Take the values of a row over those of a policy."""
        if "kernel" in other.options:
            self.options.pop("window", None)
        self.options.update(other.options)
        self.rows.update(other.rows)
        self.spans.update(other.spans)
        self.positional.extend(other.positional)


def bind(
    context: Context,
    cls: type[Op],
    call: tree.Call,
    frame: Frame,
    scope: Scope,
    lenient: bool = False,
) -> Bound:
    """Bind a call's values to an operator's options; raises Mistake. What `first` says wins.

    `lenient` leaves out options that the operator has not: those of a word that `use ... with`
    replaced.
    """
    binder = _Binder(context, cls, call.head.parts[-1], frame, scope)
    if len(call.values) > 1:
        slips.check_window(binder.word, cls, call)
        slips.check_repeat(context, binder.word, call, frame, scope)
    for value in call.values:
        binder.positional(value)
    for keyword in call.keywords:
        if not lenient or keyword.name in cls.fields:
            binder.named(keyword)
    for keyword in call.first:
        binder.bound.spans.pop(keyword.name, None)
        binder.named(keyword)
    return binder.bound


class _Binder:
    def __init__(
        self, context: Context, cls: type[Op], word: str, frame: Frame, scope: Scope
    ) -> None:
        self.context = context
        self.cls = cls
        self.word = word
        self.frame = frame
        self.scope = scope
        self.bound = Bound()

    def named(self, keyword: tree.Keyword) -> None:
        """`pad=1`."""
        field = self.cls.fields.get(keyword.name)
        if field is None:
            kind = UnknownOption(self.word, keyword.name, tuple(self.cls.fields))
            raise Mistake(kind, keyword.name_span)
        if keyword.name in self.bound.spans:
            raise Mistake(ValueNotAllowed(keyword.name, "two", "one value"), keyword.span)
        value = self._value(keyword.value, field)
        self._store(keyword.name, field, value, keyword.value.span)

    def positional(self, expression: tree.Expression) -> None:
        """A value without a name goes to the first free option that takes its look."""
        value = self._value(expression, None)
        if isinstance(value, Word) and self._word(value.text, expression.span):
            return
        kinds = _kinds_for(value)
        for name, field in self.cls.fields.items():
            if field.positional and field.kind in kinds and name not in self.bound.spans:
                self._store(name, field, value, expression.span)
                return
        if isinstance(value, RowRef) and self.cls.role == "join":
            self.bound.positional.append(value)
            return
        raise Mistake(self._no_place(value, expression), expression.span)

    def _word(self, word: str, span: Span) -> bool:
        """Set the flag or choice that a bare word names."""
        for name, field in self.cls.fields.items():
            if field.kind == "flag" and name == word:
                self.bound.options[name] = True
                self.bound.spans[name] = span
                return True
            if field.positional and word in field.choices and name not in self.bound.spans:
                self.bound.options[name] = word
                self.bound.spans[name] = span
                return True
        return False

    def _value(self, expression: tree.Expression, field: Field | None) -> Datum:
        if isinstance(expression, tree.Name):
            own = self._own_word(expression, field)
            if own is not None:
                return own
            if self.scope.find(expression.parts[0]) is None and self._wants_row(field):
                if field is not None and field.kind == "name":
                    return Word(".".join(expression.parts))
                return self._row(expression)
        if isinstance(expression, tree.Text) and self._wants_row(field):
            return self._row(tree.Name(expression.span, (expression.value,)))
        if isinstance(expression, tree.ShapeText):
            raise Mistake(
                ValueNotAllowed(self.word, "a count of things", "values"), expression.span
            )
        try:
            return self.context.evaluate(expression, self.frame, self.scope)
        except Mistake as mistake:
            raise self._better(mistake, expression, field) from None

    def _wants_row(self, field: Field | None) -> bool:
        if field is not None:
            return field.kind in ("row", "name")
        return self.cls.role == "join" or self._free_row()

    def _better(
        self, mistake: Mistake, expression: tree.Expression, field: Field | None
    ) -> Mistake:
        """An unknown word on a row is compared with the words that the layer takes."""
        if not isinstance(mistake.kind, UnknownName) or not isinstance(expression, tree.Name):
            return mistake
        if field is not None and field.kind == "switch":
            option = next(name for name, one in self.cls.fields.items() if one is field)
            meant = slips.foreign_switch(option, mistake.kind.name, mistake.span)
            if meant is not None:
                return meant
        layer = None
        if field is None:
            layer = slips.layer_among_values(mistake.kind.name, self.word, _takes(self.cls))
        if layer is not None:
            return Mistake(layer, mistake.span)
        words = _words_of(self.cls) if field is None else field.choices
        if field is not None and field.kind == "padding":
            words = ("half", "same")
        known = (*words, *self.scope.all_names())
        return Mistake(UnknownName(mistake.kind.name, f"word of {self.word}", known), mistake.span)

    def _own_word(self, name: tree.Name, field: Field | None) -> Word | None:
        """A flag or choice of this operator, which no parameter can be called."""
        if len(name.parts) > 1:
            return None
        word = name.parts[0]
        if field is not None:
            fits = word in field.choices or (field.kind == "padding" and word in ("half", "same"))
            return Word(word) if fits and self.scope.find(word) is None else None
        for known, candidate in self.cls.fields.items():
            if candidate.kind == "flag" and known == word:
                return Word(word)
            if candidate.kind == "name" and known not in self.bound.spans:
                return None
            if candidate.positional and word in candidate.choices:
                return Word(word)
        return None

    def _free_row(self) -> bool:
        return any(
            field.kind in ("row", "name") and field.positional and name not in self.bound.spans
            for name, field in self.cls.fields.items()
        )

    def _row(self, name: tree.Name) -> Datum:
        row = self.context.row(name, self.frame)
        if row is not None:
            return row
        if self._free_name():
            return Word(".".join(name.parts))
        candidates = [*self.frame.level.rows_in_sight(), *_words_of(self.cls)]
        raise Mistake(UnknownName(".".join(name.parts), "row", tuple(candidates)), name.span)

    def _free_name(self) -> bool:
        return any(
            field.kind == "name" and field.positional and name not in self.bound.spans
            for name, field in self.cls.fields.items()
        )

    def _store(self, name: str, field: Field, value: Datum, span: Span) -> None:
        self.bound.spans[name] = span
        if field.kind == "row":
            if not isinstance(value, RowRef):
                kind = ValueNotAllowed(
                    name, f"{kind_of(value)} ({describe(value)})", "the name of a row"
                )
                raise Mistake(kind, span)
            self.bound.rows[name] = value
            self.bound.options[name] = value.text
            return
        self.bound.options[name] = convert(name, field, value, self.word, span)

    def _no_place(self, value: Datum, expression: tree.Expression) -> Any:
        shown = expression.span.text
        takes = _takes(self.cls)
        if isinstance(value, Word):
            layer = slips.layer_among_values(value.text, self.word, takes)
            if layer is not None and shown == value.text:
                return layer
            candidates = (*_words_of(self.cls), *self.scope.all_names())
            return UnknownName(shown, f"word of {self.word}", candidates)
        if isinstance(value, Window) and isinstance(expression, tree.Name):
            return self._size_given(value, shown, takes)
        if isinstance(value, Window) and len(value.sides) == 2 and value.stride is None:
            advice = f"to repeat the row write `{self.word} {value.sides[0]} x{value.sides[1]}`"
            return ValueNotAllowed(self.word, f"the size {shown}", takes, advice)
        if isinstance(value, Window) and value.stride:
            return self._sides_meant(shown, takes)
        written = tuple(self.bound.spans)
        advice = slips.stray_number(self.cls, written, value) if isinstance(value, int) else ""
        return ValueNotAllowed(self.word, f"{kind_of(value)} ({shown}) here", takes, advice)

    def _sides_meant(self, shown: str, takes: str) -> Any:
        """`resize H/2xW/2`: without brackets the last number is a stride, as in `3x3/2`."""
        sides = [f"({side})" if "/" in side else side for side in shown.split("x")]
        found, instead = f"a window with a stride ({shown})", "x".join(sides)
        return ValueNotAllowed(
            self.word, found, takes, "a fraction stands in brackets in sides", instead
        )

    def _size_given(self, value: Window, name: str, takes: str) -> Any:
        """A parameter that was given a size: most often a repetition without its space."""
        advice = ""
        span = self.frame.instance.span
        if span is not None and str(value) in span.text and len(value.sides) == 2:
            row = " ".join(span.text.split())
            repeated = row.replace(str(value), f"{value.sides[0]} x{value.sides[1]}", 1)
            advice = f"{value} is a size; to repeat the row write: {repeated}"
        return ValueNotAllowed(self.word, f"`{name}`, the size {value}", takes, advice)


def _kinds_for(value: Datum) -> tuple[str, ...]:
    if isinstance(value, bool):
        return ("switch",)
    if isinstance(value, (int, Fraction, float)):
        return NUMBER_KINDS
    if isinstance(value, Window):
        return SIZE_KINDS if value.stride is None else ("window",)
    if isinstance(value, RowRef):
        return ("row",)
    return ("name",) if isinstance(value, Word) else ()


def _words_of(cls: type[Op]) -> tuple[str, ...]:
    flags = [name for name, field in cls.fields.items() if field.kind == "flag"]
    choices = [c for field in cls.fields.values() if field.positional for c in field.choices]
    return (*flags, *choices)


def _takes(cls: type[Op]) -> str:
    fields = [(name, f) for name, f in cls.fields.items() if f.positional and f.kind != "choice"]
    return ", ".join([f.doc or name for name, f in fields]) or "no values without a name"


def missing(cls: type[Op], word: str, bound: Bound, span: Span) -> None:
    """Raise Mistake if a required option was not given."""
    for name, field in cls.fields.items():
        if field.required and name not in bound.options:
            raise Mistake(MissingValue(word, field.doc or name), span)


def bind_parameters(
    context: Context,
    word: str,
    parameters: tuple[tree.Parameter, ...],
    call: tree.Call,
    frame: Frame,
    presets: tuple[tuple[str, Datum], ...] = (),
) -> dict[str, Datum]:
    """Bind a call's values to a block's parameters, by position and by name; raises Mistake.

    What `first` says wins: it is still on the call only for the first copy.
    """
    names = [parameter.name for parameter in parameters]
    if call.values:
        slips.check_repeat(context, word, call, frame, frame.scope)
    given: dict[str, Datum] = dict(presets)
    free = [name for name in names if name not in given]
    if len(call.values) > len(free):
        takes = f"at most {len(free)} ({', '.join(free)})" if free else "none"
        raise Mistake(_too_many(word, call, takes), call.span)
    for name, value in zip(free, call.values):
        given[name] = context.evaluate(value, frame)
    written = set(free[: len(call.values)])
    for keyword in call.keywords:
        if keyword.name in written:
            raise Mistake(ValueNotAllowed(keyword.name, "two", "one value"), keyword.span)
        written.add(keyword.name)
    for keyword in (*call.keywords, *call.first):
        if keyword.name not in names:
            raise slips.not_a_parameter(word, names, keyword.name_span, keyword.name)
        given[keyword.name] = context.evaluate(keyword.value, frame)
    return given


def _too_many(word: str, call: tree.Call, takes: str) -> Any:
    last = call.values[-1]
    if isinstance(last, tree.Size) and len(last.sides) == 2:
        shown = last.span.text.split("x")
        advice = (
            f"{last.span.text} is a size; to repeat the row write `{word} {shown[0]} x{shown[-1]}`"
        )
        return ValueNotAllowed(word, f"the size {last.span.text} here", takes, advice)
    return WrongNumberOfValues(word, len(call.values), takes)
