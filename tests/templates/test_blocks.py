"""Each block of the library alone: its size, parameters and MACs by the arithmetic of its paper."""

from pathlib import Path

import pytest

import archc
from archc.analysis.report import sizes

LIBRARY = Path(__file__).parents[2] / "templates" / "blocks"


def conv(side, into, out, groups=1, bias=False):
    """Weights of a conv with a square window."""
    return side * side * (into // groups) * out + (out if bias else 0)


def norm(channels):
    """Scale and shift of a batch or layer norm."""
    return 2 * channels


def fc(into, out):
    """Weights and biases."""
    return into * out + out


BASIC = conv(3, 64, 64) * 2 + norm(64) * 2
BASIC_DOWN = conv(3, 64, 128) + conv(3, 128, 128) + conv(1, 64, 128) + norm(128) * 3
BOTTLENECK = conv(1, 256, 64) + conv(3, 64, 64) + conv(1, 64, 256) + norm(64) * 2 + norm(256)
RESNEXT = (
    conv(1, 256, 128) + conv(3, 128, 128, groups=32) + conv(1, 128, 256) + norm(128) * 2 + norm(256)
)
SE = fc(256, 256 // 16) + fc(256 // 16, 256)
PREACT = norm(160) * 2 + conv(3, 160, 160) * 2
PREACT_DOWN = (
    norm(256)
    + conv(1, 256, 128)
    + norm(128)
    + conv(3, 128, 128)
    + norm(128)
    + conv(1, 128, 512)
    + conv(1, 256, 512)
)
INCEPTION_3A = (
    conv(1, 192, 64, bias=True)
    + conv(1, 192, 96, bias=True)
    + conv(3, 96, 128, bias=True)
    + conv(1, 192, 16, bias=True)
    + conv(5, 16, 32, bias=True)
    + conv(1, 192, 32, bias=True)
)
DENSE = norm(64) + conv(1, 64, 128) + norm(128) + conv(3, 128, 32)
INVERTED = (
    conv(1, 24, 144) + conv(3, 144, 144, groups=144) + conv(1, 144, 24) + norm(144) * 2 + norm(24)
)
INVERTED_FIRST = conv(3, 32, 32, groups=32) + conv(1, 32, 16) + norm(32) + norm(16)
BNECK = (
    conv(1, 40, 120)
    + conv(5, 120, 120, groups=120)
    + conv(1, 120, 32, bias=True)
    + conv(1, 32, 120, bias=True)
    + conv(1, 120, 40)
    + norm(120) * 2
    + norm(40)
)
SEPARABLE = conv(3, 512, 512, groups=512) + conv(1, 512, 512) + norm(512) * 2
GROUP_UNIT = (
    conv(1, 240, 60, groups=3)
    + conv(3, 60, 60, groups=60)
    + conv(1, 60, 240, groups=3)
    + norm(60) * 2
    + norm(240)
)
GROUP_DOWN = (
    conv(1, 24, 60)
    + conv(3, 60, 60, groups=60)
    + conv(1, 60, 216, groups=3)
    + norm(60) * 2
    + norm(216)
)
SPLIT_UNIT = conv(1, 58, 58) * 2 + conv(3, 58, 58, groups=58) + norm(58) * 3
SPLIT_LEFT = conv(3, 24, 24, groups=24) + norm(24) + conv(1, 24, 58) + norm(58)
SPLIT_RIGHT = conv(1, 24, 58) + conv(3, 58, 58, groups=58) + conv(1, 58, 58) + norm(58) * 3
FRACTAL = 3 * (conv(3, 3, 64) + norm(64)) + 4 * (conv(3, 64, 64) + norm(64))
ASPP = conv(1, 512, 256) * 2 + conv(3, 512, 256) * 3 + conv(1, 5 * 256, 256) + norm(256) * 6
PYRAMID = 4 * (conv(1, 2048, 512) + norm(512))
DOUBLE = conv(3, 1, 64, bias=True) + conv(3, 64, 64, bias=True)
DOWN = conv(3, 64, 128, bias=True) + conv(3, 128, 128, bias=True)
UP = conv(2, 128, 64, bias=True) + conv(3, 128, 64, bias=True) + conv(3, 64, 64, bias=True)
ENCODER = norm(768) * 2 + fc(768, 3 * 768) + fc(768, 768) + fc(768, 3072) + fc(3072, 768)
LATERAL = sum(conv(1, into, 256, bias=True) for into in (256, 512, 1024, 2048))
FPN = LATERAL + 4 * conv(3, 256, 256, bias=True)
RPN = conv(3, 512, 512, bias=True) + conv(1, 512, 2 * 9, bias=True) + conv(1, 512, 4 * 9, bias=True)
FIRE = conv(1, 96, 16, bias=True) + conv(1, 16, 64, bias=True) + conv(3, 16, 64, bias=True)

FOUR_MAPS = """c2: input 64x64x256
c3: input 32x32x512
c4: input 16x16x1024
c5: input 8x8x2048
list c2 c3 c4 c5 ; fpn"""

CASES = {
    # file and its blocks, rows, size of the result, parameters
    "basic": ("residual: basic", "input 56x56x64\nbasic 64", "56x56x64", BASIC),
    "basic, stride 2": (
        "residual: basic",
        "input 56x56x64\nbasic 128 s=2",
        "28x28x128",
        BASIC_DOWN,
    ),
    "basic, odd size": ("residual: basic", "input 7x9x64\nbasic 128 s=2", "4x5x128", BASIC_DOWN),
    "bottleneck": (
        "residual: bottleneck",
        "input 56x56x256\nbottleneck 64",
        "56x56x256",
        BOTTLENECK,
    ),
    "bottleneck, dilated": (
        "residual: bottleneck",
        "input 56x56x256\nbottleneck 64 d=4",
        "56x56x256",
        BOTTLENECK,
    ),
    "bottleneck of ResNeXt": (
        "residual: bottleneck",
        "input 56x56x256\nbottleneck 64 groups=32 width=4",
        "56x56x256",
        RESNEXT,
    ),
    "preact_basic": (
        "preactivation: preact_basic",
        "input 32x32x160\npreact_basic 160 drop=30%",
        "32x32x160",
        PREACT,
    ),
    "preact_bottleneck": (
        "preactivation: preact_bottleneck",
        "input 56x56x256\npreact_bottleneck 128 s=2",
        "28x28x512",
        PREACT_DOWN,
    ),
    "inception 3a": (
        "inception: inception",
        "input 28x28x192\ninception 64 96 128 16 32 32",
        "28x28x256",
        INCEPTION_3A,
    ),
    "naive_inception": (
        "inception: naive_inception",
        "input 28x28x256\nnaive_inception 128 192 96",
        "28x28x672",
        conv(1, 256, 128, bias=True) + conv(3, 256, 192, bias=True) + conv(5, 256, 96, bias=True),
    ),
    "dense": ("dense: dense", "input 56x56x64\ndense 32", "56x56x96", DENSE),
    "transition": (
        "dense: transition",
        "input 56x56x256\ntransition",
        "28x28x128",
        norm(256) + conv(1, 256, 128),
    ),
    "se": ("se: se", "input 14x14x256\nse", "14x14x256", SE),
    "se_conv": (
        "se: se_conv",
        "input 14x14x256\nse_conv 64 inner=silu",
        "14x14x256",
        conv(1, 256, 64, bias=True) + conv(1, 64, 256, bias=True),
    ),
    "inverted_residual": (
        "inverted_residual: inverted_residual",
        "input 56x56x24\ninverted_residual 6 24",
        "56x56x24",
        INVERTED,
    ),
    "inverted_residual, the first": (
        "inverted_residual: inverted_residual",
        "input 112x112x32\ninverted_residual 1 16",
        "112x112x16",
        INVERTED_FIRST,
    ),
    "bneck": (
        "inverted_residual: bneck",
        "input 28x28x40\nbneck 5 120 40 SE=yes NL=relu",
        "28x28x40",
        BNECK,
    ),
    "separable": ("separable: separable", "input 14x14x512\nseparable 512", "14x14x512", SEPARABLE),
    "group_unit": (
        "shuffle: group_unit",
        "input 28x28x240\ngroup_unit 240 3",
        "28x28x240",
        GROUP_UNIT,
    ),
    "group_down": (
        "shuffle: group_down",
        "input 56x56x24\ngroup_down 240 3 g1=1",
        "28x28x240",
        GROUP_DOWN,
    ),
    "split_unit": ("shuffle: split_unit", "input 28x28x116\nsplit_unit", "28x28x116", SPLIT_UNIT),
    "split_down": (
        "shuffle: split_down",
        "input 56x56x24\nsplit_down 116",
        "28x28x116",
        SPLIT_LEFT + SPLIT_RIGHT,
    ),
    "fractal": ("fractal: fractal", "input 32x32x3\nfractal 3 64", "32x32x64", FRACTAL),
    "aspp": ("aspp: aspp", "input 33x33x512\naspp 6 12 18", "33x33x256", ASPP),
    "pyramid": ("pyramid_pooling: pyramid", "input 60x60x2048\npyramid", "60x60x4096", PYRAMID),
    "double": ("unet: double", "input 64x64x1\ndouble 64", "64x64x64", DOUBLE),
    "down and up": (
        "unet: double, down, up",
        "input 64x64x1\nd1: double 64\ndown 128\nup 64 d1",
        "64x64x64",
        DOUBLE + DOWN + UP,
    ),
    "encoder_block": (
        "transformer: encoder_block",
        "input 197 of 768\nencoder_block 12 3072",
        "197 of 768",
        ENCODER,
    ),
    "fpn": ("fpn: fpn", FOUR_MAPS, "[64x64x256, 32x32x256, 16x16x256, 8x8x256]", FPN),
    "sixth": (
        "fpn: fpn, sixth",
        f"{FOUR_MAPS} ; sixth",
        "[64x64x256, 32x32x256, 16x16x256, 8x8x256, 4x4x256]",
        FPN,
    ),
    "rpn_head": ("rpn: rpn_head", "input 37x50x512\nrpn_head 512 9", "[37x50x18, 37x50x36]", RPN),
    "fire": ("fire: fire", "input 54x54x96\nfire 16 64 64", "54x54x128", FIRE),
}

MACS = {
    # the lecture's two modules, 28x28x256 in: 854M, and 271M where it says 358M (docs/errata.md)
    "naive": (
        "inception: naive_inception",
        "input 28x28x256\nnaive_inception 128 192 96",
        854_196_224,
    ),
    "reduced": (
        "inception: inception",
        "input 28x28x256\ninception 128 64 192 64 96 64",
        271_351_808,
    ),
    # MobileNet, Table 5: 52.3M
    "separable": ("separable: separable", "input 14x14x512\nseparable 512", 52_283_392),
    # GoogLeNet's table, 3a: 128M
    "3a": ("inception: inception", "input 28x28x192\ninception 64 96 128 16 32 32", 128_049_152),
}


def written(folder, used, rows, policy=""):
    """A file that uses some blocks in one net."""
    file, _, blocks = used.partition(": ")
    use = f'use {blocks} from "blocks/{file}.arch"{policy}'
    body = "\n".join("  " + row for row in rows.splitlines())
    path = folder / "tiny.arch"
    path.write_text(f"{use}\n\nnet tiny()\n{body}\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("case", CASES)
def test_a_block_alone_gives_the_size_and_the_parameters_of_its_paper(case, tmp_path):
    used, rows, size, params = CASES[case]
    path = written(tmp_path, used, rows)
    assert [found.message for found in archc.check(path)] == []
    network = archc.load(path)
    assert list(sizes(network.graph, network.graph.outputs).values()) == [size]
    assert network.params == params


@pytest.mark.parametrize("case", MACS)
def test_a_block_alone_costs_what_its_table_says(case, tmp_path):
    used, rows, macs = MACS[case]
    assert archc.load(written(tmp_path, used, rows)).macs == macs


def test_an_end_can_be_added_to_a_bottleneck(tmp_path):
    path = tmp_path / "tiny.arch"
    path.write_text(
        'use bottleneck from "blocks/residual.arch"\nuse se from "blocks/se.arch"\n\n'
        "net tiny()\n  input 56x56x256\n  bottleneck 64 gate=se\n",
        encoding="utf-8",
    )
    assert archc.load(path).params == BOTTLENECK + SE


@pytest.mark.parametrize(
    ("used", "rows", "policy"),
    [
        ("residual: basic", "input 56x56x64\nbasic 64", " with bn = groupnorm 32, relu = silu"),
        (
            "inverted_residual: bneck",
            "input 28x28x40\nbneck 5 120 40 SE=yes NL=relu",
            " with bn = groupnorm 8",
        ),
        ("unet: double", "input 64x64x1\ndouble 64", " with conv = conv ; relu"),
    ],
)
def test_the_policies_of_a_file_can_be_replaced_from_outside(used, rows, policy, tmp_path):
    before = archc.load(written(tmp_path, used, rows)).graph
    after = archc.load(written(tmp_path, used, rows, policy)).graph
    words = {node.op.word for node in after.nodes}
    if "bn" in policy:
        assert "groupnorm" in words and "bn" not in words
    else:
        assert [str(before.nodes[-1].shape), str(after.nodes[-1].shape)] == ["64x64x64", "60x60x64"]


def test_every_file_of_the_library_is_tried_and_names_its_paper():
    files = {path.stem for path in LIBRARY.glob("*.arch")}
    assert files == {used.partition(":")[0] for used, *_ in CASES.values()}
    for stem in files:
        text = (LIBRARY / f"{stem}.arch").read_text(encoding="utf-8")
        comments = [line for line in text.splitlines() if line.startswith("#")]
        assert any("arXiv:" in line for line in comments), stem
