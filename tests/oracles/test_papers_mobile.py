"""Formulas and tables of papers that no comparison with a public implementation shows."""

from __future__ import annotations

import math

import pytest

from archc.analysis.cost import measure
from archc.ops.norm import BatchNorm
from tests.oracles.test_zoo import loaded

# Radosavovic et al. 2020, Figures 15 and 16: w0, wa, wm, depth, group width
REGNETS = {
    "x_200mf": (24, 36.44, 2.49, 13, 8),
    "x_400mf": (24, 24.48, 2.54, 22, 16),
    "x_600mf": (48, 36.97, 2.24, 16, 24),
    "x_800mf": (56, 35.73, 2.28, 16, 16),
    "x_1_6gf": (80, 34.01, 2.25, 18, 24),
    "x_3_2gf": (88, 26.31, 2.25, 25, 48),
    "x_4gf": (96, 38.65, 2.43, 23, 40),
    "x_6_4gf": (184, 60.83, 2.07, 17, 56),
    "x_8gf": (80, 49.56, 2.88, 23, 120),
    "x_12gf": (168, 73.36, 2.37, 19, 112),
    "x_16gf": (216, 55.59, 2.1, 22, 128),
    "x_32gf": (320, 69.86, 2.0, 23, 168),
    "y_200mf": (24, 36.44, 2.49, 13, 8),
    "y_400mf": (48, 27.89, 2.09, 16, 8),
    "y_600mf": (48, 32.54, 2.32, 15, 16),
    "y_800mf": (56, 38.84, 2.4, 14, 16),
    "y_1_6gf": (48, 20.71, 2.65, 27, 24),
    "y_3_2gf": (80, 42.63, 2.66, 21, 24),
    "y_4gf": (96, 31.41, 2.24, 22, 64),
    "y_6_4gf": (112, 33.22, 2.27, 25, 72),
    "y_8gf": (192, 76.82, 2.19, 17, 56),
    "y_12gf": (168, 73.36, 2.37, 19, 112),
    "y_16gf": (200, 106.23, 2.48, 18, 112),
    "y_32gf": (232, 115.89, 2.53, 20, 232),
}

# the list that its authors published with the weights of MobileNetV2: width, millions of parameters
RELEASED = {"1.4": 6.06, "1.0": 3.47, "0.75": 2.61, "0.5": 1.95, "0.35": 1.66}


@pytest.mark.parametrize("net", REGNETS)
def test_every_unit_of_a_regnet_is_as_wide_as_its_formula(net):
    """Equations 2 to 4 for each unit, where the spec solves them for the first unit of a stage."""
    w0, wa, wm, depth, group = REGNETS[net]
    expected = []
    for j in range(depth):
        wanted = w0 + wa * j
        stage = round(math.log(wanted / w0) / math.log(wm))
        width = 8 * round(w0 * wm**stage / 8)
        whole = min(group, width)
        expected.append(whole * round(width / whole))
    found = [node.shape.channels for node in loaded(f"regnet.{net}").nodes if is_last(node)]
    assert found == expected


def is_last(node):
    """Whether a node is the last conv of a RegNet's unit."""
    return node.path.endswith(".f.c.0")


@pytest.mark.parametrize("number", range(8))
def test_an_efficientnet_drops_more_paths_the_deeper_they_are(number):
    """The rate grows from 0 to 0.2, a step for each unit; units without a shortcut drop nothing."""
    depth = (1.0, 1.1, 1.2, 1.4, 1.8, 2.2, 2.6, 3.1)[number]
    stages = [math.ceil(depth * units) for units in (1, 2, 2, 3, 3, 4, 1)]
    firsts = {sum(stages[:stage]) for stage in range(len(stages))}
    units = sum(stages)
    nodes = loaded(f"efficientnet.b{number}").nodes
    found = [float(node.op.p) for node in nodes if ".droppath" in node.path]
    expected = [0.2 * unit / units for unit in range(units) if unit not in firsts]
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("width", RELEASED)
def test_mobilenet_v2_was_published_without_its_batch_norms(width):
    """docs/errata.md: 3.47 million for a net of 3.50."""
    network = loaded(f"mobilenet_v2.{width}")
    costs = measure(network)
    norms = [node.index for node in network.nodes if isinstance(node.op, BatchNorm)]
    without = costs.sum().params - costs.sum(chosen=norms).params
    assert round(without / 1e6, 2) == RELEASED[width]
