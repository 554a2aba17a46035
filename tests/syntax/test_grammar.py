"""The stored tables are those of the grammar, and every shipped spec is in the language."""

import pickle

import pytest

from archc.syntax.grammar import TABLES, make_tables
from tests.syntax.helpers import SPECS, mistakes, read


def test_tables_are_fresh():
    with open(TABLES, "rb") as file:
        stored = pickle.load(file)
    assert stored == make_tables(), "run: python -m archc.syntax.grammar"


def test_there_are_specs():
    assert len(SPECS) >= 44


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_specs_parse(path):
    assert mistakes(path.read_text()) == []


ROWS = [
    "conv 96, 11x11/4, pad=2 groups=2",
    "conv-1: conv3-64",
    "FC-4096 ; soft-max",
    "conv 1x1 floor(theta*C) bias=no as conv",
    "unit 2*c g x(n+1) first s=2 t=3 until layer4.2",
    "conv KxK/s dw no relu bare if s > 1 or not (C == c) else identity -> HxWx?",
    "conv 3x3 (-2) pad=-1",
    "from a ; reuse b.c ; each head",
    "a.*: | conv3-64 ; relu | | b x3 -> ?",
    "check params(conv1) ~= | 3K | 40% within 5% with R = 300, T = 2",
    "check output == [13x13x255, 8 of 4]",
    "input HxWx3 where H mod 32 == 0 and W >= 64",
    "conv 3x3 8 if(s > 1)",
    "conv 3x3 8 if not(s > 1)",
    "columns | c | first s | -> | params ~= within 3% | meta year",
    "layers.l_{i + 1}: conv 2",
    "unit 64 × 3",
]


@pytest.mark.parametrize("row", ROWS)
def test_rows_of_the_language(row):
    assert mistakes(f"net n()\n  {row}\n") == []


def test_names_and_numbers_are_ascii():
    assert mistakes("net n()\n  conv \u0663\n")
    assert mistakes("net n()\n  conv\u00e9 3\n")


def test_a_minus_behind_a_bar_is_no_arrow():
    file, found = read("net n()\n  columns | c | ->\n  conv | 3 | 4x4x3\n")
    assert found == []
    assert [column.kind for column in file.statements[0].body[0].columns] == ["value", "arrow"]


def test_the_open_size_has_a_place():
    file, found = read("net n()\n  conv 3 -> ?\n")
    assert found == []
    assert file.statements[0].body[0].arrow.shape.span.text == "?"
