"""The lectures' statements on whole networks."""

from archc.analysis.cost import measure
from archc.backends.table import printing
from archc.backends.table.summary import View
from tests.analysis.lectures import covers, params, rows_of, sides, weights_only


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


@covers("zfnet.changes")
def _zfnet(nets, entry):
    exact = entry["exact"]["with 512,1024,512"]
    report = nets.spec("zfnet.slide")
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


@covers("resnet.nofc")
def _resnet_fc(nets, entry):
    exact = entry["exact"]
    for name in ("18", "34"):
        assert params(nets.spec(f"resnet.{name}"), "fc") == exact["fc 512->1000 (18/34)"]
    for name in ("50", "101", "152"):
        assert params(nets.spec(f"resnet.{name}"), "fc") == exact["fc 2048->1000 (50+)"]


@covers("mobilenet.table1")
def _mobilenet(nets, entry):
    exact = entry["exact"]
    report = nets.spec("mobilenet_v1.1.0-224")
    norms = sum(row["params"] for row in rows_of(report) if row["kind"] == "bn")
    assert report.totals.params == exact["params"]
    assert report.totals.params - norms == exact["params_no_bn"]
    assert report.totals.macs == exact["macs"]
    assert report.totals.layers == exact["weighted_layers"]


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


@covers("transfer.drawing")
def _the_drawing_is_vgg_b(nets, entry):
    totals = nets.spec("vgg.B").totals
    assert totals.params == entry["exact"]["params"]
    assert totals.layers == entry["exact"]["weighted_layers"]


@covers("style.gram")
def _grams(nets, entry):
    network = nets.spec("style_features", "224x224x3").network
    costs = measure(network)
    grams = [node for node in network.nodes if node.op.word == "gram"]
    sizes = entry["exact"]["VGG19 conv1_1,2_1,3_1,4_1,5_1 Gram sizes"]
    assert [node.shape.channels for node in grams] == sizes
    products = [costs.of[node.index].macs for node in grams]
    assert products == entry["exact"]["MACs at 224 (N*N*M)"]
