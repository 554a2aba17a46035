"""The lectures' numbers: every statement of seed_tables.json that concerns archc, against archc.

Expected values come from the file. Where the lecture is wrong, archc must give the true number.
"""

import pytest

from tests.analysis import lectures_of_layers, lectures_of_networks
from tests.analysis.lectures import CHECKS, EXAMPLES, Nets

FILES = (lectures_of_layers, lectures_of_networks)
"""importing them fills CHECKS"""

NOT_ARCHC = {
    "conv1d.box": "the numbers of a convolved signal; archc computes sizes, not values",
    "conv1d.box_zero_pad": "the numbers of a convolved signal",
    "kernel.gaussian": "the weights of a blur",
    "resnet.wd": "weight decay: training, not architecture",
    "rcnn.resize": "resizing of regions before the network",
    "darknet53.2x": "measured speed of two classifiers; Darknet-53's is not shipped",
}


@pytest.fixture(scope="module")
def nets(networks, network_of):
    return Nets(networks, network_of)


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_a_statement_of_the_lectures(nets, name):
    CHECKS[name](nets, EXAMPLES[name])


def test_every_statement_is_covered_or_excused():
    assert {*CHECKS, *NOT_ARCHC} == set(EXAMPLES)
    assert not set(CHECKS) & set(NOT_ARCHC)
