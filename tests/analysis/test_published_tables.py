"""Whole tables of the lectures, row by row, and figures of papers for shipped networks."""

import json
from pathlib import Path

import pytest

from archc.analysis.document import as_json
from archc.analysis.report import make_report

ORACLE = Path(__file__).parents[1] / "oracles" / "seed_tables.json"
DATA = json.loads(ORACLE.read_text(encoding="utf-8"))
TABLES = DATA["tables"]

PAPER = {
    ("ResNet-18", "multiply-adds"): "resnet.18",
    ("ResNet-34", "multiply-adds"): "resnet.34",
    ("VGG-19", "multiply-adds"): "vgg.E",
    ("VGG A", "params"): "vgg.A",
    ("VGG B", "params"): "vgg.B",
    ("VGG C", "params"): "vgg.C",
    ("VGG D", "params"): "vgg.D",
    ("VGG E", "params"): "vgg.E",
    ("AlexNet grouped (two towers)", "params"): "alexnet.grouped",
    ("AlexNet ungrouped (lecture table)", "params"): "alexnet.slide",
    ("GoogLeNet main, no BN", "params"): "googlenet",
    ("GoogLeNet main, no BN", "multiply-adds"): "googlenet",
    ("GoogLeNet torchvision (BN, no conv bias)", "params"): "googlenet_torchvision",
    ("Inception-v3 no aux", "params"): "inception_v3",
    ("Inception-v3", "multiply-adds"): "inception_v3",
    ("Inception-v4", "params"): "inception_v4",
    ("Xception", "params"): "xception",
    ("MobileNet 1.0 224", "mult-adds"): "mobilenet_v1.1.0-224",
    ("MobileNet 1.0 224", "params"): "mobilenet_v1.1.0-224",
    ("MobileNet 0.75 224", "mult-adds"): "mobilenet_v1.0.75-224",
    ("MobileNet 0.75 224", "params"): "mobilenet_v1.0.75-224",
    ("MobileNetV2 1.0", "mult-adds"): "mobilenet_v2.1.0",
    ("MobileNetV2 1.0", "params"): "mobilenet_v2.1.0",
    ("MobileNetV3-Large", "mult-adds"): "mobilenet_v3_large",
    ("MobileNetV3-Large", "params"): "mobilenet_v3_large",
    ("DenseNet-121 ImageNet", "params"): "densenet.121",
    ("DenseNet-161 ImageNet", "params"): "densenet.161",
    ("DenseNet-169 ImageNet", "params"): "densenet.169",
    ("DenseNet-201 ImageNet", "params"): "densenet.201",
    ("ResNet-50", "params"): "resnet.50",
    ("ResNet-50", "FLOPs (=MAC)"): "resnet.50",
    ("ResNeXt-50 32x4d", "params"): "resnext.50-32x4d",
    ("ResNeXt-50 32x4d", "FLOPs (=MAC)"): "resnext.50-32x4d",
    ("ResNet-50", "multiply-adds"): "resnet_v1.50",
    ("ResNet-101", "multiply-adds"): "resnet_v1.101",
    ("ResNet-152", "multiply-adds"): "resnet_v1.152",
    ("CIFAR ResNet-20", "params"): "resnet_cifar.20",
    ("CIFAR ResNet-110", "params"): "resnet_cifar.110",
    ("SE-ResNet-50", "params"): "se_resnet.50",
    ("SE-ResNet-50", "GFLOPs (=GMAC)"): "se_resnet.50",
    ("SE-ResNet-101", "GFLOPs (=GMAC)"): "se_resnet.101",
    ("SE-ResNet-152", "GFLOPs (=GMAC)"): "se_resnet.152",
    ("ShuffleNetV2 0.5x", "MFLOPs (=MAC)"): "shufflenet_v2.0.5x",
    ("ShuffleNetV2 0.5x", "params"): "shufflenet_v2.0.5x",
    ("ShuffleNetV2 1x", "MFLOPs (=MAC)"): "shufflenet_v2.1x",
    ("ShuffleNetV2 1x", "params"): "shufflenet_v2.1x",
    ("ShuffleNetV2 1.5x", "MFLOPs (=MAC)"): "shufflenet_v2.1.5x",
    ("ShuffleNetV2 1.5x", "params"): "shufflenet_v2.1.5x",
    ("ShuffleNetV2 2x", "MFLOPs (=MAC)"): "shufflenet_v2.2x",
    ("ShuffleNetV2 2x", "params"): "shufflenet_v2.2x",
    ("WRN-28-10 CIFAR-10", "params"): "wide_resnet.28-10",
    ("WRN-16-8 CIFAR-10", "params"): "wide_resnet.16-8",
    ("WRN-40-4 CIFAR-10", "params"): "wide_resnet.40-4",
    ("WRN-50-2-bottleneck", "params"): "wide_resnet_bottleneck.50-2",
    ("PyramidNet 110_a84 CIFAR-10", "params"): "pyramidnet.110-84",
    ("PyramidNet-101 a=360 ImageNet", "params"): "pyramidnet_imagenet.101-360",
    ("NiN CIFAR-10", "params"): "nin",
    ("YOLOv1 (B=2, C=20)", "params"): "yolov1",
    ("YOLOv3 416 COCO", "params"): "yolov3",
    ("SSD300 VGG16 VOC (21 classes)", "params"): "ssd300",
    ("FCN-8s VGG16, 21 classes", "params"): "fcn.8s",
}


