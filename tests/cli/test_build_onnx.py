"""`archc build -o FILE.onnx`: what is written, and what is not."""

import subprocess
import sys

import numpy as np
import onnx
import pytest
from safetensors.numpy import save_file

from archc.api import load
from archc.graph.tensors import tensors_of

NET = "net toy()\n  input 8x8x3\n  conv 3x3 4 pad=half ; relu\n  gap ; fc 2\n"


@pytest.fixture
def toy(project):
    (project / "toy.arch").write_text(NET)
    return project


def test_a_model_is_written_and_written_again(archc, toy):
    assert archc("build", "toy.arch", "-o", "toy.onnx").code == 0
    first = (toy / "toy.onnx").read_bytes()
    assert archc("build", "toy.arch", "-o", "toy.onnx").code == 0
    assert (toy / "toy.onnx").read_bytes() == first
    onnx.checker.check_model(onnx.load(toy / "toy.onnx"), full_check=True)


def test_options(archc, toy):
    words = ("--opset", "22", "--batch", "2", "--dtype", "bf16", "--seed", "3", "--external-data")
    assert archc("build", "toy.arch", "--fold-bn", *words, "-o", "toy.onnx").code == 0
    assert (toy / "toy.onnx.data").exists()
    model = onnx.load(toy / "toy.onnx")
    assert model.opset_import[0].version == 22
    assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_value == 2


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--opset", "12"], 2, "an opset from 13 to 24"),
        (["--batch", "0"], 2, "at least 1"),
        (["--dtype", "bf16"], 2, "--opset 22"),
        (["--training"], 2, "a model has no loss, no gradients"),
        (["--features", "conv1"], 2, "--features is for --target torch"),
        (["--optimize", "inference"], 2, "--optimize is for --target torch"),
        (["--weights", "none.safetensors"], 2, "there is no such file"),
        (["--weights", "none", "--seed", "3"], 2, "--seed is that of --weights init"),
        (["--weights", "a.pth", "--seed", "3"], 2, "--seed is that of --weights init"),
        (["--weights", "none", "--external-data"], 2, "has nothing to write"),
        (["--target", "torch"], 2, "--target torch writes no .onnx file: toy.onnx says onnx"),
        (["--input", "9x9"], 1, "--input"),
    ],
)
def test_what_cannot_be_done(archc, toy, words, code, said):
    done = archc("build", "toy.arch", *words, "-o", "toy.onnx")
    assert (done.code, (toy / "toy.onnx").exists()) == (code, False)
    assert said in done.err


def test_a_failed_build_and_a_file_of_others_leave_what_was_there(archc, toy):
    (toy / "mine.onnx").write_bytes(b"mine")
    done = archc("build", "toy.arch", "-o", "mine.onnx")
    assert (done.code, (toy / "mine.onnx").read_bytes()) == (2, b"mine")
    assert archc("build", "toy.arch", "-o", "toy.onnx").code == 0
    before = (toy / "toy.onnx").read_bytes()
    (toy / "toy.arch").write_text("net toy()\n  input HxWx3\n  maxpool to=3x3\n")
    done = archc("build", "toy.arch", "-o", "toy.onnx")
    assert (done.code, (toy / "toy.onnx").read_bytes()) == (1, before)
    assert "unsupported-on-target" in done.err and "--input" in done.err


def test_a_model_is_no_text(archc, toy):
    done = archc("build", "toy.arch", "--target", "onnx")
    assert done.code == 2 and "name a file" in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-o", "", "--target", "onnx"), "-o takes the name of a file"),
        (("-o", "toy.py", "--target", "onnx"), "writes no .py file: toy.py says torch"),
    ],
)
def test_names_that_are_none(archc, toy, words, said):
    done = archc("build", "toy.arch", *words)
    assert done.code == 2 and said in done.err
    assert [path.name for path in toy.iterdir() if path.name.startswith("toy.")] == ["toy.arch"]


# ---- the second file -----------------------------------------------------------------------------

APART = "--external-data"


def test_our_own_second_file_goes_when_there_is_none_now(archc, toy):
    assert archc("build", "toy.arch", "-o", "toy.onnx", APART).code == 0
    assert archc("build", "toy.arch", "-o", "toy.onnx", APART).code == 0
    assert archc("build", "toy.arch", "-o", "toy.onnx").code == 0
    assert not (toy / "toy.onnx.data").exists()


def test_a_second_file_of_others_is_in_nobodys_way(archc, toy):
    """A build that writes none leaves it as it is, before and behind a model of ours."""
    (toy / "toy.onnx.data").write_bytes(b"mine")
    for _ in range(2):
        assert archc("build", "toy.arch", "-o", "toy.onnx").code == 0
        assert (toy / "toy.onnx.data").read_bytes() == b"mine"


