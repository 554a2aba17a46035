"""Scans and blocks that are used again, beside the same written by hand."""

from __future__ import annotations

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
