"""How weights begin, and what may be overwritten."""

from __future__ import annotations

import math

import pytest
import torch

from archc.api import ArchError, load, loads
from archc.backends.torch.live import module_class

HE = "net a()\n  input 8x8x3\n  a: conv 3x3 64 init=he\n  b: conv 3x3 64 init=he\n"


def test_he_has_the_fan_of_the_output():
    weight = loads(HE).torch(seed=0).b.weight.detach()
    assert weight.std() == pytest.approx(math.sqrt(2 / (64 * 9)), rel=0.03)


def test_a_layer_that_says_nothing_begins_as_torch_begins_it():
    module = loads(HE + "  c: conv 3x3 64\n").torch(seed=0).requires_grad_(False)
    assert module.b.weight.std() == pytest.approx(math.sqrt(2 / (64 * 9)), rel=0.03)
    assert module.c.weight.abs().max() <= 1 / math.sqrt(64 * 9)


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


def test_a_block_that_is_used_again_with_other_arguments_is_refused():
    text = """block b(w)
  add
    conv 1x1 4
    from w ; scale 2
net n()
  input 8x8x4
  a: conv 1x1 4
  x: conv 1x1 4
  b x as r
  from a
  reuse r as s
  output r s
"""
    with pytest.raises(ArchError, match="used again with two values where its first use has one"):
        loads(text).source()
