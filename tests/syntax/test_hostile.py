"""Whatever the text: a tree and diagnostics, no other exception, in linear time."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archc.source import SourceFile
from archc.syntax.tree import File
from tests.syntax.helpers import SPECS, formatted, read

HEAD = "net n()\n  input 3\n  "
MANY = 20_000
SECONDS = 10  # a blow-up takes minutes; a busy machine is four times slower than a quiet one

HOSTILE = {
    "open brackets": HEAD + "conv " + "(" * MANY,
    "nested brackets": HEAD + "conv " + "(" * MANY + "3" + ")" * MANY,
    "pairs of brackets": HEAD + "conv " + "()" * MANY,
    "unclosed pairs": HEAD + "conv (" + "()" * MANY,
    "brackets with text": HEAD + "conv " + "(a" * 60 + "a" * MANY,
    "sides in brackets": HEAD + "conv " + "(a)x" * MANY,
    "sides": HEAD + "conv " + "1x" * MANY,
    "sides and a letter": HEAD + "conv " + "1x" * MANY + "1_",
    "open sides": HEAD + "conv " + "H/32x" * MANY + "3",
    "digits": HEAD + "conv " + "1" * MANY,
    "digits and x": HEAD + "conv " + "1" * MANY + "x",
    "a sum": HEAD + "conv " + "+".join("1" * MANY),
    "a power": HEAD + "conv " + "^".join("a" * MANY),
    "exponents": HEAD + "conv 1e999999999 1e-999999999",
    "semicolons": ";" * 1_000_000,
    "semicolon lines": ";\n" * MANY,
    "one long row": HEAD + "a;" * MANY + "a",
    "one long row of lines": HEAD + "a;\n" * MANY + "a",
    "steep": "net n()\n" + "".join(" " * depth + "a:\n" for depth in range(1, 3000)),
    "stairs": "net n()\n" + "  " * 10_000 + "a\n",
    "a long label": HEAD + "a" * MANY,
    "a label and spaces": HEAD + "a" + " " * MANY + "b",
    "braces": HEAD + "{" * MANY,
    "labels in braces": HEAD + "a{" * MANY,
    "bars": HEAD + "|" * MANY,
    "variants": "net n()\n  variants " + "| a" * MANY,
    "quotes": HEAD + 'conv "' * MANY,
    "dots": HEAD + "a." * MANY,
    "zero bytes": "\0" * MANY,
    "carriage returns": "\r" * MANY,
    "form feeds": "\f\n" * MANY,
    "line separators": "net a()\u2028" * MANY,
    "junk": "@\n" * MANY,
    "junk rows": HEAD + "\n  @" * MANY,
    "tabs": "\ta\n" * MANY,
    "negations": HEAD + "a if " + "not " * MANY + "b",
    "options": HEAD + "a " + "b=1 " * MANY,
    "commas": HEAD + "a " + "," * MANY,
    "arguments": HEAD + "self.conv1 = nn.Conv2d(" + "3," * MANY + ")",
    "hashes": '"#' * MANY,
    "byte order marks": "\ufeff" * MANY,
    "repetitions": HEAD + "a " + "x3 " * MANY,
    "blanks in a row": HEAD + "a ;" + " \n" * MANY + "b",
    "a wide table": "net n()\n  columns | a\n" + "  b | 1\n" * 5000 + "  b " + "| 1" * MANY,
    "a long cell": "net n()\n  columns | a | b\n"
    + "  b | 1 | 2\n" * 5000
    + "  b | "
    + "a" * MANY
    + " | 2",
    "a long row among arrows": HEAD + "a\n" + "  relu -> 3\n" * 5000 + "  " + "a" * MANY + " -> 3",
    "a long word": "".join(f"every a{i} = b\n" for i in range(5000))
    + "every "
    + "a" * MANY
    + " = b\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile(name):
    text = HOSTILE[name]
    start = time.process_time()
    file, found = read(text)
    done = formatted(text)
    assert time.process_time() - start < SECONDS
    assert isinstance(file, File)
    for one in found:
        assert one.message.isascii()
        assert len(one.message) < 200
        assert 0 <= one.primary.span.start <= one.primary.span.end <= len(text)
    if done is not None:
        assert len(done) < 40 * len(text)
    # the first of what is found has a place that can be printed
    for one in found[:1]:
        assert str(one.primary.span).startswith("t.arch:")


def test_thousands_of_digits_are_a_finding():
    _, found = read(HEAD + "conv " + "7" * 5000)
    assert [one.slug for one in found] == ["value-not-allowed"]


def test_reading_stops_in_a_file_that_is_something_else():
    _, found = read("@\n" * 5000)
    assert len(found) == 1001
    assert found[-1].message == "1,000 lines cannot be read; reading stops here"


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300))
def test_any_text(text):
    file, _ = read(text)
    assert file.source.text == text
    formatted(text)


WORDS = [
    *[
        "net",
        "block",
        "let",
        "every",
        "use",
        "columns",
        "variants",
        "check",
        "meta",
        "input",
        "output",
        "conv",
        "relu",
    ]
]
WORDS += ["if", "else", "as", "x3", "3x3", "64", "c", "n-1"]
TOKENS = st.sampled_from(
    [*WORDS, *'()[]|;:=,.+-*/^#?"{}', "->", "~=", "\n", "\n  ", "\n    ", " ", "\u00d7"]
)


@settings(max_examples=500, deadline=None)
@given(st.lists(TOKENS, max_size=60))
def test_any_tokens(tokens):
    text = " ".join(tokens)
    read(text)
    read("net n()\n  " + text.replace("\n", "\n  "))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(SPECS), st.data())
def test_specs_with_random_signs(path, data):
    text = path.read_text()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        text = (
            text[:at] + data.draw(st.text(max_size=4)) + text[at + data.draw(st.integers(0, 8)) :]
        )
    read(text)


def test_speed():
    """10,000 rows take about a second."""
    text = HEAD + "relu\n" + "  conv 3x3 8 pad=1 ; relu\n" * 10_000
    start = time.process_time()
    _, found = read(text)
    assert found == []
    assert time.process_time() - start < 6


def test_places_are_found_fast():
    source = SourceFile("x", "a\n" * 100_000)
    assert source.position(199_999) == (100_000, 2)
