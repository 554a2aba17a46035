"""`archc weights map`: the table, the renamed file, exit codes."""

import json

import pytest
import torch
from safetensors import safe_open

TEXT = """net n()
  input 8x8x3
  conv1: conv 3x3 4 bias=no
  bn1: bn
  relu ; gap
  fc: fc 5
"""


@pytest.fixture
def files(project):
    """A spec and a checkpoint with other names."""
    (project / "n.arch").write_text(TEXT)
    state = {
        "stem.conv.weight": torch.randn(4, 3, 3, 3),
        "stem.norm.weight": torch.randn(4),
        "stem.norm.bias": torch.randn(4),
        "stem.norm.running_mean": torch.randn(4),
        "stem.norm.running_var": torch.rand(4),
        "stem.norm.num_batches_tracked": torch.tensor(7),
        "head.weight": torch.randn(5, 4, 1, 1),
        "head.bias": torch.randn(5),
    }
    torch.save(state, project / "w.pth")
    return state


def test_the_table_and_the_file(archc, files, project):
    done = archc("weights", "map", "n.arch", "w.pth", "-o", "out.safetensors")
    assert done.code == 0
    assert "fc       head        5x4 (stored as 5x4x1x1)  shape" in done.out
    assert "n in w.pth: 3 of 3 layers" in done.out
    with safe_open(project / "out.safetensors", framework="pt") as file:
        assert file.get_tensor("fc.weight").equal(files["head.weight"].flatten(1))
        assert file.get_tensor("bn1.running_var").equal(files["stem.norm.running_var"])
        assert file.get_tensor("bn1.num_batches_tracked").shape == ()
        assert "w.pth" in file.metadata()["source"]
    first = (project / "out.safetensors").read_bytes()
    assert archc("weights", "map", "n.arch", "w.pth", "-o", "out.safetensors").code == 0
    assert (project / "out.safetensors").read_bytes() == first


def test_json(archc, files):
    found = json.loads(archc("weights", "map", "n.arch", "w.pth", "--format", "json").out)
    assert found["mapped"] and found["tensors"]["bn1.weight"]["from"] == "stem.norm.weight"
    assert found["tensors"]["fc.weight"]["stored_shape"] == [5, 4, 1, 1]


def test_what_is_too_much_is_a_finding(archc, files, project):
    torch.save({**files, "aux.weight": torch.zeros(2, 2)}, project / "w.pth")
    done = archc("weights", "map", "n.arch", "w.pth", "-o", "out.safetensors")
    assert done.code == 1
    assert "not in the network: aux" in done.out
    assert not (project / "out.safetensors").exists()
    assert archc("weights", "map", "n.arch", "w.pth", "--without", "aux").code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("none.pth",), "no such file"),
        (("w.pth", "--with", "conv1"), "name both"),
        (("w.pth", "--with", "=x"), "name both"),
        (("w.pth", "--with", "conv1=none"), "no `none`"),
        (("w.pth", "--part", "ema"), "no part `ema`"),
        (("w.pth", "-o", "out.txt"), ".safetensors"),
        (("w.pth", "-o", "other.safetensors"), "was not written by archc"),
        (("w.pth", "-o", "none/out.safetensors"), "cannot be written"),
    ],
)
def test_what_cannot_be_done(archc, files, project, words, said):
    (project / "other.safetensors").write_bytes(b"somebody's")
    done = archc("weights", "map", "n.arch", *words)
    assert done.code == 2
    assert said in done.err
    assert (project / "other.safetensors").read_bytes() == b"somebody's"


def test_help_and_no_action(archc):
    assert archc("weights").code == 2
    assert archc("weights", "map", "--help").code == 0
