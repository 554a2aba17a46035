"""Structures of other people's models: functions, repetition without names, regions, recurrence."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import archc
from archc.backends.onnx.reading.file import opened
from archc.backends.onnx.reading.problem import ModelProblem
from archc.building.imported import imported, written_from
from archc.limits import DEFAULT
from tests.importing.isomorphic import exported, fingerprint, opened_again
from tests.importing.models import saved

CLOSE = 1e-5
SETS = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
node = helper.make_node


def tensor(name, *sides):
    numbers = np.random.default_rng(len(name)).standard_normal(sides, dtype=np.float32)
    return numpy_helper.from_array(numbers, name)


def value(name, *sides):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, sides)


def model_of(nodes, inputs, tensors=(), functions=(), output=("N", None)):
    graph = helper.make_graph(nodes, "g", inputs, [value("y", *output)], tensors)
    return helper.make_model(graph, functions=functions, opset_imports=SETS, ir_version=8)


def same_outputs(path, model_path, feeds):
    """Assert that the imported network gives what ONNX Runtime computes of the model."""
    torch = pytest.importorskip("torch", reason="the network is run by torch")
    runtime = pytest.importorskip("onnxruntime")
    found = imported(path, "net")
    module = archc.loads(found.text).torch().eval()
    state = {key: torch.from_numpy(np.array(array)) for key, array in found.weights().items()}
    module.load_state_dict(state)
    wanted = runtime.InferenceSession(model_path).run(None, feeds)
    with torch.no_grad():
        given = module(*[torch.from_numpy(array) for array in feeds.values()])
    assert np.allclose(given.numpy().reshape(wanted[0].shape), wanted[0], atol=CLOSE)
    return found


# ---- functions ---------------------------------------------------------------------------------


def function(name, *nodes, given=("x",)):
    return helper.make_function("own", name, [*given], ["z"], [*nodes], SETS)


def called(name, one, other="z"):
    return node(name, [one], [other], domain="own")


def test_functions_are_put_where_they_are_called(tmp_path):
    block = function(
        "block",
        node("Conv", ["x", "w"], ["c"], pads=[1, 1, 1, 1]),
        node("Relu", ["c"], ["r"]),
        node("Add", ["r", "x"], ["z"]),
        given=("x", "w"),
    )
    names = ["image", "a", "b", "y"]
    keys = [f"layer.{at}.conv.weight" for at in range(3)]
    nodes = [
        node("block", [one, key], [other], domain="own")
        for (one, other), key in zip(pairwise(names), keys)
    ]
    tensors = [tensor(key, 3, 3, 3, 3) for key in keys]
    model = model_of(nodes, [value("image", "N", 3, 8, 8)], tensors, [block])
    path = saved(model, tmp_path)
    image = np.random.default_rng(0).standard_normal((2, 3, 8, 8), dtype=np.float32)
    found = same_outputs(path, path, {"image": image})
    assert {*found.weights()} == {*keys}


def refused(model, tmp_path):
    with pytest.raises(ModelProblem) as caught:
        opened(saved(model, tmp_path))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_functions_that_call_themselves(tmp_path):
    functions = [function("a", called("b", "x")), function("b", called("a", "x"))]
    nodes = [node("a", ["image"], ["y"], domain="own")]
    model = model_of(nodes, [value("image", "N", 3)], functions=functions)
    assert "calls itself" in refused(model, tmp_path)


def test_functions_that_grow_without_bound(tmp_path):
    functions = [function("f0", node("Relu", ["x"], ["z"]))]
    functions += [
        function(f"f{at}", called(f"f{at - 1}", "x", "t"), called(f"f{at - 1}", "t"))
        for at in range(1, 60)
    ]
    nodes = [node("f59", ["image"], ["y"], domain="own")]
    model = model_of(nodes, [value("image", "N", 3)], functions=functions)
    assert "grow beyond" in refused(model, tmp_path)


def test_nodes_that_run_in_a_circle(tmp_path):
    nodes = [node("Identity", ["a"], ["b"]), node("Identity", ["b"], ["a"])]
    nodes += [node("MatMul", ["a", "image"], ["y"])]
    path = saved(model_of(nodes, [value("image", "N", 3)]), tmp_path)
    with pytest.raises(ModelProblem, match="made later"):
        imported(path, "net")


# ---- repetition --------------------------------------------------------------------------------


def without_names(model):
    """The same model, somebody else's, with names that say nothing."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    names: dict[str, str] = {"": ""}
    graph = model.graph
    for one in graph.node:
        one.name = ""
        for given in (one.input, one.output):
            given[:] = [names.setdefault(name, f"v{len(names)}") for name in given]
    for one in (*graph.input, *graph.output, *graph.initializer):
        one.name = names.setdefault(one.name, f"v{len(names)}")
    model.producer_name = "somebody"
    del graph.value_info[:], model.metadata_props[:]
    return model


