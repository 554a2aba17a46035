"""Mistakes that people make who come from elsewhere: recognised, named, and repaired where that is certain."""

from __future__ import annotations

import re
from collections.abc import Callable

from archc.diagnostics.kinds.syntax import SyntaxMistake
from archc.diagnostics.model import Applicability, Diagnostic, Edit, Fix, Label
from archc.record import Record
from archc.source import SourceFile, Span
from archc.syntax import dialects
from archc.syntax.wording import describe_sign, show

# Longer lines are no slips of the pen, and some patterns below look at a line more than once.
_LONGEST = 2000


class Failure(Record):
    """Where the parser gave up: `at` is an offset of the file, `expected` the terminals it would have taken."""

    source: SourceFile
    line: Span
    at: int
    rule: str
    expected: frozenset[str]

    @property
    def text(self) -> str:
        """The whole line."""
        return self.line.text

    @property
    def before(self) -> str:
        """What was read."""
        return self.source.text[self.line.start : self.at]

    @property
    def rest(self) -> str:
        """What could not be read."""
        return self.source.text[self.at : self.line.end]

    @property
    def ended(self) -> bool:
        """Whether the line ended too early."""
        return self.at >= self.line.end

    def span(self, start: int, end: int) -> Span:
        """A span by offsets of the line."""
        return Span(self.source, self.line.start + start, self.line.start + end)

    def here(self, length: int) -> Span:
        """A span from where the parser gave up."""
        return Span(self.source, self.at, self.at + length)

    def report(
        self, found: str, expected: str, span: Span, fix: tuple[str, str] | None = None,
        applicability: Applicability = "safe",
    ) -> Diagnostic:
        """A diagnostic; `fix` is a title and what replaces the span."""
        fixes = (Fix(fix[0], (Edit(span, fix[1]),), applicability),) if fix else ()
        return SyntaxMistake(found, expected).at(span, fixes=fixes)


Recogniser = Callable[[Failure], Diagnostic | None]


def recognise(failure: Failure) -> Diagnostic | None:
    """The first recognition that fits."""
    if failure.line.end - failure.line.start > _LONGEST:
        return None
    for recogniser in _RECOGNISERS:
        found = recogniser(failure)
        if found is not None:
            return found
    return None


# ---- other languages --------------------------------------------------------------------------------

_PYTHON = {
    "def": ("`def` is Python", "a block begins with `block NAME(...)`"),
    "class": ("`class` is Python", "a network begins with `net NAME()`"),
    "import": ("`import` is Python", 'blocks of other files come with `use NAME from "file.arch"`'),
    "return": ("`return` is Python", "the value of the last row is the result; `output NAME` names another"),
    "for": ("`for` is Python", "`x3` after a row repeats it"),
    "while": ("`while` is Python", "`x3` after a row repeats it"),
    "elif": ("`elif` is Python", "a row has one `if CONDITION else ROW`"),
    "lambda": ("`lambda` is Python", "a block is a function: `block NAME(...)`"),
}  # fmt: skip


def _python_word(failure: Failure) -> Diagnostic | None:
    match = re.match(r"(def|class|import|return|for|while|elif|lambda)\b", failure.text)
    if match is None or failure.before.count("(") > 1:
        return None
    word = match.group(1)
    found, expected = _PYTHON[word]
    signature = re.fullmatch(r"def\s+(\w+)\s*(\([\w\s,=]*\))\s*:?", failure.text)
    if signature:
        fix = ("write a block", f"block {signature[1]}{signature[2]}")
        return failure.report(found, expected, failure.line, fix, "unsafe")
    named = re.fullmatch(r"class\s+(\w+)\s*(\([\w.\s]*\))?\s*:?", failure.text)
    if named:
        return failure.report(found, expected, failure.line, ("write a net", f"net {named[1]}()"), "unsafe")
    return failure.report(found, expected, failure.span(0, len(word)))


def _from_import(failure: Failure) -> Diagnostic | None:
    if not re.match(r"from\s+\S+\s+import\b", failure.text):
        return None
    return failure.report(*_PYTHON["import"], failure.line)


