"""Levels of names: classes of their own, Sequentials, slices of them; and what comments say."""

from __future__ import annotations

import re

import pytest
import torch

from archc.api import load, loads
from archc.backends.torch.comments import common_size
from archc.backends.torch.emit import source_of
from archc.ops.values import Shape
from tests.shipped import networks

TORCHVISION = {"inception_v3": 478, "googlenet_torchvision": 345}
"""lines of torchvision 0.29's own files, docstrings and weights included"""


@pytest.mark.parametrize("name", TORCHVISION)
def test_equal_levels_are_one_class(name):
    source = load(name).source()
    assert source.count("nn.BatchNorm2d(") == 1
    assert "OrderedDict" not in source
    assert len(source.splitlines()) < TORCHVISION[name]


@pytest.mark.parametrize(("name", "block"), [("style_features", "body"), ("ssd300", "vgg")])
def test_a_level_with_taps_is_still_whole(name, block):
    """Running all of `features` gives the last tap, with its ReLUs and pools."""
    vgg = getattr(load(name).torch().eval(), block)
    with torch.no_grad():
        image = torch.randn(1, 3, 64, 64)
        assert torch.equal(vgg.features(image), vgg(image)[-1])


def test_a_layer_that_stands_in_two_places_of_a_level_runs_twice():
    vgg = load("style_features").torch().eval().body
    pool = torch.nn.AvgPool2d(2)
    for at, layer in enumerate(vgg.features):
        if isinstance(layer, torch.nn.MaxPool2d):
            vgg.features[at] = pool
    with torch.no_grad():
        image = torch.randn(1, 3, 64, 64)
        assert torch.equal(vgg.features(image), vgg(image)[-1])


def test_what_is_only_indexed_is_a_list():
    source = load("mask_rcnn").source()
    assert "self.inner_blocks = nn.ModuleList(" in source


def test_levels_that_differ_in_the_kind_of_a_window_are_one_class():
    text = "net a()\n  input 8x8x3\n  a.conv: conv 3x3 4 pad=1\n  a.bn: bn\n"
    text += "  b.conv: conv 1x3 4 pad=0x1\n  b.bn: bn\n"
    network = loads(text)
    assert "kernel_size: int | tuple[int, int], padding: int | tuple[int, int]" in (
        network.source().replace("\n        ", " ")
    )
    keys = {key for key in network.torch().state_dict() if key.endswith("conv.weight")}
    assert keys == {"a.conv.weight", "b.conv.weight"}


def test_layers_on_each_place_run_at_every_size():
    text = "net a()\n  input 4x6x3\n  tokens ; fc 5 ; gelu ; fc 2\n  map 4x6\n"
    module = loads(text).torch().eval()
    first, second = (child for child in module.modules() if isinstance(child, torch.nn.Linear))
    for size in ((4, 6), (7, 5)):
        x = torch.randn(2, 3, *size)
        with torch.no_grad():
            y = torch.nn.functional.gelu(first(x.permute(0, 2, 3, 1)))
            expected = second(y).permute(0, 3, 1, 2)
            assert torch.allclose(module(x), expected, atol=1e-6)


def test_things_that_are_read_elsewhere_are_taken_apart():
    text = "net a()\n  input 4x6x3\n  tokens as t\n  fc 3 as f\n  add t f\n  map 4x6\n"
    assert "flatten(2)" in loads(text).source()


def test_swin_runs_at_other_sizes():
    module = load("swin.t").torch().eval().to("meta")
    assert module(torch.zeros(1, 3, 160, 96, device="meta")).shape == (1, 1000)


def test_a_block_takes_what_it_reads():
    assert "def forward(self, x: Tensor) -> Tensor:\n        x = self.p(x)" in (
        load("mask_rcnn").source()
    )


def test_outputs_are_called_as_in_the_spec():
    assert "return YOLOv3Output(y32, y16, y8)" in load("yolov3").source()


def test_comments_say_each_side_or_nothing():
    for network in networks(full=False):
        comments = re.findall(r"# .*", source_of(network))
        assert not [comment for comment in comments if "?" in comment], network.name


USES = {"c": (64, 128), "s": (1, 2)}


@pytest.mark.parametrize(
    ("shapes", "expected"),
    [
        (((8, 8, 3), (8, 8, 3)), "8x8x3"),
        (((56, 56, 64), (28, 28, 64)), "HxWx64"),
        (((56, 56, 256), (28, 28, 512)), "HxWxC"),
        (((56, 56, 64), (28, 28, 128)), "H x W x c"),
        (((56, 56, 128), (28, 28, 256)), "H x W x 2c"),
        (((56, 56, 128), (14, 14, 256)), "H/s x W/s x 2c"),
        (((112, 112, 32), (56, 56, 64)), "2H x 2W x c/2"),
        (((56, 56, 7), (28, 28, 1000)), ""),
        (((55, 56, 64), (28, 28, 64)), ""),
    ],
)
def test_sizes_of_several_uses(shapes, expected):
    incoming = [Shape((56, 56, 256)), Shape((28, 28, 512))]
    assert common_size([Shape(dims) for dims in shapes], incoming, USES) == expected


def test_stacked_channels_are_a_sum():
    incoming = [Shape((8, 8, 64)), Shape((8, 8, 96))]
    shapes = [Shape((8, 8, 100)), Shape((8, 8, 132))]
    parts = [incoming, [Shape((8, 8, 32))] * 2, [Shape((8, 8, 4))] * 2]
    assert common_size(shapes, incoming, {}, parts) == "8 x 8 x (C + 36)"


def test_a_numbered_block_is_a_sequential_of_its_own():
    assert "getattr" not in load("deeplabv3_mobilenet").source()
    with torch.device("meta"):
        trunk = load("deeplabv3_mobilenet").torch().backbone
        first, last = trunk.eval()(torch.zeros(1, 3, 64, 64))
    assert isinstance(trunk, torch.nn.Sequential)
    assert [tuple(first.shape), tuple(last.shape)] == [(1, 40, 8, 8), (1, 960, 4, 4)]
