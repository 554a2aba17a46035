"""How weights begin, and what may be overwritten."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from archc.api import load, loads
from archc.backends.onnx.numbers import initial
from archc.backends.torch.live import module_class
from archc.graph.tensors import tensors_of

HE = "net a()\n  input 8x8x3\n  a: conv 3x3 64 init=he\n  b: conv 3x3 64 init=he\n"


def test_he_has_the_fan_of_the_output():
    weight = loads(HE).torch(seed=0).b.weight.detach()
    assert weight.std() == pytest.approx(math.sqrt(2 / (64 * 9)), rel=0.03)


def test_a_layer_that_says_nothing_begins_as_torch_begins_it():
    module = loads(HE + "  c: conv 3x3 64\n").torch(seed=0).requires_grad_(False)
    assert module.b.weight.std() == pytest.approx(math.sqrt(2 / (64 * 9)), rel=0.03)
    assert module.c.weight.abs().max() <= 1 / math.sqrt(64 * 9)


WAYS = {
    "he": partial(nn.init.kaiming_normal_, mode="fan_out"),
    "he_in": nn.init.kaiming_normal_,
    "he_uniform": nn.init.kaiming_uniform_,
    "xavier": nn.init.xavier_uniform_,
    "lecun": partial(nn.init.kaiming_normal_, nonlinearity="linear"),
    "lecun_uniform": partial(nn.init.kaiming_uniform_, nonlinearity="linear"),
    "uniform_out": partial(nn.init.kaiming_uniform_, a=math.sqrt(5), mode="fan_out"),
    "normal(1/50)": partial(nn.init.normal_, std=0.02),
    "normal(1, 0.02)": partial(nn.init.normal_, mean=1, std=0.02),
    "uniform(0.1)": partial(nn.init.uniform_, a=-0.1, b=0.1),
    "zero": nn.init.zeros_,
}
ROWS = {"conv": "conv 3x3 96 groups=2", "deconv": "deconv 3x3 96", "fc": "fc 200"}


@pytest.mark.parametrize("made", ["torch", "onnx"])
@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("way", WAYS)
def test_words_are_functions_of_torch_nn_init(way, row, made):
    """Mean, deviation and largest number."""
    network = loads(f"net a()\n  input 7x7x64\n  a: {ROWS[row]} init={way}\n")
    weight = begun(network, "a.weight", made)
    torch.manual_seed(1)
    expected = WAYS[way](torch.empty_like(weight))
    spread = float(expected.std())
    assert float(weight.mean()) == pytest.approx(float(expected.mean()), abs=spread / 30)
    assert float(weight.std()) == pytest.approx(spread, rel=0.03)
    assert farthest(weight) == pytest.approx(farthest(expected), rel=0.3)
    assert not begun(network, "a.bias", made).any()


def farthest(tensor):
    return float((tensor - tensor.mean()).abs().max())


def begun(network, key, made):
    """A tensor as a module or a model begins it."""
    if made == "torch":
        return network.torch(seed=0).get_parameter(key).detach()
    tensor = tensors_of(network.graph)[key]
    pieces = initial(network.graph, seed=0)(tensor)
    return torch.from_numpy(np.concatenate(list(pieces)).reshape(tensor.shape))


@pytest.mark.parametrize("made", ["torch", "onnx"])
@pytest.mark.parametrize("factor", [2, 3, 4])
def test_bilinear_weights_enlarge_as_interpolate_does(factor, made):
    """Inside; at the edge a transposed conv sees zeros (Long et al. 2014, section 3.3)."""
    side, pad = 2 * factor - factor % 2, factor // 2
    row = f"deconv {side}x{side}/{factor} 3 pad={pad} init=bilinear bias=no"
    network = loads(f"net a()\n  input 6x7x3\n  a: {row}\n")
    image = torch.randn(2, 3, 6, 7)
    found = functional.conv_transpose2d(
        image, begun(network, "a.weight", made), stride=factor, padding=pad
    )
    expected = functional.interpolate(image, scale_factor=factor, mode="bilinear")
    inside = slice(factor, -factor)
    assert torch.allclose(found[..., inside, inside], expected[..., inside, inside], atol=1e-5)


def test_biases_begin_where_the_row_says():
    text = "net a()\n  input 9\n  a: fc 4000 start=normal(0.5, 0.01)\n"
    text += "  b: fc 9 init=he start=1\n  c: fc 9 init=he bias=no\n"
    module = loads(text).torch(seed=0).requires_grad_(False)
    assert module.a.bias.mean() == pytest.approx(0.5, abs=1e-3)
    assert module.a.bias.std() == pytest.approx(0.01, rel=0.1)
    assert module.a.weight.abs().max() <= 1 / 3
    assert (module.b.bias == 1).all()
    assert module.c.bias is None


def test_alexnet_begins_as_its_paper_says():
    """Krizhevsky et al. 2012, section 5."""
    module = load("alexnet.grouped").torch(seed=0).requires_grad_(False)
    ones = {"conv2", "conv4", "conv5", "fc6", "fc7"}
    for name in ("conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8"):
        layer = getattr(module, name)
        assert layer.weight.std() == pytest.approx(0.01, rel=0.02)
        assert (layer.bias == (name in ones)).all()


def test_dcgan_begins_as_pytorchs_example():
    """Radford et al. 2015, section 4; factors of batch norm: pytorch/examples, dcgan/main.py."""
    module = load("dcgan.generator.torch").torch(seed=0).requires_grad_(False)
    for layer in module.modules():
        if isinstance(layer, nn.ConvTranspose2d):
            assert layer.weight.std() == pytest.approx(0.02, rel=0.05)
        if isinstance(layer, nn.BatchNorm2d):
            assert layer.weight.mean() == pytest.approx(1, abs=0.02)
            assert layer.weight.std() == pytest.approx(0.02, rel=0.3)


@pytest.mark.parametrize("way", ["he", "normal(1)", "bilinear"])
def test_modules_without_numbers_begin_too(way):
    module = loads(f"net a()\n  input 4x4x3\n  deconv 4x4/2 3 init={way}\n").torch(device="meta")
    assert all(tensor.is_meta for tensor in module.parameters())


@pytest.mark.parametrize("path", ["classifier.4", "aux_classifier.4"])
def test_deeplabs_last_convs_are_not_those_of_its_trunk(path):
    module = load("deeplabv3.resnet50").torch(seed=0).requires_grad_(False)
    weight = module.get_parameter(f"{path}.weight")
    assert weight.abs().max() <= 1 / math.sqrt(weight.shape[1])
    trunk = module.get_parameter("backbone.layer1.0.conv2.weight")
    assert trunk.std() == pytest.approx(math.sqrt(2 / (64 * 9)), rel=0.05)


def test_a_block_that_is_used_again_overwrites_nothing_that_is_read():
    """Its first use alone could write over its input, the second could not."""
    text = """block b()
  relu ; conv 3x3 4 pad=1
