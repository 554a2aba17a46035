"""Outputs under weights made from names are those that public implementations gave.

tests/oracles/outputs.json was written by `python -m tests.oracles.twins.make --outputs`: one line
for every network whose state_dict has the keys of a public implementation.
"""

from __future__ import annotations

import json

import pytest

from tests.oracles import fingerprint
from tests.oracles.exactness import measured
from tests.oracles.test_twins import MODELS
from tests.oracles.test_twins import TWINS as GIVEN
from tests.oracles.twins.make import OUTPUTS
from tests.torch.filled import filled, outputs_of

STORED = {found["net"]: found for found in json.loads(OUTPUTS.read_text(encoding="utf-8"))}
MEASURED = {found["net"]: found for found in measured() if "state_sha256" in found}


def net_of(name):
    return name.partition(".")[0]


def smallest_of_others():
    """Of each net that torchvision.json has no model of, the variant with the fewest products."""
    run_elsewhere = {net_of(name) for name in GIVEN.values()}
    names = sorted(STORED, key=lambda name: MEASURED[name]["macs"], reverse=True)
    smallest = {net_of(name): name for name in names}
    return sorted([name for net, name in smallest.items() if net not in run_elsewhere])


def pytest_generate_tests(metafunc):
    if "name" in metafunc.fixturenames:
        full = metafunc.config.getoption("--full")
        metafunc.parametrize("name", sorted(STORED) if full else smallest_of_others())


def test_every_network_with_the_names_of_a_public_one_has_a_line():
    assert set(STORED) == set(MEASURED), "python -m tests.oracles.twins.make --outputs"


def test_outputs_are_the_public_ones(name):
    expected = STORED[name]
    given = outputs_of(filled(name), expected["images"])
    assert len(given) == len(expected["outputs"])
    for found, public in zip(given, expected["outputs"], strict=True):
        agrees({**fingerprint.digest(found), "spread": fingerprint.spread(found)}, public)


@pytest.mark.parametrize("model", MODELS)
def test_digests_are_those_that_were_given(model):
    """torchvision.json was made before these tests, by others, in the same way."""
    given, stored = MODELS[model], STORED[GIVEN[model]]
    if stored["images"] == [[2, *given["input"]]]:
        agrees(stored["outputs"][0], given["output"])
    else:
        assert model == "fcn_resnet50"  # compared at a smaller size that is no square


def agrees(found, public):
    """Whether digests are equal to 1e-4 of the largest number."""
    assert found["shape"] == public["shape"]
    assert found["norm"] == pytest.approx(public["norm"], rel=1e-4)
    for kind in ("first", "spread"):
        numbers = public.get(kind, [])
        tolerance = 1e-4 * max(map(abs, numbers), default=0)
        assert found.get(kind, [])[: len(numbers)] == pytest.approx(numbers, abs=tolerance)