@pytest.mark.parametrize(
    ("name", "lines", "rows"),
    [
        ("resnet.50", 35, ["stage2: unit2 64 x2", "stage6: unit2 256 x5"]),
        ("vit.b16", 20, ["x12"]),
        ("densenet.121", 30, ["x"]),
        ("googlenet", 35, ["columns"]),
    ],
)
def test_repetition_is_found_without_names(name, lines, rows):
    net = archc.load(name)
    model = exported(net.graph)
    found = written_from(opened_again(without_names(model)), "net", "", None, DEFAULT)
    assert len(found.text.splitlines()) <= lines
    assert all(row in found.text for row in rows)
    other = archc.loads(found.text)
    assert (other.params, other.macs) == (net.params, net.macs)
    assert fingerprint(exported(other.graph)) == fingerprint(model)


# ---- regions -----------------------------------------------------------------------------------


def numbered(nodes):
    """Boxes of one image with its number in front, as torchvision exports them."""
    return [
        node("Squeeze", ["boxes", "zero"], ["rows"]),
        node("Shape", ["rows"], ["shape"]),
        node("Slice", ["shape", "zero", "one", "zero"], ["count"]),
        node("Concat", ["count", "one"], ["column"], axis=0),
        node("ConstantOfShape", ["column"], ["numbers"]),
        node("Concat", ["numbers", "rows"], ["all"], axis=1),
        *nodes,
    ]


def regions(nodes):
    inputs = [value("image", 1, 4, 12, 16), value("boxes", 1, 5, 4)]
    whole = [(name, np.array(number, "i8")) for name, number in (("zero", [0]), ("one", [1]))]
    whole += [("five", np.array([5], "i8")), ("first", np.array(0, "i8"))]
    tensors = [numpy_helper.from_array(array, name) for name, array in whole]
    return model_of(numbered(nodes), inputs, tensors, output=(5, 4, 3, 2))


def test_regions_of_other_exporters(tmp_path):
    align = [
        node("Slice", ["all", "one", "five", "one"], ["corners"]),
        node("Gather", ["all", "first"], ["image_of"], axis=1),
        node("Cast", ["image_of"], ["batch"], to=TensorProto.INT64),
    ]
    options = {"output_height": 3, "output_width": 2, "sampling_ratio": 2, "spatial_scale": 0.5}
    places = "output_half_pixel"
    align.append(
        node(
            "RoiAlign",
            ["image", "corners", "batch"],
            ["y"],
            coordinate_transformation_mode=places,
            **options,
        )
    )
    pool = [node("MaxRoiPool", ["image", "all"], ["y"], pooled_shape=[3, 2], spatial_scale=0.5)]
    rng = np.random.default_rng(0)
    corners = rng.uniform(0, 12, (1, 5, 2)).astype("f4")
    boxes = np.concatenate([corners, corners + rng.uniform(4, 16, (1, 5, 2))], 2).astype("f4")
    image = rng.standard_normal((1, 4, 12, 16), dtype=np.float32)
    for nodes, word in ((align, "roialign 3x2"), (pool, "roipool 3x2")):
        path = saved(regions(nodes), tmp_path, word[:7])
        found = same_outputs(path, path, {"image": image, "boxes": boxes})
        assert word in found.text and "extern" not in found.text


# ---- recurrence --------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore")  # the old exporter says that it is old
@pytest.mark.parametrize(
    ("kind", "options", "rows"),
    [
        ("LSTM", {"num_layers": 2, "bidirectional": True}, "lstm 8 layers=2 bidirectional"),
        ("GRU", {"num_layers": 3}, "gru 8 layers=3"),
        ("RNN", {"nonlinearity": "relu"}, "rnn 8 relu"),
        ("LSTM", {"bias": False}, "lstm 8 bias=no"),
    ],
)
def test_recurrent_layers_of_torch(kind, options, rows, tmp_path):
    torch = pytest.importorskip("torch", reason="torch exports the model")

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = getattr(torch.nn, kind)(6, 8, batch_first=True, **options)
            self.fc = torch.nn.Linear(16 if options.get("bidirectional") else 8, 5)

        def forward(self, value):
            return self.fc(self.rnn(value)[0][:, -1])

    path = str(tmp_path / "net.onnx")
    torch.manual_seed(0)
    net, things = Net().eval(), torch.randn(2, 7, 6)
    torch.onnx.export(net, (things,), path, dynamo=False, input_names=["x"], opset_version=17)
    found = same_outputs(path, path, {"x": things.numpy()})
    assert "input 7 of 6" in found.text and rows in found.text
    assert archc.loads(found.text).params == sum(one.numel() for one in net.parameters())


SCAN = """
net counted()
  words: input T of 6
  first: input 4
  from words
  scan
    word: identity
    old: prev new 5
    begun: prev sum 4 start=first
    concat word old
    new: fc 5 ; tanh
    turned: fc 4
    sum: add begun turned
    lstm 3
"""


def test_scans_with_states_of_their_own():
    """`prev` with and without a first value, and a layer that keeps its state."""
    network = archc.loads(SCAN).graph
    model = exported(network)
    found = written_from(opened_again(model), "counted", "", None, DEFAULT)
    assert fingerprint(exported(archc.loads(found.text).graph)) == fingerprint(model)
    assert len(re.findall(r"(?m)^ +prev ", found.text)) == 2
