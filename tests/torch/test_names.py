"""Names of the language that are none in Python, or torch's own: written otherwise, or refused."""

from __future__ import annotations

import pytest
import torch

from archc.api import ArchError, loads

BLOCK = "block unit({name})\n  scale {name}\n  conv 3x3 3 pad=1\n"
USED = "net a()\n  input 8x8x3\n  unit 4\n  unit 5\n"


@pytest.mark.parametrize(
    "name", ["self", "class", "lambda", "None", "nn", "super", "torch", "train", "W"]
)
def test_parameters_of_blocks(name):
    module = loads(BLOCK.format(name=name) + USED).torch()
    assert module(torch.zeros(1, 3, 8, 8)).shape == (1, 3, 8, 8)


def test_a_parameter_may_be_called_as_a_row():
    text = "block unit(s)\n  scale s\n  s: conv 3x3 3 pad=1\n"
    assert set(loads(text + USED).torch().unit1.state_dict()) == {"s.weight", "s.bias"}


@pytest.mark.parametrize("name", ["none", "true", "false", "Tensor", "module", "nn"])
def test_blocks(name):
    loads(f"block {name}()\n  conv 1x1 3\nnet a()\n  input 8x8x3\n  {name}\n  {name}\n").torch()


@pytest.mark.parametrize("name", ["None", "nn", "torch", "Tensor", "class", "F", "path", "fused"])
def test_networks(name):
    network = loads(f"net {name}()\n  input 8x8x3\n  conv 1x1 3 ; silu\n")
    given = torch.zeros(1, 3, 8, 8)
    plain = network.torch(seed=1).eval()
    fast = network.torch(seed=1, optimize="inference")
    assert torch.allclose(fast(given), plain(given), atol=1e-6)


def test_a_block_that_is_called_as_an_import():
    network = loads("block f(c)\n  conv 1x1 c ; silu\nnet a()\n  input 8x8x3\n  f 4\n  f 5\n")
    assert network.torch(optimize="inference")(torch.zeros(1, 3, 8, 8)).shape == (1, 5, 8, 8)


@pytest.mark.parametrize("name", ["_fields", "_make", "_", "count", "index", "class"])
def test_outputs(name):
    text = f"net a()\n  input 8x8x3\n  relu as {name}\n  conv 1x1 2 as b\n  output {name} b\n"
    assert len(loads(text).torch()(torch.zeros(1, 3, 8, 8))) == 2


@pytest.mark.parametrize("name", ["_modules", "_parameters", "_backward_hooks"])
def test_rows_that_torch_has_no_place_for(name):
    with pytest.raises(ArchError, match=f"every torch module has a `{name}` of its own"):
        loads(f"net a()\n  input 8x8x3\n  {name}: conv 1x1 2\n").torch()


@pytest.mark.parametrize("name", ["conv1", "relu", "x", "train", "to", "state_dict", "parameters"])
def test_externs_that_are_called_as_something_else(name):
    rows = "  conv 1x1 3\n  x: conv 1x1 3 ; relu as y\n"
    text = f"extern {name}(v) -> 8x8x3\nnet a()\n  input 8x8x3\n{rows}  {name} y\n"
    with pytest.raises(ArchError, match=r"call the extern otherwise|is taken by a layer"):
        loads(text).torch()
