"""What torch's own tools make of every live module.

Sizes and gradients are looked at on the meta device; numbers on the CPU, where a network is small
at a small size. Compiling and exporting takes seconds for a network: some stand for all. With
`--full` every variant of every network goes through everything.
"""

from __future__ import annotations

import copy
import math

import pytest
import torch
from torch import nn

from archc.api import ArchError, load
from archc.backends.torch.live import inputs_of, module_class
from archc.backends.torch.sizes import size_of
from archc.graph.outline import SCAN
from archc.ops.ends import Extern
from tests.oracles import fingerprint
from tests.shipped import all_networks
from tests.torch.filled import tensors

NUMBERS = (
    "autoencoder",
    "bn_inception",
    "convnext.tiny",
    "deit.ti",
    "densenet_cifar.40-12",
    "efficientnet.b0",
    "fractalnet_recursion.10",
    "googlenet_torchvision",
    "highway.10",
    "lenet5",
    "lenet5_1998",
    "lraspp",
    "mixer.s32",
    "mnasnet_a1",
    "mobilenet_v1.1.0-224",
    "mobilenet_v2.1.0",
    "mobilenet_v3_small",
    "regnet.x_200mf",
    "resnet.18",
    "resnet_cifar.20",
    "rgbd",
    "segnet",
    "shufflenet_v1.g1",
    "shufflenet_v2.0.5x",
    "squeezenet.1.0",
    "swin.t",
    "vae",
    "waveform.M3",
)
"""small networks of all kinds, whose numbers are looked at in every run"""
COMPILED = (
    "lenet5",
    "shufflenet_v2.0.5x",
    "mobilenet_v3_small",
    "fractalnet_recursion.10",
    "siamese",
    "unet.same",
    "fcn.32s",
    "fast_rcnn",
    "style_transfer",
    "waveform.M3",
)
RANDOM = {"vae"}
"""networks that draw numbers at inference too"""
SCANS = {"show_attend_tell"}
"""a loop over the words, as many as there are: tracing cannot follow it"""
EXTERNS = {"faster_rcnn", "faster_rcnn_fpn", "mask_rcnn", "lenet5_1998"}
"""networks with a method that the user has to write"""
RECURRENT = {"show_attend_tell", "show_and_tell"}
"""nn.LSTM, which torch.compile does not take without allow_rnn"""
TRAINED_OTHERWISE = (
    nn.modules.batchnorm._BatchNorm,
    nn.modules.dropout._DropoutNd,
)
DROPPING = {"StochasticDepth", "DropPaths"}
"""classes of sources that drop paths while training"""


def pytest_generate_tests(metafunc):
    """`compiled` and `counted` are some networks, with --full all."""
    full = metafunc.config.getoption("--full")
    for name, some in (("compiled", COMPILED), ("counted", NUMBERS)):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, all_networks() if full else some)


@pytest.fixture
def meta():
    """Tensors without numbers."""
    with torch.device("meta"):
        yield


def small(network):
    """The network at 64 x 96, if its input is larger and can have that size, else as it is."""
    first = network.nodes[next(iter(network.inputs.values()))].shape
    if len(network.inputs) > 1 or len(first.spatial) != 2 or math.prod(first.spatial) < 64 * 96:
        return network
    try:
        return load(network.name, input=f"64x96x{first.channels}").graph
    except ArchError:
        return network


def module_of(network):
    """A live module in eval mode, its externs written."""
    module = module_class(network)().eval()
    for op in [node.op for node in network.nodes if isinstance(node.op, Extern)]:
        setattr(module, op.name, written(size_of(op.size)))
    return module


def written(size):
    """An extern for two samples: zeros that depend on what it is given."""

    def method(*given):
        return torch.zeros(2, *size[1:]) + 0 * sum([one.sum() for one in leaves(given)])

    return method


def leaves(value):
    """All tensors in lists, or what stands for them where a module is traced."""
    if not isinstance(value, (list, tuple)):
        return [value]
    return [leaf for item in value for leaf in leaves(item)]


def inputs(network, device):
    """Two samples: drawn numbers, zeros where words are counted."""
    generator = torch.Generator("cpu").manual_seed(0)
    found = []
    for zeros in inputs_of(network, "cpu"):
        twice = torch.cat([zeros, zeros])
        if twice.is_floating_point():
            twice = torch.randn(twice.shape, generator=generator, device="cpu")
        found.append(twice.to(device))
    return found


