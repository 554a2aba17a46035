"""Model files: what stands in them, what they weigh, that they run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import numpy_helper
from safetensors.torch import save_file

from archc.api import load, loads
from archc.backends.onnx.build import Options
from archc.building.onnx import Wanted, model_of
from tests.onnx.running import difference

TOY = """net toy(classes=4)
  input 16x16x3
  conv 3x3 8 pad=half bias=no ; bn ; relu
  body: conv 3x3/2 16 pad=1 ; relu
  gap
  fc: fc classes
"""


@pytest.fixture(scope="module")
def toy():
    return loads(TOY)


def written(network, path, **wanted):
    """The files of a model, and the model as onnx reads it."""
    options = {key: wanted.pop(key) for key in ("opset", "batch", "dtype") if key in wanted}
    names = model_of(network.graph, Wanted(Options(**options), **wanted)).write(str(path))
    return names, onnx.load(path)


def run(path, *images):
    session = onnxruntime.InferenceSession(str(path))
    given = {one.name: image for one, image in zip(session.get_inputs(), images, strict=True)}
    return session.run(None, given)


def image(*sides):
    return np.random.default_rng(0).standard_normal(sides, np.float32)


def state_of(model):
    return {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}


# ---- what stands in a model --------------------------------------------------------------------


def test_names_are_those_of_the_spec(toy, tmp_path):
    _, model = written(toy, tmp_path / "a.onnx")
    assert [node.name for node in model.graph.node][:4] == ["conv1", "bn1", "relu1", "body"]
    keys = set(toy.torch().state_dict())
    held = {name for name in state_of(model) if not name.startswith(("int64", "float"))}
    assert held == {key for key in keys if not key.endswith("num_batches_tracked")}
    assert [one.name for one in model.graph.output] == ["fc"]
    assert model.graph.node[0].doc_string == "<text>:3"


def test_it_says_where_it_comes_from_and_what_it_costs(toy, tmp_path):
    _, model = written(toy, tmp_path / "a.onnx")
    facts = {one.key: one.value for one in model.metadata_props}
    assert model.producer_name == "archc"
    assert facts["archc.parameters"] == f"{toy.params}"
    assert facts["archc.macs"].replace(",", "") == f"{toy.macs}"


def test_names_stay_when_another_layer_is_added(toy, tmp_path):
    more = loads(TOY.replace("  gap\n", "  conv 1x1 16 as more\n  gap\n"))
    _, model = written(toy, tmp_path / "a.onnx")
    _, larger = written(more, tmp_path / "b.onnx")
    names = {node.name for node in model.graph.node}
    assert names < {node.name for node in larger.graph.node}
    before, after = state_of(model), state_of(larger)
    assert all(np.array_equal(after[key], before[key]) for key in before)


def test_rows_without_a_name_are_counted_by_kind_in_their_block():
    text = """net a()
  input 4x4x3
  block twice(more)
    conv 1x1 3            if more
    conv 1x1 3 ; relu
  first: twice more=no
  last: conv 1x1 3
  conv 1x1 3 ; relu
