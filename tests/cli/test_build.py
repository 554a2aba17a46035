"""`archc build`: what is written, and what is not."""

import importlib.util
import subprocess
import sys

import pytest
import torch

from archc.api import load

NET = "net toy()\n  input 8x8x3\n  conv 3x3 4 pad=half ; relu\n  gap ; fc 2\n"


@pytest.fixture
def toy(project):
    (project / "toy.arch").write_text(NET)
    return project


def test_the_ending_says_what_to_write(archc, toy):
    assert archc("build", "toy.arch", "-o", "toy.py").code == 0
    text = (toy / "toy.py").read_text()
    assert "class Toy(nn.Module):" in text
    assert archc("build", "toy.arch", "--target", "torch").out == text


def test_a_file_of_ours_is_written_again_and_others_are_not(archc, toy):
    assert archc("build", "toy.arch", "-o", "toy.py").code == 0
    assert archc("build", "toy.arch", "-o", "toy.py").code == 0
    (toy / "toy.py").write_text("mine = 1\n")
    done = archc("build", "toy.arch", "-o", "toy.py")
    assert (done.code, (toy / "toy.py").read_text()) == (2, "mine = 1\n")
    assert "--force overwrites it" in done.err
    assert archc("build", "toy.arch", "-o", "toy.py", "--force").code == 0


def test_a_failed_build_leaves_what_was_there(archc, toy):
    assert archc("build", "toy.arch", "-o", "toy.py").code == 0
    before = (toy / "toy.py").read_text()
    (toy / "toy.arch").write_text(NET.replace("gap", "gapp"))
    done = archc("build", "toy.arch", "-o", "toy.py")
    assert (done.code, (toy / "toy.py").read_text()) == (1, before)
    assert "called `gapp`" in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["build", "resnet", "-o", "a.py"], "resnet.18"),
        (["build", "toy.arch", "-o", "a.txt"], "name a target"),
        (["build", "toy.arch", "-o", "."], "is a folder"),
        (["build", "nosuch.arch", "-o", "a.py"], "nosuch.arch"),
        (["build", "toy.arch", "--target", "torch", "-o", "/dev/null", "--force"], "no plain file"),
        (["build", "toy.arch", "lenet5", "-o", "a.py"], "one file holds one network"),
        (["build", "toy.arch", "--target", "hub"], "name a folder"),
        (["build", "toy.arch", "--target", "hub", "-o", "toy.arch"], "is no folder"),
        (["build", "toy.arch", "--target", "torch", "--weights", "w.pth"], "name a file for it"),
        (["build", "toy.arch", "-o", "a.py", "--weights", "w.pth"], "there is no such file"),
        (["build", "toy.arch", "-o", "none/a.py"], "none/a.py cannot be written"),
        (["build", "toy.arch", "-o", "torch.py"], "`torch`; torch_.py would not"),
        (["build", "toy.arch", "-o", "x/typing.py"], "`typing`; x/typing_.py would not"),
        (["build", "toy.arch", "-o", "a.py", "--features", ""], "--features takes names of rows"),
    ],
)
def test_what_cannot_be_done(archc, toy, words, said):
    done = archc(*words)
    assert done.code == 2
    assert said in done.err
    assert not (toy / "a.py").exists()


def test_without_torch(archc, toy, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    done = archc("build", "toy.arch", "-o", "toy.py")
    assert (done.code, done.err.strip()) == (
        2,
        "archc: this needs torch: pip install 'archc[torch]'",
    )


def test_the_python_side_without_torch(toy):
    code = "import sys, archc; sys.modules['torch'] = None; archc.load('toy.arch').torch()"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=toy, capture_output=True, text=True, check=False
    )
    last = done.stderr.splitlines()[-1]
    assert last == "ImportError: this needs torch: pip install 'archc[torch]'"


# ---- weights, features, folders ----------------------------------------------------------------


@pytest.fixture
def trained(toy):
    """A state_dict of the toy network, saved as old.pth."""
    state = load(toy / "toy.arch").torch(seed=4).state_dict()
    torch.save(state, toy / "old.pth")
    return state


def python(*words, folder):
    """What Python says where archc cannot be imported."""
    hidden = "import sys; sys.modules['archc'] = None; import runpy; sys.path.insert(0, '.'); "
    code = f"{hidden}sys.argv = {list(words)!r}; runpy.run_path({words[0]!r}, run_name='__main__')"
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    ).stdout


def test_the_file_runs_alone_and_prints_sizes(archc, toy):
    assert archc("build", "toy.arch", "-o", "toy.py").code == 0
    assert python("toy.py", folder=toy) == "output (1, 2)\n"


def test_weights_stand_beside_the_source_that_loads_them(archc, toy, trained):
    assert archc("build", "toy.arch", "--weights", "old.pth", "-o", "toy.py").code == 0
    assert python("toy.py", folder=toy) == "output (1, 2)\n"
    found = torch.load(toy / "toy.pth", weights_only=True)
    assert all(torch.equal(found[key], value) for key, value in trained.items())
    (toy / "ask.py").write_text(
        "import torch, toy\nmodule = toy.pretrained()\nprint(module.training, module.fc1.bias)\n"
    )
    assert python("ask.py", folder=toy) == f"False {torch.nn.Parameter(trained['fc1.bias'])}\n"


