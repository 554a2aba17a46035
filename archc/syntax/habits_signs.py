"""Signs that do not belong: look-alikes of ASCII, foreign operators, quotes and brackets."""

from __future__ import annotations

import re

from archc.diagnostics.kinds.syntax import SyntaxMistake
from archc.diagnostics.model import Diagnostic, Edit, Fix, Label
from archc.syntax.failure import Failure
from archc.syntax.wording import describe_sign, show

_LOOK_ALIKES = {
    "\u2192": "->", "\u21d2": "->", "\u27f6": "->", "\u2212": "-", "\u2013": "-", "\u2014": "-",
    "\u2010": "-", "\u2011": "-", "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u00ab": '"',
    "\u00bb": '"', "\u2018": "", "\u2019": "", "\u00a0": " ", "\u2009": " ", "\u202f": " ",
    "\u3000": " ", "\u200b": "", "\u200c": "", "\u200d": "", "\ufeff": "", "\u2060": "",
    "\u2264": "<=", "\u2265": ">=", "\u2260": "!=", "\u2248": "~=", "\u00f7": "/", "\u00b7": "*",
    "\u2217": "*", "\u2022": "*", "\uff1a": ":", "\uff1b": ";", "\uff08": "(", "\uff09": ")",
    "\uff0c": ",", "\u2502": "|", "\u00a6": "|", "\u2715": "x", "\u2716": "x", "\u2a2f": "x",
    "\uff1d": "=", "\u0445": "x", "\u2044": "/", "\u2215": "/",
}  # fmt: skip


def look_alike(failure: Failure) -> Diagnostic | None:
    """Signs that slides put in the place of ASCII ones; all of the line are mended at once."""
    odd = [at for at, sign in enumerate(failure.text) if sign in _LOOK_ALIKES]
    if not odd or odd[0] != failure.at - failure.line.start:
        return None
    sign = failure.rest[0]
    plain = _LOOK_ALIKES[sign]
    advice = f"write `{plain}`" if plain.strip() else "write a space" if plain else "leave it out"
    edits = tuple([Edit(failure.span(at, at + 1), _LOOK_ALIKES[failure.text[at]]) for at in odd])
    mistake = SyntaxMistake(f"{describe_sign(sign)} cannot stand here", advice)
    return mistake.at(failure.here(1), fixes=(Fix("write it in ASCII", edits, "safe"),))


def control(failure: Failure) -> Diagnostic | None:
    sign = failure.rest[:1]
    if not sign or sign.isprintable():
        return None
    if sign == "\r":
        found = "a carriage return stands inside a line"
        return failure.report(
            found,
            "lines end in a line feed, perhaps with a carriage return before it",
            failure.here(1),
        )
    expected = "leave it out; words are set apart by spaces"
    return failure.report(
        f"{describe_sign(sign)} cannot stand here",
        expected,
        failure.here(1),
        ("write a space", " "),
    )


def letter(failure: Failure) -> Diagnostic | None:
    sign = failure.rest[:1]
    if not sign or sign.isascii() or not sign.isalnum():
        return None
    advice = (
        "names have the letters a to z and A to Z, digits and `_`: they become Python attributes"
    )
    return failure.report(f"{describe_sign(sign)} cannot stand in a name", advice, failure.here(1))


def leading_minus(failure: Failure) -> Diagnostic | None:
    """`conv -3` and `(a if b else -2)`."""
    match = re.match(r"-\s*((?:\w+(?:\.\d+)?)|\([^()]*\))", failure.rest)
    if match is None or "NUMBER" not in failure.expected:
        return None
    found = "this minus has nothing in front of it"
    span, plain = failure.here(match.end()), f"(-{match[1]})"
    if re.search(r"\b(?:input|on)\s*$|->\s*$", failure.before):
        return failure.report(found, "a size has no negative sides", span)
    if failure.before[-1:].isalnum():
        return failure.report(found, "words are set apart by spaces", span)
    advice = "a leading minus stands in brackets, as `a -b` is a difference"
    certain = re.search(r"(?:[(,]|\belse)\s*$", failure.before)
    fix = (f"write `{plain}`", plain)
    return failure.report(found, advice, span, fix, "safe" if certain else "unsafe")


def foreign_operator(failure: Failure) -> Diagnostic | None:
    """`=>`, `**`, `&&`, `||` and their kin."""
    offset = failure.at - failure.line.start
    for found, plain in _OPERATORS.items():
        at = failure.text.find(found, max(offset - 1, 0), offset + len(found) + 1)
        if at < 0 or (found == "%" and failure.text[at - 1 : at].isdigit()):
            continue
        span = failure.span(at, at + len(found))
        return failure.report(
            f"`{found}` is no sign of the language",
            f"write `{plain.strip()}`",
            span,
            (f"write `{plain.strip()}`", plain),
        )
    return None


_OPERATORS = {
    "=>": "->",
    "==>": "->",
    "-->": "->",
    "**": "^",
    "&&": " and ",
    "||": " or ",
    "%": " mod ",
    "!": " not ",
}


def single_quotes(failure: Failure) -> Diagnostic | None:
    match = re.match(r"'([^'\n]*)'", failure.rest)
    if match is None:
        return None
    word = match[1] if re.fullmatch(r"\w+", match[1]) else f'"{match[1]}"'
    found = f"{show(match[0])} is in single quotes"
    advice = "words need no quotes; file names and titles take double ones"
    return failure.report(found, advice, failure.here(match.end()), (f"write {show(word)}", word))


def open_quote(failure: Failure) -> Diagnostic | None:
    if not failure.rest.startswith('"') or failure.rest.count('"') % 2 == 0:
        return None
    return failure.report(
        "this quoted text is never closed", 'write `"` behind its last letter', failure.here(1)
    )


# ---- brackets -----------------------------------------------------------------------------------

_CLOSING = {"(": ")", "[": "]", "{": "}"}
_PARTNERS = {closing: sign for sign, closing in _CLOSING.items()}


def brackets(failure: Failure) -> Diagnostic | None:
    """A bracket that is never closed, or one that closes nothing."""
    opened: list[tuple[str, int]] = []
    text = re.sub(r'"[^"\n]*"', lambda quoted: "_" * len(quoted.group()), failure.text)
    for at, sign in enumerate(text):
        if sign in "([{":
            opened.append((sign, at))
        elif sign in _PARTNERS:
            if opened and opened[-1][0] == _PARTNERS[sign]:
                opened.pop()
                continue
            span = failure.span(at, at + 1)
            if opened:
                other, start = opened[-1]
                opening = Label(failure.span(start, start + 1), "opened here")
                mistake = SyntaxMistake(
                    f"`{sign}` cannot close `{other}`", f"write `{_CLOSING[other]}`"
                )
                return mistake.at(span, secondary=(opening,))
            return failure.report(
                f"this `{sign}` closes nothing",
                "leave it out, or open it before",
                span,
                ("leave it out", ""),
                "unsafe",
            )
    if not opened:
        return None
    sign, start = opened[-1]
    closing = _CLOSING[sign]
    end = failure.span(len(text), len(text))
    mistake = SyntaxMistake(f"this `{sign}` is never closed", f"write `{closing}` where it ends")
    fix = Fix(f"write `{closing}` at the end of the line", (Edit(end, closing),), "unsafe")
    return mistake.at(failure.span(start, start + 1), fixes=(fix,))
