"""The inception family, and SqueezeNet's fire module."""

import pytest

import archc
from tests.templates.blocks.alone import Case, check, conv, load, shown, unit


def biased(side, into, out):
    return conv(side, into, out, bias=True)


def chain(into, *convs):
    """Units one behind the other: pairs of a window and channels."""
    total = 0
    for side, out in convs:
        total += unit(side, into, out)
        into = out
    return total


NAIVE = biased(1, 256, 128) + biased(3, 256, 192) + biased(5, 256, 96)
REDUCED = (
    *(biased(1, 256, 128), biased(1, 256, 64), biased(3, 64, 192)),
    *(biased(1, 256, 64), biased(5, 64, 96), biased(1, 256, 64)),
)
INCEPTION_3A = (
    *(biased(1, 192, 64), biased(1, 192, 96), biased(3, 96, 128)),
    *(biased(1, 192, 16), biased(5, 16, 32), biased(1, 192, 32)),
)
BN_3A = (
    *(chain(192, (1, 64)), chain(192, (1, 64), (3, 64))),
    *(chain(192, (1, 64), (3, 96), (3, 96)), chain(192, (1, 32))),
)
BN_3C = chain(320, (1, 128), (3, 160)) + chain(320, (1, 64), (3, 96), (3, 96))
BN_BIASES = {"3a": 64 + 64 + 64 + 64 + 96 + 96 + 32, "3c": 128 + 160 + 64 + 96 + 96}

ACROSS, DOWN = (1, 7), (7, 1)
V3 = {
    "a": (
        *(chain(192, (1, 64)), chain(192, (1, 48), (5, 64))),
        *(chain(192, (1, 64), (3, 96), (3, 96)), chain(192, (1, 32))),
    ),
    "b": (chain(288, (3, 384)), chain(288, (1, 64), (3, 96), (3, 96))),
    "c": (
        *(chain(768, (1, 192)), chain(768, (1, 128), (ACROSS, 128), (DOWN, 192))),
        chain(768, (1, 128), (DOWN, 128), (ACROSS, 128), (DOWN, 128), (ACROSS, 192)),
        chain(768, (1, 192)),
    ),
    "d": (
        chain(768, (1, 192), (3, 320)),
        chain(768, (1, 192), (ACROSS, 192), (DOWN, 192), (3, 192)),
    ),
    "e": (
        *(chain(1280, (1, 320)), chain(1280, (1, 384)), 2 * unit((1, 3), 384, 384)),
        *(chain(1280, (1, 448), (3, 384)), 2 * unit((1, 3), 384, 384), chain(1280, (1, 192))),
    ),
}
V4 = {
    "a": (
        *(chain(384, (1, 96)), chain(384, (1, 96)), chain(384, (1, 64), (3, 96))),
        chain(384, (1, 64), (3, 96), (3, 96)),
    ),
    "reduce_a": (chain(384, (3, 384)), chain(384, (1, 192), (3, 224), (3, 256))),
    "b": (
        *(chain(1024, (1, 128)), chain(1024, (1, 384))),
        chain(1024, (1, 192), (ACROSS, 224), (DOWN, 256)),
        chain(1024, (1, 192), (DOWN, 192), (ACROSS, 224), (DOWN, 224), (ACROSS, 256)),
    ),
    "reduce_b": (
        chain(1024, (1, 192), (3, 192)),
        chain(1024, (1, 256), (ACROSS, 256), (DOWN, 320), (3, 320)),
    ),
    "c": (
        *(chain(1536, (1, 256)), chain(1536, (1, 256))),
        *(chain(1536, (1, 384)), 2 * unit((1, 3), 384, 256)),
        *(chain(1536, (1, 384), ((3, 1), 448), ((1, 3), 512)), 2 * unit((1, 3), 512, 256)),
    ),
}
RESNET_V2 = {
    "a": (
        *(chain(384, (1, 32)), chain(384, (1, 32), (3, 32)), chain(384, (1, 32), (3, 48), (3, 64))),
        biased(1, 32 + 32 + 64, 384),
    ),
    "b": (
        *(chain(1152, (1, 192)), chain(1152, (1, 128), (ACROSS, 160), (DOWN, 192))),
        biased(1, 192 + 192, 1152),
    ),
    "reduce_b": (
        *(chain(1152, (1, 256), (3, 384)), chain(1152, (1, 256), (3, 288))),
        chain(1152, (1, 256), (3, 288), (3, 320)),
    ),
    "c": (
        *(chain(2144, (1, 192)), chain(2144, (1, 192), ((1, 3), 224), ((3, 1), 256))),
        biased(1, 192 + 256, 2144),
    ),
}

