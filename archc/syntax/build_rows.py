"""lark's callbacks for rows: steps, labels, cells, guards and arrows."""

from __future__ import annotations

import re
from typing import Any

from archc.source import Span
from archc.syntax import tree
from archc.syntax.build_formulas import Children, FormulaRules

_SLIDE = re.compile(r"([A-Za-z]+)(\d*)-(\d+)")

COPY_NUMBERS = (("i",), ("j",))


class RowRules(FormulaRules):
    """The rules of one row."""

    def kwarg(self, children: Children) -> tree.Keyword:
        name, value = children
        value = self._plain(value)
        return tree.Keyword(
            self.around([name, value]), str(name), self.span(name), self._switch(value)
        )

    def _switch(self, value: Any) -> Any:
        if getattr(value, "type", None) in ("YES", "NO"):
            return self.switch([value])
        return value

    def value(self, children: Children) -> Any:
        child = children[0]
        return self.switch(children) if getattr(child, "type", None) in ("YES", "NO") else child

    def drop(self, children: Children) -> tree.Drop:
        return tree.Drop(self.around(children), str(children[1]))

    def head(self, children: Children) -> Any:
        return children[0]

    def first(self, children: Children) -> tuple[tree.Keyword, ...]:
        return tuple(children[1:])

    def until(self, children: Children) -> tree.Name:
        return self._reference(children[1])

    def _reference(self, token: Any) -> tree.Name:
        if str(token).startswith('"'):
            return tree.Name(self.span(token), tuple(str(token)[1:-1].split(".")))
        return self._name(token)

    def call(self, children: Children) -> tree.Call:
        each, head, *arguments, repeat, first, until = children
        values: list[Any] = []
        keywords: list[tree.Keyword] = []
        drops: list[tree.Drop] = []
        bare = False
        for argument in arguments:
            if isinstance(argument, tree.Keyword):
                keywords.append(argument)
            elif isinstance(argument, tree.Drop):
                drops.append(argument)
            elif getattr(argument, "type", "") == "BARE":
                bare = True
            else:
                values.append(argument)
        name, slide_values = self._head(head)
        return tree.Call(
            self.around(children),
            name,
            (*slide_values, *values),
            tuple(keywords),
            tuple(drops),
            bare,
            each is not None,
            self._repeat(repeat),
            first or (),
            until,
            uses_copy_number(values, keywords, first or ()),
        )

    def _head(self, token: Any) -> tuple[tree.Name, tuple[Any, ...]]:
        """The word, and the values hidden in a slide word: `conv3-64`, `FC-4096`, `soft-max`."""
        if token.type != "SLIDE":
            return self._name(token), ()
        span, match = self.span(token), _SLIDE.fullmatch(str(token))
        if match is None:
            return tree.Name(span, ("softmax",)), ()
        word, window, channels = match.groups()
        channels_span = Span(span.source, span.end - len(channels), span.end)
        values: list[Any] = []
        if window:
            at = Span(span.source, span.start + len(word), span.start + len(word) + len(window))
            side = self._number(window, at)
            values.append(tree.Size(at, (side, side)))
        values.append(self._number(channels, channels_span))
        return tree.Name(span, (word.lower(),)), tuple(values)

    def _repeat(self, token: Any) -> Any:
        if token is None:
            return None
        text = str(token)
        digits = text.lstrip("x× ")
        start = self.base + token.start_pos + len(text) - len(digits)
        if digits.startswith("("):
            return self.inner_parse(digits[1:-1], start + 1)
        span = Span(self.source, start, start + len(digits))
        return self._number(digits, span) if digits.isdigit() else tree.Name(span, (digits,))

    def from_(self, children: Children) -> tree.From:
        return tree.From(self.around(children), self._reference(children[1]))

    def reuse(self, children: Children) -> tree.Reuse:
        return tree.Reuse(self.around(children), self._reference(children[1]))

    def input(self, children: Children) -> tree.Input:
        return tree.Input(self.around(children), children[1], children[2])

    def where(self, children: Children) -> Any:
        return children[0]

    def element(self, children: Children) -> Any:
        step, name = children
        if name is None:
            return step
        text = str(name)[2:].lstrip()
        span = self.span(name)
        label = tree.Label(Span(span.source, span.end - len(text), span.end), text)
        fields = [getattr(step, field) for field in type(step).__fields__[:-1]]
        return type(step)(*fields, label)

    def chain(self, children: Children) -> tuple[Any, ...]:
        return tuple(children)

    def otherwise(self, children: Children) -> Any:
        return children[0]

    def guard(self, children: Children) -> tree.Guard:
        _if, condition, otherwise = children
        return tree.Guard(self.around(children), condition, otherwise)

    def arrow(self, children: Children) -> tree.Arrow:
        return tree.Arrow(self.around(children), children[1])

    def cells(self, children: Children) -> tuple[tree.Cell, ...]:
        return tuple(children)

    def cell(self, children: Children) -> tree.Cell:
        value = children[0]
        span = self.span(value) if value is not None else self.span_of_line()
        return tree.Cell(span, value)

    def preset(self, children: Children) -> tree.Preset:
        return tree.Preset(self.around(children), self._name(children[0]), tuple(children[1:]))

    def vcells(self, children: Children) -> tuple[tree.ChainCell, ...]:
        return tuple(children)

    def vcell(self, children: Children) -> tree.ChainCell:
        chain = children[0]
        span = chain[0].span.to(chain[-1].span) if chain else self.span_of_line()
        return tree.ChainCell(span, chain)

    def span_of_line(self) -> Span:
        return Span(self.source, self.base, self.base)

    def _label(self, token: Any) -> tree.Label | None:
        if token is None:
            return None
        text = str(token)[:-1].rstrip()
        start = self.base + token.start_pos
        return tree.Label(Span(self.source, start, start + len(text)), text)

    def row(self, children: Children) -> tree.Row:
        label, steps, cells, guard, arrow = children
        return tree.Row(self.whole, self._label(label), steps, cells, guard, arrow)

    def section(self, children: Children) -> tree.Section:
        label, guard = children
        named = self._label(label)
        assert named is not None
        return tree.Section(named.span, named, guard)

    def split(self, children: Children) -> tree.Split:
        label, cells, arrow = children
        return tree.Split(self.whole, self._label(label), cells, arrow)


def uses_copy_number(*parts: Any) -> bool:
    """Whether `i` or `j`, the numbers of a copy, stand in some values."""
    pending: list[Any] = list(parts)
    while pending:
        node = pending.pop()
        kind = type(node)
        if kind is tree.Name:
            if node.parts in COPY_NUMBERS:
                return True
        elif kind is tuple or kind is list:
            pending.extend(node)
        elif kind is tree.Keyword:
            pending.append(node.value)
        elif kind in _COMPOUND:
            pending.extend([getattr(node, field) for field in kind.__fields__[1:]])
    return False


_COMPOUND = frozenset(
    (
        tree.Size,
        tree.Arithmetic,
        tree.Power,
        tree.Signed,
        tree.Function,
        tree.Choice,
        tree.Comparison,
        tree.Logic,
        tree.Negation,
        tree.Preset,
        tree.ShapeText,
    )
)
