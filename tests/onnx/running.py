"""A network in torch and in ONNX Runtime, with equal weights, on equal inputs."""

from __future__ import annotations

from io import BytesIO
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import helper, numpy_helper
from torch import Tensor, nn

from archc.backends.onnx.build import Built, Options, built, save
from archc.backends.onnx.lower import Lowered
from archc.backends.onnx.numbers import tensors
from archc.backends.onnx.sizes import is_complete
from archc.backends.onnx.stream import LARGEST, write
from archc.backends.onnx.stream import Tensor as Stored
from archc.backends.onnx.stream import size_of as size_of_model
from archc.backends.torch.emit import source_of
from archc.backends.torch.live import module_of
from archc.backends.torch.sizes import size_of
from archc.graph.ir import Network
from archc.ops.ends import EXTERN, Extern
from archc.ops.pool import Unpool
from archc.ops.recurrent import Embed
from archc.ops.values import Shape


class Both:
    """A network in torch and in ONNX Runtime, with equal weights; `batch` fixes the samples."""

    def __init__(self, network: Network, opset: int = 20, batch: int | None = None) -> None:
        self.network = network
        self.batch = batch
        self.built = built(network, Options(opset, batch))
        if opset > 13:  # there onnx does not follow sizes through Shape
            assert is_complete(self.built.model)
        self.module = filled(network)
        self.externs = [node.op for node in network.nodes if isinstance(node.op, Extern)]
        self.session: onnxruntime.InferenceSession | None = None
        self.samples = 0
        """how many the session is for: what stands for Python code has a number of them"""

    def agree(
        self,
        samples: int = 2,
        picture: tuple[int, ...] = (),
        inputs: list[Tensor] | None = None,
        tolerance: float = 1e-4,
    ) -> None:
        """They give the same numbers for random inputs, or these; `picture` has the sides of
        pictures that are open.

        Rounding decides which of two almost equal numbers a pooling takes, and so where an
        unpooling puts it: then one of a few inputs counts.
        """
        unpools = any(isinstance(node.op, Unpool) for node in self.network.nodes)
        for seed in range(3 if unpools else 1):
            given = inputs or inputs_for(self.network, self.batch or samples, picture, seed * 100)
            errors = self._errors(given)
            if max(errors.values()) < tolerance:
                return
        raise AssertionError(f"{self.network.name}: {errors}")

    def _errors(self, given: list[Tensor]) -> dict[str, float]:
        """How far the outputs are from each other."""
        externs = {op.name: given_by(self.network, op.size, len(given[0])) for op in self.externs}
        expected = in_torch(self.module, given, externs)
        if self.session is None or (externs and self.samples != len(given[0])):
            self.samples = len(given[0])
            self.session = session_of(self.built, self.module, externs)
        names = [value.name for value in self.session.get_inputs()]
        feed = {name: value.numpy() for name, value in zip(names, given)}
        found = self.session.run(None, feed)
        assert [a.shape for a in found] == [tuple(b.shape) for b in expected]
        outputs = self.built.lowered.outputs
        return {
            name: difference(ours, theirs.numpy())
            for name, ours, theirs in zip(outputs, found, expected)
        }


def run_both(network: Network, *, opset: int = 20, batch: int | None = None, **how: Any) -> None:
    """Build, check and run both once."""
    Both(network, opset, batch).agree(**how)


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
        if key.endswith("running_var"):
            value.copy_(torch.rand(value.shape, generator=generator) + 0.5)
        elif value.is_floating_point() and (value == value.flatten()[:1]).all():
            value.copy_(value + (torch.rand(value.shape, generator=generator) - 0.5) / 4)
    module.load_state_dict(state)
    return module


def complete(one: Built, module: nn.Module, externs: dict[str, Tensor] | None = None) -> bytes:
    """The file with the module's weights; what Python code would give is a constant."""
    model = type(one.model)()
    model.CopyFrom(one.model)
    with_externs(model, one.lowered, externs or {})
    quiet(model.graph)
    file = BytesIO()
    write(file, model, weights_of(one, module))
    return file.getvalue()


def weights_of(one: Built, module: nn.Module) -> list[Stored]:
    """The model's tensors, with the module's numbers."""
    state = module.state_dict()
    return tensors(one.lowered, lambda tensor: [state[tensor.key].numpy()], one.options.dtype)


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


def inputs_for(
    network: Network, samples: int, picture: tuple[int, ...], first: int = 0
) -> list[Tensor]:
    """Random numbers for all inputs, from seeds from the first on."""
    opened = {name for sides in network.open_sides for _, name, _ in sides.letters}
    found = []
    for seed, (name, index) in enumerate(network.inputs.items(), first):
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


def session_of(
    one: Built, module: nn.Module, externs: dict[str, Tensor]
) -> onnxruntime.InferenceSession:
    """The model with all its numbers, checked and loaded."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    held = weights_of(one, module)
    if size_of_model(one.model, held) <= LARGEST:
        whole = complete(one, module, externs)
        onnx.checker.check_model(whole, full_check=True)
        return onnxruntime.InferenceSession(whole, options)
    assert not externs
    with TemporaryDirectory() as folder:
        path, _ = save(f"{folder}/large.onnx", one, held)
        onnx.checker.check_model(path, full_check=True)
        return onnxruntime.InferenceSession(path, options)
