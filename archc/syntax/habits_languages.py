"""Lines of other languages: Python, torch, Keras, Caffe, darknet, and their comments."""

from __future__ import annotations

import re

from archc.diagnostics.model import Diagnostic
from archc.syntax import dialects
from archc.syntax.failure import RESERVED, Failure
from archc.syntax.wording import show

_PYTHON = {
    "def": ("`def` is Python", "a block begins with `block NAME(...)`"),
    "class": ("`class` is Python", "a network begins with `net NAME()`"),
    "import": ("`import` is Python", 'blocks of other files come with `use NAME from "file.arch"`'),
    "return": ("`return` is Python", "the last row is the result; `output NAME` names another"),
    "for": ("`for` is Python", "`x3` after a row repeats it"),
    "while": ("`while` is Python", "`x3` after a row repeats it"),
    "elif": ("`elif` is Python", "a row has one `if CONDITION else ROW`"),
    "lambda": ("`lambda` is Python", "a block is a function: `block NAME(...)`"),
}  # fmt: skip


def python_word(failure: Failure) -> Diagnostic | None:
    match = re.match(r"(def|class|import|return|for|while|elif|lambda)\b", failure.text)
    if match is None or failure.before.count("(") > 1:
        return None
    word = match.group(1)
    found, expected = _PYTHON[word]
    if word == "def" and re.search(r"__|\bself\b|\bforward\b", failure.text):
        advice = "the rows of a net are both its layers and their order: no constructor, no forward"
        return failure.report(found, advice, failure.span(0, len(word)))
    signature = re.fullmatch(r"def\s+(\w+)\s*(\([\w\s,=]*\))\s*:?", failure.text)
    if signature:
        fix = ("write a block", f"block {signature[1]}{signature[2]}")
        return failure.report(found, expected, failure.line, fix, "unsafe")
    named = re.fullmatch(r"class\s+(\w+)\s*(\([\w.\s]*\))?\s*:?", failure.text)
    if named:
        return failure.report(
            found, expected, failure.line, ("write a net", f"net {named[1]}()"), "unsafe"
        )
    return failure.report(found, expected, failure.span(0, len(word)))


def from_import(failure: Failure) -> Diagnostic | None:
    if not re.match(r"from\s+\S+\s+import\b", failure.text):
        return None
    return failure.report(*_PYTHON["import"], failure.line)


_CALL = re.compile(
    r"(?:(?:self\.)?(?P<name>\w+)\s*[=:]\s*)?(?P<where>(?:\w+\.)*)(?P<layer>\w+)"
    r"\((?P<written>.*?)\)\s*,?(?:\(\w+\))?"
)


def torch_or_keras(failure: Failure) -> Diagnostic | None:
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
        advice = (
            "a layer is a row of words: `conv 3x3 64 pad=1`, with no brackets and no input channels"
        )
        return failure.report(found, advice, failure.line)
    named = f"{match['name']}: {row}" if match["name"] and match["name"] != "x" else row
    return failure.report(
        found, f"archc says `{named}`", failure.line, ("write it as a row", named), "unsafe"
    )


_PROTOTXT = re.compile(r"(layers?|\w+_param)\s*\{|\}|(name|type|bottom|top)\s*:\s*\"")
_DARKNET_KEYS = "batch_normalize|filters|size|stride|pad|activation|layers|from|groups|output"
_DARKNET_SECTION = {
    "convolutional": "conv 3x3 64", "deconvolutional": "deconv 2x2/2 64",
    "maxpool": "maxpool 2x2/2", "avgpool": "gap", "connected": "fc 1000", "route": "concat a b",
    "shortcut": "add a b", "upsample": "upsample 2", "dropout": "dropout 50%", "softmax": "softmax",
    "net": "net NAME()", "network": "net NAME()", "yolo": "output a b", "batchnorm": "bn",
    "local": "conv 3x3 64",
}  # fmt: skip


def caffe_or_darknet(failure: Failure) -> Diagnostic | None:
    match = _PROTOTXT.match(failure.text)
    if match:
        advice = (
            "a layer is one row: `conv1: conv 11x11/4 96`; the value of the row above is its input"
        )
        return failure.report("this is Caffe's prototxt", advice, failure.line)
    section = re.fullmatch(r"\[(\w+)\]", failure.text)
    if section and failure.rule == "line":
        row = _DARKNET_SECTION.get(section[1].lower(), "conv 3x3 64")
        found = f"{show(section[0])} is a section of a darknet file"
        return failure.report(
            found, f"a layer is one row, its options behind it: `{row}`", failure.line
        )
    if re.fullmatch(rf"({_DARKNET_KEYS})\s*=\s*[\w.,-]+", failure.text):
        found = f"{show(failure.text)} stands alone, as in a darknet file"
        return failure.report(
            found, "options stand on the row of their layer: `conv 3x3/2 64 pad=1`", failure.line
        )
    return None


_COMMENTS = re.compile(r"(?://|--|/\*|%|<!--)")


def foreign_comment(failure: Failure) -> Diagnostic | None:
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
        return failure.report(
            f"`{sign}` begins no comment", "a comment begins with `#`", span, ("write `#`", "#")
        )
    return None


def call_brackets(failure: Failure) -> Diagnostic | None:
    """`conv(64, 3x3)` and `relu()`: a row has no brackets around its values."""
    match = re.fullmatch(
        r"(?P<lead>(?:\S+:\s*)?)(?P<word>[a-z]\w*)\s*\((?P<values>[\w.=x/%\s,-]*)\)", failure.text
    )
    if (
        match is None
        or failure.rule != "line"
        or match["word"] in RESERVED
        or ",," in match["values"]
    ):
        return None
    values = re.sub(r"\s*,\s*", " ", match["values"].strip())
    row = f"{match['lead']}{match['word']} {values}".rstrip()
    found = f"`{match['word']}(...)`: the values of a layer stand in no brackets"
    return failure.report(
        found, f"write {show(row)}", failure.line, ("leave out the brackets", row), "unsafe"
    )
