"""Blocks as functions: the same graph, and the same outputs, as without them."""

from __future__ import annotations

from zlib import crc32

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import inliner, numpy_helper

from archc.api import load, loads
from archc.backends.onnx.build import Options, built, with_inputs
from archc.backends.onnx.functions import DOMAIN
from archc.backends.onnx.lower import Lowered
from archc.backends.onnx.model import model_of as flat_model
from archc.backends.onnx.reading.file import opened
from archc.backends.onnx.reading.network import read
from archc.building.onnx import Wanted, model_of
from archc.cli.main import main
from archc.ops.ends import Extern
from tests.importing.isomorphic import fingerprint
from tests.onnx.running import given_by, inputs_for, quiet, with_externs
from tests.shipped import networks

NESTED = """block layer(channels, stride=1)
  conv 3x3/stride channels pad=1 bias=no ; bn ; relu
block unit(channels)
  add
    one: layer channels ; conv 3x3 channels pad=1
    identity
net toy(classes=3)
  input 12x12x4
  stem: layer 8
  a: unit 8
  b: unit 8
  down: layer 16 stride=2
  c: unit 16
  gap
  fc: fc classes
"""
SCAN = """block cell(width)
  fc width ; tanh
block steps(width)
  scan
    word: identity
    old: prev new width
    concat word old
    new: cell width
net toy()
  input 5 of 6
  first: steps 4
  second: steps 4
"""
SHARED = """block tower()
  conv 3x3 8 pad=1 ; bn ; relu ; gap
net toy()
  left: input 8x8x3
  right: input 8x8x3
  a: from left ; tower as twin
  b: from right ; reuse twin
  concat a b
"""


FEW = ("highway", "mobilenet_v3_small", "resnet_cifar", "shufflenet_v2", "squeezenet")
SMALL = 150
"""nodes of networks whose graphs are compared; with --full those of all are"""


def pytest_generate_tests(metafunc):
    """`few` are some networks in one variant, `small` those of few nodes; with --full all."""
    full = metafunc.config.getoption("--full")
    found = networks(full=full)
    few = [one for one in found if full or one.net in FEW]
    small = [one for one in found if full or len(one.nodes) <= SMALL]
    for name, chosen in (("few", few), ("small", small)):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, chosen, ids=lambda network: network.name)


def graph_of(text):
    return loads(text).graph


def held(network, one):
    """The model of a build, with numbers that follow from the names of its tensors."""
    model = onnx.ModelProto()
    model.CopyFrom(one.model)
    for name, stored in one.lowered.tensors.items():
        random = np.random.default_rng(crc32(name.encode()))
        numbers = random.random(stored.sides, np.float32) + 0.5
        if len(stored.sides) > 1:
            numbers = (numbers - 1) * (12 * stored.sides[0] / numbers.size) ** 0.5
        model.graph.initializer.append(numpy_helper.from_array(np.float32(numbers), name))
    given = inputs_for(network, one.options.batch or 2, ())
    externs = {
        node.op.name: given_by(network, node.op.size, len(given[0]))
        for node in network.nodes
        if isinstance(node.op, Extern)
    }
    with_externs(model, one.lowered, externs)
    quiet(model.graph)
    return model, [value.numpy() for value in given]


def outputs(model, given):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    return session.run(None, dict(zip([one.name for one in session.get_inputs()], given)))


def same_outputs(network, **options):
    """Whether blocks as functions give the same numbers, bit for bit; the model with them."""
    found = []
    for functions in (False, True):
        one = built(network, Options(functions=functions, **options))
        found.append(outputs(*held(network, one)))
    for flat, called in zip(*found, strict=True):
        assert np.isfinite(flat).all()
        assert np.array_equal(flat, called)
    return one.model


def nodes_of(model):
    return {node.name: node for node in model.graph.node}


# ---- shipped networks ----------------------------------------------------------------------------


def test_shipped_networks_are_the_same_graph(small):
    """With every function put where it is called; inside scans, which have a graph, others look."""
    lowered = Lowered(small, 20, blocks=True)
    plain = with_inputs(lowered, flat_model(lowered), "float32")
    called = built(small, Options(functions=True)).with_inputs().model
    assert not called.functions or DOMAIN in {node.domain for node in called.graph.node}
    whole = without_constants(inliner.inline_local_functions(called))
    assert not any(node.domain == DOMAIN for node in whole.graph.node)
    if not any(node.op_type == "Scan" for node in whole.graph.node):
        assert fingerprint(whole) == fingerprint(plain)


def without_constants(model):
    """Nodes that are numbers as tensors of the model."""
    found = onnx.ModelProto()
    found.CopyFrom(model)
    del found.graph.node[:]
    for node in model.graph.node:
        if node.op_type != "Constant":
            found.graph.node.append(node)
            continue
        tensor = found.graph.initializer.add()
        tensor.CopyFrom(node.attribute[0].t)
        tensor.name = node.output[0]
    return found


def test_shipped_networks_give_the_same(few):
    same_outputs(few)


# ---- what stands in a model ----------------------------------------------------------------------


