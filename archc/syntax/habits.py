"""Mistakes that people make: recognised, named, and repaired where that is certain."""

from __future__ import annotations

import re

from archc.diagnostics.kinds.syntax import SyntaxMistake
from archc.diagnostics.model import Diagnostic, Edit, Fix
from archc.source import Span
from archc.syntax import habits_languages as languages
from archc.syntax import habits_signs as signs
from archc.syntax import habits_slides as slides
from archc.syntax.failure import RESERVED, Failure, Recogniser
from archc.syntax.wording import show

# Longer lines are no slips of the pen, and some patterns below look at a line more than once.
_LONGEST = 2000


def recognise(failure: Failure) -> Diagnostic | None:
    """The first recognition that fits."""
    if failure.line.end - failure.line.start > _LONGEST:
        return None
    for recogniser in _RECOGNISERS:
        found = recogniser(failure)
        if found is not None:
            return found
    return None


def _header_colon(failure: Failure) -> Diagnostic | None:
    """`net foo():`"""
    if failure.rest.strip() != ":" or not re.match(
        r"(net|block|extern|scan|columns|variants)\b", failure.text
    ):
        return None
    return failure.report(
        "a header has no `:`",
        "indentation alone marks its rows",
        failure.here(1),
        ("leave out the `:`", ""),
    )


def _size_signs(failure: Failure) -> Diagnostic | None:
    """`3X3`, `input 224,224,3`, `input 224 x 224 x 3`."""
    offset = failure.at - failure.line.start
    for match in re.finditer(r"(?<!\w)(?:\d+|[A-Z])(?:X(?:\d+|[A-Z](?!\w)))+", failure.text):
        if match.start() <= offset <= match.end():
            plain = match.group().replace("X", "x")
            return failure.report(
                f"{show(match.group())} has a capital `X`",
                f"a size is written `{plain}`",
                failure.span(match.start(), match.end()),
                (f"write `{plain}`", plain),
            )
    listed = re.match(
        r"((?:\S+:\s*)?input\s+)[(\[]?(\d+|[A-Z])((?:\s*(?:[,*xX\u00d7]|\s)\s*(?:\d+|[A-Z]))+)[)\]]?(?=\s|$)",
        failure.text,
    )
    if listed is None:
        return None
    sides = [listed[2], *re.findall(r"\d+|[A-WYZ]", listed[3])]
    plain = "x".join(sides)
    span = failure.span(listed.end(1), listed.end())
    return failure.report(
        f"{show(span.text)} is no size",
        "a size is glued: height x width x channels",
        span,
        (f"write `{plain}`", plain),
    )


def _equals(failure: Failure) -> Diagnostic | None:
    """`x = conv 3x3 8`, `conv 3x3 8 = 8x8x8`."""
    if not failure.rest.startswith("=") or failure.rest.startswith("=="):
        return None
    if re.fullmatch(r"(?:self\.)?\w+\s*", failure.before):
        name = failure.before.strip().removeprefix("self.")
        span = failure.span(0, failure.at - failure.line.start + 1)
        return failure.report(
            "a row is named with `:`, not with `=`",
            f"write `{name}: ...`",
            span,
            (f"write `{name}:`", f"{name}:"),
            "unsafe",
        )
    if re.search(r"\b(?:if|where)\b", failure.before):
        single = re.finditer(r"(?<![=!<>~])=(?!=)", re.split(r"->|\belse\b", failure.rest)[0])
        at = failure.at - failure.line.start
        spans = [failure.span(at + sign.start(), at + sign.end()) for sign in single]
        fix = Fix("write `==`", tuple([Edit(span, "==") for span in spans]), "safe")
        mistake = SyntaxMistake("a comparison is `==`, not `=`", "write `==`")
        return mistake.at(failure.here(1), fixes=(fix,))
    if (
        re.fullmatch(r"=\s*(?:[\w?]+|\([^()]*\))(?:x(?:\w+|\([^()]*\)|\?))*\s*", failure.rest)
        and "ARROW" in failure.expected
    ):
        return failure.report(
            "the size of a row stands behind `->`, not `=`",
            "write `->`",
            failure.here(1),
            ("write `->`", "->"),
        )
    return None


def _number_with_letters(failure: Failure) -> Diagnostic | None:
    offset = failure.at - failure.line.start
    match = re.compile(r"\d+[A-Za-z_]\w*").match(failure.text, offset)
    if match is None:
        return None
    found = f"{show(match.group())} is neither a number nor a name"
    advice = "a name begins with a letter; numbers may end in %, K, M, G, T, Ki, Mi, Gi or Ti"
    return failure.report(found, advice, failure.span(match.start(), match.end()))


def _missing(failure: Failure) -> Diagnostic | None:
    """A line that ends behind a word which needs something."""
    if not failure.ended:
        return None
    last = re.search(r"(->|;|=|[\w]+|[-+*/^|<>~!]+)\s*$", failure.before)
    word = last[1] if last else ""
    if word not in _NEEDS:
        return None
    start = failure.line.start + (last.start(1) if last else 0)
    return failure.report(
        _NEEDS[word][0], _NEEDS[word][1], Span(failure.source, start, failure.line.end)
    )