@pytest.mark.parametrize("built_before", [False, True])
def test_a_second_file_of_others_is_not_overwritten(archc, toy, built_before):
    (toy / "toy.onnx.data").write_bytes(b"mine")
    if built_before:
        assert archc("build", "toy.arch", "-o", "toy.onnx").code == 0
    done = archc("build", "toy.arch", "-o", "toy.onnx", APART)
    assert done.code == 2 and "toy.onnx.data was not written by archc" in done.err
    assert (toy / "toy.onnx.data").read_bytes() == b"mine"
    assert archc("build", "toy.arch", "-o", "toy.onnx", APART, "--force").code == 0
    onnx.load(toy / "toy.onnx")


def test_a_model_without_weights_has_no_second_file(archc, project):
    relu = "net toy()\n  input 8x8x3\n  relu\n"
    assert archc("build", "toy.arch", "-o", "toy.onnx", APART, toy=relu).code == 0
    assert not (project / "toy.onnx.data").exists()


def test_the_python_side_saves_the_same(archc, toy):
    assert archc("build", "toy.arch", "-o", "toy.onnx").code == 0
    load(toy / "toy.arch").save(toy / "other.onnx")
    assert (toy / "other.onnx").read_bytes() == (toy / "toy.onnx").read_bytes()


@pytest.mark.parametrize(
    ("words", "said"),
    [(["--training"], "a source can be trained as it is"), (["--license", "MIT"], "--target onnx")],
)
def test_what_sources_do_not_take(archc, toy, words, said):
    done = archc("build", "toy.arch", *words, "-o", "toy.py")
    assert (done.code, (toy / "toy.py").exists()) == (2, False)
    assert said in done.err


EXTERN = """extern choose(map) -> 10 of 4
net toy()
  input 16x16x8
  block chosen()
    choose
  boxes: chosen
  chosen as more
"""


def test_extern_is_an_operator_with_a_warning(archc, project):
    done = archc("build", "toy.arch", "-o", "toy.onnx", toy=EXTERN)
    assert (done.code, done.out) == (0, "")
    assert done.err.count("warning[extern-in-model]") == 1
    assert "toy.arch:5:5" in done.err and "`choose`" in done.err and "archc.extern" in done.err
    model = onnx.load(project / "toy.onnx")
    kinds = {(node.domain, node.op_type) for node in model.graph.node}
    assert kinds == {("archc.extern", "choose")}
    assert ("archc.extern", 1) in [(one.domain, one.version) for one in model.opset_import]
    with pytest.warns(UserWarning, match="toy.arch:5:5: the model has `choose`"):
        load(project / "toy.arch").save(project / "toy.onnx")


def facts(path):
    return {one.key: one.value for one in onnx.load(path).metadata_props}


def test_the_licence_of_the_weights(archc, toy):
    """What the file of weights says, or the command; nothing where neither does."""
    tensors = tensors_of(load(toy / "toy.arch").graph)
    state = {key: np.ones(one.shape, np.float32) for key, one in tensors.items()}
    said = {"none": {"format": "pt"}, "hub": {"license": "apache-2.0"}}
    said["standard"] = {"modelspec.license": "CreativeML Open RAIL"}
    for name, metadata in said.items():
        save_file(state, toy / f"{name}.safetensors", metadata)
    found = {}
    for name in said:
        weights = f"{name}.safetensors"
        assert archc("build", "toy.arch", "--weights", weights, "-o", "toy.onnx").code == 0
        found[name] = facts(toy / "toy.onnx").get("model_license")
    assert found == {"none": None, "hub": "apache-2.0", "standard": "CreativeML Open RAIL"}
    words = ("--weights", "hub.safetensors", "--license", "CC-BY-4.0")
    assert archc("build", "toy.arch", *words, "-o", "toy.onnx").code == 0
    assert facts(toy / "toy.onnx")["model_license"] == "CC-BY-4.0"


def test_what_was_done_to_read_the_weights_is_said(archc, toy):
    tensors = tensors_of(load(toy / "toy.arch").graph)
    state = {f"module.{key}": np.ones(one.shape, np.float32) for key, one in tensors.items()}
    save_file(state, toy / "wrapped.safetensors")
    done = archc("build", "toy.arch", "--weights", "wrapped.safetensors", "-o", "toy.onnx")
    assert (done.code, done.err) == (0, "archc: `module.` was taken off every key\n")


def test_torch_is_not_needed(toy):
    code = (
        "import sys; sys.modules['torch'] = None; from archc.cli.main import main; "
        "sys.exit(main(['build', 'toy.arch', '-o', 'toy.onnx']))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=toy, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
