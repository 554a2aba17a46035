"""What slides and torch users write: misspelt slide words, tuples, guards in front, `3x conv`."""

from __future__ import annotations

import re

from archc.diagnostics.kinds.syntax import SyntaxMistake
from archc.diagnostics.model import Diagnostic, Edit, Fix
from archc.diagnostics.similar import distance
from archc.syntax.failure import Failure
from archc.syntax.wording import show

_HYPHENED = re.compile(r"([A-Za-z]+)(\d*)-(\w+)(?:\s+(\d+)\b)?")
_DIGITS = str.maketrans("OolI", "0011")
_TUPLE = re.compile(r"(?<![\w)])\(\s*(?:\d+|[A-Z])(?:\s*,\s*(?:\d+|[A-Z]))+\s*,?\s*\)")
_ROW_ENDS = re.compile(r"\s*(?:;|->|\||#|$|\bif\b|\bas\b|\bfirst\b|\buntil\b)")


def slide_word(failure: Failure) -> Diagnostic | None:
    """`cnov3-128`, `conv-3 128`, `FC-100O`."""
    if not failure.rest.startswith("-") or not re.search(r"\w$", failure.before):
        return None
    offset = failure.at - failure.line.start
    for match in _HYPHENED.finditer(failure.text):
        if not match.start() < offset <= match.end():
            continue
        if not re.search(r"(?:^|[:;])\s*$", failure.text[: match.start()]):
            return None  # a difference among the values of a row
        right, end = _slide(match)
        span = failure.span(match.start(), match.end() if end else match.end(3))
        found = f"{show(span.text)} is no word of the slides"
        advice = f"did you mean `{right}`?" if right else "slides say `conv3-64` and `FC-1000`"
        return failure.report(
            found, advice, span, (f"write `{right}`", right) if right else None, "unsafe"
        )
    return None


def _slide(match: re.Match[str]) -> tuple[str, bool]:
    """The slide word that was meant, or an empty text; and whether the number behind is in it."""
    letters, side, tail = match[1], match[2], match[3].translate(_DIGITS)
    if not tail.isdigit() or len(letters) > 6:
        return "", False
    lower = letters.lower()
    if not side and distance(lower, "fc", 1) <= 1 and len(lower) <= 3:
        return f"{letters if lower == 'fc' else 'fc'}-{tail}", False
    if distance(lower, "conv", 2) > 2 or len(lower) < 3:
        return "", False
    word = letters if letters in ("conv", "Conv", "CONV") else "conv"
    if side:
        return f"{word}{side}-{tail}", False
    return (f"{word}{tail}-{match[4]}", True) if match[4] else ("", False)


def size_tuple(failure: Failure) -> Diagnostic | None:
    """`conv (3,3) 64 -> (222,222,64)`: all of the line are mended at once."""
    offset = failure.at - failure.line.start
    found = [(m.start(), m.end(), _glued(m.group())) for m in _TUPLE.finditer(failure.text)]
    here = [one for one in found if one[0] <= offset <= one[1]]
    if not here:
        return None
    start, end, plain = here[0]
    edits = tuple([Edit(failure.span(first, last), text) for first, last, text in found])
    span = failure.span(start, end)
    mistake = SyntaxMistake(f"{show(span.text)} is no size", f"a size is glued: `{plain}`")
    return mistake.at(span, fixes=(Fix(f"write `{plain}`", edits, "safe"),))


def open_list(failure: Failure) -> Diagnostic | None:
    """`-> 56x56x18, 56x56x36`."""
    match = re.search(r"->\s*([^\[\]|;#]*[^\[\]|;#\s])", failure.text)
    if match is None or not failure.rest.startswith(","):
        return None
    if not match.start(1) < failure.at - failure.line.start < match.end(1):
        return None
    listed = f"[{match[1]}]"
    return failure.report(
        "the sizes of a list stand in brackets",
        f"several values are `{listed}`",
        failure.span(match.start(1), match.end(1)),
        (f"write `{listed}`", listed),
    )


def _glued(text: str) -> str:
    return "x".join(re.findall(r"\w+", text))


def guard_in_front(failure: Failure) -> Diagnostic | None:
    """`if s == 2 conv 3x3 8`."""
    match = re.match(r"if\b\s*", failure.text)
    if match is None or failure.rule != "line":
        return None
    parts = re.fullmatch(
        r"if\s+(?P<condition>(?:not\s+)?[\w.]+(?:\s*(?:==|!=|<=|>=|<|>|=)\s*[\w.]+)?)\s*:?\s+"
        r"(?P<row>[A-Za-z]\w*[^;|]*?)",
        failure.text,
    )
    found = "a guard stands behind its row, not in front of it"
    if parts is None or re.search(r"->|\b(?:if|else|and|or)\b", parts["row"]):
        return failure.report(found, "write `conv 3x3 8 if s == 2`", failure.line)
    condition = re.sub(r"(?<![=!<>])=(?!=)", "==", parts["condition"])
    row = f"{parts['row']} if {condition}"
    return failure.report(
        found, f"write {show(row)}", failure.line, (f"write `{row}`", row), "unsafe"
    )


def repeated_in_front(failure: Failure) -> Diagnostic | None:
    """`3x conv 3x3 8`."""
    match = re.match(r"((?:[\w.]+:\s*)?)(\d+)\s*[xX*]\s+([A-Za-z][^;]*)$", failure.text)
    if match is None or failure.rule != "line":
        return None
    row = match[3]
    ends = _ROW_ENDS.search(row)
    at = ends.start() if ends else len(row)
    repeated = f"{match[1]}{row[:at].rstrip()} x{match[2]}{row[at:]}"
    return failure.report(
        "a repetition stands behind its row, not in front of it",
        f"write {show(repeated)}",
        failure.line,
        (f"write `{repeated}`", repeated),
        "unsafe",
    )


def bare_cells(failure: Failure) -> Diagnostic | None:
    """`| 6 | 24` below a `columns` line: the block is missing."""
    if not failure.text.startswith("|") or failure.rule != "line":
        return None
    above = failure.source.text[max(0, failure.line.start - 4000) : failure.line.start]
    tables = [match.end() for match in re.finditer(r"^[ \t]*columns\b.*$", above, re.MULTILINE)]
    if not tables or re.search(r"^[ \t]*(?:net|block)\b", above[tables[-1] :], re.MULTILINE):
        return None
    used = re.findall(
        r"^[ \t]*(?:[\w.]+:\s*)?([A-Za-z]\w*)\s*\|", above[tables[-1] :], re.MULTILINE
    )
    blocks = re.findall(r"^[ \t]*block\s+(\w+)", above, re.MULTILINE)
    word = used[-1] if used else blocks[-1] if blocks else "conv"
    row = f"{word} {failure.text}"
    certain = bool(used) or len(blocks) == 1
    return failure.report(
        "a row of a `columns` table begins with its block",
        f"write {show(row)}",
        failure.line,
        (f"write `{row}`", row) if certain else None,
        "unsafe",
    )