_NEEDS = {
    "input": ("`input` has no size", "write height x width x channels: `input 224x224x3`"),
    "->": ("`->` has no size", "write the size you expect, as `-> 55x55x96`, or leave out `->`"),
    ";": ("nothing follows the `;`", "write the next layer, or leave out the `;`"),
    "if": ("`if` has no condition", "write one, as in `if s > 1`"),
    "else": ("`else` has no row", "write a layer, or leave out `else`: then the row is not there"),
    "from": ("`from` names no row", "write the name of a row above: `from conv1`"),
    "reuse": ("`reuse` names no row", "write the name of a row above: `reuse conv1`"),
    "until": ("`until` names no row", "write the name of the last row to build: `until layer4`"),
    "first": ("`first` has no values", "write what the first copy gets: `first s=2`"),
    "no": ("`no` names no step", "write the step to drop: `no relu`"),
    "each": ("`each` has no block", "write what is done to every value of the list: `each head`"),
    "as": ("`as` has no name", "write the name of the step: `as d1`"),
    "output": ("`output` names no row", "write the names of rows: `output a b`"),
    "net": ("this net has no name", "write one: `net vgg()`"),
    "block": ("this block has no name", "write one: `block bottleneck(c)`"),
    "variants": ("`variants` has no columns", "write a bar before each: `variants | a | b`"),
    "columns": ("`columns` has no columns", "write a bar in front of each: `columns | c | s`"),
    "every": ("`every` has no word", "write what a word means here: `every conv = conv ; relu`"),
    "=": ("nothing follows the `=`", "write the value, or leave out the `=`"),
    "use": ("`use` names no block", 'write `use NAME from "file.arch"`'),
    "check": ("`check` names nothing to check", "write what and how much: `check params ~= 26M`"),
}  # fmt: skip


def _table_header(failure: Failure) -> Diagnostic | None:
    """`variants A | B`: the first bar is missing."""
    match = re.match(r"(variants|columns)\s+(?=[^|\s])", failure.text)
    if match is None or failure.at != failure.line.start + match.end():
        return None
    found = f"`{match[1]}` has no bar in front of its first column"
    fix = Fix("write the bar", (Edit(failure.here(0), "| "),), "safe")
    return SyntaxMistake(found, "write a bar in front of each column").at(
        failure.here(1), fixes=(fix,)
    )


def _bar(failure: Failure) -> Diagnostic | None:
    if not failure.rest.startswith("|"):
        return None
    if re.search(r"->|\bif\b", failure.before):
        found = "a bar stands behind `->` or `if`"
        return failure.report(
            found, "the cells of a row come first, then `if`, then `->`", failure.here(1)
        )
    found = "a bar cannot stand here"
    advice = (
        "cells stand below a `columns` or `variants` line, and in `check` and `meta` lines; "
        "behind `;` start a row with the bar"
    )
    return failure.report(found, advice, failure.here(1))


def _variant_row(failure: Failure) -> Diagnostic | None:
    if failure.rule != "variant_row" or failure.at != failure.line.start:
        return None
    advice = "write its name and a bar before each value: `50 | bottleneck | 3`; indent rows less"
    return failure.report(
        "a line below `variants` is a variant, and this one is none", advice, failure.line
    )


def _header_name(failure: Failure) -> Diagnostic | None:
    """`net res-net()`: a sign in the name."""
    match = re.match(r"(net|block|extern|let|every)\s+([\w.-]+[-.][\w.-]+)", failure.text)
    if (
        match is None
        or not failure.line.start + match.start(2) <= failure.at <= failure.line.start + match.end()
    ):
        return None
    plain = re.sub(r"[.-]+", "_", match[2]).strip("_")
    return failure.report(
        f"{show(match[2])} is no name",
        "a name has letters, digits and `_`",
        failure.span(match.start(2), match.end(2)),
        (f"write `{plain}`", plain),
        "unsafe",
    )


def _reserved(failure: Failure) -> Diagnostic | None:
    match = re.match(r"[a-z]+\b", failure.rest)
    if match is None or match.group() not in RESERVED:
        return None
    word = match.group()
    alone = _MISPLACED.get(word)
    advice = alone or "if it is meant as a name, choose another"
    return failure.report(
        f"`{word}` is a reserved word and cannot stand here", advice, failure.here(len(word))
    )


_MISPLACED = {
    "net": "`net` begins a line at the top of a file",
    "block": "`block` begins a line",
    "if": "`if CONDITION` stands behind all steps and cells of a row, before `->`",
    "else": "`else` follows `if CONDITION`",
    "as": "`as NAME` stands at the end of a step, behind its values and `x3`",
    "no": "`no STEP` stands among the values of a layer, before `x3` and `first`",
    "bare": "`bare` stands among the values of a layer, before `x3` and `first`",
    "where": "`where CONDITION` stands behind the size of an `input`",
    "first": "`first s=2` stands behind `x3`",
    "on": "`on HxWxC` stands behind the parameters of a block",
}


def _colon(failure: Failure) -> Diagnostic | None:
    if not failure.rest.startswith(":"):
        return None
    advice = (
        "a label stands at the beginning of its line, `conv1: conv 3x3 64`; `as NAME` names a step"
    )
    return failure.report("this `:` follows no label", advice, failure.here(1))


_RECOGNISERS: tuple[Recogniser, ...] = (
    signs.look_alike, signs.control, _header_colon, languages.python_word, languages.from_import,
    languages.torch_or_keras, languages.caffe_or_darknet, languages.foreign_comment,
    slides.guard_in_front, slides.repeated_in_front, slides.bare_cells, slides.slide_word,
    signs.foreign_operator, signs.single_quotes, signs.open_quote, signs.brackets, _size_signs,
    slides.size_tuple, slides.open_list,
    signs.leading_minus, languages.call_brackets, _table_header, _variant_row, _header_name,
    _equals, _number_with_letters, _missing, signs.letter, _bar, _colon, _reserved,
)  # fmt: skip
