"""A network in torch and in ONNX Runtime, with equal weights, on equal inputs."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import helper, numpy_helper
from torch import Tensor, nn

from archc.backends.onnx.lower import Lowered
from archc.backends.onnx.model import model_of
from archc.backends.torch.emit import source_of
from archc.backends.torch.live import module_of
from archc.backends.torch.sizes import size_of
from archc.graph.ir import Network
from archc.ops.ends import EXTERN, Extern
from archc.ops.recurrent import Embed
from archc.ops.values import Shape


def run_both(
    network: Network,
    *,
    opset: int = 20,
    batch: int | None = None,
    samples: int = 2,
    inputs: list[Tensor] | None = None,
    picture: tuple[int, ...] = (),
    tolerance: float = 1e-4,
) -> onnx.ModelProto:
    """Build, check and run both; they give the same numbers. The model is returned.

    `batch` fixes the number of samples, `samples` is how many are run where it is open; `picture`
    has the sides of pictures that are open.
    """
    lowered = Lowered(network, opset, batch)
    assert not lowered.bag.has_errors, [found.message for found in lowered.bag.sorted()]
    module = filled(network)
    given = inputs or inputs_for(network, batch or samples, picture)
    externs = {
        node.op.name: given_by(network, node.op.size, len(given[0]))
        for node in network.nodes
        if isinstance(node.op, Extern)
    }
    model = complete(lowered, module, externs)
    expected = in_torch(module, given, externs)
    found = in_runtime(model, given)
    assert [a.shape for a in found] == [tuple(b.shape) for b in expected]
    for name, ours, theirs in zip(lowered.outputs, found, expected):
        error = difference(ours, theirs.numpy())
        assert error < tolerance, f"{network.name} {name}: {error}"
    return model


def difference(found: np.ndarray[Any, Any], expected: np.ndarray[Any, Any]) -> float:
    """The largest difference by the largest number; not-a-number and infinity are equal places."""
    if not expected.size:
        return 0.0
    same = np.isfinite(expected)
    assert (np.isfinite(found) == same).all()
    if not same.any():
        return 0.0
    size = max(float(np.abs(expected[same]).max()), 1e-6)
    return float(np.abs(found[same] - expected[same]).max()) / size


def filled(network: Network) -> nn.Module:
    """torch's module: numbers of the spec's beginning, those that all begin alike made unlike."""
    generator = torch.Generator().manual_seed(1)
    module = module_of(network, source_of(network), seed=0).eval()
    state = module.state_dict()
    for key, value in state.items():
        noise = torch.rand(value.shape, generator=generator)
        if key.endswith("running_var"):
            value.copy_(noise + 0.5)
        elif value.is_floating_point() and (value == value.flatten()[:1]).all():
            value.copy_(value + (noise - 0.5) / 4)
    module.load_state_dict(state)
    return module


def complete(
    lowered: Lowered, module: nn.Module, externs: dict[str, Tensor] | None = None
) -> onnx.ModelProto:
    """The model with the module's weights, checked; what Python code would give is a constant."""
    model = model_of(lowered)
    state = module.state_dict()
    for name, stored in lowered.tensors.items():
        rows = [
            (state[key][first:end] if state[key].ndim else state[key]).numpy()
            for key, first, end in stored.parts
        ]
        whole = np.concatenate(rows) if len(rows) > 1 else rows[0]
        held = whole.T if stored.transposed else whole.reshape(stored.sides)
        assert held.shape == stored.sides
        model.graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(held), name))
    with_externs(model, lowered, externs or {})
    quiet(model.graph)
    onnx.checker.check_model(model, full_check=True)
    return model


def with_externs(model: onnx.ModelProto, lowered: Lowered, externs: dict[str, Tensor]) -> None:
    """Functions in the place of the user's code."""
    for name, value in externs.items():
        inputs = [f"x{at}" for at in range(_inputs_of(model, name))]
        constant = helper.make_node(
            "Constant", [], ["y"], value=numpy_helper.from_array(value.numpy())
        )
        imports = [helper.make_opsetid("", lowered.opset)]
        function = helper.make_function(EXTERN, name, inputs, ["y"], [constant], imports)
        model.functions.append(function)


def _inputs_of(model: onnx.ModelProto, name: str) -> int:
    return next(len(node.input) for node in model.graph.node if node.op_type == name)


def quiet(graph: onnx.GraphProto) -> None:
    """Zeros in the place of chance."""
    for node in graph.node:
        if node.op_type == "RandomNormalLike":
            zero = f"{node.output[0]}/zero"
            graph.initializer.append(numpy_helper.from_array(np.float32(0), zero))
            del node.attribute[:]
            node.op_type = "Mul"
            node.input.append(zero)


def given_by(network: Network, shape: Shape, samples: int, seed: int = 0) -> Tensor:
    """Numbers of this shape; boxes lie in the network's picture."""
    generator = torch.Generator().manual_seed(seed)
    if shape.is_integer:
        tables = [node.op.vocab for node in network.nodes if isinstance(node.op, Embed)]
        size = (samples, *size_of(shape)[1:])
        return torch.randint(0, min([5, *tables]), size, generator=generator)
    sides = size_of(shape)
    size = (samples, *sides[1:]) if shape.rank <= 0 or shape.count is None else sides
    numbers = torch.randn(size, generator=generator)
    if shape.dims != (4,) or shape.count is None:
        return numbers
    picture = network.nodes[next(iter(network.inputs.values()))].shape
    assert isinstance(picture, Shape)
    side = max(picture.spatial or (32,)) * 4
    first = torch.rand((*size[:-1], 2), generator=generator) * side * 0.5
    return torch.cat([first, first + torch.rand(first.shape, generator=generator) * side * 0.5], 2)


def inputs_for(network: Network, samples: int, picture: tuple[int, ...]) -> list[Tensor]:
    """Random numbers for all inputs."""
    opened = {name for sides in network.open_sides for _, name, _ in sides.letters}
    found = []
    for seed, (name, index) in enumerate(network.inputs.items()):
        shape = network.nodes[index].shape
        assert isinstance(shape, Shape)
        if picture and name in opened:
            shape = shape.with_spatial(picture)
        found.append(given_by(network, shape, samples, seed))
    return found


def in_torch(module: nn.Module, inputs: list[Tensor], externs: dict[str, Tensor]) -> list[Tensor]:
    """The outputs, lists opened."""
    for inner in module.modules():
        for name, value in externs.items():
            if hasattr(type(inner), name):
                object.__setattr__(inner, name, lambda *given, value=value: value)
    with torch.no_grad(), patch("torch.randn_like", torch.zeros_like):
        outputs = module(*inputs)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    outputs = [value for value in outputs if value is not None]  # those of training are None
    return [item for value in outputs for item in (value if isinstance(value, list) else [value])]


def in_runtime(model: onnx.ModelProto, inputs: list[Tensor]) -> list[np.ndarray[Any, Any]]:
    """The outputs in ONNX Runtime."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    names = [value.name for value in session.get_inputs()]
    feed = {name: value.numpy() for name, value in zip(names, inputs)}
    found: list[np.ndarray[Any, Any]] = session.run(None, feed)
    return found