net a()
  input 8x8x3
  conv 3x3 4 pad=1
  t: b
  conv 3x3 4 pad=1 as k
  reuse t as m
  add k m
"""
    network = loads(text)
    module, image = network.torch(seed=1).eval(), torch.randn(1, 3, 8, 8)
    source = network.source().replace("inplace=True", "inplace=False")
    plain = module_class(network.graph, source)()
    plain.load_state_dict(module.state_dict())
    with torch.no_grad():
        assert torch.equal(module(image), plain.eval()(image))


def test_l2norm_in_half_precision():
    norm = loads("net a()\n  input 2x2x512\n  l: l2norm scale=20\n").torch().half()
    norm.requires_grad_(False)
    image = torch.full((1, 512, 2, 2), 20.0)
    image[..., 1, 1] = 0
    found = norm(image.half())
    assert found[..., 0, 0].float() == pytest.approx(20 / math.sqrt(512), rel=1e-3)
    assert not found[..., 1, 1].any()


def test_a_step_of_a_scan_overwrites_nothing_made_outside():
    text = "net n()\n  input T of 4\n  a: input 4\n  from a ; fc 4 as v\n  from input\n"
    rows = "  scan\n    word: identity\n    from v ; silu\n    w: fc 4\n    add w word\n"
    assert "inplace" not in loads(text + rows).source()
