"""Every shipped network on the device against float64 on the CPU: outputs and all gradients.

An error is |found - wanted| / |wanted|, for gradients the root mean square of those of all
parameters and inputs, so that a small layer counts as much as a large one. At most it may be the
floor below, or twice what the CPU itself loses in the same precision, if that is more: a network
that is sensitive to rounding is not wrong. (In bf16 a relu near 0 is often on the other side, and
so is the largest number of a pooling: gradients far from the output differ by a fifth and more.)
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import torch  # noqa: TID253 - what is measured here is torch
from torch import Tensor, nn  # noqa: TID253
from torch.overrides import TorchFunctionMode  # noqa: TID253

from archc.api import Network
from archc.backends.torch.live import inputs_of
from archc.backends.torch.sizes import size_of
from archc.graph import ir
from archc.ops.ends import Extern
from archc.ops.values import Shape
from archc.session import Session
from benchmarks.gpu_parts.device import Device, full_precision
from benchmarks.gpu_parts.jobs import said
from tests.oracles import fingerprint

SIDES = (64, 96, 112, 128, 160, 192, 224)
BATCH = 2
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}
FLOORS = {
    ("fp32", "forward"): 1e-3,
    ("fp32", "backward"): 1e-2,
    ("bf16", "forward"): 3e-2,
    ("bf16", "backward"): 3e-1,
}
TIMES_OWN = 2.0
LARGEST = 0.7
"""no tolerance is more: noise of the same size has an error of 1.4, zeros have 1"""
Row = dict[str, Any]


class Results(NamedTuple):
    """Outputs, and the gradients of inputs and parameters, in float64 on the CPU."""

    forward: list[Tensor]
    backward: list[Tensor]


def network_names() -> list[str]:
    """The first variant of every shipped net."""
    first: dict[str, str] = {}
    for one in Session().shipped():
        first.setdefault(one.net, one.name)
    return list(first.values())


def rows(name: str, device: Device) -> Iterator[Row]:
    """Both ways in both precisions."""
    network = small(name)
    module = Network(network).torch()
    module.load_state_dict(fingerprint.fill(module.state_dict()))
    given = random_inputs(network)
    wanted = results(network, module, given, torch.float64, "cpu")
    about = {"net": name, "input": ", ".join(["x".join(map(str, x.shape)) for x in given])}
    for dtype, kind in DTYPES.items():
        try:
            own = errors(results(network, module, given, kind, "cpu"), wanted)
        except NotImplementedError:  # torch lacks a kernel
            own = dict.fromkeys(Results._fields, 0.0)
        try:
            with full_precision():
                found = errors(results(network, module, given, kind, device.name), wanted)
        except NotImplementedError as lacks:
            yield {**about, "variant": dtype, "missing": said(lacks)}
            continue
        for way in Results._fields:
            tolerance = max(FLOORS[dtype, way], min(TIMES_OWN * own[way], LARGEST))
            yield {
                **about,
                "dtype": dtype,
                "way": way,
                "found": found[way],
                "tolerance": tolerance,
                "own": own[way],
                "right": found[way] <= tolerance,  # false for what is no number
            }


def small(name: str) -> ir.Network:
    """The network at the first of SIDES it takes, no side longer than its own; else as it is."""
    (own,) = Session().networks(name)
    shape = own.nodes[next(iter(own.inputs.values()))].shape
    if not isinstance(shape, Shape) or not shape.spatial:
        return own
    for side in SIDES:
        sides = [min(side, longest) for longest in shape.spatial]
        session = Session()
        size = "x".join(map(str, [*sides, shape.channels]))
        found = list(session.networks(name, f"{next(iter(own.inputs))}={size}"))
        if found and not session.bag().has_errors:
            return found[0]
    return own


def random_inputs(network: ir.Network) -> list[Tensor]:
    """The same inputs for all: noise, words 0 and 1, and boxes within 64x64 if they are boxes."""
    generator = torch.Generator().manual_seed(0)
    shapes = [network.nodes[index].shape for index in network.inputs.values()]
    found = []
    for shape, zeros in zip(shapes, inputs_of(network, "cpu")):
        assert isinstance(shape, Shape)
        size = (BATCH * zeros.shape[0], *zeros.shape[1:])
        if shape.is_integer:
            found.append(torch.randint(2, size, generator=generator))
        elif is_boxes(shape):
            found.append(boxes(size))
        else:
            found.append(torch.randn(size, generator=generator))
    return found


def is_boxes(shape: Shape) -> bool:
    """Corners of regions: `R of 4`."""
    return shape.count is not None and shape.rank == 0 and shape.channels == 4


def boxes(size: tuple[int, ...]) -> Tensor:
    """Corners x1, y1, x2, y2 that bf16 holds exactly."""
    at = torch.arange(math.prod(size) // 4) % 4 * 8.0
    return torch.stack([at, at + 8, at + 32, at + 24], -1).view(size)


def results(
    network: ir.Network, module: nn.Module, given: list[Tensor], dtype: torch.dtype, device: str
) -> Results:
    """Run a copy both ways: with training outputs, but norms and dropout as at inference."""
    module = copy.deepcopy(module).to(device, dtype).eval().requires_grad_()
    module.training = True
    for inner in module.modules():
        if isinstance(inner, nn.RNNBase):  # cuDNN has their gradients in training alone
            inner.train().dropout = 0.0
    answer_externs(network, module, dtype, device)
    inputs = [x.to(device, dtype if x.is_floating_point() else None, copy=True) for x in given]
    leaves = [x.requires_grad_() for x in inputs if x.is_floating_point()]
    leaves += module.parameters()
    with Repeated():
        outputs = list(tensors_in(module(*inputs)))
    torch.stack([(y.double() * waves(y)).sum() for y in outputs]).sum().backward()
    gradients = [torch.zeros_like(x) if x.grad is None else x.grad for x in leaves]
    return Results(
        [y.detach().double().cpu() for y in outputs], [x.double().cpu() for x in gradients]
    )


class Repeated(TorchFunctionMode):
    """Noise that a network draws (a variational one does) is the same on all devices."""

    def __torch_function__(
        self, function: Any, types: Any, given: Any = (), named: Any = None
    ) -> Any:
        if function is torch.randn_like:
            return waves(given[0]).to(given[0].dtype) * math.sqrt(given[0].numel())
        return function(*given, **(named or {}))


def answer_externs(network: ir.Network, module: nn.Module, dtype: torch.dtype, device: str) -> None:
    """In the place of methods that the user has to write: boxes, or the mean of what they get."""
    for node in network.nodes:
        if not isinstance(node.op, Extern):
            continue
        size = (BATCH, *size_of(node.op.size)[1:])
        fixed = boxes(size).to(device, dtype) if is_boxes(node.op.size) else None

        def answer(*given: Tensor, fixed: Tensor | None = fixed, size: Any = size) -> Tensor:
            return given[0].mean().expand(size) if fixed is None else fixed

        for inner in module.modules():
            if hasattr(type(inner), node.op.name):
                object.__setattr__(inner, node.op.name, answer)


def tensors_in(value: Any) -> Iterator[Tensor]:
    """The real numbers in tuples and lists of outputs."""
    if isinstance(value, Tensor):
        if value.is_floating_point():
            yield value
        return
    for one in value:
        yield from tensors_in(one)


def waves(like: Tensor) -> Tensor:
    """What flows back into an output: another number for each of its numbers."""
    steps = torch.arange(like.numel(), dtype=torch.float64, device=like.device)
    return (torch.sin(steps * 0.7) / math.sqrt(like.numel())).view(like.shape)


def errors(found: Results, wanted: Results) -> dict[str, float]:
    """The error of each way; infinite for sizes that differ."""
    return {way: error(one, other) for way, one, other in zip(Results._fields, found, wanted)}


def error(found: list[Tensor], wanted: list[Tensor]) -> float:
    """The root mean square of the tensors' relative errors."""
    if [x.shape for x in found] != [x.shape for x in wanted]:
        return math.inf
    least = 1e-6 * math.sqrt(sum([float(x.square().sum()) for x in wanted]))
    each = [
        float((x - y).norm()) / max(float(y.norm()), least, 1e-30) for x, y in zip(found, wanted)
    ]
    return math.sqrt(sum([one * one for one in each]) / len(each))