def test_a_use_is_a_node_that_is_given_its_values_then_its_weights():
    model = built(graph_of(NESTED), Options(functions=True)).model
    nodes = nodes_of(model)
    assert [(name, node.op_type) for name, node in nodes.items()][:5] == [
        ("stem", "layer"),
        ("a", "unit"),
        ("b", "unit"),
        ("down", "layer_2"),
        ("c", "unit"),
    ]
    assert list(nodes["a"].input)[:2] == ["stem.relu1", "a.one.layer1.conv1.weight"]
    assert list(nodes["a"].output) == ["a.add1"]
    assert nodes["a"].doc_string == "<text>:10"
    unit = next(one for one in model.functions if one.name == "unit")
    assert list(unit.input)[:2] == ["x", "one.layer1.conv1.weight"]
    assert [node.name for node in unit.node] == ["one.layer1", "one.conv1", "add1"]
    assert unit.node[0].doc_string == "<text>:5"


def test_tensors_stay_where_they_are(tmp_path):
    network = graph_of(NESTED)
    models = []
    for functions in (False, True):
        path = tmp_path / f"{functions}.onnx"
        model_of(network, Wanted(Options(functions=functions))).write(str(path))
        models.append(onnx.load(path))
    flat, called = [
        {one.name: numpy_helper.to_array(one) for one in model.graph.initializer if one.raw_data}
        for model in models
    ]
    assert flat.keys() == called.keys()
    assert all(np.array_equal(flat[key], called[key]) for key in flat)


def test_sizes_are_those_in_which_all_uses_agree():
    model = built(graph_of(NESTED), Options(functions=True)).model
    functions = {one.name: one for one in model.functions}
    sides = {
        info.name: [side.dim_value or side.dim_param for side in info.type.tensor_type.shape.dim]
        for info in functions["unit"].value_info
    }
    assert sides["add1"] == ["N", "", "", ""]  # 8 channels in the one, 16 in the other
    made = {name for node in functions["unit"].node for name in node.output}
    assert made <= sides.keys()
    at_top = {info.name for info in (*model.graph.value_info, *model.graph.output)}
    assert at_top == {name for node in model.graph.node for name in node.output}


def test_two_builds_are_the_same_bytes(tmp_path):
    for name in "ab":
        wanted = Wanted(Options(functions=True))
        model_of(load("mnasnet_a1").graph, wanted).write(str(tmp_path / name))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_network_without_blocks_is_what_it_was():
    network = graph_of("net toy()\n  input 8\n  fc 3\n")
    flat, called = [built(network, Options(functions=on)).model for on in (False, True)]
    assert flat.SerializeToString() == called.SerializeToString()


# ---- other ways to build -------------------------------------------------------------------------


@pytest.mark.parametrize("opset", [13, 17, 24])
@pytest.mark.parametrize("text", [NESTED, SCAN, SHARED], ids=["nested", "scan", "shared"])
def test_opsets(text, opset):
    model = same_outputs(graph_of(text), opset=opset)
    assert model.functions


def test_blocks_that_share_weights_are_given_the_same():
    model = built(graph_of(SHARED), Options(functions=True)).model
    nodes = nodes_of(model)
    first, again = nodes["twin"], nodes["twin@2"]
    assert first.op_type == again.op_type == "tower"
    assert first.input[1:] == again.input[1:]


def test_blocks_in_a_scan_are_nodes_of_its_graph():
    model = built(graph_of(SCAN), Options(functions=True, opset=20)).model
    _, steps = model.functions  # both uses have one, though the second one's is an output
    (scan,) = [node for node in steps.node if node.op_type == "Scan"]
    (body,) = [one.g for one in scan.attribute if one.HasField("g")]
    assert "cell" in [node.op_type for node in body.node]


def test_other_numbers(tmp_path):
    """Half precision, batch norms folded, weights as inputs, numbers in a file of their own."""
    network = graph_of(NESTED)
    path = str(tmp_path / "toy.onnx")
    given = np.random.default_rng(0).standard_normal((2, 4, 12, 12), np.float32)
    exact = ran(network, path, given, functions=False)
    assert np.array_equal(ran(network, path, given), exact)
    assert np.array_equal(ran(network, path, given, apart=True), exact)
    assert np.abs(ran(network, path, given, folds=True) - exact).max() < 1e-5
    half = ran(network, path, given.astype(np.float16), dtype="float16")
    assert np.abs(half - exact).max() < 1e-2
    model_of(network, Wanted(Options(functions=True), weights="none")).write(path)
    assert len(onnxruntime.InferenceSession(path).get_inputs()) == 1 + 33
    model_of(network, Wanted(Options(functions=True, dtype="bfloat16", opset=22))).write(path)
    onnx.checker.check_model(path, full_check=True)


def ran(network, path, given, functions=True, dtype="float32", **wanted):
    options = Options(functions=functions, dtype=dtype)
    model_of(network, Wanted(options, **wanted)).write(path)
    session = onnxruntime.InferenceSession(path)
    return session.run(None, {session.get_inputs()[0].name: given})[0]


def test_they_are_read_back(tmp_path):
    """`archc import` puts functions where they are called."""
    network, path = graph_of(NESTED), str(tmp_path / "toy.onnx")
    model_of(network, Wanted(Options(functions=True))).write(path)
    found = read(opened(path), "toy")
    assert not found.externs
    assert [node.op.word for node in found.network.nodes] == [
        node.op.word for node in network.nodes
    ]


def test_the_option(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "toy.arch").write_text(NESTED)
    assert main(["build", "toy.arch", "--functions", "-o", "toy.onnx"]) == 0
    assert [one.name for one in onnx.load("toy.onnx").functions] == ["layer", "unit", "layer_2"]
    assert main(["build", "toy.arch", "--functions", "-o", "toy.py"]) == 2
    assert "--functions is for --target onnx" in capsys.readouterr().err
