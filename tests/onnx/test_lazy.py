"""Arrays that are worked out in pieces give what NumPy gives for the whole ones."""

from __future__ import annotations

import numpy as np
import pytest

from archc.api import loads
from archc.backends.onnx import lazy as module
from archc.backends.onnx import numbers as written
from archc.backends.onnx.build import Options, built
from archc.backends.onnx.lazy import lazy
from archc.building.onnx import Wanted, model_of
from archc.graph.tensors import tensors_of

CONV, FC, DECONV = (6, 2, 3, 5), (7, 11), (2, 3, 4, 2, 2)


def numbers(*sides):
    return np.random.default_rng(sides).uniform(1, 2, sides)


def streamed(array, size):
    """An array in pieces of so many numbers."""
    flat = array.reshape(-1)
    return lazy(array.shape, lambda: (flat[at : at + size] for at in range(0, flat.size, size)))


def result(array):
    pieces = list(array.pieces())
    return np.concatenate(pieces).reshape(array.shape), max(piece.size for piece in pieces)


@pytest.mark.parametrize("at_once", [1, 4, 9, 31, 1000])
@pytest.mark.parametrize(
    ("sides", "factors"),
    [(CONV, (6, 1, 1, 1)), (FC, (7, 1)), (DECONV, (2, 1, 4, 1, 1)), ((5,), (5,)), ((), ())],
)
def test_factors_of_channels(monkeypatch, at_once, sides, factors):
    monkeypatch.setattr(module, "AT_ONCE", at_once)
    weight, factor = numbers(*sides), numbers(*factors)
    flat = streamed(factor, 2).reshape((factor.size,))
    found, largest = result(streamed(weight, 8) * (1 / (flat + 3) ** 0.5).reshape(factors))
    np.testing.assert_allclose(found, weight * (1 / np.sqrt(factor + 3)), rtol=1e-15)
    assert largest <= at_once


def test_both_sides_of_signs():
    one, other = numbers(3, 4), numbers(1, 4)
    ours, theirs = streamed(one, 5), streamed(other, 3)
    np.testing.assert_array_equal(result(theirs - ours)[0], other - one)
    np.testing.assert_array_equal(result(theirs / ours)[0], other / one)
    np.testing.assert_array_equal(result(0 - ours)[0], 0 - one)


def test_tensors_that_no_norm_changes_are_not_worked_out(monkeypatch):
    """Arithmetic is for what changes; the rest comes as it does without folding."""
    text = "net a()\n  input 4x4x3\n  conv 3x3 8 ; bn ; relu\n  flatten ; fc 5\n"
    plain, folded = [model_of(loads(text).graph, Wanted(folds=folds)) for folds in (False, True)]
    asked = []
    monkeypatch.setattr(module, "_cut", lambda array, _: asked.append(array.shape) or ())
    before, after = [
        {one.name: b"".join(map(bytes, one.numbers())) for one in model.tensors}
        for model in (plain, folded)
    ]
    assert {after[key] == before[key] != b"" for key in ("fc1.weight", "fc1.bias")} == {True}
    assert (8, 3, 3, 3) in asked
    assert (5, 128) not in asked


@pytest.mark.parametrize("held", [1, 40, 10**6])
def test_numbers_that_lie_otherwise_than_in_torch(monkeypatch, held):
    """Matrices as their columns, gates in ONNX's order: the same however few are held."""
    text = "net a()\n  input 5x6 ; tokens\n  fc 7 ; attention 7 ; lstm 4 layers=2\n"
    network = loads(text).graph
    pieces, tensors = written.initial(network, 0), tensors_of(network)
    state = {
        key: np.concatenate(list(pieces(one))).reshape(one.shape) for key, one in tensors.items()
    }
    monkeypatch.setattr(written, "HELD", held)
    monkeypatch.setattr(written, "AT_ONCE", held)

    def cut(tensor):
        flat = state[tensor.key].reshape(-1)
        return (flat[at : at + 3] for at in range(0, flat.size, 3))

    lowered = built(network, Options()).lowered
    assert any(one.transposed for one in lowered.tensors.values())
    assert any(len(one.parts) > 1 for one in lowered.tensors.values())
    for one in written.tensors(lowered, cut, "float32"):
        stored = lowered.tensors[one.name]
        rows = np.concatenate([state[key][first:end] for key, first, end in stored.parts])
        expected = rows.T if stored.transposed else rows
        assert b"".join(map(bytes, one.numbers())) == expected.tobytes(), one.name
