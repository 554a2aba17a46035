"""Residual units, dense layers, fractals, Darknet's, conv-bn-act and squeeze and excite."""

import pytest

from tests.templates.blocks.alone import Case, check, conv, fc, load, norm, shown, unit

BASIC = 2 * unit(3, 64, 64)
BASIC_DOWN = unit(3, 64, 128) + unit(3, 128, 128)
PROJECTION = unit(1, 64, 128)
BOTTLENECK = unit(1, 256, 64) + unit(3, 64, 64) + unit(1, 64, 256)
BOTTLENECK_DOWN = unit(1, 256, 128) + unit(3, 128, 128) + unit(1, 128, 512) + unit(1, 256, 512)
RESNEXT = unit(1, 256, 128) + unit(3, 128, 128, groups=32) + unit(1, 128, 256)
PREACT_DOWN = (
    *(norm(256), conv(1, 256, 128)),
    *(norm(128), conv(3, 128, 128)),
    *(norm(128), conv(1, 128, 512)),
    conv(1, 256, 512),
)
SE = fc(256, 256 // 16) + fc(256 // 16, 256)
SE_CONV = conv(1, 256, 64, bias=True) + conv(1, 64, 256, bias=True)

# Zhang et al. 2017 (ShuffleNet), section 3.2: with c channels outside and m inside, on h x w, a
# unit of ResNet costs hw(2cm + 9mm), of ResNeXt hw(2cm + 9mm/g).
PLACES = 56 * 56
RESNET_COST = PLACES * (2 * 256 * 64 + 9 * 64 * 64)
RESNEXT_COST = PLACES * (2 * 256 * 128 + 9 * 128 * 128 // 32)

CASES = {
    "conv_bn": Case("conv: conv_bn", "input 9x7x16\nconv_bn 32", "9x7x32", unit(3, 16, 32)),
    "conv_bn, window and stride": Case(
        "conv: conv_bn", "input 9x7x16\nconv_bn 32 K=5 s=2", "5x4x32", unit(5, 16, 32)
    ),
    "conv_bn, dilated, in groups": Case(
        "conv: conv_bn",
        "input 9x7x16\nconv_bn 32 d=2 groups=4 act=identity",
        "9x7x32",
        unit(3, 16, 32, groups=4),
    ),
    "basic": Case("residual: basic", "input 56x56x64\nbasic 64", "56x56x64", BASIC),
    "basic, odd size": Case(
        "residual: basic", "input 7x9x64\nbasic 128 s=2", "4x5x128", BASIC_DOWN + PROJECTION
    ),
    "basic_a": Case("residual: basic_a", "input 7x9x64\nbasic_a 128 s=2", "4x5x128", BASIC_DOWN),
    "basic_a, identity": Case("residual: basic_a", "input 8x8x64\nbasic_a 64", "8x8x64", BASIC),
    "basic_c": Case(
        "residual: basic_c", "input 7x9x64\nbasic_c 128 s=2", "4x5x128", BASIC_DOWN + PROJECTION
    ),
    "basic_c projects always": Case(
        "residual: basic_c", "input 8x8x64\nbasic_c 64", "8x8x64", BASIC + unit(1, 64, 64)
    ),
    "plain": Case("residual: plain", "input 7x9x64\nplain 128 s=2", "4x5x128", BASIC_DOWN),
    "bottleneck": Case(
        "residual: bottleneck",
        "input 56x56x256\nbottleneck 64",
        "56x56x256",
        BOTTLENECK,
        RESNET_COST,
    ),
    "bottleneck, dilated": Case(
        "residual: bottleneck",
        "input 56x56x256\nbottleneck 64 d=4",
        "56x56x256",
        BOTTLENECK,
        RESNET_COST,
    ),
    "bottleneck of ResNeXt": Case(
        "residual: bottleneck",
        "input 56x56x256\nbottleneck 64 groups=32 width=4",
        "56x56x256",
        RESNEXT,
        RESNEXT_COST,
    ),
    # the 1x1 at the full size in the one, at the half in the other
    "bottleneck, odd size": Case(
        "residual: bottleneck",
        "input 13x15x256\nbottleneck 128 s=2",
        "7x8x512",
        BOTTLENECK_DOWN,
        13 * 15 * 256 * 128 + 7 * 8 * (9 * 128 * 128 + 128 * 512 + 256 * 512),
    ),
    "bottleneck_v1": Case(
        "residual: bottleneck_v1",
        "input 13x15x256\nbottleneck_v1 128 s=2",
        "7x8x512",
        BOTTLENECK_DOWN,
        7 * 8 * (256 * 128 + 9 * 128 * 128 + 128 * 512 + 256 * 512),
    ),
    "preact_basic": Case(
        "preactivation: preact_basic",
        "input 32x32x160\npreact_basic 160 drop=30%",
        "32x32x160",
        2 * (norm(160) + conv(3, 160, 160)),
    ),
    "preact_bottleneck": Case(
        "preactivation: preact_bottleneck",
        "input 13x15x256\npreact_bottleneck 128 s=2",
        "7x8x512",
        sum(PREACT_DOWN),
    ),
    # Table 1 of YOLOv3: 32 1x1 and 64 3x3 at 128x128
    "residual of Darknet-53": Case(
        "darknet: residual",
        "input 128x128x64\nresidual",
        "128x128x64",
        unit(1, 64, 32) + unit(3, 32, 64),
        128 * 128 * (64 * 32 + 9 * 32 * 64),
    ),
    "dense": Case(
        "dense: dense",
        "input 56x56x64\ndense 32",
        "56x56x96",
        norm(64) + conv(1, 64, 128) + norm(128) + conv(3, 128, 32),
    ),
    # Section 3: the l-th layer has k0 + k(l - 1) channels in front of it
    "plain_dense": Case(
        "dense: plain_dense",
        "input 31x33x16\nplain_dense 12 x3",
        "31x33x52",
        sum([norm(16 + 12 * n) + conv(3, 16 + 12 * n, 12) for n in range(3)]),
    ),
    "transition": Case(
        "dense: transition",
        "input 56x56x256\ntransition",
        "28x28x128",
        norm(256) + conv(1, 256, 128),
    ),
    "transition that keeps its channels": Case(
        "dense: transition",
        "input 56x56x254\ntransition theta=1",
        "28x28x254",
        norm(254) + conv(1, 254, 254),
    ),
    # Section 3: f(n) has 2^n - 1 convs, 4 on its longest path for n = 3
    "fractal": Case(
        "fractal: fractal",
        "input 32x31x3\nfractal 3 64",
        "32x31x64",
        3 * unit(3, 3, 64) + 4 * unit(3, 64, 64),
    ),
    "paths": Case(
        "fractal: paths",
        "input 32x31x3\npaths 2 64",
        "[32x31x64, 32x31x64]",
        2 * unit(3, 3, 64) + unit(3, 64, 64),
    ),
    # Equation 5: 2/r C^2 weights, beside the biases
    "se": Case("se: se", "input 13x15x256\nse", "13x15x256", 2 * 256**2 // 16 + 16 + 256, 8192),
    "se_conv": Case(
        "se: se_conv", "input 14x14x256\nse_conv 64 inner=silu", "14x14x256", SE_CONV, 2 * 64 * 256
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_block_alone_is_what_its_paper_says(case):
    check(CASES[case])


@pytest.mark.parametrize("block", ["bottleneck", "bottleneck_v1"])
def test_se_ends_a_bottleneck(block):
    used = f"residual: {block}\nse: se"
    network = load(used, f"input 56x56x256\n{block} 64 gate=se")
    assert network.params == BOTTLENECK + SE
    words = [node.op.word for node in network.graph.nodes]
    assert words[-4:] == ["sigmoid", "mul", "add", "relu"], "the gate is in the path, not behind it"


def test_a_gate_gets_its_values_in_a_cell():
    used = "residual: bottleneck\nse: se"
    rows = "input 56x56x256\ncolumns | c | gate\nbottleneck | 64 | se r=8"
    assert load(used, rows).params == BOTTLENECK + fc(256, 32) + fc(32, 256)


def test_a_stage_of_units_halves_the_map_once():
    network = load("residual: basic", "input 57x57x64\nstage: basic 128 x3 first s=2")
    assert shown(network) == "29x29x128"
    assert network.params == BASIC_DOWN + PROJECTION + 2 * 2 * unit(3, 128, 128)


def test_layers_and_a_transition_make_a_dense_block():
    network = load("dense: dense, transition", "input 56x56x64\ndense 32 x6\ntransition")
    assert shown(network) == "28x28x128"