_CALL = re.compile(
    r"(?:(?:self\.)?(?P<name>\w+)\s*=\s*)?(?P<where>(?:\w+\.)*)(?P<layer>\w+)"
    r"\((?P<written>.*?)\)\s*,?(?:\(\w+\))?"
)


def _torch_or_keras(failure: Failure) -> Diagnostic | None:
    """`self.conv1 = nn.Conv2d(3, 64, 3)`, `Conv2D(64, (3, 3))(x)`."""
    if re.match(r"(?:[\w.]+\s*=\s*)?(?:\w+\.)*(?:Sequential|ModuleList)\(", failure.text):
        advice = "rows that stand one below the other follow each other; `;` puts them on one line"
        return failure.report("a list of layers in brackets is Python", advice, failure.line)
    match = _CALL.fullmatch(failure.text)
    if match is None or not (dialects.known(match["layer"]) or match["where"]):
        return None
    layer = match["layer"]
    found = f"`{match['where']}{layer}(...)` is Python"
    row = dialects.translate(layer, match["written"])
    if row is None:
        advice = "a layer is a row of words: `conv 3x3 64 pad=1`, with no brackets and no input channels"
        return failure.report(found, advice, failure.line)
    named = f"{match['name']}: {row}" if match["name"] and match["name"] != "x" else row
    return failure.report(
        found, f"archc says `{named}`", failure.line, ("write it as a row", named), "unsafe"
    )


_PROTOTXT = re.compile(r"(layers?|\w+_param)\s*\{|\}|(name|type|bottom|top)\s*:\s*\"")
_DARKNET_KEYS = "batch_normalize|filters|size|stride|pad|activation|layers|from|groups|output"
_DARKNET_SECTION = {
    "convolutional": "conv 3x3 64", "deconvolutional": "deconv 2x2/2 64", "maxpool": "maxpool 2x2/2",
    "avgpool": "gap", "connected": "fc 1000", "route": "concat a b", "shortcut": "add a b",
    "upsample": "upsample 2", "dropout": "dropout 50%", "softmax": "softmax", "net": "net NAME()",
    "network": "net NAME()", "yolo": "output a b", "batchnorm": "bn", "local": "conv 3x3 64",
}  # fmt: skip


def _caffe_or_darknet(failure: Failure) -> Diagnostic | None:
    match = _PROTOTXT.match(failure.text)
    if match:
        advice = "a layer is one row: `conv1: conv 11x11/4 96`; the value of the row above is its input"
        return failure.report("this is Caffe's prototxt", advice, failure.line)
    section = re.fullmatch(r"\[(\w+)\]", failure.text)
    if section and failure.rule == "line":
        row = _DARKNET_SECTION.get(section[1].lower(), "conv 3x3 64")
        found = f"{show(section[0])} is a section of a darknet file"
        return failure.report(found, f"a layer is one row, its options behind it: `{row}`", failure.line)
    if re.fullmatch(rf"({_DARKNET_KEYS})\s*=\s*[\w.,-]+", failure.text):
        found = f"{show(failure.text)} stands alone, as in a darknet file"
        return failure.report(found, "options stand on the row of their layer: `conv 3x3/2 64 pad=1`", failure.line)
    return None


_COMMENTS = re.compile(r"(?://|--|/\*|%|<!--)")


def _foreign_comment(failure: Failure) -> Diagnostic | None:
    """`// text` and `-- text`; a comment begins with `#`."""
    for match in _COMMENTS.finditer(failure.text):
        start = match.start()
        if start > failure.at - failure.line.start:
            return None
        behind = failure.text[match.end() :]
        if start and not (failure.text[start - 1] == " " and behind[:1] == " "):
            continue
        sign = match.group()
        if start and sign not in ("//", "--"):
            continue
        span = failure.span(start, match.end())
        return failure.report(f"`{sign}` begins no comment", "a comment begins with `#`", span, ("write `#`", "#"))
    return None


# ---- signs ------------------------------------------------------------------------------------------

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


