"""Pyramids of context, U-Net's steps, and the transformer's encoder."""

import pytest

from tests.templates.blocks.alone import Case, check, conv, fc, load, norm, shown, unit


def biased(side, into, out):
    return conv(side, into, out, bias=True)


DOUBLE = biased(3, 1, 64) + biased(3, 64, 64)
DOWN = biased(3, 64, 128) + biased(3, 128, 128)
UP = biased(2, 128, 64) + biased(3, 128, 64) + biased(3, 64, 64)
SEPARABLE = unit(3, 512, 512, groups=512) + unit(1, 512, 256)
ASPP_ENDS = 2 * unit(1, 512, 256) + unit(1, 5 * 256, 256)
# ViT-B, Table 1: 768 wide, 3072 in the mlp, 12 heads
ENCODER = norm(768) * 2 + fc(768, 3 * 768) + fc(768, 768) + fc(768, 3072) + fc(3072, 768)

CASES = {
    "aspp": Case(
        "aspp: aspp",
        "input 33x31x512\naspp 6 12 18",
        "33x31x256",
        ASPP_ENDS + 3 * unit(3, 512, 256),
    ),
    "atrous": Case(
        "aspp: atrous", "input 33x31x512\natrous 256 12", "33x31x256", unit(3, 512, 256)
    ),
    "bin": Case("pyramid_pooling: bin", "input 61x60x8\nbin 6 2", "61x60x2", unit(1, 8, 2)),
    "pyramid": Case(
        "pyramid_pooling: pyramid",
        "input 61x60x2048\npyramid",
        "61x60x4096",
        4 * unit(1, 2048, 512),
    ),
    "double": Case("unet: double", "input 63x64x1\ndouble 64", "63x64x64", DOUBLE),
    "down": Case("unet: down", "input 64x62x64\ndown 128", "32x31x128", DOWN),
    "up": Case(
        "unet: up",
        "d1: input 64x64x64\nbelow: input 32x32x128\nup 64 d1",
        "64x64x64",
        UP,
    ),
    "encoder_block": Case(
        "transformer: encoder_block",
        "input 197 of 768\nencoder_block 12 3072",
        "197 of 768",
        ENCODER,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_block_alone_is_what_its_paper_says(case):
    check(CASES[case])


def test_the_pyramid_takes_another_dilated_conv():
    used = "aspp: aspp\nseparable: separable"
    network = load(used, "input 33x33x512\naspp 6 12 18 unit=separable")
    assert network.params == ASPP_ENDS + 3 * SEPARABLE
    dilations = [node.op.dilate for node in network.graph.nodes if node.op.word == "conv"]
    assert [d for d in dilations if d != 1] == [6, 12, 18]


def test_down_and_up_meet():
    network = load("unet: double, down, up", "input 64x64x1\nd1: double 64\ndown 128\nup 64 d1")
    assert shown(network) == "64x64x64"
    assert network.params == DOUBLE + DOWN + UP


def test_with_valid_convs_up_crops_what_lies_beside_it():
    """Figure 1: 572 comes in and 568 lies beside 392 - 388 behind the last two convs."""
    rows = ["input 572x572x1", "d1: double 64", "d2: down 128", "d3: down 256", "d4: down 512"]
    rows += ["down 1024", "up 512 d4", "up 256 d3", "up 128 d2", "up 64 d1"]
    network = load("unet: double, down, up", "\n".join(rows), " with conv = conv ; relu")
    assert shown(network) == "388x388x64"


def test_layers_of_an_encoder_keep_the_size():
    network = load("transformer: encoder_block", "input T of 768\nencoder_block 12 3072 x2")
    assert shown(network) == "T of 768"
    assert network.params == 2 * ENCODER
