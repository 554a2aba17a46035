"""`# allow[slug]: reason` silences a lint where it stands, and says so when it does not."""

from __future__ import annotations

import pytest

HEAD = "net toy()\n  input 8x8x3\n"
TAIL = "  from input\n  conv 3x3 8\n"


def slugs(result):
    return [line.partition("[")[2].partition("]")[0] for line in result.out.splitlines()]


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ("  conv 3x3 8\n", ["unused-value"]),
        ("  conv 3x3 8  # allow[unused-value]: for the figure\n", []),
        ("  # allow[unused-value]: for the figure\n  conv 3x3 8\n", []),
        ("  # allow[unused-value]: for the figure\n  # in the paper\n  conv 3x3 8\n", []),
        ("  # allow[unused-value]\n  conv 3x3 8\n", ["unused-allow"]),
        ("  # allow[unused-value]:\n  conv 3x3 8\n", ["unused-allow"]),
        ("  conv 3x3 8  # allow[nosuch]: x\n", ["unused-value", "unused-allow"]),
        ("  conv 3x3 8  # allow[unused-block]: x\n", ["unused-value", "unused-allow"]),
        ("  conv 3x3 8  # allow[shapes-differ]: x\n", ["unused-value", "unused-allow"]),
        ("  # allow[unused-value]: x\n\n  conv 3x3 8\n", ["unused-allow", "unused-value"]),
    ],
)
def test_allowances(archc, rows, found):
    result = archc("check", "a.arch", "--output-format", "concise", a=HEAD + rows + TAIL)
    assert slugs(result) == found


def test_errors_cannot_be_allowed(archc):
    text = HEAD + "  Conv2d 3x3 8  # allow[unknown-layer]: x\n"
    result = archc("check", "a.arch", "--output-format", "concise", a=text)
    assert slugs(result) == ["unknown-layer"]


def test_a_lint_that_is_off_may_be_allowed_all_the_same(archc):
    text = HEAD + "  conv 3x3 8 ; bn  # allow[bias-before-norm]: as published\n"
    assert archc("check", "a.arch", a=text).out == ""
    assert archc("check", "a.arch", "--only", "bias-before-norm").out == ""


def test_a_row_used_by_one_variant_is_used(archc):
    text = """\
net toy()
  variants | A    | B
  input 8x8x3
  a: conv 1x1 8
  |        | from input
  conv 1x1 8
"""
    assert archc("check", "a.arch", a=text).out == ""


def test_libraries_are_not_linted_for_their_users(archc):
    library = "block unit()\n  a: conv 1x1 8\n  conv 1x1 8 as b\n  from a\n"
    text = 'use unit from "b.arch"\nnet toy()\n  input 8x8x3\n  unit\n'
    assert archc("check", "a.arch", a=text, b=library).out == ""
