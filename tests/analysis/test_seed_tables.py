"""The lectures' numbers: every statement of seed_tables.json that concerns archc, against archc.

Expected values come from the file. Where the lecture is wrong, archc must give the true number.
"""

import json
from pathlib import Path

import pytest

from archc.analysis.cost import measure
from archc.analysis.document import as_json
from archc.analysis.report import make_report
from archc.backends.table import printing
from archc.backends.table.summary import View

ORACLE = Path(__file__).parents[1] / "oracles" / "seed_tables.json"
DATA = json.loads(ORACLE.read_text(encoding="utf-8"))
EXAMPLES = {entry["id"]: entry for entry in DATA["examples"]}

NOT_ARCHC = {
    "conv1d.box": "the numbers of a convolved signal; archc computes sizes, not values",
    "conv1d.box_zero_pad": "the numbers of a convolved signal",
    "kernel.gaussian": "the weights of a blur",
    "resnet.wd": "weight decay: training, not architecture",
    "rcnn.resize": "resizing of regions before the network",
    "darknet53.2x": "measured speed of two classifiers; Darknet-53's is not shipped",
}


class Nets:
    """Networks and their numbers, for short tests."""

    def __init__(self, networks, network_of):
        self._networks = networks
        self._network_of = network_of

    def spec(self, name, size=None):
        (network,) = self._networks(name, size)
        return make_report(network)

    def text(self, size, *rows):
        lines = "\n".join(f"  {row}" for row in rows)
        return make_report(self._network_of(f"net toy()\n  input {size}\n{lines}\n"))

    def size(self, size, *rows):
        """The output of a few rows, torch's order of sides as in the oracle: a list of sides."""
        return sides(self.text(size, *rows))


def sides(report, row=None):
    network = report.network
    if row is None:
        (index,) = network.outputs.values()
    else:
        index = next(node.index for node in network.nodes if node.path == row)
    return list(network.nodes[index].shape.dims)


def rows_of(report):
    """Rows of the JSON report that have a box of their own, or parameters."""
    (found,) = as_json([report])["networks"]
    return [row for row in found["layers"] if row["values"] or row["params"]]


def params(report, path):
    return sum(row["params"] for row in rows_of(report) if f"{row['path']}.".startswith(f"{path}."))


def weights_only(report):
    return report.totals.params - report.totals.biases


CHECKS = {}


def covers(*names):
    def register(check):
        for name in names:
            assert name in EXAMPLES, name
            CHECKS[name] = check
        return check

    return register


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


@covers("lenet5")
def _lenet5(nets, entry):
    exact = entry["exact"]
    report = nets.spec("lenet5")
    shapes = [size for _, (*size,) in exact["sizes"]]
    found = [[int(side) for side in row["output"].split("x")] for row in rows_of(report)]
    assert [[size[-1], *size[:-1]] for size in found] == shapes
    assert report.totals.params == exact["modern_params"]
    assert report.totals.macs == exact["modern_macs"]


@covers("alexnet.sizes")
def _alexnet_sizes(nets, entry):
    report = nets.spec("alexnet.slide")
    for row, size in entry["exact"].items():
        assert sides(report, row) == size


@covers("alexnet.conv1_params")
def _alexnet_conv1(nets, entry):
    assert params(nets.spec("alexnet.slide"), "conv1") == entry["exact"]


@covers("alexnet.60M")
def _alexnet_params(nets, entry):
    exact = entry["exact"]
    slide, grouped = nets.spec("alexnet.slide"), nets.spec("alexnet.grouped")
    assert slide.totals.params == exact["ungrouped (this slide's table)"]
    assert grouped.totals.params == exact["two-tower grouped (paper)"]
    assert slide.totals.layers == grouped.totals.layers == exact["weighted_layers"]


@covers("alexnet.255MB")
def _alexnet_bytes(nets, entry):
    exact = entry["exact"]
    assert nets.spec("alexnet.slide").totals.params * 4 == exact["62,378,344*4 bytes"]
    assert nets.spec("alexnet.grouped").totals.params * 4 == exact["60,965,224*4 bytes"]


@covers("alexnet.224_vs_227")
def _alexnet_224(nets, entry):
    exact = entry["exact"]
    assert nets.size("227x227x3", "conv 11x11/4 96")[0] == exact["227 p0"]
    assert nets.size("224x224x3", "conv 11x11/4 96 floor")[0] == exact["224 p0 floor"]
    padded = nets.size("224x224x3", "conv 11x11/4 96 pad=2 floor")
    assert padded[0] == exact["224 p2 floor (torchvision)"]


