"""What holds for every block of the library: a test, a paper, a promise, policies of one's own."""

import re

import pytest

from archc.diagnostics.model import Bag
from archc.source import SourceFile
from archc.syntax import tree
from archc.syntax.format import format_text
from archc.syntax.parse import parse
from tests.conftest import ROOT
from tests.templates.blocks import (
    test_detection,
    test_inception,
    test_mobile,
    test_residual,
    test_segmentation,
)
from tests.templates.blocks.alone import load, shown

LIBRARY = ROOT / "templates" / "blocks"
FILES = {path.stem: path for path in sorted(LIBRARY.glob("*.arch"))}
FAMILIES = (test_detection, test_inception, test_mobile, test_residual, test_segmentation)
CASES = {name: case for family in FAMILIES for name, case in family.CASES.items()}

PROMISES_NOTHING = {"fractal: paths": "its list has as many values as n says"}


def blocks_of(stem):
    source = SourceFile(stem, FILES[stem].read_text(encoding="utf-8"))
    return [line for line in parse(source, Bag()).statements if isinstance(line, tree.Block)]


BLOCKS = {f"{stem}: {block.name}": block for stem in FILES for block in blocks_of(stem)}


def words_of(network):
    return {node.op.word for node in network.graph.nodes}


def test_every_block_is_tried_alone():
    assert {case.used for case in CASES.values()} == set(BLOCKS)
    assert len(CASES) == sum([len(family.CASES) for family in FAMILIES]), "names are taken twice"


@pytest.mark.parametrize("stem", FILES)
def test_a_file_names_its_papers_in_front_of_its_blocks(stem):
    source = FILES[stem].read_text(encoding="utf-8")
    first = re.search(r"^block ", source, re.MULTILINE)
    assert first is not None
    assert re.search(r"^#.*\(arXiv:\d{4}\.\d{4,5}\)", source[: first.start()], re.MULTILINE)
    assert format_text(SourceFile(stem, source)) == source
    assert max(map(len, source.splitlines())) <= 120


@pytest.mark.parametrize("name", BLOCKS)
def test_a_header_says_what_a_block_takes_and_gives(name):
    block = BLOCKS[name]
    assert block.receives is not None or block.items
    assert (block.promises is None) == (name in PROMISES_NOTHING)


@pytest.mark.parametrize("case", [name for name, case in CASES.items() if case.params])
def test_the_norms_of_a_file_can_be_replaced_from_outside(case):
    """Group norm has as many parameters as batch norm, and changes no size."""
    case = CASES[case]
    before = load(case.used, case.rows)
    after = load(case.used, case.rows, " with bn = groupnorm 2")
    found = words_of(before)
    assert words_of(after) == ((found - {"bn"}) | {"groupnorm"} if "bn" in found else found)
    assert (shown(after), after.params) == (case.gives, case.params)


@pytest.mark.parametrize(
    "case", ["basic", "bottleneck", "preact_bottleneck", "v3 module_a", "split_unit", "aspp"]
)
def test_the_activations_of_a_file_can_be_replaced_from_outside(case):
    case = CASES[case]
    network = load(case.used, case.rows, " with relu = silu")
    assert "silu" in words_of(network)
    assert "relu" not in words_of(network)
    assert network.params == case.params


def test_a_norm_can_be_left_out_of_a_file():
    network = load("conv: conv_bn", "input 8x8x3\nconv_bn 4", " with bn = identity")
    assert "bn" not in words_of(network)
    assert network.params == 3 * 3 * 3 * 4


def test_blocks_of_two_files_keep_the_conv_of_their_own():
    network = load("residual: basic\nunet: double", "input 8x8x64\nbasic 64\ndouble 64")
    kinds = [node.op.word for node in network.graph.nodes]
    assert kinds[-4:] == ["conv", "relu", "conv", "relu"], "unet's convs have no batch norm"