def _look_alike(failure: Failure) -> Diagnostic | None:
    """Signs that word processors and slides put in the place of ASCII ones, all of the line at once."""
    odd = [at for at, sign in enumerate(failure.text) if sign in _LOOK_ALIKES]
    if not odd or odd[0] != failure.at - failure.line.start:
        return None
    sign = failure.rest[0]
    plain = _LOOK_ALIKES[sign]
    advice = f"write `{plain}`" if plain.strip() else "write a space" if plain else "leave it out"
    edits = tuple([Edit(failure.span(at, at + 1), _LOOK_ALIKES[failure.text[at]]) for at in odd])
    mistake = SyntaxMistake(f"{describe_sign(sign)} cannot stand here", advice)
    return mistake.at(failure.here(1), fixes=(Fix("write it in ASCII", edits, "safe"),))


def _control(failure: Failure) -> Diagnostic | None:
    sign = failure.rest[:1]
    if not sign or sign.isprintable():
        return None
    if sign == "\r":
        found = "a carriage return stands inside a line"
        return failure.report(found, "lines end in a line feed, perhaps with a carriage return before it", failure.here(1))
    expected = "leave it out; words are set apart by spaces"
    return failure.report(f"{describe_sign(sign)} cannot stand here", expected, failure.here(1), ("write a space", " "))


def _letter(failure: Failure) -> Diagnostic | None:
    sign = failure.rest[:1]
    if not sign or sign.isascii() or not sign.isalnum():
        return None
    advice = "names have the letters a to z and A to Z, digits and `_`: they become Python attributes"
    return failure.report(f"{describe_sign(sign)} cannot stand in a name", advice, failure.here(1))


def _leading_minus(failure: Failure) -> Diagnostic | None:
    """`conv -3` and `(a if b else -2)`."""
    match = re.match(r"-\s*((?:\w+(?:\.\d+)?)|\([^()]*\))", failure.rest)
    if match is None or "NUMBER" not in failure.expected:
        return None
    advice = "a leading minus stands in brackets, as `a -b` is a difference"
    span, plain = failure.here(match.end()), f"(-{match[1]})"
    return failure.report("this minus has nothing in front of it", advice, span, (f"write `{plain}`", plain))


def _colon(failure: Failure) -> Diagnostic | None:
    if not failure.rest.startswith(":"):
        return None
    advice = "a label stands at the beginning of its line, `conv1: conv 3x3 64`; `as NAME` names a step"
    return failure.report("this `:` follows no label", advice, failure.here(1))


def _foreign_operator(failure: Failure) -> Diagnostic | None:
    """`=>`, `**`, `&&`, `||` and their kin."""
    offset = failure.at - failure.line.start
    for found, plain in _OPERATORS.items():
        at = failure.text.find(found, max(offset - 1, 0), offset + len(found) + 1)
        if at < 0 or (found == "%" and failure.text[at - 1 : at].isdigit()):
            continue
        span = failure.span(at, at + len(found))
        return failure.report(f"`{found}` is no sign of the language", f"write `{plain.strip()}`", span, (f"write `{plain.strip()}`", plain))
    return None


_OPERATORS = {"=>": "->", "==>": "->", "-->": "->", "**": "^", "&&": " and ", "||": " or ", "%": " mod ", "!": " not "}


def _single_quotes(failure: Failure) -> Diagnostic | None:
    match = re.match(r"'([^'\n]*)'", failure.rest)
    if match is None:
        return None
    word = match[1] if re.fullmatch(r"\w+", match[1]) else f'"{match[1]}"'
    found = f"{show(match[0])} is in single quotes"
    advice = "words need no quotes; file names and titles take double ones"
    return failure.report(found, advice, failure.here(match.end()), (f"write {show(word)}", word))


def _open_quote(failure: Failure) -> Diagnostic | None:
    if not failure.rest.startswith('"') or failure.rest.count('"') % 2 == 0:
        return None
    return failure.report("this quoted text is never closed", 'write `"` behind its last letter', failure.here(1))


# ---- brackets ---------------------------------------------------------------------------------------

