"""Mutants of every spec give diagnostics and nothing else: hundreds here, a million on demand.

`python -m tests.fuzz --mutants 1000000 --seed 7 --jobs 2` runs as many as you like.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.check import Workshop
from tests.fuzz.mutate import mutant
from tests.fuzz.nodes import ROOT, bases

CASES = sorted(Path(__file__).with_name("cases").glob("*.arch"))
MUTANTS = 800


@pytest.fixture(scope="module")
def workshop():
    shop = Workshop()
    yield shop
    shop.close()


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_what_once_went_wrong(path, workshop):
    """The shortest text of each fault that was ever found."""
    fault = workshop.check(path.read_bytes()).fault
    assert fault is None, fault.trace


@pytest.mark.parametrize("base", bases(), ids=lambda base: base.path)
def test_every_spec_as_it_is(base, workshop):
    outcome = workshop.check((ROOT / base.path).read_bytes())
    assert outcome.fault is None, outcome.fault.trace


def test_mutants(capsys):
    """In processes of their own, whose memory is bounded."""
    command = [sys.executable, "-m", "tests.fuzz", "--mutants", str(MUTANTS), "--seed", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    with capsys.disabled():
        print(f"\n{done.stdout.strip().splitlines()[-1]}" if done.stdout else "")
    assert done.returncode == 0, done.stdout + done.stderr


@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(st.sampled_from(range(len(bases()))), st.randoms(use_true_random=False))
def test_hypothesis_finds_no_fault(workshop, number, rng):
    """Every draw of a mutation is hypothesis's own, so it shrinks what it finds."""
    fault = workshop.check(mutant(bases()[number], rng)).fault
    assert fault is None, fault.trace
