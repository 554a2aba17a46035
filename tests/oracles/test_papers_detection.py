"""Detectors by the tables and published figures of their authors, without archc's own arithmetic.

For nets that no public implementation equals, and for sizes at which authors printed a figure.
"""

from __future__ import annotations

import pytest

import archc
from tests.oracles.papers import Layer, compares, connected, costs, normed, totals
from tests.oracles.test_shapes import ROOT

# arXiv:1312.6229, Table 1 and Table 3
OVERFEAT_FAST = [
    *(Layer(11, 3, 96, 56), Layer(5, 96, 256, 24)),
    *(Layer(3, 256, 512, 12), Layer(3, 512, 1024, 12), Layer(3, 1024, 1024, 12)),
    *connected(6 * 6 * 1024, 3072, 4096, 1000),
]
OVERFEAT_ACCURATE = [
    *(Layer(7, 3, 96, 108), Layer(7, 96, 256, 30)),
    *(Layer(3, 256, 512, 15), Layer(3, 512, 512, 15)),
    *(Layer(3, 512, 1024, 15), Layer(3, 1024, 1024, 15)),
    *connected(5 * 5 * 1024, 4096, 4096, 1000),
]
OVERFEAT_BOXES = OVERFEAT_ACCURATE[:6] + connected(5 * 5 * 1024, 4096, 1024, 4)

# arXiv:1311.2524 and its rcnn_batch_256_output_fc7.prototxt; svms and regressors of 20 classes
RCNN = [
    *(Layer(11, 3, 96, 55), Layer(5, 96, 256, 27, groups=2), Layer(3, 256, 384, 13)),
    *(Layer(3, 384, 384, 13, groups=2), Layer(3, 384, 256, 13, groups=2)),
    *connected(6 * 6 * 256, 4096, 4096, 20),
    *connected(6 * 6 * 256, 4 * 20),
]

# arXiv:1406.4729, Table 1; zf5 as in the authors' Zeiler_conv5.prototxt
BINS = 6 * 6 + 3 * 3 + 2 * 2 + 1
ZF5 = [
    *(Layer(7, 3, 96, 110), Layer(5, 96, 256, 26), Layer(3, 256, 384, 13)),
    *(Layer(3, 384, 384, 13), Layer(3, 384, 256, 13)),
]
CONVNET5 = [
    *(Layer(11, 3, 96, 55), Layer(5, 96, 256, 55), Layer(3, 256, 384, 27)),
    *(Layer(3, 384, 384, 13), Layer(3, 384, 256, 13)),
]
OVERFEAT5 = [
    *(Layer(7, 3, 96, 109), Layer(5, 96, 256, 36)),
    *(Layer(3, 256, 512, 18), Layer(3, 512, 512, 18, copies=2)),
]

# arXiv:1506.02640, Figure 3, column by column
YOLO_CONVS = [
    Layer(7, 3, 64, 224),
    Layer(3, 64, 192, 112),
    *(Layer(1, 192, 128, 56), Layer(3, 128, 256, 56), Layer(1, 256, 256, 56)),
    Layer(3, 256, 512, 56),
    *(Layer(1, 512, 256, 28, copies=4), Layer(3, 256, 512, 28, copies=4)),
    *(Layer(1, 512, 512, 28), Layer(3, 512, 1024, 28)),
    *(Layer(1, 1024, 512, 14, copies=2), Layer(3, 512, 1024, 14, copies=2)),
    *(Layer(3, 1024, 1024, 14), Layer(3, 1024, 1024, 7)),
    Layer(3, 1024, 1024, 7, copies=2),
]

# arXiv:1612.08242, Table 6 for 416x416 without its last conv, and section 2: three more 3x3 convs,
# the last of them on what 26x26x512 becomes as 13x13x2048, too, and a 1x1 conv for 5 boxes
YOLO9000_CONVS = [
    *(normed(3, 3, 32, 416), normed(3, 32, 64, 208)),
    *(normed(3, 64, 128, 104), normed(1, 128, 64, 104), normed(3, 64, 128, 104)),
    *(normed(3, 128, 256, 52), normed(1, 256, 128, 52), normed(3, 128, 256, 52)),
    *(normed(3, 256, 512, 26), *[normed(1, 512, 256, 26), normed(3, 256, 512, 26)] * 2),
    *(normed(3, 512, 1024, 13), *[normed(1, 1024, 512, 13), normed(3, 512, 1024, 13)] * 2),
    *[normed(3, 1024, 1024, 13)] * 2,
    *(normed(3, 1024 + 2048, 1024, 13), Layer(1, 1024, 5 * (5 + 20), 13)),
]

