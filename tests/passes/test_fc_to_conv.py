"""Classifiers as convolutions: equal at the original size, slid over a larger image."""

import pytest
import torch
from torch.nn import functional

import archc
from archc.passes import CannotApply, Pass
from tests.passes.execute import at_size, outputs, random_images, random_state, run

CONVERT = Pass.registry["fc-to-conv"]()
SAME = {"rtol": 1e-9, "atol": 1e-9}


SMALL = dict.fromkeys(("resnet.18", "squeezenet.1.1", "se_resnet.50"), "64x64x3")
"""nets of any size are compared at a small one"""


def converted(name):
    return changed(archc.load(name, input=SMALL.get(name)).graph)


def changed(before):
    change = CONVERT.change(before)
    state = random_state(before)
    return before, change.network, state, change.weights(state)


@pytest.mark.parametrize(
    "name",
    ["lenet5", "alexnet.slide", "alexnet.grouped", "alexnet_torchvision", "resnet.18",
     "squeezenet.1.1", "vgg.A", "googlenet", "nin", "se_resnet.50"],
)  # fmt: skip
def test_at_the_original_size_every_number_is_equal(name):
    before, after, state, weights = converted(name)
    images = random_images(before)
    found = outputs(after, weights, images)
    for output, value in outputs(before, state, images).items():
        torch.testing.assert_close(found[output].reshape(value.shape), value, **SAME)


@pytest.mark.parametrize(
    "rows",
    [
        ["conv 3x3 4", "flatten ; relu ; dropout", "fc 5 ; softmax"],
        ["maxpool to=1x1", "fc 5 bias=no ; tanh", "fc 2"],
        ["avgpool 9x8 ; fc 4"],
        ["lppool 9x8 ; fc 4"],
        ["concat", "  fc 3", "  gap ; fc 2", "fc 4"],
        ["gap ; flatten ; layernorm ; fc 4"],
        ["fc 6 ; bn ; relu", "fc 3 as a", "from a ; softmax"],
        ["fc 4 as twin", "from input ; reuse twin", "add", "  identity", "  from twin"],
    ],
)
def test_rows_behind_the_first_fc(rows):
    text = "net n\n  input 9x8x3\n" + "".join([f"  {row}\n" for row in rows])
    before, after, state, weights = changed(archc.loads(text).graph)
    images = random_images(before)
    (value,) = outputs(before, state, images).values()
    (found,) = outputs(after, weights, images).values()
    torch.testing.assert_close(found.reshape(value.shape), value, **SAME)


def test_one_dimensional_maps():
    text = "net n\n  input 40x3\n  conv 4 kernel=5 stride=2 floor ; relu\n  fc 6 ; relu\n  fc 2\n"
    before, after, state, weights = changed(archc.loads(text).graph)
    images = random_images(before)
    (value,) = outputs(before, state, images).values()
    (found,) = outputs(after, weights, images).values()
    torch.testing.assert_close(found[..., 0], value, **SAME)


def test_a_window_of_the_whole_length_moves_by_one():
    before, after, state, weights = changed(
        archc.loads("net n\n  input 40x3\n  avgpool kernel=40\n  fc 2\n").graph
    )
    larger = at_size(after, (42,))
    images = random_images(larger)
    (found,) = outputs(larger, weights, images).values()
    crops = [images["input"][..., at : at + 40] for at in range(3)]
    expected = [next(iter(outputs(before, state, {"input": one}).values())) for one in crops]
    torch.testing.assert_close(found, torch.stack(expected, -1), **SAME)


def test_without_pads_the_map_is_the_network_slid_over_the_crops():
    """LeNet-5 pools twice by 2: neighbours on the map are 4 pixels apart in the image."""
    before, after, state, weights = converted("lenet5")
    larger = at_size(after, (40, 44))
    images = random_images(larger)
    (found,) = outputs(larger, weights, images).values()
    assert found.shape == (1, 10, 3, 4)
    for row in range(3):
        for column in range(4):
            top, left = 4 * row, 4 * column
            crop = {"input": images["input"][:, :, top : top + 32, left : left + 32]}
            (value,) = outputs(before, state, crop).values()
            torch.testing.assert_close(found[:, :, row, column], value, **SAME)


@pytest.mark.parametrize(
    ("name", "last", "sides"),
    [("alexnet.slide", "pool3", (243, 259)), ("resnet.18", "layer4.1.relu2", (96, 128))],
)
def test_with_pads_the_map_is_the_classifier_slid_over_the_features(name, last, sides):
    before, after, state, weights = converted(name)
    larger = at_size(after, sides)
    images = random_images(larger)
    values = run(larger, weights, images)
    features = next(values[node.index] for node in larger.nodes if node.path == last)
    (found,) = [values[index] for index in larger.outputs.values()]
    trunk = next(node for node in before.nodes if node.path == last)
    height, width = trunk.shape.spatial
    windows = functional.unfold(features, (height, width))[0].T
    maps = windows.reshape(-1, trunk.shape.channels, height, width)
    expected = torch.stack([_classified(before, state, trunk, one[None]) for one in maps])
    torch.testing.assert_close(found[0].flatten(1).T, expected, **SAME)


def _classified(network, state, trunk, value):
    """The outputs of the rows behind the trunk, given its value."""
    values = run(network, state, {}, {trunk.index: value})
    (index,) = network.outputs.values()
    return values[index][0]


def test_vgg_gives_the_lectures_maps():
    after = CONVERT.change(archc.load("vgg.D").graph).network
    for side, places in ((224, 1), (384, 6), (256, 2)):
        larger = at_size(after, (side, side))
        (index,) = larger.outputs.values()
        assert str(larger.nodes[index].shape) == f"{places}x{places}x1000"


@pytest.mark.parametrize(
    ("rows", "at", "why"),
    [
        (["resize 4x4", "fc 3"], "resize1", "fixed size 4x4"),
        (["tokens", "fc 3"], "tokens1", "slide"),
        (["reshape 4x4x12", "fc 3"], "reshape1", "slide"),
        (["avgpool to=2x2", "fc 3"], "avgpool1", "whatever the image's size is"),
        (["conv 1x1 3"], "", "no fc and no global pooling"),
        (["crop 4x4", "fc 3"], "crop1", "fixed size 4x4"),
        (["gap", "chunk 1 of=3", "fc 2"], "chunk1", "does not work at each place"),
        (["fc 6 ; groupnorm 2", "fc 2"], "groupnorm1", "all places of the class map together"),
    ],
)
def test_a_row_of_fixed_size_is_named(rows, at, why):
    network = archc.loads("net n\n  input 8x8x3\n" + "".join([f"  {row}\n" for row in rows])).graph
    with pytest.raises(CannotApply) as problem:
        CONVERT.change(network)
    assert problem.value.kind.row == at
    assert why in problem.value.kind.reason
