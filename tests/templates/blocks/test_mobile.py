"""Separable convs, inverted residuals and channel shuffles."""

import pytest

import archc
from tests.templates.blocks.alone import Case, check, conv, load, shown, unit


def inverted(into, t, out, side=3):
    """A 1x1 that widens t times, a filter for each channel, a 1x1 back."""
    mid = t * into
    return unit(1, into, mid) + unit(side, mid, mid, groups=mid) + unit(1, mid, out)


def inverted_cost(height, width, t, into, out):
    """Sandler et al. 2018 (MobileNetV2), section 3.2: h w d' t (d' + k^2 + d'')."""
    return height * width * into * t * (into + 9 + out)


def separable_cost(height, width, into, out):
    """Howard et al. 2017 (MobileNet), equation 5: K K M F F + M N F F."""
    return 9 * into * height * width + into * out * height * width


def shuffle_cost(height, width, c, m, g):
    """Zhang et al. 2017 (ShuffleNet), section 3.2: hw(2cm/g + 9m)."""
    return height * width * (2 * c * m // g + 9 * m)


SEPARABLE = unit(3, 512, 512, groups=512) + unit(1, 512, 512)
XCEPTION = conv(3, 728, 728, groups=728) + unit(1, 728, 728)
BNECK = (
    *(unit(1, 40, 120), unit(5, 120, 120, groups=120), unit(1, 120, 40)),
    *(conv(1, 120, 32, bias=True), conv(1, 32, 120, bias=True)),
)
GROUP_UNIT = unit(1, 240, 60, groups=3) + unit(3, 60, 60, groups=60) + unit(1, 60, 240, groups=3)
GROUP_DOWN = unit(1, 24, 60) + unit(3, 60, 60, groups=60) + unit(1, 60, 216, groups=3)
SPLIT_UNIT = unit(1, 58, 58) * 2 + unit(3, 58, 58, groups=58)
SPLIT_LEFT = unit(3, 24, 24, groups=24) + unit(1, 24, 58)
SPLIT_RIGHT = unit(1, 24, 58) + unit(3, 58, 58, groups=58) + unit(1, 58, 58)

CASES = {
    # MobileNet, Table 5: 52.3M products
    "separable": Case(
        "separable: separable",
        "input 14x14x512\nseparable 512",
        "14x14x512",
        SEPARABLE,
        separable_cost(14, 14, 512, 512),
    ),
    "separable, odd size": Case(
        "separable: separable",
        "input 13x15x512\nseparable 512 s=2 d=2",
        "7x8x512",
        SEPARABLE,
        separable_cost(7, 8, 512, 512),
    ),
    "separable_relu_first": Case(
        "separable: separable_relu_first",
        "input 19x19x728\nseparable_relu_first 728",
        "19x19x728",
        XCEPTION,
        separable_cost(19, 19, 728, 728),
    ),
    "inverted_residual": Case(
        "inverted_residual: inverted_residual",
        "input 56x56x24\ninverted_residual 6 24",
        "56x56x24",
        inverted(24, 6, 24),
        inverted_cost(56, 56, 6, 24, 24),
    ),
    "inverted_residual, odd size": Case(
        "inverted_residual: inverted_residual",
        "input 13x15x24\ninverted_residual 6 32 s=2",
        "7x8x32",
        inverted(24, 6, 32),
    ),
    "inverted_residual, the first": Case(
        "inverted_residual: inverted_residual",
        "input 112x112x32\ninverted_residual 1 16",
        "112x112x16",
        unit(3, 32, 32, groups=32) + unit(1, 32, 16),
    ),
    "bneck": Case(
        "inverted_residual: bneck",
        "input 28x28x40\nbneck 5 120 40 SE=yes NL=hswish",
        "28x28x40",
        sum(BNECK),
    ),
    "bneck, odd size": Case(
        "inverted_residual: bneck",
        "input 27x29x40\nbneck 5 120 80 SE=no NL=silu s=2",
        "14x15x80",
        unit(1, 40, 120) + unit(5, 120, 120, groups=120) + unit(1, 120, 80),
    ),
    "group_unit": Case(
        "shuffle: group_unit",
        "input 28x28x240\ngroup_unit 240 3",
        "28x28x240",
        GROUP_UNIT,
        shuffle_cost(28, 28, 240, 60, 3),
    ),
    "group_down": Case(
        "shuffle: group_down", "input 55x56x24\ngroup_down 240 3 g1=1", "28x28x240", GROUP_DOWN
    ),
    "split_unit": Case(
        "shuffle: split_unit", "input 28x28x116\nsplit_unit", "28x28x116", SPLIT_UNIT
    ),
    "split_down": Case(
        "shuffle: split_down",
        "input 55x56x24\nsplit_down 116",
        "28x28x116",
        SPLIT_LEFT + SPLIT_RIGHT,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_block_alone_is_what_its_paper_says(case):
    check(CASES[case])


def test_the_separable_conv_of_mobilenets_table_5():
    assert round(separable_cost(14, 14, 512, 512) / 1e6, 1) == 52.3


def test_a_dilated_bneck_keeps_the_size_and_the_parameters():
    rows = "input 14x14x112\nbneck 5 672 160 SE=yes NL=hswish"
    usual = load("inverted_residual: bneck", f"{rows} s=2")
    dilated = load("inverted_residual: bneck", f"{rows} d=2")
    assert (shown(usual), shown(dilated)) == ("7x7x160", "14x14x160")
    assert usual.params == dilated.params


@pytest.mark.parametrize(("row", "joined"), [("6 24", 1), ("6 24 s=2", 0), ("6 32", 0)])
def test_the_shortcut_is_there_where_size_and_channels_stay(row, joined):
    network = load("inverted_residual: inverted_residual", f"input 8x8x24\ninverted_residual {row}")
    assert [node.op.word for node in network.graph.nodes].count("add") == joined


def test_a_unit_in_groups_says_what_it_takes():
    with pytest.raises(archc.ArchError, match=r"wants HxWx\(c\), and is given 8x8x24"):
        load("shuffle: group_unit", "input 8x8x24\ngroup_unit 240 3")


def test_shuffled_units_follow_a_unit_that_halves_the_map():
    rows = "input 56x56x24\ngroup_down 240 3 g1=1\ngroup_unit 240 3 x3"
    network = load("shuffle: group_down, group_unit", rows)
    assert shown(network) == "28x28x240"
    assert network.params == GROUP_DOWN + 3 * GROUP_UNIT