_CLOSING = {"(": ")", "[": "]", "{": "}"}
_PARTNERS = {closing: sign for sign, closing in _CLOSING.items()}


def _brackets(failure: Failure) -> Diagnostic | None:
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
                mistake = SyntaxMistake(f"`{sign}` cannot close `{other}`", f"write `{_CLOSING[other]}`")
                return mistake.at(span, secondary=(opening,))
            return failure.report(f"this `{sign}` closes nothing", "leave it out, or open it before", span, ("leave it out", ""), "unsafe")
    if not opened:
        return None
    sign, start = opened[-1]
    closing = _CLOSING[sign]
    end = failure.span(len(text), len(text))
    mistake = SyntaxMistake(f"this `{sign}` is never closed", f"write `{closing}` where it ends")
    fix = Fix(f"write `{closing}` at the end of the line", (Edit(end, closing),), "unsafe")
    return mistake.at(failure.span(start, start + 1), fixes=(fix,))


def _call_brackets(failure: Failure) -> Diagnostic | None:
    """`conv(64, 3x3)` and `relu()`: a row has no brackets around its values."""
    match = re.fullmatch(r"(?P<lead>(?:\S+:\s*)?)(?P<word>[a-z]\w*)\s*\((?P<values>[\w.=x/%\s,-]*)\)", failure.text)
    if match is None or failure.rule != "line" or match["word"] in _RESERVED or ",," in match["values"]:
        return None
    values = re.sub(r"\s*,\s*", " ", match["values"].strip())
    row = f"{match['lead']}{match['word']} {values}".rstrip()
    found = f"`{match['word']}(...)`: the values of a layer stand in no brackets"
    return failure.report(found, f"write {show(row)}", failure.line, ("leave out the brackets", row), "unsafe")


# ---- slips ------------------------------------------------------------------------------------------


def _header_colon(failure: Failure) -> Diagnostic | None:
    """`net foo():`"""
    if failure.rest.strip() != ":" or not re.match(r"(net|block|extern|scan|columns|variants)\b", failure.text):
        return None
    return failure.report(
        "a header has no `:`", "indentation alone marks its rows", failure.here(1), ("leave out the `:`", "")
    )


def _size_signs(failure: Failure) -> Diagnostic | None:
    """`3X3`, `input 224,224,3`, `input 224 x 224 x 3`."""
    offset = failure.at - failure.line.start
    for match in re.finditer(r"(?<!\w)(?:\d+|[A-Z])(?:X(?:\d+|[A-Z](?!\w)))+", failure.text):
        if match.start() <= offset <= match.end():
            plain = match.group().replace("X", "x")
            return failure.report(
                f"{show(match.group())} has a capital `X`", f"a size is written `{plain}`",
                failure.span(match.start(), match.end()), (f"write `{plain}`", plain),
            )
    listed = re.match(r"((?:\S+:\s*)?input\s+)[(\[]?(\d+|[A-Z])((?:\s*(?:[,*xX\u00d7]|\s)\s*(?:\d+|[A-Z]))+)[)\]]?(?=\s|$)", failure.text)
    if listed is None:
        return None
    sides = [listed[2], *re.findall(r"\d+|[A-WYZ]", listed[3])]
    plain = "x".join(sides)
    span = failure.span(listed.end(1), listed.end())
    return failure.report(
        f"{show(span.text)} is no size", "a size is glued: height x width x channels", span, (f"write `{plain}`", plain)
    )


