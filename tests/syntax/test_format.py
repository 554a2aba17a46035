"""The formatter changes how a file looks, never what it says; and it has one opinion."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archc.source import SourceFile
from archc.syntax.compare import same_tree
from archc.syntax.format import with_arrows
from tests.syntax.helpers import SPECS, formatted, read

CASES = sorted((Path(__file__).parent / "format").glob("*.in.arch"))
TEXTS = [path.read_text() for path in [*SPECS, *CASES]]


def check(text: str) -> str | None:
    """All that holds for every text."""
    file, found = read(text)
    done = formatted(text)
    if any(one.severity == "error" for one in found):
        assert done is None
        return None
    assert done is not None
    again, left = read(done)
    assert left == []
    assert same_tree(file, again)
    assert formatted(done) == done
    assert done == "" or (done.endswith("\n") and not done.startswith("\n"))
    assert "\n\n\n" not in done
    assert all(line == line.rstrip() for line in done.split("\n"))
    return done


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name.split(".")[0])
def test_golden(path):
    golden = path.with_name(path.name.replace(".in.", ".out."))
    assert check(path.read_text()) == golden.read_text()


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_specs(path):
    """Whoever squeezes the spaces out of a shipped spec gets a file that says the same."""
    text = path.read_text()
    check(text)
    squeezed = "\n".join(
        line[: len(line) - len(line.lstrip())] + " ".join(line.split()) for line in text.split("\n")
    )
    done = check(squeezed)
    assert done is not None
    assert same_tree(read(done)[0].statements, read(text)[0].statements)


INSERTED = st.sampled_from(
    [
        *' ()|=;x:#".-+*/,',
        " ;\n    ",
        "; # c\n\n",
        "\n  # own\n",
        "\n\n\n",
        " (a if b else c)",
        " H / 2x3",
        " a.b - 1",
        "\u00d7",
        " -> R of (2 * C)",
        " if not (a+b)*c > 3",
        " x (3)",
        " x(n +1)",
        " pad=-1",
        " as .q",
        "\r\n",
        " no relu",
        '"a b"',
        " first s = 2",
        "\t",
    ]
)
CHANGES = st.lists(st.tuples(st.floats(0, 1), INSERTED, st.integers(0, 2)), max_size=6)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(TEXTS), CHANGES)
def test_mutated_specs(text, changes):
    for place, inserted, dropped in changes:
        at = int(place * len(text))
        text = text[:at] + inserted + text[at + dropped :]
    check(text)


VALUES = st.recursive(
    st.sampled_from(
        ["3", "c", "1.5G", "40%", "3x3", "HxWx(2*C)", '"t"', "a.b", 'v."A-L"', "(n)x(k)"]
    ),
    lambda inner: st.one_of(
        st.tuples(
            inner, st.sampled_from([" + ", "-", "*", " / ", " mod ", "//", " ^ "]), inner
        ).map("".join),
        inner.map("( {} )".format),
        inner.map("(-{})".format),
        st.tuples(inner, inner, inner).map(lambda of: "({} if {} > 0 else {})".format(*of)),
        st.tuples(inner, inner).map(lambda of: "max({} ,{})".format(*of)),
        st.tuples(inner, inner).map(lambda of: "(not {} or {})".format(*of)),
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=4), VALUES)
def test_formulas(values, other):
    check(
        f"let a = {other}\nnet n(p={other})\n"
        f"  conv {' '.join(values)} k={other} ; relu if {other} < 3\n"
    )


def test_precedence_is_kept():
    text = "net n()\n  conv (a + b) * c 2^(a+b)^2 a-(b - c)\n"
    assert formatted(text) == "net n()\n  conv (a+b)*c 2^(a+b)^2 a-(b-c)\n"


def test_spaces_that_mean_something_stay():
    text = "net n()\n  conv c (a) N / 2x2 a.b - 1 x3\n"
    assert check(text) == text


def test_nothing_but_comments():
    assert check("\n\n# a\n\n\n# b") == "# a\n\n# b\n"
    assert check("") == ""
    assert check("\n \n") == ""


def test_a_file_with_mistakes_is_left_to_its_writer():
    assert formatted("net n()\n  conv (\n") is None


def test_a_chosen_column_stays_and_a_new_one_is_made():
    rows = "net n()\n  a                    -> 3\n  b                    -> 4\n"
    assert check(rows) == rows
    assert check("net n()\n  a -> 3\n  bb -> 4\n") == (
        "net n()\n  a                             -> 3\n  bb                            -> 4\n"
    )


def test_blank_lines():
    text = 'use a from "b"\nblock b()\n\n\n  x\n# of net\nnet n()\n  x\nlet a = 3\n'
    assert check(text) == (
        'use a from "b"\n\nblock b()\n\n  x\n\n# of net\nnet n()\n  x\n\nlet a = 3\n'
    )


def test_new_arrows():
    text = "net n()\n  input 3\n  a -> 3  # c\n  | b | c ;\n    d\n  relu if e\n"
    source = SourceFile("t", text)
    rows = read(text)[0].statements[0].body
    sizes = {rows[1].span.start: "4x4", rows[2].span.start: "5", rows[3].span.start: "6"}
    done = with_arrows(source, sizes)
    assert done is not None
    assert check(done) == done
    shapes = [row.arrow.shape.span.text for row in read(done)[0].statements[0].body[1:]]
    assert shapes == ["4x4", "5", "6"]
    assert "# c" in done
    assert with_arrows(SourceFile("t", "net ("), {}) is None


def test_linear_time():
    body = "  conv 3x3 8 pad=1 ; relu -> 8x8x8  # c\n  columns | a | b\n  x | 1 | 2\n"
    start = time.process_time()
    assert formatted("net n()\n  input 3\n" + body * 250) is not None
    once = time.process_time() - start
    start = time.process_time()
    assert formatted("net n()\n  input 3\n" + body * 1000) is not None
    assert time.process_time() - start < 10 * once
