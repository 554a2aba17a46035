"""Nothing is left in a model for tools that make models smaller."""

from __future__ import annotations

from collections import Counter

import onnx
import onnxslim
import pytest

from archc.api import loads
from archc.backends.onnx.build import Options, built
from tests.shipped import networks

CHANCE = ("RandomNormalLike",)
SLIMMED = ("deconvnet", "lenet5_1998", "rcnn", "sppnet_detector", "squeezenet", "ssd300")
"""networks with something to leave out: what is worked out twice, joins of joins, known sizes"""


def pytest_generate_tests(metafunc):
    """`slimmed` are some networks in one variant, with --full all (minutes: the tool is slow)."""
    if "slimmed" in metafunc.fixturenames:
        full = metafunc.config.getoption("--full")
        chosen = [one for one in networks(full=full) if full or one.net in SLIMMED]
        metafunc.parametrize("slimmed", chosen, ids=lambda network: network.name)


def made(network, batch=None):
    """The model, with its weights as inputs: they are no constants."""
    return built(network, Options(batch=batch)).with_inputs().model


def leftovers(model):
    """What could be left out, or worked out when the model is built."""
    graphs = [model.graph]
    for graph in graphs:
        graphs += [one.g for node in graph.node for one in node.attribute if one.HasField("g")]
    read = {name for graph in graphs for node in graph.node for name in node.input}
    read |= {one.name for graph in graphs for one in graph.output}
    tensors = {one.name for one in model.graph.initializer}
    found = [f"{name} is not read" for name in tensors - read]
    for graph in graphs:
        first = {}
        for node in graph.node:
            attributes = [one.SerializeToString() for one in node.attribute]
            key = (node.op_type, node.domain, *node.input, *sorted(attributes))
            if node.op_type not in CHANCE and first.setdefault(key, node.name) != node.name:
                found.append(f"{node.name} is {first[key]} again")
            if read.isdisjoint(node.output):
                found.append(f"{node.name} is not read")
            if tensors.issuperset(filter(None, node.input)):
                found.append(f"{node.name} works on constants alone")
            if node.op_type == "Identity" and graph is model.graph:
                found.append(f"{node.name} is an Identity")
    return found


def test_shipped_networks_hold_nothing_needless(shipped):
    for batch in (None, 1):
        assert leftovers(made(shipped, batch)) == []


def test_onnxslim_finds_nothing(slimmed):
    """It may replace a node (a transposition of sides of 1 by a Reshape), but removes none."""
    for batch in (None, 1):
        model = made(slimmed, batch)
        before = onnx.ModelProto()
        before.CopyFrom(model)
        after = onnxslim.slim(model).graph
        assert len(after.node) == len(before.graph.node), changes(before.graph, after)
        assert {one.name for one in before.graph.initializer} <= {
            one.name for one in after.initializer
        }


def changes(before, after):
    kinds = [Counter([node.op_type for node in graph.node]) for graph in (before, after)]
    return {"gone": kinds[0] - kinds[1], "new": kinds[1] - kinds[0]}


TWICE = """
  a: flatten ; fc 2
  from input
  b: flatten ; fc 3
  concat a b
"""
JOINS = """
  concat
    relu
    concat
      tanh
      sigmoid
"""


@pytest.mark.parametrize(
    ("rows", "kinds"),
    [
        (TWICE, ["Flatten", "Gemm", "Gemm", "Concat"]),
        (JOINS, ["Relu", "Tanh", "Sigmoid", "Concat"]),
    ],
)
def test_what_is_shared(rows, kinds):
    model = made(loads(f"net toy()\n  input 4x4x3{rows}").graph)
    assert [node.op_type for node in model.graph.node] == kinds


def test_outputs_are_values_of_their_own():
    """Two equal rows stay two where both are outputs."""
    text = "net toy()\n  input 4x4x3\n  a: relu\n  from input\n  b: relu\n  output a b\n"
    model = made(loads(text).graph)
    assert [node.op_type for node in model.graph.node] == ["Relu", "Relu"]
    assert [one.name for one in model.graph.output] == ["a", "b"]
