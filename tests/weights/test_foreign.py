"""Checkpoints with other people's names: each mapping was proven by outputs (foreign/make.py)."""

import json
import random
from functools import cache
from pathlib import Path

import pytest

import archc
from archc.weights.checkpoint import Checkpoint, Stored
from archc.weights.match import match

PAIRS = sorted((Path(__file__).parent / "foreign").glob("*.json"))


def read(path):
    """A stored pair, its checkpoint as groups of (key, size), and which layer each is."""
    pair = json.loads(path.read_text())
    groups = [
        [(path + end, size) for end, size in keys.items()] for path, _, keys in pair["layers"]
    ]
    return pair, groups, {path: ours for path, ours, _ in pair["layers"] if ours}


@cache
def network(name):
    return archc.load(name).graph


def checkpoint(groups):
    stored = {key: Stored(tuple(size), "float32") for group in groups for key, size in group}
    return Checkpoint("foreign.pth", stored, lambda key: b"")


def orders(groups):
    """The same tensors in other orders: as safetensors sorts them, backwards, shuffled layers."""
    rows = [row for group in groups for row in group]
    yield [sorted(rows)]
    yield [rows[::-1]]
    yield random.Random(1).sample(groups, len(groups))
    yield [random.Random(2).sample(rows, len(rows))]


def told(found):
    return {pair.theirs.path: pair.ours.path for pair in found.pairs}


def test_there_are_enough():
    assert len(PAIRS) >= 25
    assert len({path.name.split("-")[0].split(".")[0] for path in PAIRS}) >= 20


@pytest.mark.parametrize("path", PAIRS, ids=lambda path: path.stem)
def test_each_layer_is_the_one_that_gave_the_same_outputs(path):
    pair, groups, truth = read(path)
    found = match(network(pair["net"]), checkpoint(groups))
    assert found.ok
    assert told(found) == truth


@pytest.mark.parametrize("path", PAIRS, ids=lambda path: path.stem)
def test_in_another_order_it_is_right_or_said_to_be_ambiguous(path):
    pair, groups, truth = read(path)
    for shuffled in orders(groups):
        found = match(network(pair["net"]), checkpoint(shuffled))
        assert found.ok or found.ambiguous
        assert told(found).items() <= truth.items()
