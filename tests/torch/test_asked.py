"""What a user asks of a build: classes, features, a seed, weights, a device, a pickle."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys

import pytest
import torch

from archc.api import ArchError, load, loads
from archc.weights import WeightsProblem

TOY = """net toy(classes=10)
  input HxWx3
  conv 3x3/2 8 pad=half bias=no ; bn ; relu
  body: conv 3x3/2 16 pad=half ; relu
  gap ; dropout 0.5
  fc: fc classes
"""


@pytest.fixture(scope="module")
def toy():
    return loads(TOY)


# ---- classes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "outputs"),
    [
        ("resnet.18", [(1, 7)]),
        ("googlenet_torchvision", [(1, 7)]),
        ("fcn.8s", [(1, 7, 500, 500)]),
        ("yolov3", [(1, 36, 13, 13), (1, 36, 26, 26), (1, 36, 52, 52)]),
        ("ssd300", [(1, 8732, 4), (1, 8732, 7)]),
    ],
)
def test_another_number_of_classes(name, outputs):
    """What a spec makes of its classes it makes of any number: YOLOv3 has 3 * (classes + 5)."""
    network = load(name)
    module = network.torch(num_classes=7, device="meta").eval()
    shape = network.graph.nodes[0].shape
    given = module(torch.zeros(1, shape.channels, *shape.spatial, device="meta"))
    assert [
        tuple(one.shape) for one in (given if isinstance(given, tuple) else (given,))
    ] == outputs


def test_the_default_is_the_specs_number():
    assert load("resnet.18").torch(device="meta").fc.out_features == 1000


def test_a_network_without_classes_says_so():
    with pytest.raises(ValueError, match="autoencoder has no number of classes"):
        load("autoencoder").torch(num_classes=3)


def test_a_head_begins_anew_and_all_else_is_loaded(toy):
    trained = toy.torch(seed=1).state_dict()
    state = toy.torch(num_classes=3, seed=2, weights=trained).state_dict()
    fresh = toy.torch(num_classes=3, seed=2).state_dict()
    for key, value in state.items():
        assert torch.equal(value, fresh[key] if key.startswith("fc.") else trained[key])


# ---- features ----------------------------------------------------------------------------------


def test_features_are_values_of_rows_with_channels_and_reduction():
    names = ["layer1", "layer2.0", "layer4"]
    network = load("resnet.18")
    whole = network.torch(seed=3).eval()
    module = network.torch(features=names, weights=whole.state_dict()).eval()
    assert (module.channels, module.reduction) == ((64, 128, 512), (4, 8, 32))
    found: dict[str, torch.Tensor] = {}
    for name in names:
        whole.get_submodule(name).register_forward_hook(
            lambda _, given, value, name=name: found.__setitem__(name, value)
        )
    image = torch.randn(2, 3, 64, 96)
    with torch.no_grad():
        whole(image)
        given = module(image)
    assert given._fields == ("layer1", "layer2_0", "layer4")
    for name, value in zip(names, given):
        assert torch.equal(value, found[name])


def test_a_rows_feature_is_that_behind_its_last_step():
    """ResNet's row `conv 7x7/2 64` is conv ; bn ; relu, by `every conv`."""
    module = load("resnet.18").torch(features=["conv1"]).eval()
    with torch.no_grad():
        assert module(torch.randn(1, 3, 64, 64)).min() == 0


def test_reduction_counts_strides():
    module = load("inception_v3").torch(features=["Mixed_5d", "Mixed_7c"], device="meta")
    assert (module.channels, module.reduction) == ((288, 2048), (8, 32))


def test_a_feature_that_is_no_row():
    with pytest.raises(ArchError, match="did you mean `layer3`"):
        load("resnet.18").torch(features=["layr3"])
    with pytest.raises(ArchError, match="`layer3` is named twice"):
        load("resnet.18").torch(features=["layer3", "layer3"])


def test_features_may_be_rows_that_no_output_needs():
    network = loads("net n()\n  input 4x4x3\n  side: conv 1x1 2\n  from input ; conv 1x1 5\n")
    image = torch.randn(1, 3, 4, 4)
    with torch.no_grad():
        plain = network.torch(features=["side"], seed=0)(image)
        fast = network.torch(features=["side"], optimize="inference", seed=0)(image)
    assert torch.allclose(plain, fast, atol=1e-5)


# ---- beginnings, devices -----------------------------------------------------------------------


