"""Folded batch norms: the same outputs, keys that are kept, and what stays with its reason."""

import numpy as np
import pytest
import torch

import archc
from archc.ops.norm import BatchNorm
from archc.passes import Pass
from tests.passes.execute import outputs, random_images, random_state

FOLD = Pass.registry["fold-batchnorm"]()
SAME = {"rtol": 1e-9, "atol": 1e-9}


def norms(network):
    return [node.path for node in network.nodes if isinstance(node.op, BatchNorm)]


def compare(before):
    """Outputs before and after, also those of training heads."""
    change = FOLD.change(before)
    state, images = random_state(before), random_images(before)
    expected = outputs(before, state, images)
    found = outputs(change.network, change.weights(state), images)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, **SAME)
    return change


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("resnet.18", 0),
        ("mobilenet_v2.0.5", 0),
        ("se_resnet.50", 0),
        ("googlenet_torchvision", 0),
        ("densenet.121", 62),  # norm1 of 58 layers, the norms of 3 transitions, the last one
        ("shufflenet_v2.0.5x", 0),
    ],
)
def test_the_outputs_stay(name, left):
    before = archc.load(name, input="64x64x3").graph
    assert len(norms(compare(before).network)) == left


def text(rows):
    return archc.loads("net n\n  input 9x8x4\n" + "".join([f"  {row}\n" for row in rows])).graph


@pytest.mark.parametrize(
    "rows",
    [
        ["conv 3x3 6 groups=2 ; bn eps=0.01"],
        ["conv 3x3 8 dw bias=no dilate=2 ; bn affine=no"],
        ["deconv 3x3/2 6 groups=2 ; bn"],
        ["deconv 4x4/2 6 bias=no ; bn frozen"],
        ["fc 7 bias=no ; bn"],
        ["tokens", "fc 7 ; bn"],
        ["conv 1x1 4 as twin ; bn as norm", "reuse twin ; reuse norm"],
    ],
)
def test_every_layer_and_option_gives_the_same(rows):
    assert norms(compare(text(rows)).network) == []


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (["bn ; relu ; conv 1x1 4"], "it follows input"),
        (
            ["conv 1x1 4 as c", "add", "  identity", "  bn"],
            "the value of `c` is used elsewhere too",
        ),
        (
            ["conv 1x1 4 as twin ; bn", "reuse twin ; bn"],
            "`twin` and it share weights with different layers",
        ),
        (
            ["conv 1x1 4 as one ; bn as norm", "conv 1x1 4 as two ; reuse norm"],
            "`one` and it share weights with different layers",
        ),
    ],
)
def test_what_cannot_be_folded_stays_and_says_why(rows, reason):
    change = compare(text(rows))
    assert norms(change.network)
    assert any(reason in note for note in change.notes), change.notes


def test_kept_layers_keep_their_keys_and_numpy_does_as_well():
    before = archc.load("resnet.18").graph
    change = FOLD.change(before)
    arrays = {key: tensor.numpy() for key, tensor in random_state(before).items()}
    folded = change.weights(arrays)
    assert all(isinstance(array, np.ndarray) for array in folded.values())
    expected = {
        change.network.key(node, name): size
        for node in change.network.nodes
        for name, size in change.network.weights(node).items()
    }
    assert {key: array.shape for key, array in folded.items()} == expected
    assert np.shares_memory(folded["fc.weight"], arrays["fc.weight"])