@covers("zfnet.changes")
def _zfnet(nets, entry):
    exact = entry["exact"]["with 512,1024,512"]
    report = nets.spec("zfnet")
    assert report.totals.params == exact["params"]
    assert weights_only(report) == exact["weights_only"]
    assert report.totals.biases == exact["bias_or_affine"]
    assert report.totals.macs == exact["macs"]
    for row, (channels, *spatial) in entry["exact"]["sizes"][1:]:
        assert sides(report, row) == [*spatial, channels]


@covers(*[f"vgg.table2.{column}" for column in "ABCDE"])
def _vgg(nets, entry):
    exact = entry["exact"]
    report = nets.spec(f"vgg.{entry['id'][-1]}")
    assert report.totals.params == exact["params"]
    assert weights_only(report) == exact["weights_only"]
    assert report.totals.macs == exact["macs"]
    assert report.totals.layers == exact["weighted_layers"]


@covers("vgg.tableC.ocr", "vgg.only3x3")
def _vgg_c(nets, entry):
    rows = rows_of(nets.spec("vgg.C"))
    ones = [row["options"]["channels"] for row in rows if row["options"].get("window") == "1x1"]
    assert ones == [256, 512, 512]


@covers("vgg16.memory_rows")
def _vgg16_rows(nets, entry):
    table = printing.table_of(View(nets.spec("vgg16")), "cs231n")
    found = [[row[3], row[5]] for row in table.groups[0].rows]
    assert found == list(entry["exact"].values())


@covers("vgg16.memory_total")
def _vgg16_memory(nets, entry):
    exact = entry["exact"]
    totals = nets.spec("vgg16").totals
    assert totals.values == exact["elements"]
    assert totals.memory == exact["bytes_fp32"]


@covers("vgg16.params_total", "vgg16.140M")
def _vgg16_params(nets, entry):
    exact = entry["exact"]
    report = nets.spec("vgg16")
    assert report.totals.params == exact.get("with_biases", exact.get("params"))
    assert weights_only(report) == exact.get("weights_only", 138344128)
    assert report.totals.layers == exact.get("weighted_layers", 16)


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


@covers("googlenet.table")
def _googlenet_table(nets, entry):
    exact = entry["exact"]
    report = nets.spec("googlenet")
    assert weights_only(report) == exact["weights"]
    assert report.totals.params == exact["with_biases"]
    assert report.totals.macs == exact["macs"]
    _weighted_rows_of_googlenet(report, exact["rows"])


def _weighted_rows_of_googlenet(report, wanted):
    with_biases = printing.table_of(View(report), "googlenet").groups[0].rows
    without = printing.table_of(View(report, no_bias=True), "googlenet").groups[0].rows
    found = [
        (row[2], bare[-2], row[-2] - bare[-2], row[-1])
        for row, bare in zip(with_biases, without)
        if row[-2]
    ]
    assert found == [
        (
            "x".join(map(str, [*row["out"][1:], row["out"][0]])),
            row["weights"],
            row["biases"],
            row["macs"],
        )
        for row in wanted
    ]


@covers("googlenet.5M")
def _googlenet_params(nets, entry):
    exact = entry["exact"]
    report = nets.spec("googlenet")
    totals = report.totals
    assert totals.params == exact["whole table exact, with biases"]
    assert totals.params + totals.params_training == exact["with both auxiliary heads"]
    assert totals.params - params(report, "fc") == exact["without the linear layer"]
    slide = nets.spec("alexnet.slide").totals.params
    assert round(slide / totals.params, 2) == exact["ratio to AlexNet ungrouped"]


@covers("googlenet.2x_compute")
def _googlenet_compute(nets, entry):
    exact = entry["exact"]
    macs = nets.spec("googlenet").totals.macs
    assert macs == exact["macs GoogLeNet"]
    grouped, slide = nets.spec("alexnet.grouped"), nets.spec("alexnet.slide")
    assert round(macs / grouped.totals.macs, 2) == exact["vs AlexNet grouped 227"]
    assert round(macs / slide.totals.macs, 2) == exact["vs the slide's ungrouped AlexNet"]


@covers("googlenet.22")
def _googlenet_depth(nets, entry):
    report = nets.spec("googlenet")
    assert report.totals.layers == entry["exact"]
    rows = printing.table_of(View(report), "googlenet").groups[0].rows
    assert sum(row[3] for row in rows) == entry["exact"]


@covers("googlenet.pool56")
def _googlenet_pools(nets, entry):
    rows = {"floor p0": "3x3/2 floor", "ceil p0": "3x3/2 ceil", "floor p1": "3x3/2 pad=1 floor"}
    for size, wanted in entry["exact"].items():
        for rule, side in wanted.items():
            assert nets.size(f"{size}x{size}x3", f"maxpool {rows[rule]}")[0] == side


