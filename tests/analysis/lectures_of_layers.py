"""The lectures' statements on single layers and small blocks."""

import pytest

from tests.analysis.lectures import covers, rows_of, sides


@covers("conv.7.3.s1", "conv.7.3.s2", "conv.7.3.p1", "conv.7.3.p2", "conv.4.3.s1p1")
def _one_conv(nets, entry):
    layer = {
        "conv.7.3.s1": ("7x7x3", "conv 3x3 1"),
        "conv.7.3.s2": ("7x7x3", "conv 3x3/2 1"),
        "conv.7.3.p1": ("7x7x3", "conv 3x3 1 pad=1"),
        "conv.7.3.p2": ("7x7x3", "conv 3x3 1 pad=2"),
        "conv.4.3.s1p1": ("4x4x3", "conv 3x3 1 pad=1"),
    }[entry["id"]]
    assert nets.size(*layer) == [entry["exact"], entry["exact"], 1]


@covers("conv.7.3.s3")
def _a_fraction(nets, entry):
    exact = entry["exact"]
    from archc.diagnostics.model import ArchError

    with pytest.raises(ArchError, match="size-not-whole"):
        nets.size("7x7x3", "conv 3x3/3 1")
    assert nets.size("7x7x3", "conv 3x3/3 1 floor")[0] == exact["floor_rule"]
    assert nets.size("7x7x3", "maxpool 3x3/3 ceil")[0] == exact["ceil_rule"]


@covers("conv.4.3.s2p1")
def _half_a_fraction(nets, entry):
    assert nets.size("4x4x3", "conv 3x3/2 1 pad=1 floor")[0] == entry["exact"]["floor"]


@covers("conv.same_pad")
def _half(nets, entry):
    for window, pad in entry["exact"].items():
        report = nets.text("32x32x3", f"conv {window}x{window} 4 pad=half")
        assert sides(report) == [32, 32, 4]
        assert rows_of(report)[1]["options"]["pad"] == pad


@covers("conv.shrink")
def _shrink(nets, entry):
    report = nets.text("32x32x3", "conv 5x5 6", "conv 5x5 10", "conv 5x5 10")
    assert [int(row["output"].split("x")[0]) for row in rows_of(report)] == entry["exact"]


@covers("conv.ten5x5")
def _ten_filters(nets, entry):
    exact = entry["exact"]
    report = nets.text("32x32x3", "conv 5x5 10 pad=2")
    assert sides(report) == exact["out"]
    assert report.totals.params == exact["params"] == 10 * exact["per_filter"]
    assert report.totals.macs == exact["macs"]


@covers("conv.common_settings")
def _common_settings(nets, entry):
    exact = entry["exact"]
    assert nets.size("32x32x3", "conv 3x3 1 pad=1")[0] == exact["F3S1P1 keeps 32"]
    assert nets.size("32x32x3", "conv 5x5 1 pad=2")[0] == exact["F5S1P2 keeps 32"]
    assert nets.size("32x32x3", "conv 1x1 1")[0] == exact["F1 keeps 32"]
    assert nets.size("32x32x3", "conv 5x5/2 1 pad=2 floor")[0] == 16


@covers("pool.formula")
def _pools(nets, entry):
    exact = entry["exact"]
    assert nets.size("224x224x3", "maxpool 2x2/2")[0] == exact["224,F2S2"]
    assert nets.size("55x55x3", "maxpool 3x3/2")[0] == exact["55,F3S2"]
    assert nets.size("112x112x3", "maxpool 3x3/2 floor")[0] == exact["112,F3S2 floor"]
    assert nets.size("112x112x3", "maxpool 3x3/2 ceil")[0] == exact["112,F3S2 ceil"]


@covers("torch.floor")
def _torch_rounds_down(nets, entry):
    exact = entry["exact"]
    assert nets.size("224x224x3", "conv 7x7/2 1 pad=3 floor")[0] == exact["224,k7,s2,p3"]
    assert nets.size("224x224x3", "conv 11x11/4 1 pad=2 floor")[0] == exact["224,k11,s4,p2"]


@covers("alexnet.224_vs_227")
def _alexnet_224(nets, entry):
    exact = entry["exact"]
    assert nets.size("227x227x3", "conv 11x11/4 96")[0] == exact["227 p0"]
    assert nets.size("224x224x3", "conv 11x11/4 96 floor")[0] == exact["224 p0 floor"]
    padded = nets.size("224x224x3", "conv 11x11/4 96 pad=2 floor")
    assert padded[0] == exact["224 p2 floor (torchvision)"]


@covers("vgg.rf")
def _windows_in_a_row(nets, entry):
    exact = entry["exact"]
    five, seven = exact["two 3x3 stride 1"], exact["three 3x3"]
    two = nets.text(f"{five}x{five}x8", "conv 3x3 8 bias=no", "conv 3x3 8 bias=no")
    assert sides(two) == [1, 1, 8]
    assert nets.size(f"{seven}x{seven}x8", "conv 3x3 8", "conv 3x3 8", "conv 3x3 8")[0] == 1
    assert two.totals.params == 18 * 8 * 8
    assert nets.text("5x5x8", "conv 5x5 8 bias=no").totals.params == 25 * 8 * 8


NAIVE = ("concat", "  conv 1x1 128", "  conv 3x3 192 pad=1", "  conv 5x5 96 pad=2")


@covers("inception.naive_concat", "inception.naive_ops")
def _naive_inception(nets, entry):
    report = nets.text("28x28x256", *NAIVE, "  maxpool 3x3/1 pad=1")
    if entry["id"] == "inception.naive_concat":
        assert sides(report) == entry["exact"]
        return
    assert report.totals.macs == entry["exact"]["macs"]
    branches = [row["macs"] for row in rows_of(report) if row["macs"]]
    assert branches == list(entry["exact"]["by_branch"].values())