TABLES = {
    "overfeat_fast": OVERFEAT_FAST,
    "overfeat_accurate": OVERFEAT_ACCURATE,
    "overfeat_boxes": OVERFEAT_BOXES,
    "rcnn": RCNN,
    "sppnet.zf5": ZF5 + connected(BINS * 256, 4096, 4096, 1000),
    "sppnet.convnet5": CONVNET5 + connected(BINS * 256, 4096, 4096, 1000),
    "sppnet.overfeat5": OVERFEAT5 + connected(BINS * 512, 4096, 4096, 1000),
    "sppnet.overfeat7": [
        *OVERFEAT5,
        Layer(3, 512, 512, 18, copies=2),
        *connected(BINS * 512, 4096, 4096, 1000),
    ],
    "yolov2.paper": YOLO9000_CONVS,
    "yolov1": YOLO_CONVS + connected(7 * 7 * 1024, 4096, 7 * 7 * (2 * 5 + 20)),
}


@compares(*TABLES)
@pytest.mark.parametrize("net", TABLES)
def test_the_rows_of_a_paper_add_up_to_the_spec(net):
    assert costs(net, R=1) == totals(TABLES[net])


@compares("sppnet_detector")
def test_the_rows_of_sppnets_detector():
    """Svms from fc7 and regressors from the pyramid, for one region of a 224x224 image."""
    heads = connected(BINS * 256, 4096, 4096, 20) + connected(BINS * 256, 4 * 20)
    assert costs("sppnet_detector", "224x224x3", R=1) == totals(ZF5 + heads)


@pytest.mark.parametrize(
    ("net", "millions", "connections"),
    [("overfeat_fast", 145, 2810e6), ("overfeat_accurate", 144, 5369e6)],
)
def test_overfeat_has_the_parameters_and_connections_of_its_table_4(net, millions, connections):
    """Parameters cut, not rounded; connections to half a percent: docs/errata.md."""
    params, macs = costs(net)
    assert params // 10**6 == millions
    assert macs == pytest.approx(connections, rel=0.005)


@pytest.mark.parametrize(
    ("image", "last_map", "scores"),
    [
        ("245x245x3", (17, 17), (1, 1)),
        ("281x317x3", (20, 23), (2, 3)),
        ("317x389x3", (23, 29), (3, 5)),
        ("389x461x3", (29, 35), (5, 7)),
        ("461x569x3", (35, 44), (7, 10)),
    ],
)
def test_overfeat_slides_over_larger_images_as_in_its_table_5(image, last_map, scores):
    """The map before the last pooling, and the scores that one of its 3x3 offsets gives."""
    graph = archc.load("overfeat_accurate", input=image).graph
    (last,) = [node for node in graph.nodes if node.path == "features"]
    (output,) = graph.outputs.values()
    assert graph.nodes[last.inputs[0]].shape.spatial == last_map
    assert graph.nodes[output].shape.spatial == scores


def test_the_pyramid_of_sppnet_has_the_numbers_that_its_detector_is_given():
    """`input_dim: 12800` in the authors' pascal_finetune_fc_spm_test.prototxt."""
    graph = archc.load("sppnet_detector").graph
    (pyramid,) = [node for node in graph.nodes if node.op.word == "concat"]
    assert pyramid.shape.dims == (12800,)


COCO = """
use yolov2 from "yolov2.arch"
net coco()
  input 608x608x3
  yolov2.released classes=80
"""


def billions_of_operations(network: archc.Network) -> float:
    return round(2 * network.macs / 1e9, 2)


@pytest.mark.parametrize(
    ("net", "side", "printed"),
    [
        *(("yolov2.paper", 416, 34.90), ("yolov2.paper", 544, 59.68)),
        *(("yolov3", 320, 38.97), ("yolov3", 416, 65.86), ("yolov3", 608, 140.69)),
    ],
)
def test_yolo_has_the_operations_that_its_page_prints(net, side, printed):
    assert billions_of_operations(archc.load(net, input=f"{side}x{side}x3")) == printed


def test_the_released_yolov2_has_the_operations_that_its_page_prints(monkeypatch):
    monkeypatch.chdir(ROOT / "specs")
    assert billions_of_operations(archc.loads(COCO)) == 62.94