@covers("resnet.nofc")
def _resnet_fc(nets, entry):
    exact = entry["exact"]
    for name in ("18", "34"):
        assert params(nets.spec(f"resnet.{name}"), "fc") == exact["fc 512->1000 (18/34)"]
    for name in ("50", "101", "152"):
        assert params(nets.spec(f"resnet.{name}"), "fc") == exact["fc 2048->1000 (50+)"]


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


@covers("mobilenet.table1")
def _mobilenet(nets, entry):
    exact = entry["exact"]
    report = nets.spec("mobilenet_v1.1.0-224")
    norms = sum(row["params"] for row in rows_of(report) if row["kind"] == "bn")
    assert report.totals.params == exact["params"]
    assert report.totals.params - norms == exact["params_no_bn"]
    assert report.totals.macs == exact["macs"]
    assert report.totals.layers == exact["weighted_layers"]


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


@covers("densenet.growth")
def _densenet_growth(nets, entry):
    exact = entry["exact"]
    network = nets.spec("densenet.121").network
    inputs = [
        network.nodes[node.inputs[0]].shape.channels
        for node in network.nodes
        if node.path.startswith("features.denseblock1.") and node.path.endswith("norm1")
    ]
    assert inputs == exact["DenseNet-121 block 1 (k0=64,k=32) inputs of layers 1..6"]
    last = [node for node in network.nodes if node.path.startswith("features.denseblock1.")][-1]
    assert last.shape.channels == exact["after block 1"]


@covers("yolo.v1_head")
def _yolov1(nets, entry):
    exact = entry["exact"]
    assert sides(nets.spec("yolov1")) == exact["YOLOv1 paper B=2,C=20"]
    wide = nets.size("7x7x64", "fc 7*7*(5*3+20)", "reshape 7x7x(5*3+20)")
    assert wide == exact["B=3,C=20"]


@covers("yolo.v3_head")
def _yolov3(nets, entry):
    exact = entry["exact"]
    network = nets.spec("yolov3", "416x416x3").network
    outputs = [list(network.nodes[index].shape.dims) for index in network.outputs.values()]
    assert outputs == exact["YOLOv3 COCO 416"]
    assert sum(height * width * 3 for height, width, _ in outputs) == exact["boxes"]


@covers("maskrcnn.14")
def _mask_head(nets, entry):
    network = nets.spec("mask_rcnn").network
    shapes = [str(network.nodes[index].shape) for index in network.outputs.values()]
    assert "R of 28x28x91" in shapes


@covers("fcn.20x20")
def _strides_of_vgg(nets, entry):
    pools = [row["output"] for row in rows_of(nets.spec("vgg16")) if row["kind"] == "maxpool"]
    found = [int(size.split("x")[0]) for size in pools[-3:]]
    exact = entry["exact"]
    assert found == [exact["stride 8"], exact["stride 16"], exact["VGG16 stride-32"]]


@covers("fc_as_conv")
def _fc_as_conv(nets, entry):
    exact = entry["exact"]
    as_fc = nets.text("7x7x512", "fc 4096 bias=no").totals.params
    as_conv = nets.text("7x7x512", "conv 7x7 4096 bias=no").totals.params
    assert (as_fc, as_conv) == (exact["fc6 weights"], exact["as conv 7x7x512x4096"])
    pools = ("maxpool",) * 5
    assert nets.size("384x384x512", *pools, "conv 7x7 8")[0] == exact["VGG16 class map for 384x384"]


@covers("transfer.drawing")
def _the_drawing_is_vgg_b(nets, entry):
    totals = nets.spec("vgg.B").totals
    assert totals.params == entry["exact"]["params"]
    assert totals.layers == entry["exact"]["weighted_layers"]


@covers("bias.per_map")
def _biases(nets, entry):
    assert nets.text("32x32x3", "conv 3x3 64").totals.biases == entry["exact"]["conv 3->64"]


@covers("style.gram")
def _grams(nets, entry):
    network = nets.spec("style_features", "224x224x3").network
    costs = measure(network)
    grams = [node for node in network.nodes if node.op.word == "gram"]
    sizes = entry["exact"]["VGG19 conv1_1,2_1,3_1,4_1,5_1 Gram sizes"]
    assert [node.shape.channels for node in grams] == sizes
    products = [costs.of[node.index].macs for node in grams]
    assert products == entry["exact"]["MACs at 224 (N*N*M)"]


@pytest.fixture(scope="module")
def nets(networks, network_of):
    return Nets(networks, network_of)


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_a_statement_of_the_lectures(nets, name):
    CHECKS[name](nets, EXAMPLES[name])


def test_every_statement_is_covered_or_excused():
    assert {*CHECKS, *NOT_ARCHC} == set(EXAMPLES)
    assert not set(CHECKS) & set(NOT_ARCHC)