CASES = {
    # the lecture's two modules, 28x28x256 in: 854M, and 271M where it says 358M (docs/errata.md)
    "naive_inception": Case(
        "inception: naive_inception",
        "input 28x28x256\nnaive_inception 128 192 96",
        "28x28x672",
        NAIVE,
        854_196_224,
    ),
    "inception of the lecture": Case(
        "inception: inception",
        "input 28x28x256\ninception 128 64 192 64 96 64",
        "28x28x480",
        sum(REDUCED),
        271_351_808,
    ),
    # GoogLeNet's table, 3a: 159K and 128M
    "inception 3a": Case(
        "inception: inception",
        "input 28x28x192\ninception 64 96 128 16 32 32",
        "28x28x256",
        sum(INCEPTION_3A),
        128_049_152,
    ),
    "inception_bn 3a": Case(
        "inception: inception_bn",
        "input 28x28x192\ninception_bn 64 64 64 64 96 avgpool 32",
        "28x28x256",
        sum(BN_3A) + BN_BIASES["3a"],
    ),
    "inception_bn 3c": Case(
        "inception: inception_bn",
        "input 28x28x320\ninception_bn r3=128 n3=160 rd=64 nd=96 pool=maxpool s=2",
        "14x14x576",
        BN_3C + BN_BIASES["3c"],
    ),
    # Inception-v3, Table 1: 35x35x288, 17x17x768, 8x8x1280, 8x8x2048
    "v3 module_a": Case(
        "inception_v3: module_a", "input 35x35x192\nmodule_a 32", "35x35x256", sum(V3["a"])
    ),
    "v3 reduce_b": Case(
        "inception_v3: reduce_b", "input 35x35x288\nreduce_b", "17x17x768", sum(V3["b"])
    ),
    "v3 module_c": Case(
        "inception_v3: module_c", "input 17x17x768\nmodule_c 128", "17x17x768", sum(V3["c"])
    ),
    "v3 reduce_d": Case(
        "inception_v3: reduce_d", "input 17x17x768\nreduce_d", "8x8x1280", sum(V3["d"])
    ),
    "v3 module_e": Case(
        "inception_v3: module_e", "input 8x8x1280\nmodule_e", "8x8x2048", sum(V3["e"])
    ),
    # Inception-v4, Figure 9: 35x35x384, 17x17x1024, 8x8x1536
    "v4 module_a": Case(
        "inception_v4: module_a", "input 35x35x384\nmodule_a", "35x35x384", sum(V4["a"])
    ),
    "v4 reduce_a": Case(
        "inception_v4: reduce_a",
        "input 35x35x384\nreduce_a 192 224 256 384",
        "17x17x1024",
        sum(V4["reduce_a"]),
    ),
    "v4 module_b": Case(
        "inception_v4: module_b", "input 17x17x1024\nmodule_b", "17x17x1024", sum(V4["b"])
    ),
    "v4 reduce_b": Case(
        "inception_v4: reduce_b", "input 17x17x1024\nreduce_b", "8x8x1536", sum(V4["reduce_b"])
    ),
    "v4 module_c": Case(
        "inception_v4: module_c", "input 8x8x1536\nmodule_c", "8x8x1536", sum(V4["c"])
    ),
    # Inception-ResNet-v2, Figures 16 to 19
    "resnet module_a": Case(
        "inception_resnet: module_a",
        "input 35x35x384\nmodule_a 48 64",
        "35x35x384",
        sum(RESNET_V2["a"]),
    ),
    "resnet module_b": Case(
        "inception_resnet: module_b",
        "input 17x17x1152\nmodule_b 160 192",
        "17x17x1152",
        sum(RESNET_V2["b"]),
    ),
    "resnet reduce_b": Case(
        "inception_resnet: reduce_b",
        "input 17x17x1152\nreduce_b 288 320",
        "8x8x2144",
        sum(RESNET_V2["reduce_b"]),
    ),
    "resnet module_c": Case(
        "inception_resnet: module_c",
        "input 8x8x2144\nmodule_c 224 256",
        "8x8x2144",
        sum(RESNET_V2["c"]),
    ),
    "fire": Case(
        "fire: fire",
        "input 55x54x96\nfire 16 64 64",
        "55x54x128",
        biased(1, 96, 16) + biased(1, 16, 64) + biased(3, 16, 64),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_module_alone_is_what_its_paper_says(case):
    check(CASES[case])


def test_two_3x3_cost_28_percent_less_than_a_5x5():
    """Inception-v3, section 3.1: with equal channels (9 + 9)/25."""
    five = load("conv: conv_bn", "input 35x35x64\nconv_bn 64 K=5").macs
    twice = load("conv: conv_bn", "input 35x35x64\nconv_bn 64 x2").macs
    assert round(1 - twice / five, 2) == 0.28


@pytest.mark.parametrize("module", ["module_a 48 64", "module_c 224 256"])
def test_only_the_final_module_has_no_relu_and_is_not_scaled(module):
    used = f"inception_resnet: {module.split()[0]}"
    words = [node.op.word for node in load(used, f"input 8x8x64\n{module}").graph.nodes]
    assert words[-3:] == ["scale", "add", "relu"]
    if "module_c" in module:
        final = load(used, f"input 8x8x64\n{module} final=yes").graph.nodes
        assert [node.op.word for node in final][-2:] == ["conv", "add"]


def test_a_reduction_refuses_sizes_whose_last_row_nobody_would_see():
    with pytest.raises(archc.ArchError, match=r"\(36 - 3\) / 2 \+ 1 = 17.50"):
        load("inception_v3: reduce_b", "input 36x36x288\nreduce_b")


def test_modules_follow_each_other_as_in_the_figure():
    rows = "input 35x35x384\nmodule_a\nreduce_a 192 224 256 384\nmodule_b\nreduce_b\nmodule_c"
    used = "inception_v4: module_a, reduce_a, module_b, reduce_b, module_c"
    assert shown(load(used, rows)) == "8x8x1536"
