"""Canonical spacing of one line: the lexer's tokens, with or without a space between."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from archc.record import Record
from archc.syntax.build_formulas import closing_bracket

Token = Any
InnerTokens = Callable[[str], list[Token]]

_OPERATORS = {"SIGN", "MULOP", "CIRCUMFLEX"}
_OPENING = {"LPAR", "LSQB"}
_CLOSING = {"RPAR", "RSQB"}
_HEADERS = {"NET", "BLOCK", "EXTERN"}
_DEFINING = {"EVERY", "LET", "META"}
_ENDS_IN_CAPITAL_NAME = re.compile(r"(?:^|[x×])[A-Z][A-Z0-9_]*$")


class Word(Record):
    """Tokens that touch: the type of the first, and the name in front of a touching `=`."""

    text: str
    kind: str
    option: str = ""


class Speller:
    """Turns the tokens of one line into words."""

    def __init__(self, tokens: Sequence[Token], inner: InnerTokens) -> None:
        self.tokens = tokens
        self.inner = inner
        self.loose = {at for at in range(len(tokens)) if self._is_loose(at)}

    def words(self, start: int, end: int) -> list[Word]:
        """The words of the tokens `start` to `end` (excluded)."""
        words: list[Word] = []
        parts: list[str] = []
        first = start
        for at in range(start, end):
            if at > start and not self._touches(at):
                words.append(self._word(first, at, parts))
                parts, first = [], at
            parts.append(self._text(at))
        if parts:
            words.append(self._word(first, end, parts))
        return words

    def line(self) -> str:
        """All tokens in one line."""
        return " ".join([word.text for word in self.words(0, len(self.tokens))])

    def _word(self, first: int, end: int, parts: list[str]) -> Word:
        touching = end - first > 1 and self.tokens[first + 1].type == "EQUAL"
        return Word("".join(parts), self.tokens[first].type, parts[0] if touching else "")

    def _touches(self, at: int) -> bool:
        """Whether no space stands between this token and the one before."""
        before, here = self.tokens[at - 1], self.tokens[at]
        if before.type in _OPENING or before.type == "MINUS" or here.type in _CLOSING:
            return True
        if here.type == "COMMA" or before.type == "FUNC":
            return True
        if before.type == "COMMA":
            return False
        if here.type == "LPAR" and at == 2 and self.tokens[0].type in _HEADERS:
            return True
        if here.type == "SIGN" and before.type in _OPENING:
            return True
        return self._is_tight(at) or self._is_tight(at - 1)

    def _is_tight(self, at: int) -> bool:
        kind = self.tokens[at].type
        return (kind in _OPERATORS or kind == "EQUAL") and at not in self.loose

    def _is_loose(self, at: int) -> bool:
        """Whether a sign that touches its neighbours elsewhere must not do so here."""
        token = self.tokens[at]
        if token.type == "EQUAL":
            return self._defines(at)
        if token.type not in _OPERATORS or not 0 < at < len(self.tokens) - 1:
            return False
        if token == "mod":
            return True
        before, after = self.tokens[at - 1], self.tokens[at + 1]
        # `a.b-1` would be a name with a hyphen, and `H/2xW` one size.
        if before.type == "DOTTED":
            return bool(token == "-")
        return after.type == "SIZE" and bool(_ENDS_IN_CAPITAL_NAME.search(str(before)))

    def _defines(self, at: int) -> bool:
        """Whether a `=` stands in `let a = b` or `with a = b, c = d`, not in `option=value`."""
        if self.tokens[0].type in _DEFINING:
            return at == 2
        in_list = at >= 2 and self.tokens[at - 2].type in ("WITH", "COMMA")
        return in_list and self.tokens[0].type in ("USE", "CHECK")

    def _text(self, at: int) -> str:
        token = self.tokens[at]
        text = str(token)
        if token.type == "LABEL":
            return text[:-1].rstrip() + ":"
        if token.type == "AS":
            return "as " + text[2:].lstrip()
        if token.type == "_SEMI":
            return ";"
        if token.type == "REPEAT":
            return "x" + self._sides(text[1:].lstrip(" "))
        return self._sides(text) if token.type == "SIZE" else text

    def _sides(self, text: str) -> str:
        """A size with `x` for `×` and its brackets respaced."""
        done: list[str] = []
        at = 0
        while at < len(text):
            if text[at] == "(":
                end = closing_bracket(text, at)
                tokens = self.inner(text[at + 1 : end - 1])
                done.append(f"({Speller(tokens, self.inner).line()})")
                at = end
            else:
                done.append("x" if text[at] == "×" else text[at])
                at += 1
        return "".join(done)
