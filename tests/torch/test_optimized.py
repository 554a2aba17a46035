"""Sources for inference: the outputs of the plain module, by kernels and without, faster or not."""

from __future__ import annotations

import copy
import inspect

import pytest
import torch

from archc.api import load, loads
from archc.backends.torch.emit import source_of
from archc.backends.torch.live import inputs_of, module_class
from archc.backends.torch.optimize import live, optimized
from benchmarks.activations import peak_of
from tests.oracles import fingerprint
from tests.torch.test_tools import tensors

ERRORS = {"fp32": 1e-4, "bf16": 2e-2}
"""by the largest output; float32 rounds to 6e-8, bfloat16 to 4e-3, at least once in every layer"""
NETS = {
    "lenet5": None,
    "resnet.18": "64x64x3",
    "mobilenet_v2.0.35": "64x96x3",
    "mobilenet_v3_small": "64x64x3",
    "efficientnet.b0": "64x64x3",
    "se_resnet.50": "64x64x3",
    "densenet.121": "64x64x3",
    "googlenet_torchvision": "64x64x3",
    "shufflenet_v2.0.5x": "64x64x3",
    "preact_resnet_cifar.164": None,
    "fractalnet_recursion.10": None,
    "highway.10": None,
    "siamese": None,
    "waveform.M3": None,
    "generator.torch": None,
    "unet.same": "32x48x1",
    "yolov3": "64x96x3",
}
ROWS = {
    "an input that is a shortcut": "add\n    identity\n    conv 1x1 4\n  relu",
    "a value read again": """conv 1x1 4 as a
  add
    identity
    conv 3x3 4 pad=half
  relu
  concat
    identity
    from a""",
    "a view read again": """conv 1x1 4 as a
  f: flatten
  from a
  add
    identity
    conv 1x1 4
  flatten
  concat
    identity
    from f""",
    "an output that is a shortcut": """conv 1x1 4 as a
  add
    identity
    conv 1x1 4 as b
  output a b""",
    "halves": """conv 1x1 8 as a
  l: chunk 1 of=2
  from a
  r: chunk 2 of=2
  add
    from l
    conv 1x1 4
  concat
    identity
    from r
    from l""",
    "differences and products": """conv 1x1 4 as a
  sub
    identity
    conv 3x3 4 pad=half as b
  mul
    identity
    gap ; conv 1x1 4 ; hsigmoid
  add
    identity
    from b
    maxpool 3x3/1 pad=1
  leaky 0.2""",
    "a window that ends elsewhere": "conv 2x2 6 pad=same ; gelu\n  conv 3x3/2 6 pad=same ; silu",
    "norms that stay": "bn ; relu ; conv 1x1 4 ; gelu tanh\n  bn affine=no ; tanh",
}


def built(network, dtype="fp32"):
    """The plain module in float64, what is optimised, a state, and inputs of three samples."""
    torch.manual_seed(0)
    plain = module_class(network)().eval()
    state = fingerprint.fill(plain.state_dict())
    plain.load_state_dict(state)
    inputs = [torch.randn(3, *zeros.shape[1:]) for zeros in inputs_of(network, "cpu")]
    return plain.double(), optimized(network, dtype), state, inputs


def error(found, expected):
    """The largest difference by the largest number, of all outputs."""
    pairs = zip(tensors(found), tensors(expected), strict=True)
    return max([((a - b).abs().max() / b.abs().max()).item() for a, b in pairs])


def bounds(plain, inputs, expected, dtype):
    """What the plain module errs in the same dtype, twice; ERRORS at least."""
    like = {"fp32": torch.float32, "bf16": torch.bfloat16}[dtype]
    found = copy.deepcopy(plain).to(like)(*[given.to(like) for given in inputs])
    return max(ERRORS[dtype], 2 * error(found, expected))


def layers(model):
    return [layer for layer in model.modules() if hasattr(layer, "packed")]


def prepared(made, state, inputs, ways):
    """A module with kernels, or without."""
    model = live(made, state, inputs)
    for layer in layers(model) if ways == "plain" else ():
        layer.packed = None
    return model


def compare(network, dtype, ways):
    plain, made, state, inputs = built(network, dtype)
    before = [given.clone() for given in inputs]
    model = prepared(made, state, inputs, ways)
    with torch.no_grad():
        expected = plain(*[given.double() for given in inputs])
        bound = bounds(plain, inputs, expected, dtype)
        found = model(*inputs)
        again = model(*inputs)
        fewer = model(*[given[:1] for given in inputs])
    assert error(found, expected) < bound
    assert all(torch.equal(a, b) for a, b in zip(inputs, before, strict=True))
    assert all(torch.equal(a, b) for a, b in zip(tensors(again), tensors(found), strict=True))
    assert error(fewer, [one[:1] for one in tensors(expected)]) < 2 * bound
    assert {one.dtype for one in tensors(found)} == {torch.float32}
    return model


def test_every_shipped_network_is_built_as_it_was_analysed(shipped):
    assert optimized(shipped).source


@pytest.mark.parametrize("ways", ["kernels", "plain"])
@pytest.mark.parametrize("name", NETS)
def test_outputs_are_those_of_the_plain_module(name, ways):
    compare(load(name, input=NETS[name]).graph, "fp32", ways)


@pytest.mark.parametrize("ways", ["kernels", "plain"])
@pytest.mark.parametrize("rows", ROWS)
def test_nothing_is_written_over_too_early(rows, ways):
    compare(loads(f"net n()\n  input 8x8x4\n  {ROWS[rows]}\n").graph, "fp32", ways)