"""
    models = [
        model_of(loads(one).graph, Wanted()).built.model
        for one in (text, text.replace("=no", "=yes").replace("  last", "  conv 1x1 3\n  last"))
    ]
    names = [[node.name for node in model.graph.node] for model in models]
    assert names[0] == ["first.conv1", "first.relu1", "last", "conv2", "relu1"]
    assert names[1] == [
        *["first.conv1", "first.conv2", "first.relu1"],
        *["conv1", "last", "conv3", "relu1"],
    ]


@pytest.mark.parametrize(("opset", "version"), [(13, 10), (20, 10), (22, 10), (23, 11), (24, 12)])
def test_the_oldest_format_that_an_opset_allows(toy, tmp_path, opset, version):
    _, model = written(toy, tmp_path / "a.onnx", opset=opset)
    assert (model.opset_import[0].version, model.ir_version) == (opset, version)


def test_all_values_have_sizes(toy, tmp_path):
    _, model = written(toy, tmp_path / "a.onnx")
    sized = {one.name for one in (*model.graph.value_info, *model.graph.output)}
    assert {name for node in model.graph.node for name in node.output} <= sized


def test_outputs_have_the_sizes_that_onnx_finds():
    """Open sides of a picture that became fixed ones: those of its regions."""
    model = model_of(load("mask_rcnn").graph, Wanted(weights="none")).built.model
    masks = next(one for one in model.graph.output if "mask" in one.name)
    sides = masks.type.tensor_type.shape.dim
    assert [side.dim_param or side.dim_value for side in sides] == ["N*R", 91, 28, 28]


def test_open_sides_have_their_letters(tmp_path):
    network = loads("net a()\n  input HxWx3\n  conv 3x3/2 8 pad=1 ; relu\n  conv 1x1 2\n")
    _, model = written(network, tmp_path / "a.onnx")
    sides = [
        side.dim_param or side.dim_value for side in model.graph.input[0].type.tensor_type.shape.dim
    ]
    assert sides == ["N", 3, "H", "W"]
    assert run(tmp_path / "a.onnx", image(2, 3, 33, 47))[0].shape == (2, 2, 17, 24)


def test_nothing_is_left_over():
    """No Identity, nothing that nobody reads."""
    model = model_of(load("resnet.50").graph, Wanted()).built.model
    assert len(model.graph.node) == 53 * 2 + 49 + 16 + 4  # conv and bn, relu, add, the rest
    assert not [node for node in model.graph.node if node.op_type == "Identity"]
    folded = model_of(load("resnet.50").graph, Wanted(folds=True)).built.model
    assert len(folded.graph.node) == 122


def test_a_dropout_in_between_does_not_keep_a_batch_norm():
    model = model_of(load("wide_resnet.40-1").graph, Wanted(folds=True)).built.model
    kinds = Counter([node.op_type for node in model.graph.node])
    assert kinds["BatchNormalization"] == 18 + 1  # one before each unit, and the last
    assert not kinds["Dropout"]


# ---- numbers -----------------------------------------------------------------------------------


def test_two_builds_give_the_same_bytes(toy, tmp_path):
    written(toy, tmp_path / "a.onnx")
    written(toy, tmp_path / "b.onnx")
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()


def test_the_spec_begins_as_torch_does_in_distribution(toy, tmp_path):
    text = TOY.replace("fc classes", "fc classes init=xavier").replace(
        "16 pad=1", "64 pad=1 init=he"
    )
    network = loads(text)
    _, model = written(network, tmp_path / "a.onnx", seed=3)
    state, theirs = state_of(model), network.torch(seed=0).state_dict()
    for key, value in state.items():
        if key in theirs and value.ndim:
            spread = float(theirs[key].std()) if theirs[key].numel() > 1 else 0.0
            assert value.std() == pytest.approx(spread, rel=0.35, abs=1e-6), key


def test_weights_of_files(toy, tmp_path):
    state = toy.torch(seed=5).state_dict()
    save_file(state, tmp_path / "a.safetensors")
    torch.save(state, tmp_path / "a.pth")
    given = image(3, 3, 16, 16)
    with torch.no_grad():
        expected = toy.torch(seed=5).eval()(torch.from_numpy(given)).numpy()
    for name in ("a.safetensors", "a.pth"):
        written(toy, tmp_path / "a.onnx", weights=str(tmp_path / name))
        assert difference(run(tmp_path / "a.onnx", given)[0], expected) < 1e-5


def test_folded_norms_give_the_same(toy, tmp_path):
    state = toy.torch(seed=5).state_dict()
    state["bn1.running_mean"] += 0.3
    state["bn1.running_var"] *= 2
    save_file(state, tmp_path / "a.safetensors")
    given, weights = image(2, 3, 16, 16), str(tmp_path / "a.safetensors")
    written(toy, tmp_path / "a.onnx", weights=weights)
    _, folded = written(toy, tmp_path / "b.onnx", weights=weights, folds=True)
    assert "BatchNormalization" not in {node.op_type for node in folded.graph.node}
    plain = run(tmp_path / "a.onnx", given)[0]
    assert difference(run(tmp_path / "b.onnx", given)[0], plain) < 1e-5


def test_norms_behind_every_kind_of_layer_fold(tmp_path):
    """A deconv has its outgoing channels on the second side, in groups; an fc has no sides."""
    network = loads(
        """net a()
  input 5x5x6
  conv 3x3 8 groups=2 pad=half ; bn ; relu
  deconv 3x3/2 6 groups=2 ; bn ; relu
  deconv 2x2/2 4 ; bn affine=no
  flatten ; fc 7 ; bn