@covers("inception.bottleneck_ops", "inception.bottleneck_concat")
def _inception_with_bottlenecks(nets, entry):
    rows = (
        "concat",
        "  conv 1x1 128",
        "  conv 1x1 64 ; conv 3x3 192 pad=1",
        "  conv 1x1 64 ; conv 5x5 96 pad=2",
        "  maxpool 3x3/1 pad=1 ; conv 1x1 64",
    )
    report = nets.text("28x28x256", *rows)
    if entry["id"] == "inception.bottleneck_concat":
        assert sides(report) == entry["exact"]
        return
    assert report.totals.macs == entry["exact"]["macs"]
    branches = sorted([row["macs"] for row in rows_of(report) if row["macs"]])
    assert branches == sorted(entry["exact"]["by_branch"].values())


@covers("googlenet.conv1_params")
def _googlenet_conv1(nets, entry):
    exact = entry["exact"]
    plain = nets.text("224x224x3", "conv 7x7/2 64 pad=half bias=no").totals
    assert (plain.params, plain.macs) == (exact["plain conv weights"], exact["plain conv macs"])
    separable = ("conv 7x7/2 24 groups=3 pad=half bias=no", "conv 1x1 64 bias=no")
    totals = nets.text("224x224x3", *separable).totals
    assert totals.params == exact["separable, depth multiplier 8: weights"]
    assert totals.macs == exact["macs if counted at 112x112"]


@covers("googlenet.pool56")
def _googlenet_pools(nets, entry):
    rows = {"floor p0": "3x3/2 floor", "ceil p0": "3x3/2 ceil", "floor p1": "3x3/2 pad=1 floor"}
    for size, wanted in entry["exact"].items():
        for rule, side in wanted.items():
            assert nets.size(f"{size}x{size}x3", f"maxpool {rows[rule]}")[0] == side


@covers("resnet.block")
def _resnet_blocks(nets, entry):
    exact = entry["exact"]
    basic = nets.text("56x56x64", "conv 3x3 64 bias=no", "conv 3x3 64 bias=no")
    assert basic.totals.params == exact["basic 64ch weights"]
    rows = ("conv 1x1 64 bias=no", "conv 3x3 64 bias=no", "conv 1x1 256 bias=no")
    assert nets.text("56x56x256", *rows).totals.params == exact["bottleneck 256-64-64-256 weights"]


@covers("deconv.2.3.s2p1")
def _deconv(nets, entry):
    exact = entry["exact"]
    plain = nets.size("2x2x8", "deconv 3x3/2 8 pad=1")
    assert plain[0] == exact["torch ConvTranspose2d(3,2,1)"]
    padded = nets.size("2x2x8", "deconv 3x3/2 8 pad=1 outpad=1")
    assert padded[0] == exact["with output_padding=1"]
    assert nets.size("2x2x8", "deconv 4x4/2 8 pad=1")[0] == exact["kernel 4 stride 2 pad 1"]
    assert nets.size("2x2x8", "deconv 3x3/2 8 pad=same")[0] == exact["TF SAME (in*stride)"]


@covers("deconv1d")
def _deconv1d(nets, entry):
    assert nets.size("2x1", "deconv 1 kernel=3 stride=2")[0] == entry["exact"]["full"]
    assert nets.size("2x1", "deconv 1 kernel=3 stride=2 pad=same")[0] == entry["exact"]["cropped"]


@covers("unpool")
def _unpool(nets, entry):
    report = nets.text("4x4x8", "maxpool as pool1", "conv 1x1 8 bias=no", "unpool pool1")
    assert sides(report)[:2] == entry["exact"]["out"]
    alone = nets.text("4x4x8", "maxpool as pool1", "unpool pool1")
    assert (alone.totals.params, alone.totals.macs) == (0, 0)
    assert nets.size("2x2x1", "upsample 2") == [4, 4, 1]


@covers("dwsep.standard")
def _standard_conv(nets, entry):
    totals = nets.text("12x12x3", "conv 5x5 256").totals
    assert totals.macs == entry["exact"]["exact MACs (8x8 output)"]
    assert totals.params == entry["exact"]["params"]


@covers("dwsep.separable")
def _separable_conv(nets, entry):
    totals = nets.text("12x12x3", "conv 5x5 dw", "conv 1x1 256").totals
    assert totals.macs == entry["exact"]["exact MACs"]
    assert totals.params == entry["exact"]["params"]


@covers("mobilenet.last_dw_s2")
def _mobilenet_erratum(nets, entry):
    exact = entry["exact"]
    for stride, size, macs in (
        (1, "s1 pad 1 out", "macs if s1"),
        (2, "s2 pad 1 out", "macs if s2"),
    ):
        row = f"conv 3x3/{stride} dw pad=1 bias=no"
        report = nets.text("7x7x1024", row, "conv 1x1 1024 bias=no")
        assert sides(report)[0] == exact[size]
        assert report.totals.macs == exact[macs]


@covers("fc_as_conv")
def _fc_as_conv(nets, entry):
    exact = entry["exact"]
    as_fc = nets.text("7x7x512", "fc 4096 bias=no").totals.params
    as_conv = nets.text("7x7x512", "conv 7x7 4096 bias=no").totals.params
    assert (as_fc, as_conv) == (exact["fc6 weights"], exact["as conv 7x7x512x4096"])
    pools = ("maxpool",) * 5
    assert nets.size("384x384x512", *pools, "conv 7x7 8")[0] == exact["VGG16 class map for 384x384"]


@covers("bias.per_map")
def _biases(nets, entry):
    assert nets.text("32x32x3", "conv 3x3 64").totals.biases == entry["exact"]["conv 3->64"]
