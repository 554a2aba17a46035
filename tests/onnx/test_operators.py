"""Every operator with every option in ONNX Runtime gives the numbers that it gives in torch."""

from __future__ import annotations

import onnx
import pytest

from archc.api import ArchError
from archc.backends.onnx.build import Options, built
from archc.backends.onnx.lower import Lowered
from archc.session import Session
from archc.source import SourceFile
from tests.language.fences import TEXTS, example_at, wrapped
from tests.language.test_operator_examples import CLASSES, example_of
from tests.onnx.cases import NETS, ROWS
from tests.onnx.running import complete, filled, run_both

OPSETS = (13, 17, 18, 21, 24)
"""beside the default: the first, the last, and those from which on much is said otherwise"""
LINES = [line for line in ROWS.splitlines() if line]
FIRST = list({line.partition(" | ")[2].split()[0]: line for line in reversed(LINES)}.values())
"""one line for each operator"""


def network_of(text):
    (network,) = Session().networks_of(SourceFile("<text>", wrapped(text)), None)
    return network


def rows_of(line):
    """A line of ROWS as a text."""
    given, _, rows = line.partition(" | ")
    return "".join([f"{row}\n" for row in (*given.split(" ; "), rows)])


@pytest.mark.parametrize("cls", CLASSES)
def test_examples_of_operators(cls):
    run_both(network_of(example_of(cls)))


@pytest.mark.parametrize("place", TEXTS)
def test_examples_of_the_language(place):
    for network in Session().networks_of(SourceFile("<text>", example_at(place)), None):
        run_both(network, samples=1)


@pytest.mark.parametrize("line", LINES)
def test_options(line):
    run_both(network_of(rows_of(line)))


@pytest.mark.parametrize("name", NETS)
def test_nets(name):
    run_both(network_of(NETS[name].text), **NETS[name].how)


@pytest.mark.parametrize("opset", OPSETS)
@pytest.mark.parametrize("line", FIRST)
def test_opsets(line, opset):
    run_both(network_of(rows_of(line)), opset=opset)


@pytest.mark.parametrize("line", [line for line in LINES if " groupnorm " in line])
def test_an_operator_that_onnx_has_no_sizes_for(line):
    """GroupNormalization has no shape inference in onnx: what follows it needs one."""
    run_both(network_of(rows_of(line)), opset=22)


@pytest.mark.parametrize("opset", [13, 18])
@pytest.mark.parametrize("name", NETS)
def test_nets_in_old_opsets(name, opset):
    if (name, opset) == ("roialign aligned", 13):
        with pytest.raises(ArchError, match="no `aligned` before opset 16"):
            run_both(network_of(NETS[name].text), opset=opset, **NETS[name].how)
        return
    run_both(network_of(NETS[name].text), opset=opset, **NETS[name].how)


@pytest.mark.parametrize("name", NETS)
def test_nets_in_the_newest_opset(name):
    """ONNX Runtime has no kernels for the newest RoiAlign and MaxRoiPool: these are checked."""
    network = network_of(NETS[name].text)
    if name.startswith(("roi", "pyramid", "extern")):
        one = built(network, Options(24, NETS[name].how.get("batch")))
        onnx.checker.check_model(complete(one, filled(network)), full_check=True)
    else:
        run_both(network, opset=24, **NETS[name].how)


@pytest.mark.parametrize("row", ["maxpool to=3x3", "windowattention 3 4x4"])
def test_what_no_opset_can_say_of_open_sides(row):
    network = network_of(f"input HxWx3\n{row}\n")
    (problem,) = Lowered(network, 24).bag.sorted()
    assert "fix them with --input" in problem.message