"""
    )
    state = network.torch(seed=5).state_dict()
    for key, value in state.items():
        if "running" in key:
            value.uniform_(0.5, 2)
    weights = str(tmp_path / "a.safetensors")
    save_file(state, weights)
    _, folded = written(network, tmp_path / "a.onnx", weights=weights, folds=True)
    assert "BatchNormalization" not in {node.op_type for node in folded.graph.node}
    module = network.torch(seed=5).eval()
    module.load_state_dict(state)
    given = image(2, 6, 5, 5)
    with torch.no_grad():
        expected = module(torch.from_numpy(given)).numpy()
    assert difference(run(tmp_path / "a.onnx", given)[0], expected) < 1e-5


def test_weights_may_be_inputs(toy, tmp_path):
    _, model = written(toy, tmp_path / "a.onnx", weights="none")
    assert len(model.graph.input) == 1 + 9
    state = {key: value.numpy() for key, value in toy.torch(seed=1).state_dict().items()}
    session = onnxruntime.InferenceSession(str(tmp_path / "a.onnx"))
    given = image(1, 3, 16, 16)
    feed = {one.name: state.get(one.name, given) for one in session.get_inputs()}
    with torch.no_grad():
        expected = toy.torch(seed=1).eval()(torch.from_numpy(given)).numpy()
    assert difference(session.run(None, feed)[0], expected) < 1e-5


def test_numbers_in_a_file_of_their_own(toy, tmp_path):
    names, _ = written(toy, tmp_path / "a.onnx", apart=True)
    written(toy, tmp_path / "b.onnx")
    assert [os.path.basename(name) for name in names] == ["a.onnx", "a.onnx.data"]
    given = image(2, 3, 16, 16)
    assert np.array_equal(run(tmp_path / "a.onnx", given)[0], run(tmp_path / "b.onnx", given)[0])


def test_half_precision_runs_and_bfloat16_reads_back(toy, tmp_path):
    written(toy, tmp_path / "a.onnx")
    written(toy, tmp_path / "b.onnx", dtype="float16")
    given = image(2, 3, 16, 16)
    exact = run(tmp_path / "a.onnx", given)[0]
    assert difference(run(tmp_path / "b.onnx", given.astype(np.float16))[0], exact) < 1e-2
    _, model = written(toy, tmp_path / "c.onnx", dtype="bfloat16", opset=22)
    onnx.checker.check_model(model, full_check=True)
    _, plain = written(toy, tmp_path / "a.onnx")
    ours, exact = state_of(model), state_of(plain)
    for key in exact:
        assert np.allclose(ours[key].astype(np.float32), exact[key], rtol=1e-2, atol=1e-6)


MEASURED = """
import sys
from archc.cli.main import main
import onnx, numpy
def most():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
before = most()
assert main(["build", "big.arch", "-o", "big.onnx", *sys.argv[1:]]) == 0
assert "torch" not in sys.modules
print((most() - before) * 1024)
"""
"""how many bytes a build takes at most: those of this process alone, `ru_maxrss` is inherited"""


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="Linux counts memory there")
@pytest.mark.parametrize("words", [(), ("--fold-bn",)])
def test_memory_does_not_grow_with_the_model(tmp_path, words):
    """Half a gigabyte of weights, written within 128 MiB and without torch."""
    rows = "".join([f"  fc {size} ; bn\n" for size in (8192, 8192)])
    (tmp_path / "big.arch").write_text(f"net big()\n  input 4096\n{rows}  fc 4096\n")
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "big.onnx").stat().st_size > 500e6
    assert int(done.stdout) < 128 * 2**20
