"""What to say about a line that cannot be parsed: what was found, and what may stand there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from copy import copy
from typing import Any

from lark import Token, UnexpectedInput, UnexpectedToken
from lark.parsers.lalr_parser_state import ParserState

from archc.diagnostics.kinds.syntax import SyntaxMistake
from archc.diagnostics.model import Diagnostic
from archc.source import SourceFile, Span
from archc.syntax.failure import Failure
from archc.syntax.habits import recognise
from archc.syntax.wording import plain, show

_NAMED_AT_MOST = 6
_CHUNK = re.compile(r'"[^"\n]*"|[A-Za-z0-9_][A-Za-z0-9_.]*|->|[=~<>!]=|//|[^\n]', re.DOTALL)

_ATOMS = frozenset({"NUMBER", "NAME", "DOTTED", "LPAR", "FUNC", "STRING", "SIZE", "ANY"})
_CONDITIONS = frozenset({"YES", "NO", "NOT", "SIGN", "MINUS"})

# Words people know, the most helpful first: the terminal that tells, and all that they cover.
_WORDS: tuple[tuple[str, str, frozenset[str]], ...] = (
    ("a layer or block", "SLIDE", frozenset({"SLIDE", "NAME", "DOTTED", "EACH"})),
    ("a size like `224x224x3`", "ANY", _ATOMS),
    ("a condition", "NOT", _ATOMS | _CONDITIONS),
    ("a value", "FUNC", _ATOMS | {"MINUS", "YES", "NO"}),
    ("a name", "NAME", frozenset({"NAME", "DOTTED", "COLUMN"})),
    ("a variant and its cells", "VARIANT", frozenset({"VARIANT"})),
    ("a quoted file name", "STRING", frozenset({"STRING"})),
    ("`=`", "EQUAL", frozenset({"EQUAL"})),
    ("`from`", "FROM", frozenset({"FROM"})),
    ("a comparison like `==`", "CMP", frozenset({"CMP"})),
    ("a comparison like `~=`", "CHECKOP", frozenset({"CHECKOP"})),
    ("`of`", "__ANON_0", frozenset({"__ANON_0"})),
    ("`)`", "RPAR", frozenset({"RPAR"})),
    ("`]`", "RSQB", frozenset({"RSQB"})),
    ("`,`", "COMMA", frozenset({"COMMA"})),
    ("`else`", "ELSE", frozenset({"ELSE"})),
    ("`;` and a further layer", "_SEMI", frozenset({"_SEMI"})),
    ("`-> SIZE`", "ARROW", frozenset({"ARROW"})),
    ("an operator like `+`", "MULOP", frozenset({"SIGN", "MULOP", "CIRCUMFLEX"})),
    ("`if CONDITION`", "IF", frozenset({"IF"})),
    ("`|` and a cell", "VBAR", frozenset({"VBAR"})),
    ("`(`", "LPAR", frozenset({"LPAR"})),
    ("`x3` to repeat", "REPEAT", frozenset({"REPEAT"})),
    ("`as NAME`", "AS", frozenset({"AS"})),
    ("the end of the line", "$END", frozenset({"$END"})),
)


def explain(
    error: UnexpectedInput, source: SourceFile, line: Span, start: int, end: int, rule: str = "line"
) -> Diagnostic:
    """The diagnostic of a parse error in the text from `start` to `end`, a part of `line`."""
    token: Any = getattr(error, "token", None)
    ended = token is not None and token.type == "$END"
    position: int | None = error.pos_in_stream
    at = end if ended or position is None else min(start + max(position, 0), end)
    failure = Failure(source, line, at, rule, _expected(error))
    return recognise(failure) or _describe(failure, end)


def _expected(error: Any) -> frozenset[str]:
    """The terminals that could really have come next.

    The parser's own list has all that the state allows anywhere; only some leads on from here.
    """
    state = error.state
    if state is None:
        return frozenset()
    silent = copy(state.parse_conf)
    silent.callbacks = {}
    return frozenset(
        [
            kind
            for kind in silent.parse_table.states[state.position]
            if _leads_on(state, silent, kind)
        ]
    )


def _leads_on(state: Any, silent: Any, kind: str) -> bool:
    if kind != "$END" and not kind.isupper():
        return False
    no_lexer: Any = None
    trial = ParserState(silent, no_lexer, list(state.state_stack), list(state.value_stack))
    try:
        trial.feed_token(Token(kind, ""), kind == "$END")
    except UnexpectedToken:
        return False
    return True


# ---- the general message ------------------------------------------------------------------------


def _describe(failure: Failure, end: int) -> Diagnostic:
    source, at = failure.source, failure.at
    before = _before(source.text, failure.line.start, at)
    expected = f"here may stand {listed(failure.expected)}" if failure.expected else ""
    if at >= end:
        found = (
            "the line ends too early"
            if not before
            else f"the line ends too early, after `{before}`"
        )
        last = re.search(
            r"[A-Za-z0-9_]+$|.$", source.text[max(end - 200, failure.line.start) : end]
        )
        start = end - len(last.group()) if last else failure.line.start
        return SyntaxMistake(found, expected).at(Span(source, start, end))
    match = _CHUNK.match(source.text, at, end)
    chunk = match.group() if match else source.text[at]
    span = Span(source, at, at + len(chunk))
    shown = show(chunk)
    if not before:
        return SyntaxMistake(f"a line cannot begin with {shown}", expected).at(span)
    return SyntaxMistake(f"{shown} cannot stand after `{before}`", expected).at(span)


def _before(text: str, start: int, at: int) -> str:
    """The word in front of an offset, as short as it can be told."""
    lead = text[max(start, at - 200) : at].rstrip()
    words = lead.split()
    if not words:
        return ""
    return plain(words[-1][-32:])


def listed(expected: Iterable[str]) -> str:
    """Terminals in words people know, six at most."""
    left = set(expected)
    words: list[str] = []
    if {"NOT", "SIGN"} <= left:  # in brackets a condition is a value
        words.append("a value")
        left -= _ATOMS | _CONDITIONS
    for word, tells, covers in _WORDS:
        if tells in left:
            words.append(word)
            left -= covers
    words += [f"`{word.lower()}`" for word in sorted(left) if word.isalpha()]
    words = words[:_NAMED_AT_MOST]
    return (
        " or ".join([part for part in (", ".join(words[:-1]), words[-1]) if part])
        if words
        else "nothing"
    )
