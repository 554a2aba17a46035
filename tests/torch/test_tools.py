"""What torch's own tools make of the live modules."""

from __future__ import annotations

import copy

import pytest
import torch

from archc.api import load
from archc.backends.torch.live import inputs_of

NETS = (
    "lenet5",
    "shufflenet_v2.0.5x",
    "mobilenet_v3_small",
    "fractalnet_recursion.10",
    "siamese",
    "swin.t",
)


def tensors(value):
    """All tensors in what a module gives."""
    if isinstance(value, torch.Tensor):
        return [value]
    return [tensor for item in value if item is not None for tensor in tensors(item)]


def close(found, expected):
    pairs = list(zip(tensors(found), tensors(expected), strict=True))
    return all(torch.allclose(a, b, rtol=1e-3, atol=1e-4) for a, b in pairs)


@pytest.fixture(params=NETS)
def built(request):
    """A live module in eval mode, and inputs of two samples."""
    torch.manual_seed(0)
    network = load(request.param)
    inputs = [torch.randn((2, *zeros.shape[1:])) for zeros in inputs_of(network.graph, "cpu")]
    return network.torch().eval(), inputs


@torch.no_grad()
def test_tracing_compiling_and_exporting(built):
    module, inputs = built
    expected = module(*inputs)
    assert close(torch.fx.symbolic_trace(module)(*inputs), expected)
    assert close(torch.compile(module, fullgraph=True, backend="eager")(*inputs), expected)
    batch = torch.export.Dim("batch", min=2, max=64)
    dynamic = tuple([{0: batch} for _ in inputs])
    exported = torch.export.export(module, tuple(inputs), dynamic_shapes=dynamic).module()
    larger = [torch.cat([given, given[:1]]) for given in inputs]
    assert close(exported(*larger), module(*larger))


@torch.no_grad()
def test_copies_layouts_and_precisions(built):
    module, inputs = built
    expected = module(*inputs)
    assert close(copy.deepcopy(module)(*inputs), expected)
    assert close(module.to(memory_format=torch.channels_last)(*inputs), expected)
    with torch.autocast("cpu", torch.bfloat16):
        half = module(*inputs)
    assert [t.shape for t in tensors(half)] == [t.shape for t in tensors(expected)]


def test_every_parameter_gets_a_gradient(built):
    module, inputs = built
    sum([tensor.float().mean() for tensor in tensors(module.train()(*inputs))]).backward()
    without = [name for name, weight in module.named_parameters() if weight.grad is None]
    assert without == []
