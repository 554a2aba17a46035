"""`archc build -o FILE.onnx`: what is written, and what is not."""

import subprocess
import sys

import onnx
import pytest

from archc.api import load

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
        (["--features", "conv1"], 2, "--features is for --target torch"),
        (["--optimize", "inference"], 2, "--optimize is for --target torch"),
        (["--weights", "none.safetensors"], 2, "there is no such file"),
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


def test_the_python_side_saves_the_same(archc, toy):
    assert archc("build", "toy.arch", "-o", "toy.onnx").code == 0
    load(toy / "toy.arch").save(toy / "other.onnx")
    assert (toy / "other.onnx").read_bytes() == (toy / "toy.onnx").read_bytes()


def test_torch_is_not_needed(toy):
    code = (
        "import sys; sys.modules['torch'] = None; from archc.cli.main import main; "
        "sys.exit(main(['build', 'toy.arch', '-o', 'toy.onnx']))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=toy, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
