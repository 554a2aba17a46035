"""A checkpoint that does not fit: the first differences, with numbers, rows and a way out."""

import pytest
import torch

import archc
from archc.weights import WeightsProblem, fit, open_checkpoint
from archc.weights.pytorch import state_for_torch


@pytest.fixture
def fitted(small, tmp_path):
    def run(**changes):
        net, state = small
        state = {key: changes.get(key.replace(".", "_"), value) for key, value in state.items()}
        state = {key: value for key, value in state.items() if value is not None}
        state |= {key: value for key, value in changes.items() if key.startswith("more")}
        torch.save(state, tmp_path / "file.pth")
        return fit(net.graph, open_checkpoint(tmp_path / "file.pth"))

    return run


def test_all_is_well(fitted):
    assert fitted().ok
    assert fitted().text() == "file.pth fits small: 8 tensors"


def test_another_number_of_classes(fitted):
    found = fitted(fc_weight=torch.zeros(3, 4), fc_bias=torch.zeros(3))
    lines = found.text().splitlines()
    assert lines[0] == "file.pth does not fit small: the first 6 of 8 tensors fit"
    assert lines[1].strip() == ("fc.weight is 3x4 in file.pth, 5x4 in the network (small.arch:6)")
    assert "num_classes=3" in lines[-1] and "--classes 3" in lines[-1]


def test_another_size_inside_is_no_matter_of_classes(fitted):
    assert "num_classes" not in fitted(conv1_weight=torch.zeros(3, 3, 3, 3)).text()


def test_missing_and_unexpected(fitted, small):
    found = fitted(bn1_bias=None, more=torch.zeros(2))
    assert [one.key for one in found.missing] == ["bn1.bias"]
    assert found.unexpected == ("more",)
    assert "bn1.bias is missing (small.arch:4)" in found.text()
    with pytest.raises(WeightsProblem, match="more is not in the network"):
        state_for_torch(found.checkpoint, small[0].graph)


def test_what_follows_from_the_network_may_be_missing(fitted, small):
    found = fitted(bn1_num_batches_tracked=None)
    assert found.ok
    state = state_for_torch(found.checkpoint, small[0].graph)
    assert state["bn1.num_batches_tracked"].dtype == torch.int64
    small[0].torch().load_state_dict(state, strict=True)


def test_index_tables_are_those_of_torch(tmp_path):
    net = archc.loads("net n()\n  input 8x12x4\n  windowattention 2 4x3\n")
    state = net.torch().state_dict()
    (index,) = [key for key in state if key.endswith("index")]
    torch.save({key: value for key, value in state.items() if key != index}, tmp_path / "file.pth")
    read = state_for_torch(open_checkpoint(tmp_path / "file.pth"), net.graph)
    assert torch.equal(read[index], state[index])


def test_integers_are_no_weights(fitted):
    found = fitted(fc_weight=torch.zeros(5, 4, dtype=torch.int8))
    assert "fc.weight is int8, float32 is needed" in found.text()


def test_names_that_differ_lead_to_map(small, tmp_path):
    net, state = small
    torch.save({f"x.{key}": value for key, value in state.items()}, tmp_path / "file.pth")
    text = fit(net.graph, open_checkpoint(tmp_path / "file.pth")).text()
    assert "archc weights map small" in text
