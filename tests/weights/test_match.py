"""Networks in which layers are alike: what tells them apart, and what does not."""

import pytest

import archc
from archc.graph.tensors import tensors_of
from archc.weights import report
from archc.weights.checkpoint import Checkpoint, Stored, WeightsProblem
from archc.weights.match import match

TOWERS = """
net towers()
  input 8x8x3
  concat
    left.*: conv 3x3 8 pad=1 ; conv 3x3 8 pad=1
    right.*: conv 3x3 8 pad=1 ; conv 3x3 8 pad=1
  gap ; fc 10
"""
CHAIN = """
net chain()
  input 8x8x3
  a: conv 3x3 8 pad=1
  b: conv 3x3 8 pad=1
  c: conv 3x3 8 pad=1
  gap
  d: fc 10
"""
BRANCHES = """
net branches()
  input 8x8x16
  concat
    conv 1x1 4
    conv 1x1 4 ; conv 3x3 8 pad=1
  gap ; fc 10
"""


def conv(name, size):
    return {f"{name}.weight": size, f"{name}.bias": size[:1]}


def layers(**sizes):
    """Tensors of layers with biases, in the order given."""
    found = {}
    for name, size in sizes.items():
        found |= conv(name.replace("__", "."), size)
    return found


def of(tensors):
    stored = {key: Stored(tuple(size), "float32") for key, size in tensors.items()}
    return Checkpoint("file.pth", stored, lambda key: b"")


def found(text, tensors, *given, without=()):
    return match(archc.loads(text).graph, of(tensors), given, tuple(without))


def told(match):
    return {pair.ours.path: pair.theirs.path for pair in match.pairs}


FIRST, NEXT = (8, 3, 3, 3), (8, 8, 3, 3)


def towers(one, other):
    sizes = {f"{one}__0": FIRST, f"{one}__1": NEXT, f"{other}__0": FIRST, f"{other}__1": NEXT}
    return layers(**sizes, head=(10, 16))


def test_equal_towers_are_ambiguous_in_any_order():
    for tensors in (towers("a", "b"), towers("b", "a")):
        for rows in (tensors, dict(sorted(tensors.items())), dict(reversed(tensors.items()))):
            unsure = found(TOWERS, rows)
            assert not unsure.ok
            assert set(told(unsure)) == {"fc1"}


def test_equal_towers_are_one_question():
    (text,) = report.problems(found(TOWERS, towers("a", "b")))
    assert text.splitlines()[0].startswith("ambiguous: left, right (")
    assert "--with left=a" in text


@pytest.mark.parametrize(("pair", "left"), [(("left", "a"), "a"), (("right", "a"), "b")])
def test_a_pair_that_is_given_settles_them(pair, left):
    settled = found(TOWERS, towers("a", "b"), pair)
    assert settled.ok
    assert told(settled)["left.0"] == f"{left}.0"
    assert told(settled)["left.1"] == f"{left}.1"


def test_words_that_both_names_have_settle_them():
    settled = found(TOWERS, towers("siamese__right", "siamese__left"))
    assert told(settled)["left.1"] == "siamese.left.1"


def test_a_branch_is_known_by_what_lies_in_it():
    tensors = layers(x__0=(4, 16, 1, 1), x__1=(8, 4, 3, 3), y__0=(4, 16, 1, 1), z=(10, 12))
    for rows in (tensors, dict(sorted(tensors.items())), dict(reversed(tensors.items()))):
        assert told(found(BRANCHES, rows)) == {
            "conv1": "y.0",
            "conv2": "x.0",
            "conv3": "x.1",
            "fc1": "z",
        }


def test_the_order_of_a_definition_tells_layers_in_series():
    tensors = layers(one=FIRST, two=NEXT, three=NEXT, four=(10, 8))
    assert told(found(CHAIN, tensors)) == {"a": "one", "b": "two", "c": "three", "d": "four"}


def test_a_sorted_file_has_no_order():
    tensors = dict(sorted(layers(one=FIRST, two=NEXT, three=NEXT, four=(10, 8)).items()))
    assert [one.ours[0].path for one in found(CHAIN, tensors).ambiguous] == ["b"]


def test_numbers_tell_layers_in_series_in_a_sorted_file():
    tensors = dict(sorted(layers(l1=FIRST, l2=NEXT, l10=NEXT, l11=(10, 8)).items()))
    assert told(found(CHAIN, tensors))["c"] == "l10"