def sizes(value):
    return [tuple(tensor.shape) for tensor in tensors(value)]


def agree(found, expected, tolerance=1e-4):
    """Whether tensors are equal to a part of the largest number."""
    pairs = list(zip(tensors(found), tensors(expected), strict=True))
    return all((a.float() - b).abs().max() <= tolerance * b.abs().max() for a, b in pairs)


@pytest.mark.usefixtures("meta")
def test_sizes_gradients_and_copies(shipped):
    network = small(shipped)
    module, given = module_of(network), inputs(network, "meta")
    assert all(tensor.is_meta for tensor in module.state_dict().values())
    with torch.no_grad():
        expected = sizes(module(*given))
        if shipped.net in SCANS:
            with pytest.raises(torch.fx.proxy.TraceError, match="Proxy object cannot be iterated"):
                torch.fx.symbolic_trace(module)
        else:
            assert sizes(torch.fx.symbolic_trace(module)(*given)) == expected
        copied = copy.deepcopy(module)
        assert sizes(copied(*given)) == expected
    state, other = module.state_dict(keep_vars=True), copied.state_dict(keep_vars=True)
    assert list(state) == list(other)
    assert not any(state[key] is other[key] for key in state)
    sum([tensor.mean() for tensor in tensors(module.train()(*given))]).backward()
    assert [name for name, weight in module.named_parameters() if weight.grad is None] == []
    assert all(weight.grad is None for weight in copied.parameters())


@torch.no_grad()
def test_numbers(counted):
    """The same in every run, mode, layout and tracing; bf16 has the same sizes and is finite."""
    network = small(load(counted).graph)
    module, given = module_of(network), inputs(network, "cpu")
    module.load_state_dict(fingerprint.fill(module.state_dict()))

    def run(runs, *values):
        torch.manual_seed(0)
        return tensors(runs(*values))

    expected = run(module, *given)
    assert all(map(torch.equal, run(module, *given), expected))
    if network.net not in SCANS:
        assert agree(run(torch.fx.symbolic_trace(module), *given), expected)
    with torch.autocast("cpu", torch.bfloat16):
        half = run(module, *given)
    assert sizes(half) == sizes(expected)
    assert all(tensor.isfinite().all() for tensor in half)
    trained = copy.deepcopy(module).train()
    for inner in trained.modules():
        if isinstance(inner, TRAINED_OTHERWISE) or type(inner).__name__ in DROPPING:
            inner.eval()
    assert all(map(torch.equal, run(trained, *given), expected))
    if network.net not in RANDOM:  # draws in the order of memory
        form = torch.channels_last_3d if given[0].dim() == 5 else torch.channels_last
        laid_out = [one.to(memory_format=form) if one.dim() > 3 else one for one in given]
        assert agree(run(module.to(memory_format=form), *laid_out), expected)


@torch.no_grad()
@pytest.mark.usefixtures("meta")
def test_compiling_and_exporting(compiled):
    network = small(load(compiled).graph)
    module, given = module_of(network), inputs(network, "meta")
    expected = sizes(module(*given))
    torch._dynamo.reset()
    fast = torch.compile(module, fullgraph=True, backend="eager")
    if network.net in RECURRENT:
        with pytest.raises(torch._dynamo.exc.Unsupported, match="RNN, GRU, or LSTM"):
            fast(*given)
    else:
        assert sizes(fast(*given)) == expected
    batch = torch.export.Dim("batch", min=2, max=64)
    dynamic = tuple([{0: batch} for _ in given])
    exported = torch.export.export(module, tuple(given), dynamic_shapes=dynamic).module()
    larger = [torch.cat([one, one[:1]]) for one in given]
    assert sizes(exported(*larger)) == sizes(module(*larger))


@pytest.mark.usefixtures("meta")
def test_an_extern_has_to_be_written_first(shipped):
    """Scans and externs are those named above; what runs an extern that is not written says so."""
    assert any(node.block.name == SCAN for node in shipped.nodes) == (shipped.net in SCANS)
    externs = [node.op.name for node in shipped.nodes if isinstance(node.op, Extern)]
    assert bool(externs) == (shipped.net in EXTERNS)
    if not externs:
        return
    network = small(shipped)
    module = module_class(network)().eval()
    for tool in (lambda: module(*inputs(network, "meta")), lambda: torch.fx.symbolic_trace(module)):
        with pytest.raises(NotImplementedError, match=f"override `{externs[0]}`"):
            tool()
