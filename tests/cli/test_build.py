"""`archc build`: what is written, and what is not."""

import importlib.util

import pytest

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
        (["build", "toy.arch", "--target", "torch", "-o", "/dev/null", "--force"], "is no file"),
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