def test_one_layer_too_few_is_not_guessed():
    less = found(CHAIN, layers(one=FIRST, two=NEXT, four=(10, 8)))
    assert not less.ok
    assert set(told(less)) == {"a", "d"}
    assert "2 layers of 8x8x3x3 in the network, 1 in the checkpoint" in report.problems(less)[0]


def test_one_layer_too_many_is_not_used_silently():
    tensors = layers(one=FIRST, two=NEXT, three=NEXT, four=(10, 8), aux__fc=(5, 8))
    more = found(CHAIN, tensors)
    assert len(more.pairs) == 4 and not more.ok
    assert any("--without aux" in line for line in report.problems(more))
    assert found(CHAIN, tensors, without=["aux"]).ok


def test_a_group_that_is_too_much_is_known_by_what_the_network_lacks():
    tensors = layers(one=FIRST, two=NEXT, three=NEXT, four=(10, 8))
    tensors |= layers(aux__0=NEXT, aux__1=(7, 8))
    more = found(CHAIN, tensors)
    assert told(more) == {"a": "one", "b": "two", "c": "three", "d": "four"}
    assert {unit.path for unit in more.unused} == {"aux.0", "aux.1"}


def test_another_number_of_classes_is_named():
    other = found(CHAIN, layers(one=FIRST, two=NEXT, three=NEXT, four=(7, 8)))
    assert "num_classes=7" in " ".join(report.problems(other))


def test_another_variant_of_a_family_does_not_fit():
    small = archc.load("resnet.50").graph
    tensors = {key: one.shape for key, one in tensors_of(small).items()}
    other = match(archc.load("resnet.101").graph, of(tensors))
    assert not other.ok
    assert any("23 layers of 1024x256x1x1" in line for line in report.problems(other))


def test_a_conv_over_the_whole_map_is_a_linear_layer():
    text = "net n()\n  input 7x7x4\n  fc 6 ; relu ; fc 5\n"
    conv = found(text, layers(x=(6, 4, 7, 7), y=(5, 6, 1, 1)))
    assert told(conv) == {"fc1": "x", "fc2": "y"}
    assert "6x196 (stored as 6x4x7x7)" in report.table(conv)


def test_kernels_in_the_order_of_tensorflow_are_refused_with_the_reason():
    text = "net n()\n  input 7x7x4\n  conv 3x3 6\n"
    refused = found(text, {"conv/kernel:0": (3, 3, 4, 6), "conv/bias:0": (6,)})
    assert "3x3x4x6 for 6x4x3x3" in " ".join(report.problems(refused))


def test_names_of_tensorflow_are_those_of_a_batch_norm():
    text = "net n()\n  input 7x7x4\n  bn ; conv 1x1 5\n"
    tensors = {f"n/{one}": (4,) for one in ("gamma", "beta", "moving_mean", "moving_variance")}
    tensors |= {"c/kernel": (5, 4), "c/bias": (5,)}
    settled = found(text, tensors)
    assert settled.ok
    assert report.as_json(settled)["tensors"]["bn1.running_var"]["from"] == "n/moving_variance"


def test_blocks_that_contradict_the_numbers_are_not_believed():
    """FractalNet: the second block of the file holds a path's layers, not a path."""
    text = """
net fractal()
  input 8x8x3
  mean
    p: conv 3x3 8 pad=1 ; conv 3x3 8 pad=1
    q: conv 3x3 8 pad=1
  gap ; fc 10
"""
    tensors = layers(block1__sub1=FIRST, block2__sub1=NEXT, block2__sub2=FIRST, head=(10, 8))
    unsure = found(text, tensors)
    assert told(unsure).get("p1", "block1.sub1") == "block1.sub1"


@pytest.mark.parametrize(
    ("given", "without", "said"),
    [
        (("left", "nowhere"), (), "no `nowhere` in the checkpoint"),
        (("nowhere", "a"), (), "no `nowhere` in the network"),
        (("left", "head"), (), "cannot be"),
        (("left", "a"), ("nowhere",), "no `nowhere` in the checkpoint"),
    ],
)
def test_names_that_mean_nothing(given, without, said):
    with pytest.raises(WeightsProblem, match=said):
        found(TOWERS, towers("a", "b"), given, without=without)