def totals(networks, name):
    (network,) = networks(name)
    return make_report(network).totals


def weighted_rows(networks, name):
    (network,) = networks(name)
    (found,) = as_json([make_report(network)])["networks"]
    return [row for row in found["layers"] if row["weights"] and row["kind"] != "bn"]


def held(row, wanted):
    found = 0
    for name, size in row["weights"].items():
        numbers = 1
        for side in size:
            numbers *= side
        found += numbers if name.endswith(wanted) else 0
    return found


@pytest.mark.parametrize(
    ("table", "spec"),
    [
        ("alexnet_227_ungrouped", "alexnet.slide"),
        ("alexnet_227_grouped", "alexnet.grouped"),
        ("zfnet_512_1024_512", "zfnet.slide"),
        ("vgg_D_rows", "vgg16"),
        ("vgg_D_rows", "vgg.D"),
    ],
)
def test_weighted_rows(networks, table, spec):
    rows = weighted_rows(networks, spec)
    wanted = [row for row in TABLES[table] if row["weights"]]
    assert len(rows) == len(wanted)
    for row, entry in zip(rows, wanted):
        channels, *spatial = entry["out"]
        assert row["output"] == "x".join(str(side) for side in (*spatial, channels))
        assert held(row, "weight") == entry["weights"]
        assert held(row, "bias") == entry["bias"]
        assert row["macs"] == entry["macs"]


@pytest.mark.parametrize("column", "ABCDE")
def test_vgg(networks, column):
    exact = TABLES[f"vgg_{column}"]["totals"]
    found = totals(networks, f"vgg.{column}")
    assert found.params == exact["params"]
    assert found.params - found.biases == exact["weights_only"]
    assert found.biases == exact["bias_or_affine"]
    assert found.macs == exact["macs"]
    assert found.values == exact["sum_of_row_outputs"]


@pytest.mark.parametrize(("name", "spec"), [("ungrouped", "slide"), ("grouped", "grouped")])
def test_alexnet(networks, name, spec):
    exact = TABLES["alexnet_totals"][name]
    found = totals(networks, f"alexnet.{spec}")
    assert found.params == exact["params"]
    assert found.biases == exact["bias_or_affine"]
    assert found.macs == exact["macs"]
    # The table gives the two norms rows of their own; here they share the box of the pool before.
    norms = 27 * 27 * 96 + 13 * 13 * 256
    assert found.values + norms == exact["sum_of_row_outputs"]


def test_mobilenet(networks):
    rows = weighted_rows(networks, "mobilenet_v1.1.0-224")
    wanted = TABLES["mobilenet"]["rows"]
    assert [held(row, "weight") for row in rows[:-1]] == [row["weights"] for row in wanted]
    assert [row["macs"] for row in rows[:-1]] == [row["macs"] for row in wanted]
    sizes = ["x".join(map(str, [*row["out"][1:], row["out"][0]])) for row in wanted]
    assert [row["output"] for row in rows[:-1]] in (
        sizes,
        ["x".join(map(str, row["out"])) for row in wanted],
    )
    assert totals(networks, "mobilenet_v1.1.0-224").macs == TABLES["mobilenet"]["macs_total"]


def test_googlenet(networks):
    exact = TABLES["googlenet"]["totals"]
    found = totals(networks, "googlenet")
    assert found.params - found.biases == exact["weights"]
    assert found.biases == exact["biases"]
    assert found.macs == exact["macs"]


@pytest.mark.parametrize(("net", "quantity"), sorted(PAPER))
def test_figures_of_papers(networks, net, quantity):
    entries = [
        entry
        for entry in DATA["paper_tables"]
        if (entry["net"], entry["quantity"]) == (net, quantity)
    ]
    found = totals(networks, PAPER[net, quantity])
    number = found.params if quantity == "params" else found.macs
    assert number in [entry["computed"] for entry in entries]


@pytest.mark.parametrize("name", [name for name in DATA["rnn_cells"] if name.startswith("torch")])
def test_recurrent_cells(network_of, name):
    cell, sizes = name.removeprefix("torch ").rstrip(")").split("(")
    incoming, state = sizes.split(",")
    text = f"net toy()\n  input T of {incoming}\n  {cell.lower()} {state}\n"
    report = make_report(network_of(text))
    assert report.totals.params == DATA["rnn_cells"][name]