@pytest.mark.parametrize("ways", ["kernels", "plain"])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_all_sides_and_transposed_layers(rank, ways):
    size = "x".join(["9"] * rank)
    rows = "conv kernel=3 6 pad=half ; relu\n  deconv kernel=3 stride=2 6 pad=1 outpad=1 ; silu"
    compare(loads(f"net n()\n  input {size}x4\n  {rows}\n  fc 5 ; sigmoid\n").graph, "fp32", ways)


@pytest.mark.parametrize("ways", ["kernels", "plain"])
def test_blocks_used_again_and_scans(ways):
    block = "block b(c)\n  add\n    identity\n    conv 1x1 c\n  relu\n\n"
    compare(
        loads(f"{block}net n()\n  input 8x8x4\n  b 4 as one\n  reuse one\n").graph, "fp32", ways
    )
    rows = "mean things\n  fc 4 as a\n  from x\n  scan\n    w: identity\n    add\n      from a\n"
    rows += "      fc 4\n    tanh\n    lstm: lstm 3\n"
    compare(loads(f"net n()\n  x: input 6 of 4\n  {rows}").graph, "fp32", ways)


@pytest.mark.parametrize("name", ["lenet5", "resnet.18", "googlenet_torchvision", "densenet.121"])
def test_bfloat16_is_near(name):
    compare(load(name, input=NETS[name]).graph, "bf16", "kernels")


def test_kernels_are_used_where_torch_has_them():
    _, made, state, inputs = built(load("resnet.18", input="64x64x3").graph)
    with_kernels = [layer.packed is not None for layer in layers(live(made, state, inputs))]
    assert torch.backends.mkldnn.is_available() == all(with_kernels) and with_kernels


def test_a_kernel_that_gives_something_else_is_not_used():
    plain, made, state, inputs = built(load("lenet5").graph)
    space = inspect.unwrap(module_class(made.network, made.source).forward).__globals__
    model = next(iter([space[name] for name in space if name == "LeNet5"]))()
    model.load_state_dict(made.weights(state))
    space["FusedConv2d"].kernel = lambda self, packed, x, plus, into: self.plain(x, plus, into) + 1
    space["FusedLinear"].packed_weight = lambda self, size: self.no_such_kernel
    space["prepare"](model, *inputs)
    assert not any(layer.packed is not None for layer in layers(model))
    with torch.no_grad():
        assert error(model(*inputs), plain(*[given.double() for given in inputs])) < ERRORS["fp32"]


def test_other_weights_are_not_answered_by_packed_ones():
    plain, made, state, inputs = built(load("lenet5").graph)
    model = live(made, {key: torch.zeros_like(tensor) for key, tensor in state.items()})
    model.load_state_dict(made.weights(state))
    with torch.no_grad():
        expected = plain(*[given.double() for given in inputs])
        assert error(model(*inputs), expected) < ERRORS["fp32"]
        assert error(copy.deepcopy(model)(*inputs), expected) < ERRORS["fp32"]


def test_one_module_runs_at_other_sizes():
    plain, made, state, inputs = built(load("unet.same", input="32x48x1").graph)
    model = live(made, state, inputs)
    other = torch.randn(2, 1, 64, 32)
    with torch.no_grad():
        assert error(model(other), plain(other.double())) < ERRORS["fp32"]


def test_folding_rounds_once():
    """What is folded is the float64 result, rounded to the state's own dtype."""
    _, made, state, _ = built(load("resnet.18", input="64x64x3").graph)
    exact = {key: t.double() if t.is_floating_point() else t for key, t in state.items()}
    folded, wanted = made.weights(state), made.weights(exact)
    assert folded.keys() == wanted.keys() and not any("bn" in key for key in folded)
    assert all(torch.equal(folded[key], wanted[key].float()) for key in folded)


@pytest.mark.parametrize("name", ["resnet.50", "densenet.121", "mobilenet_v2.1.0"])
def test_activations_stay_near_the_bound_of_analyze(name):
    network = load(name)
    _, made, state, inputs = built(network.graph)
    peak = peak_of(live(made, state, inputs), inputs[0])
    assert peak <= 1.15 * network.report(batch=len(inputs[0])).totals.peak


def test_a_graph_is_captured_on_cuda_alone():
    _, made, state, inputs = built(load("lenet5").graph)
    model = live(made, state, inputs)
    capture = inspect.unwrap(type(model).forward).__globals__["capture"]
    with pytest.raises(RuntimeError, match="on a CUDA device"):
        capture(model, *inputs)
    if torch.cuda.is_available():
        model, given = model.cuda(), [one.cuda() for one in inputs]
        replayed = capture(model, *given)
        others = [torch.randn_like(one) for one in given]
        assert error(replayed(*others), model(*others)) < ERRORS["fp32"]
        with pytest.raises(ValueError, match="captured for"):
            replayed(*[one[:1] for one in others])


# ---- source --------------------------------------------------------------------------------------


def test_snapshot(golden):
    network = load("resnet.18").graph
    golden("torch/resnet.18.inference.py.txt", optimized(network).source)


def test_plain_source_knows_nothing_of_it():
    source = source_of(load("resnet.18").graph)
    classes = source.partition("if __name__")[0]
    assert not [word for word in ("Fused", "del ", "no_grad") if word in classes]
