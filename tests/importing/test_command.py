"""`archc import`: files in and out, what is said, what bad models lead to."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import archc
from archc.cli.main import main
from tests.importing.models import saved, unpacked

CLOSE = 1e-5
MEBIBYTE = 2**20
MEASURED = """
import sys
from archc.cli.main import main
code = main(["import", sys.argv[1], "-o", sys.argv[2]])
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(code, int(status["VmHWM"].split()[0]) // 1024)
"""
"""ru_maxrss would not do: a process inherits that of the one which starts it"""


def tensor(name, *sides):
    numbers = np.random.default_rng(len(name)).standard_normal(sides, dtype=np.float32)
    return numpy_helper.from_array(numbers, name)


def model_of(nodes, tensors, sides=("N", 3, 8, 8), output=("N", None)):
    """A model of one input `image` and one output `y`."""
    given = helper.make_tensor_value_info("image", TensorProto.FLOAT, sides)
    found = helper.make_tensor_value_info("y", TensorProto.FLOAT, output)
    graph = helper.make_graph(nodes, "g", [given], [found], tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def small():
    """A convolution, a branch, a head: no names but those of values."""
    nodes = [
        helper.make_node("Conv", ["image", "w", "b"], ["a"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["a"], ["r"]),
        helper.make_node("Conv", ["r", "v"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node("Sigmoid", ["c"], ["s"]),
        helper.make_node("Mul", ["c", "s"], ["m"]),
        helper.make_node("Add", ["m", "r"], ["sum"]),
        helper.make_node("GlobalAveragePool", ["sum"], ["g"]),
        helper.make_node("Flatten", ["g"], ["f"]),
        helper.make_node("Gemm", ["f", "head"], ["y"]),
    ]
    weights = [tensor("w", 4, 3, 3, 3), tensor("b", 4), tensor("v", 4, 4, 3, 3)]
    return model_of(nodes, [*weights, tensor("head", 4, 5)], output=("N", 5))


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run a command line in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def command(*words):
        code = main([*words])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err and "bug in archc" not in err
        return code, out, err

    return command


def outputs(path, image):
    runtime = pytest.importorskip("onnxruntime")
    return runtime.InferenceSession(path).run(None, {"image": image})[0]


def test_spec_and_weights_give_the_model_again(run, tmp_path):
    path = saved(small(), tmp_path)
    assert run("import", path, "-o", "net.arch", "--weights", "net.safetensors")[0] == 0
    assert run("check", "net.arch")[0] == 0
    code, _, err = run("build", "net.arch", "--weights", "net.safetensors", "-o", "again.onnx")
    assert code == 0, err
    for samples in (1, 3):
        image = np.random.default_rng(0).standard_normal((samples, 3, 8, 8), dtype=np.float32)
        assert np.allclose(outputs(path, image), outputs("again.onnx", image), atol=CLOSE)


def test_patterns_are_read_as_what_they_mean(run, tmp_path):
    code, out, err = run("import", saved(small(), tmp_path))
    assert code == 0
    assert "silu" in out and "sigmoid" not in out
    assert "fc 5 bias=no" in out
    assert "params 276" in err


def test_what_the_language_lacks_is_extern_with_a_note(run, tmp_path):
    nodes = [
        helper.make_node("Relu", ["image"], ["r"]),
        helper.make_node("Asinh", ["r"], ["t"]),
        helper.make_node("Conv", ["t", "w"], ["y"]),
    ]
    path = saved(model_of(nodes, [tensor("w", 4, 3, 3, 3)], output=("N", 4, 6, 6)), tmp_path)
    code, _, err = run("import", path, "-o", "net.arch")
    assert code == 0
    text = (tmp_path / "net.arch").read_text()
    assert "# ONNX's Asinh, which the language lacks\nextern onnx_asinh_1(a) -> 8x8x3" in text
    assert "Asinh" in err
    assert run("check", "net.arch")[0] == 0


def test_open_sides_stay_open_or_are_fixed(run, tmp_path):
    nodes = [helper.make_node("Conv", ["image", "w"], ["y"], pads=[1, 1, 1, 1], strides=[2, 2])]
    model = model_of(nodes, [tensor("w", 4, 3, 3, 3)], ("N", 3, "h", "w"), ("N", 4, "p", "q"))
    path = saved(model, tmp_path)
    assert "input HxWx3" in run("import", path)[1]
    fixed = run("import", path, "--input", "64x32")[1]
    assert "input 64x32x3" in fixed and "-> 32x16x4" in fixed


def test_repeated_rows_without_names_keep_their_order(run, tmp_path):
    names = ["image", "a", "b", "y"]
    nodes = [
        helper.make_node("Conv", [one, f"w{at}"], [other], pads=[1, 1, 1, 1])
        for at, (one, other) in enumerate(pairwise(names))
    ]
    tensors = [tensor(f"w{at}", 3, 3, 3, 3) for at in range(3)]
    code, out, _ = run("import", saved(model_of(nodes, tensors, output=None), tmp_path))
    assert code == 0 and out.count("  conv 3x3 3\n") == 3


def test_a_model_without_weights_in_it_has_a_spec_and_no_numbers(run, tmp_path):
    path = unpacked("squeezenet1_1", tmp_path)
    assert run("import", path, "-o", "net.arch")[0] == 0
    code, _, err = run("import", path, "--weights", "net.safetensors")
    assert code == 2 and err.count("\n") == 1
    assert not (tmp_path / "net.safetensors").exists()


def test_other_files_are_not_overwritten(run, tmp_path):
    path = saved(small(), tmp_path)
    (tmp_path / "mine.arch").write_text("net mine()\n  input 8\n")
    assert run("import", path, "-o", "mine.arch")[0] == 2
    assert (tmp_path / "mine.arch").read_text().startswith("net mine")
    assert run("import", path, "-o", "mine.arch", "--force")[0] == 0


# ---- bad models --------------------------------------------------------------------------------


def refused(run, path, *words):
    code, out, err = run("import", str(path), *words)
    assert code == 2 and not out
    assert err.count("\n") == 1 and err.startswith("archc: ")
    return err


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00", b"not a model", b"\xff" * 999, b"\x3a\xff\xff\xff\xff\x0f", b"PK\x03\x04"],
)
def test_what_is_no_model(run, tmp_path, data):
    path = tmp_path / "bad.onnx"
    path.write_bytes(data)
    refused(run, path)


def test_no_file_and_a_folder(run, tmp_path):
    refused(run, tmp_path / "none.onnx")
    refused(run, tmp_path)


def test_a_model_that_ends_too_early(run, tmp_path):
    whole = small().SerializeToString()
    path = tmp_path / "bad.onnx"
    for end in range(0, len(whole) - 1, 37):
        path.write_bytes(whole[:end])
        code, _, err = run("import", str(path))
        assert code in (0, 2) and err.count("\n") >= 1


def test_damaged_bytes_give_a_message_or_a_spec(run, tmp_path):
    whole = bytearray(small().SerializeToString())
    random = np.random.default_rng(0)
    path = tmp_path / "bad.onnx"
    for _ in range(300):
        damaged = bytearray(whole)
        for place in random.integers(0, len(whole), 3):
            damaged[place] = random.integers(0, 256)
        path.write_bytes(damaged)
        code, out, err = run("import", str(path))
        assert code in (0, 2), err
        assert code == 0 or (not out and err.count("\n") == 1)


@pytest.mark.parametrize("place", ["../secret", "/etc/passwd", "a/../../secret", "..\\secret", ""])
def test_weights_outside_of_the_folder(run, tmp_path, place):
    model = small()
    weight = model.graph.initializer[0]
    weight.ClearField("raw_data")
    weight.data_location = TensorProto.EXTERNAL
    entry = weight.external_data.add()
    entry.key, entry.value = "location", place
    folder = tmp_path / "inner"
    folder.mkdir()
    (tmp_path / "secret").write_bytes(b"\0" * 432)
    assert "outside" in refused(run, saved(model, folder))


def test_a_link_that_leads_outside(run, tmp_path):
    model = small()
    weight = model.graph.initializer[0]
    weight.ClearField("raw_data")
    weight.data_location = TensorProto.EXTERNAL
    entry = weight.external_data.add()
    entry.key, entry.value = "location", "link"
    folder = tmp_path / "inner"
    folder.mkdir()
    (tmp_path / "secret").write_bytes(b"\0" * 432)
    os.symlink(tmp_path / "secret", folder / "link")
    assert "outside" in refused(run, saved(model, folder))


def test_weights_in_a_file_beside_the_model(run, tmp_path):
    path = str(tmp_path / "apart.onnx")
    onnx.save(small(), path, save_as_external_data=True, location="apart.data", size_threshold=0)
    assert run("import", path, "-o", "net.arch", "--weights", "net.safetensors")[0] == 0
    os.truncate(tmp_path / "apart.data", 100)
    refused(run, path, "--weights", "other.safetensors")


def test_impossible_sides(run, tmp_path):
    model = small()
    model.graph.initializer[0].dims[0] = -4
    refused(run, saved(model, tmp_path))


def test_too_many_nodes(run, tmp_path):
    names = ["image", *[f"v{at}" for at in range(50)], "y"]
    nodes = [helper.make_node("Relu", [a], [b]) for a, b in pairwise(names)]
    path = saved(model_of(nodes, [], output=None), tmp_path)
    assert "limit" in refused(run, path, "--limit", "layers=10")


def test_a_constant_that_would_fill_memory(run, tmp_path):
    huge = numpy_helper.from_array(np.array([2**20, 2**20], "i8"), "huge")
    nodes = [
        helper.make_node("ConstantOfShape", ["huge"], ["zeros"]),
        helper.make_node("Add", ["image", "zeros"], ["y"]),
    ]
    refused(run, saved(model_of(nodes, [huge], output=None), tmp_path))


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="memory is read from /proc")
def test_memory_does_not_grow_with_the_weights(tmp_path):
    """A model of 600 MiB is imported in little more than a small one takes."""
    sides = (150, MEBIBYTE)
    nodes = [helper.make_node("Gemm", ["image", "w"], ["y"], transB=1)]
    model = model_of(nodes, [], ("N", MEBIBYTE), ("N", 150))
    path = tmp_path / "large.onnx"
    head = onnx.TensorProto(name="w", data_type=TensorProto.FLOAT, dims=sides).SerializeToString()
    write_large(path, model, head, 4 * sides[0] * sides[1])
    given = [sys.executable, "-c", MEASURED, str(path), str(tmp_path / "net.arch")]
    found = subprocess.run(given, capture_output=True, text=True, check=True)
    done, peak = found.stdout.split()
    assert done == "0" and int(peak) < 300
    assert archc.load(str(tmp_path / "net.arch")).params == sides[0] * sides[1]


def write_large(path, model, head, size):
    """A model with a tensor whose numbers are a hole in the file."""
    graph = model.graph.SerializeToString()
    model.ClearField("graph")
    raw = head + b"\x4a" + varint(size)
    inner = len(raw) + size
    start = b"\x2a" + varint(inner) + raw
    with path.open("wb") as file:
        length = len(graph) + len(start) + size
        file.write(model.SerializeToString() + b"\x3a" + varint(length) + graph + start)
        file.truncate(file.tell() + size)


def varint(number):
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])