def test_weights_are_not_written_over_what_is_not_ours(archc, toy, trained):
    (toy / "toy.pth").write_bytes(b"mine")
    done = archc("build", "toy.arch", "--weights", "old.pth", "-o", "toy.py")
    assert (done.code, (toy / "toy.pth").read_bytes()) == (2, b"mine")
    assert not (toy / "toy.py").exists()
    assert archc("build", "toy.arch", "--weights", "old.pth", "-o", "toy.py", "--force").code == 0
    assert archc("build", "toy.arch", "--weights", "old.pth", "-o", "toy.py").code == 0
    done = archc("build", "toy.arch", "--weights", "old.pth", "-o", "old.py")
    assert done.code == 2 and "what was read from it" in done.err


def test_what_was_taken_off_weights_is_said(archc, toy, trained):
    inner = {f"module.{key}": value for key, value in trained.items()}
    torch.save({"state_dict": inner, "epoch": 3}, toy / "wrapped.pth")
    done = archc("build", "toy.arch", "--weights", "wrapped.pth", "-o", "toy.py")
    assert done.code == 0
    assert done.err.splitlines() == [
        "archc: the weights are those of `state_dict`",
        "archc: `module.` was taken off every key",
    ]


def test_weights_that_do_not_fit(archc, toy, trained):
    (toy / "toy.arch").write_text(NET.replace("fc 2", "fc 3"))
    done = archc("build", "toy.arch", "--weights", "old.pth", "-o", "toy.py")
    assert done.code == 2 and not (toy / "toy.py").exists()
    assert "old.pth does not fit toy" in done.err and "fc1.weight is 2x4 in old.pth" in done.err


def test_a_source_for_inference(archc, toy, trained):
    words = ("--optimize", "inference", "--weights", "old.pth", "-o", "fast.py")
    assert archc("build", "toy.arch", *words).code == 0
    assert python("fast.py", folder=toy) == "output (1, 2)\n"
    done = archc("build", "toy.arch", "--dtype", "bf16", "-o", "slow.py")
    assert done.code == 2 and "--optimize inference" in done.err


def test_features_are_the_outputs(archc, toy):
    done = archc("build", "toy.arch", "--features", "conv1,gap1", "-o", "toy.py")
    assert (done.code, python("toy.py", folder=toy)) == (
        0,
        "conv1 (1, 4, 8, 8)\ngap1 (1, 4, 1, 1)\n",
    )


def test_a_folder_for_torchs_hub(archc, toy):
    (toy / "two.arch").write_text(
        NET.replace("toy()", "math(classes=2)").replace("fc 2", "fc classes")
    )
    assert archc("build", "toy.arch", "two.arch", "--target", "hub", "-o", "hub").code == 0
    assert sorted(path.name for path in (toy / "hub").iterdir()) == [
        "hubconf.py",
        "math_.py",
        "toy.py",
    ]
    (toy / "ask.py").write_text(
        "import torch\nfor name, more in (('toy', {}), ('math_', {'num_classes': 5})):\n"
        "    module = torch.hub.load('hub', name, source='local', **more)\n"
        "    print(module.fc1.out_features)\n"
    )
    assert python("ask.py", folder=toy) == "2\n5\n"


def test_networks_of_a_folder_have_names_of_their_own(archc, toy):
    cases = {"toy": "two files toy.py", "Toy": "both be the class Toy", "hubconf": "hubconf.py"}
    (toy / "other").mkdir()
    for name, said in cases.items():
        (toy / "other" / "toy.arch").write_text(NET.replace("toy()", f"{name}()"))
        done = archc("build", "toy.arch", "other/toy.arch", "--target", "hub", "-o", "hub")
        assert done.code == 2 and said in done.err
        assert not (toy / "hub").exists()


def test_a_folder_with_the_weights_of_one(archc, toy, trained):
    words = ("build", "toy.arch", "--target", "hub", "--weights", "old.pth", "-o", "hub")
    assert archc(*words).code == archc(*words).code == 0
    (toy / "ask.py").write_text(
        "import torch\nprint(torch.hub.load('hub', 'toy', source='local').fc1.bias)\n"
    )
    assert python("ask.py", folder=toy) == f"{torch.nn.Parameter(trained['fc1.bias'])}\n"


def test_the_python_side_saves_too(toy):
    network = load(toy / "toy.arch")
    network.save(toy / "toy.py")
    assert (toy / "toy.py").read_text() == network.source()
    (toy / "mine.py").write_text("mine = 1\n")
    with pytest.raises(FileExistsError, match="not written by archc; force=True overwrites it"):
        network.save(toy / "mine.py")
    with pytest.raises(FileNotFoundError, match=r"none.toy\.py'$"):
        network.save(toy / "none" / "toy.py")
    with pytest.raises(ValueError, match="in place of the module `random`"):
        network.save(toy / "random.py")
    with pytest.raises(ValueError, match=r"may be \.py or \.onnx"):
        network.save(toy / "toy.txt")
