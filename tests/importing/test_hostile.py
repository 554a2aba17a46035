"""What a stranger's model may try: memory, time, other files; and what is said of what is lost."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from itertools import pairwise

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

import archc
from archc.backends.onnx.reading.problem import ModelProblem
from archc.building.imported import imported
from tests.importing.models import saved

resource = pytest.importorskip("resource", reason="memory is bounded by the system")

MEBIBYTE = 2**20
MEMORY = 1536 * MEBIBYTE
"""bytes of addresses; what is tried needs far more"""
node = helper.make_node


def tensor(name, *sides):
    numbers = np.random.default_rng(len(name)).standard_normal(sides, dtype=np.float32)
    return numpy_helper.from_array(numbers, name)


def integers(name, *numbers):
    return numpy_helper.from_array(np.array(numbers, "i8"), name)


def model_of(nodes, tensors=(), sides=(1, 3, 8, 8), opset=17, kind=TensorProto.FLOAT):
    given = helper.make_tensor_value_info("x", kind, sides)
    found = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "g", [given], [found], [*tensors])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def convolution():
    return model_of([node("Conv", ["x", "w"], ["y"])], [tensor("w", 4, 3, 3, 3)])


def apart(model, location):
    """The model with its first tensor in another file."""
    weight = model.graph.initializer[0]
    weight.ClearField("raw_data")
    weight.data_location = TensorProto.EXTERNAL
    entry = weight.external_data.add()
    entry.key, entry.value = "location", location
    return model


@pytest.fixture
def command(tmp_path):
    """`archc import` in a process of its own, in an empty folder."""

    def run(*words, memory=0):
        def bounded():
            if memory:
                resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
        return subprocess.run(
            [sys.executable, "-m", "archc", "import", *words],
            check=False,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=20,
            preexec_fn=bounded,
        )

    return run


def refused(done):
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1 and "bug" not in done.stderr
    return done.stderr


# ---- memory and time ---------------------------------------------------------------------------


def test_a_constant_that_doubles_forty_times(command, tmp_path):
    names = ["k", *[f"k{at}" for at in range(40)]]
    nodes = [node("Concat", [a, a], [b], axis=0) for a, b in pairwise(names)]
    nodes += [node("ReduceSum", [names[-1]], ["z"]), node("Add", ["x", "z"], ["y"])]
    saved(model_of(nodes, [tensor("k", 8)]), tmp_path)
    done = command("model.onnx", memory=MEMORY)
    assert done.returncode == 0, done.stderr
    assert "ReduceSum" in done.stderr


def test_time_grows_with_the_nodes_and_no_faster(tmp_path):
    def seconds(number):
        names = ["x", *[f"v{at}" for at in range(number - 1)], "y"]
        path = saved(model_of([node("Relu", [a], [b]) for a, b in pairwise(names)]), tmp_path)
        start = time.process_time()
        imported(path, "net")
        return time.process_time() - start

    seconds(100)
    assert seconds(4000) < 8 * seconds(1000)


def test_a_hole_of_many_gigabytes(command, tmp_path):
    with (tmp_path / "hole.onnx").open("wb") as file:
        file.truncate(2**33)
    assert "damaged" in refused(command("hole.onnx"))


# ---- other files -------------------------------------------------------------------------------


def test_files_of_the_model_are_not_overwritten(command, tmp_path):
    (tmp_path / "w.bin").write_bytes(b"\0" * 432)
    path = saved(apart(convolution(), "w.bin"), tmp_path)
    os.link(path, tmp_path / "other.onnx")
    before = {one.name: one.read_bytes() for one in tmp_path.iterdir()}
    for words in (
        ["-o", "model.onnx", "--force"],
        ["-o", "other.onnx", "--force"],
        ["-o", "net.arch", "--weights", "model.onnx", "--force"],
        ["-o", "net.arch", "--weights", "w.bin", "--force"],
        ["-o", "net.arch", "--weights", "net.arch"],
        ["-o", "net.arch", "--weights", "-"],
    ):
        refused(command("model.onnx", *words))
        assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == before


def test_weights_may_be_written_again(command, tmp_path):
    saved(convolution(), tmp_path)
    given = ["model.onnx", "-o", "net.arch", "--weights", "net.safetensors"]
    assert command(*given).returncode == 0
    assert command(*given).returncode == 0
    (tmp_path / "net.safetensors").write_bytes(b"mine")
    assert "net.safetensors was not written by archc" in refused(command(*given))


def test_both_files_or_none(command, tmp_path):
    model = convolution()
    model.graph.initializer[0].raw_data = b"\0" * 50
    saved(model, tmp_path)
    refused(command("model.onnx", "-o", "net.arch", "--weights", "net.safetensors"))
    refused(command("model.onnx", "-o", "net.arch", "--weights", "none/net.safetensors"))
    assert [one.name for one in tmp_path.iterdir()] == ["model.onnx"]


def test_no_weights_no_file(command, tmp_path):
    saved(model_of([node("Relu", ["x"], ["y"])]), tmp_path)
    done = command("model.onnx", "-o", "net.arch", "--weights", "net.safetensors")
    assert done.returncode == 0 and "has no weights" in done.stderr
    assert not (tmp_path / "net.safetensors").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
def test_pipes_are_not_waited_for(command, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "pipe" in refused(command("pipe"))
    saved(apart(convolution(), "pipe"), tmp_path)
    assert "no plain file" in refused(command("model.onnx", "--weights", "net.safetensors"))


def test_a_zero_byte_in_a_name(tmp_path):
    with pytest.raises(ModelProblem, match="no name of a file"):
        imported(saved(apart(convolution(), "a\0b"), tmp_path), "net")


def test_half_precision_stays_it(command, tmp_path):
    model = convolution()
    numbers = numpy_helper.to_array(model.graph.initializer[0]).astype("f2")
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(numbers, "w"))
    saved(model, tmp_path)
    assert command("model.onnx", "-o", "n.arch", "--weights", "n.safetensors").returncode == 0
    load_file = pytest.importorskip("safetensors.numpy").load_file
    (found,) = load_file(tmp_path / "n.safetensors").values()
    assert found.dtype == "float16" and (found == numbers).all()


# ---- what is lost ------------------------------------------------------------------------------


def text_of(model, tmp_path):
    found = imported(saved(model, tmp_path), "net")
    archc.loads(found.text)
    return found.text, found.notes


def test_numbers_of_code_are_counted(tmp_path):
    nodes = [node("Conv", ["x", "w"], ["y"], auto_pad="SAME_LOWER", strides=[2, 2])]
    text, notes = text_of(model_of(nodes, [tensor("w", 4, 3, 3, 3)]), tmp_path)
    assert "# ONNX's Conv, which the language lacks: auto_pad=SAME_LOWER, strides=2 2\n" in text
    assert "# its numbers are not here: w 4x3x3x3\n" in text
    assert notes[-1].startswith("108 numbers")


def test_nodes_that_are_alike_are_one_code(tmp_path):
    nodes = [node("Asinh", ["x"], ["a"]), node("Asinh", ["a"], ["b"])]
    nodes += [node("ThresholdedRelu", ["b"], ["c"], alpha=2.0)]
    nodes += [node("ThresholdedRelu", ["c"], ["y"], alpha=3.0)]
    text, _ = text_of(model_of(nodes), tmp_path)
    assert text.count("\nextern ") == 3
    assert "alpha=2\n" in text and "alpha=3\n" in text


@pytest.mark.parametrize(
    ("nodes", "tensors", "code"),
    [
        ([node("Flatten", ["x"], ["y"], axis=2)], [], "Flatten"),
        (
            [node("Slice", ["x", "a", "b", "c", "d"], ["y"])],
            [integers(*one) for one in (("a", 0), ("b", 99), ("c", 3), ("d", 2))],
            "Slice",
        ),
        (
            [
                node("Conv", ["x", "w"], ["c"]),
                node("DepthToSpace", ["c"], ["d"], blocksize=2, mode="DCR"),
                node("Conv", ["d", "v"], ["y"]),
            ],
            [tensor("w", 8, 3, 1, 1), tensor("v", 4, 2, 3, 3)],
            "DepthToSpace",
        ),
        (
            [
                node("Split", ["x", "p"], ["a", "b"], axis=2),
                node("Concat", ["b", "a"], ["y"], axis=2),
            ],
            [integers("p", 3, 5)],
            "Concat",
        ),
        (
            [node("BatchNormalization", ["x", *"sbmv"], ["y", "n", "o"], training_mode=1)],
            [tensor(name, 3) for name in "sbmv"],
            "BatchNormalization",
        ),
    ],
)
def test_what_no_row_says_is_code(tmp_path, nodes, tensors, code):
    text, notes = text_of(model_of(nodes, tensors), tmp_path)
    assert f"# ONNX's {code}, which the language lacks" in text
    assert any(code in note for note in notes)
    assert text.count("conv ") == sum([one.op_type == "Conv" for one in nodes])


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (model_of([node("MaxPool", ["x"], ["y"])]), "MaxPool"),
        (model_of([node("Softmax", ["x"], ["y"], axis=-7)]), "Softmax"),
        (model_of([node("Relu", ["x"], ["y"]), node("Exp", ["x"], ["y"])]), "two nodes"),
        (model_of([node("Relu", ["x"], ["y"])], opset=999), "opset 999"),
        (model_of([node("Identity", ["x"], ["y"])], kind=TensorProto.STRING), "no numbers"),
        (model_of([node("Relu", ["x"], ["y"])], sides=(1, 3, 0, 8)), "a side of 0"),
        (
            model_of(
                [
                    node("Conv", ["x", "w"], ["a"], pads=[1] * 4),
                    node("Conv", ["x", "w"], ["b"], pads=[2] * 4, dilations=[2, 2]),
                    node("Add", ["a", "b"], ["y"]),
                ],
                [tensor("w", 4, 3, 3, 3)],
            ),
            "same weights, w",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path, model, said):
    with pytest.raises(ModelProblem, match=said) as caught:
        imported(saved(model, tmp_path), "net")
    assert "\n" not in str(caught.value) and "<class" not in str(caught.value)


@pytest.mark.parametrize("size", ["0x0", "8x8x4", "9x9", "8"])
def test_sizes_that_the_model_does_not_take(command, tmp_path, size):
    saved(convolution(), tmp_path)
    assert "--input" in refused(command("model.onnx", "--input", size))


@pytest.mark.parametrize("opset", [17, 18])
def test_torchs_group_norm(tmp_path, opset):
    torch = pytest.importorskip("torch", reason="torch writes the model")
    module = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.GroupNorm(4, 8)).eval()
    torch.nn.init.normal_(module[1].weight)
    torch.nn.init.normal_(module[1].bias)
    image, path = torch.randn(1, 3, 9, 7), str(tmp_path / "norm.onnx")
    torch.onnx.export(module, (image,), path, dynamo=False, opset_version=opset)
    found = imported(path, "net")
    assert "groupnorm 4" in found.text and not found.read.externs
    again = archc.loads(found.text).torch().eval()
    again.load_state_dict({k: torch.from_numpy(np.array(v)) for k, v in found.weights().items()})
    with torch.no_grad():
        assert torch.allclose(again(image), module(image), atol=1e-5)
