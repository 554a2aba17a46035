"""Scans and blocks that are used again, beside the same written by hand."""

from __future__ import annotations

import pytest
import torch

from archc.api import loads


def built(text):
    """A module and its state."""
    module = loads(text).torch(seed=0).eval().requires_grad_(False)
    return module, module.state_dict()


def test_rows_need_not_read_the_thing():
    text = "net n()\n  input T of 4\n  scan\n    old: prev new 8\n    new: fc 8 ; complement\n"
    module, _ = built(text)
    state, expected = torch.zeros(2, 8), []
    for _ in range(3):
        state = 1 - module.new(state)
        expected.append(state)
    assert torch.equal(module(torch.randn(2, 3, 4)), torch.stack(expected, dim=1))


UNREAD = {
    "a state alone": """net n()
  input T of 5
  k: fc 6
  scan
    old: prev new 8
    fc 8 ; complement
    new: tanh
  end: relu
""",
    "a value from outside": """net n()
  t: input 3 of 5
  v: input 4
  w: from v ; fc 6
  from t
  scan
    word: identity
    k: from w
    add
      from k
      fc 6
  end: relu
""",
}


@pytest.mark.parametrize("text", UNREAD.values(), ids=UNREAD)
def test_rows_that_do_not_read_the_thing_in_all_builds(text):
    network = loads(text)
    plain = network.torch(seed=0).eval()
    given = [torch.randn(2, 3, 5), torch.randn(2, 4)][: len(network.graph.inputs)]
    weights = plain.state_dict()
    found = network.torch(optimize="inference", weights=weights)(*given)
    assert torch.allclose(found, plain(*given), atol=1e-5)
    assert torch.equal(network.torch(features=["end"], weights=weights)(*given), plain(*given))


def test_a_scan_in_a_scan():
    inner = "    scan\n      lstm 3\n      fc 4\n    flatten\n    fc 5\n"
    text = (
        f"net n()\n  input T of 8\n  scan\n    word: identity\n    reshape 2x4\n    tokens\n{inner}"
    )
    module, _ = built(text)
    things, expected = torch.randn(2, 3, 8), []
    for thing in things.unbind(1):
        places = thing.reshape(-1, 4, 2).transpose(1, 2)
        expected.append(module.fc2(module.fc1(module.lstm1(places)[0]).flatten(1)))
    assert torch.allclose(module(things), torch.stack(expected, dim=1), atol=1e-6)


def test_the_state_of_a_scan_over_maps():
    rows = "    x: identity\n    old: prev new 6x5x4\n    concat x old\n    new: conv 3x3 4 pad=1\n"
    module, _ = built(f"net n()\n  input R of 6x5x4\n  scan\n{rows}")
    maps, expected = torch.randn(3, 4, 6, 5), []
    state = torch.zeros(1, 4, 6, 5)
    for one in maps.split(1):
        state = module.new(torch.cat([one, state], dim=1))
        expected.append(state)
    assert torch.equal(module(maps), torch.cat(expected))


def test_a_level_that_is_used_again():
    """Its modules without tensors run again as well."""
    for label in ("twin.*", "twin"):
        rows = f"  from left\n  {label}: conv 3x3 4 ; relu ; flatten ; fc 5\n  a: identity\n"
        text = f"net n()\n  left: input 8x6x1\n  right: input 8x6x1\n{rows}"
        module, state = built(text + "  from right\n  b: reuse twin\n  absdiff a b\n")
        left, right = torch.randn(2, 2, 1, 8, 6)
        names = sorted({key.rpartition(".")[0] for key in state})
        conv, fc = [module.get_submodule(name) for name in names]

        def run(value, conv=conv, fc=fc):
            return fc(torch.relu(conv(value)).flatten(1))

        assert torch.allclose(module(left, right), (run(left) - run(right)).abs(), atol=1e-6)