def test_a_seed_gives_the_same_weights_and_leaves_torchs_generator(toy):
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    first, second = toy.torch(seed=5).state_dict(), toy.torch(seed=5).state_dict()
    assert torch.equal(torch.rand(1), expected)
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert not torch.equal(first["fc.weight"], toy.torch(seed=6).state_dict()["fc.weight"])


def test_the_meta_device_and_weights_assigned_to_it(toy):
    module = toy.torch(device="meta")
    assert {tensor.device.type for tensor in module.state_dict().values()} == {"meta"}
    state = toy.torch(seed=1).state_dict()
    loaded = toy.torch(device="meta", weights=state)
    assert all(torch.equal(value, state[key]) for key, value in loaded.state_dict().items())


# ---- weights -----------------------------------------------------------------------------------


def test_weights_of_a_file_and_of_others(toy, tmp_path):
    state = toy.torch(seed=1).state_dict()
    torch.save({"epoch": 3, "state_dict": state}, tmp_path / "toy.pth")
    loaded = toy.torch(weights=tmp_path / "toy.pth").state_dict()
    assert all(torch.equal(loaded[key], state[key]) for key in state)
    with pytest.raises(WeightsProblem, match=r"does not fit lenet5"):
        load("lenet5").torch(weights=tmp_path / "toy.pth")
    with pytest.raises(WeightsProblem, match=r"the state does not fit lenet5: [^\n]*\n"):
        load("lenet5").torch(weights=state)


# ---- for inference -----------------------------------------------------------------------------


def test_optimised_modules_take_what_plain_ones_take(toy, tmp_path):
    torch.save(toy.torch(seed=1).state_dict(), tmp_path / "toy.pth")
    image, asked = torch.randn(2, 3, 16, 24), {"num_classes": 4, "seed": 2}
    plain = toy.torch(weights=tmp_path / "toy.pth", **asked).eval()
    fast = toy.torch(weights=tmp_path / "toy.pth", optimize="inference", **asked)
    halved = toy.torch(optimize="inference", dtype="bf16", features=["body"], seed=2)
    with torch.no_grad():
        assert torch.allclose(fast(image), plain(image), atol=1e-5)
    assert (halved(image).dtype, halved.channels) == (torch.float32, (16,))


@pytest.mark.parametrize("asked", [{"optimize": "speed"}, {"optimize": "inference", "dtype": "f8"}])
def test_what_cannot_be_optimised(toy, asked):
    with pytest.raises(ValueError, match="may be"):
        toy.torch(**asked)


# ---- pickles -----------------------------------------------------------------------------------

READ = """
import pickle, sys, torch
module = pickle.load(open("module.pickle", "rb"))
saved = torch.load("module.pt", weights_only=False)
image, expected = torch.load("values.pt")
assert type(module) is type(saved)
assert torch.equal(module(image), expected) and torch.equal(saved(image), expected)
"""


def test_a_pickle_is_read_in_a_new_process(toy, tmp_path):
    module = toy.torch(num_classes=4).eval()
    image = torch.randn(2, 3, 16, 20)
    (tmp_path / "module.pickle").write_bytes(pickle.dumps(module))
    torch.save(module, tmp_path / "module.pt")
    torch.save((image, module(image).detach()), tmp_path / "values.pt")
    done = subprocess.run(
        [sys.executable, "-c", READ], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_outputs_are_pickled_too():
    module = load("siamese").torch(features=["twin", "twin@2"]).eval()
    given = module(*[torch.zeros(1, 1, 105, 105)] * 2)
    assert pickle.loads(pickle.dumps(given))._fields == given._fields


def test_a_class_derived_from_a_live_one_is_pickled_by_its_own_name(toy):
    module = toy.torch()
    Derived.__bases__ = (type(module),)
    assert type(pickle.loads(pickle.dumps(Derived()))) is Derived


class Derived(torch.nn.Module):
    """Pickled by reference: it stands in a file."""


def test_prepared_modules_are_copied_and_pickled_too(toy):
    module, image = toy.torch(optimize="inference", seed=1), torch.randn(2, 3, 16, 24)
    for other in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert torch.allclose(other(image), module(image), atol=1e-5)


@pytest.mark.parametrize("number", [0, -1, 1.5, "3", True])
def test_numbers_of_classes_that_are_none(toy, number):
    with pytest.raises(ValueError, match="a whole number of at least 1"):
        toy.torch(num_classes=number)


def test_tensors_that_do_not_depend_on_the_classes_may_not_be_missing(toy):
    state = {key: value for key, value in toy.torch().state_dict().items() if "body" not in key}
    with pytest.raises(WeightsProblem, match=r"body.* is missing"):
        toy.torch(num_classes=3, weights=state)