def _equals(failure: Failure) -> Diagnostic | None:
    """`x = conv 3x3 8`, `conv 3x3 8 = 8x8x8`."""
    if not failure.rest.startswith("=") or failure.rest.startswith("=="):
        return None
    if re.fullmatch(r"(?:self\.)?\w+\s*", failure.before):
        name = failure.before.strip().removeprefix("self.")
        span = failure.span(0, failure.at - failure.line.start + 1)
        return failure.report(
            "a row is named with `:`, not with `=`", f"write `{name}: ...`", span, (f"write `{name}:`", f"{name}:"), "unsafe"
        )
    if re.fullmatch(r"=\s*(?:[\w?]+|\([^()]*\))(?:x(?:\w+|\([^()]*\)|\?))*\s*", failure.rest) and "ARROW" in failure.expected:
        return failure.report("the size of a row stands behind `->`, not `=`", "write `->`", failure.here(1), ("write `->`", "->"))
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
    return failure.report(_NEEDS[word][0], _NEEDS[word][1], Span(failure.source, start, failure.line.end))


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
    "variants": ("`variants` has no columns", "write a bar in front of each: `variants | small | large`"),
    "columns": ("`columns` has no columns", "write a bar in front of each: `columns | c | s`"),
    "every": ("`every` has no word", "write what a word means here: `every conv = conv ; relu`"),
    "=": ("nothing follows the `=`", "write the value, or leave out the `=`"),
    "use": ("`use` names no block", 'write `use NAME from "file.arch"`'),
    "check": ("`check` names nothing to check", "write a metric and its value: `check params ~= 25.6M`"),
}  # fmt: skip


def _table_header(failure: Failure) -> Diagnostic | None:
    """`variants A | B`: the first bar is missing."""
    match = re.match(r"(variants|columns)\s+(?=[^|\s])", failure.text)
    if match is None or failure.at != failure.line.start + match.end():
        return None
    found = f"`{match[1]}` has no bar in front of its first column"
    fix = Fix("write the bar", (Edit(failure.here(0), "| "),), "safe")
    return SyntaxMistake(found, "write a bar in front of each column").at(failure.here(1), fixes=(fix,))


def _bar(failure: Failure) -> Diagnostic | None:
    if not failure.rest.startswith("|"):
        return None
    if re.search(r"->|\bif\b", failure.before):
        found = "a bar stands behind `->` or `if`"
        return failure.report(found, "the cells of a row come first, then `if`, then `->`", failure.here(1))
    found = "a bar cannot stand here"
    advice = (
        "cells stand in rows below a `columns` or `variants` line, and in `check` and `meta` lines; "
        "behind `;` start a row with the bar"
    )
    return failure.report(found, advice, failure.here(1))


def _variant_row(failure: Failure) -> Diagnostic | None:
    if failure.rule != "variant_row" or failure.at != failure.line.start:
        return None
    advice = "write its name and a bar in front of each value: `50 | bottleneck | 3`; rows of the net stand left of it"
    return failure.report("a line below `variants` is a variant, and this one is none", advice, failure.line)


def _header_name(failure: Failure) -> Diagnostic | None:
    """`net res-net()`: a sign in the name."""
    match = re.match(r"(net|block|extern|let|every)\s+([\w.-]+[-.][\w.-]+)", failure.text)
    if match is None or not failure.line.start + match.start(2) <= failure.at <= failure.line.start + match.end():
        return None
    plain = re.sub(r"[.-]+", "_", match[2]).strip("_")
    return failure.report(
        f"{show(match[2])} is no name", "a name has letters, digits and `_`",
        failure.span(match.start(2), match.end(2)), (f"write `{plain}`", plain), "unsafe",
    )


_RESERVED = frozenset(
    "and as bare block check columns each else every extern first from if input let meta mod net no not of on "
    "or output reuse sizes training until use variants where with within yes".split()
)


def _reserved(failure: Failure) -> Diagnostic | None:
    match = re.match(r"[a-z]+\b", failure.rest)
    if match is None or match.group() not in _RESERVED:
        return None
    word = match.group()
    alone = _MISPLACED.get(word)
    advice = alone or "if it is meant as a name, choose another"
    return failure.report(f"`{word}` is a reserved word and cannot stand here", advice, failure.here(len(word)))


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


_RECOGNISERS: tuple[Recogniser, ...] = (
    _look_alike, _control, _header_colon, _python_word, _from_import, _torch_or_keras, _caffe_or_darknet,
    _foreign_comment, _foreign_operator, _single_quotes, _open_quote, _brackets, _size_signs,
    _call_brackets, _table_header, _variant_row, _header_name, _equals, _number_with_letters, _missing,
    _leading_minus, _letter, _bar, _colon, _reserved,
)  # fmt: skip
