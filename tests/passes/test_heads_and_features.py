"""A new head, and the trunk alone: kept layers keep keys, weights and values."""

from __future__ import annotations

import pytest
import torch

import archc
from archc.passes import CannotApply, Pass
from tests.passes.execute import outputs, random_images, random_state, run

SAME = {"rtol": 0, "atol": 0}


def made(name, **options):
    return Pass.registry[name](**options)


@pytest.mark.parametrize(
    ("name", "heads", "weights"),
    [
        ("resnet.18", {"fc": 10}, {"fc.weight", "fc.bias"}),
        ("squeezenet.1.1", {"output": 10}, {"classifier.1.weight", "classifier.1.bias"}),
        (
            "googlenet",
            {"fc": 10, "aux1": 10, "aux2": 10},
            {"fc.weight", "fc.bias", "aux1.fc2.weight", "aux1.fc2.bias", "aux2.fc2.weight",
             "aux2.fc2.bias"},
        ),
    ],
)  # fmt: skip
def test_a_new_head(name, heads, weights):
    before = archc.load(name).graph
    change = made("new-head", classes=10).change(before)
    named = {**change.network.outputs, **change.network.training_outputs}
    channels = {key: change.network.nodes[index].shape.channels for key, index in named.items()}
    assert list(channels.values()) == list(heads.values())
    state = random_state(before)
    assert state.keys() - change.weights(state).keys() == weights


def test_everything_before_the_head_gives_what_it_gave():
    before = archc.load("resnet.18", input="64x64x3").graph
    change = made("new-head", classes=10).change(before)
    state, images = random_state(before), random_images(before)
    kept = change.weights(state)
    new = {**random_state(change.network, seed=2), **kept}
    first, second = run(before, state, images), run(change.network, new, images)
    for node, one, other in zip(before.nodes[:-1], first, second):
        torch.testing.assert_close(one, other, msg=node.path, **SAME)
    assert second[-1].shape == (1, 10)


@pytest.mark.parametrize(
    ("name", "heads", "stay"),
    [
        ("fast_rcnn", "predictor.cls_score: 21 to 10", "predictor.bbox_pred"),
        ("mask_rcnn", "roi_heads.box_predictor.cls_score, roi_heads.mask_predictor", "bbox_pred"),
        ("deit_distilled.ti", "head, head_dist: 1000 to 10", ""),
    ],
)
def test_each_path_of_a_list_or_mean_may_make_classes(name, heads, stay):
    change = made("new-head", classes=10).change(archc.load(name).graph)
    assert change.notes[0].startswith(heads)
    assert stay in "".join(change.notes[1:])


def test_layers_that_go_on_from_the_head_would_lose_their_weights():
    text = (
        "net n\n  input 8\n  code: fc 4\n  more: fc 8 ; softmax ; reshape 2x2x2\n  output more code"
    )
    with pytest.raises(CannotApply, match="its weights would change too") as problem:
        made("new-head", classes=10).change(archc.loads(text).graph)
    assert problem.value.node.path == "more"


@pytest.mark.parametrize(
    "rows", [["conv 1x1 4 ; bn"], ["fc 8", "reshape 2x2x2", "deconv 2x2/2 3"], ["relu"]]
)
def test_no_head_is_an_error(rows):
    text = "net n\n  input 8x8x3\n" + "".join([f"  {row}\n" for row in rows])
    with pytest.raises(CannotApply, match="no output ends in an fc or a conv"):
        made("new-head", classes=10).change(archc.loads(text).graph)


@pytest.mark.parametrize(
    ("name", "until", "shape"),
    [
        ("resnet.18", "layer3", "4x4x256"),
        ("resnet.18", "layer2.0.bn2", "8x8x128"),
        ("vgg.D", "features.22", "8x8x512"),
        ("vgg.D", "features", "2x2x512"),
        ("shufflenet_v2.0.5x", "stage2", "8x8x48"),
    ],
)
def test_features_are_the_values_of_the_whole_network(name, until, shape):
    before = archc.load(name, input="64x64x3").graph
    change = made("features", until=until).change(before)
    ((_, index),) = change.network.outputs.items()
    assert str(change.network.nodes[index].shape) == shape
    state, images = random_state(before), random_images(before)
    kept = change.weights(state)
    ((_, value),) = outputs(change.network, kept, images).items()
    path = change.network.nodes[index].path
    everything = run(before, state, images)
    (expected,) = [everything[node.index] for node in before.nodes if node.path == path]
    torch.testing.assert_close(value, expected, **SAME)
    used = {
        change.network.key(node, tensor)
        for node in change.network.nodes
        for tensor in {**change.network.weights(node), **change.network.buffers(node)}
    }
    assert set(kept) == used


def test_layers_made_again_take_the_keys_of_those_that_are_gone():
    before = archc.load("siamese").graph
    change = made("features", until="twin@2.fc1").change(before)
    assert list(change.network.inputs) == ["right"]
    state = random_state(before)
    used = {
        change.network.key(node, name)
        for node in change.network.nodes
        for name in change.network.weights(node)
    }
    assert used == set(change.weights(state)) < set(state)


def test_an_unknown_row_is_guessed():
    with pytest.raises(CannotApply) as problem:
        made("features", until="layer33").change(archc.load("resnet.18").graph)
    assert "no row is called `layer33`" in problem.value.kind.message
    assert "layer3" in problem.value.kind.advice


def test_a_row_of_a_scan_has_no_value_of_its_own():
    with pytest.raises(CannotApply, match="a row of a scan"):
        made("features", until="lstm").change(archc.load("caption").graph)


def test_the_facade():
    net = archc.load("resnet.18")
    assert net.transform("new-head", classes=10).params == net.params - 513_000 + 5_130
    with pytest.raises(ValueError, match="did you mean `new-head`"):
        net.transform("new-heads", classes=10)
    with pytest.raises(ValueError, match="needs --classes"):
        net.transform("new-head")
    with pytest.raises(archc.ArchError, match=r"error\[cannot-transform\]"):
        archc.load("vit.b16").transform("fc-to-conv")


def test_an_incomplete_pass_is_refused_at_import():
    with pytest.raises(TypeError, match="needs a name, a docstring and a change"):
        type("Half", (Pass,), {"name": "half", "__doc__": "Half a pass."})
