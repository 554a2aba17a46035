"""What all tests share: networks from text and from specs, golden files.

`pytest --update-golden` writes the golden files under tests/golden/ anew; look at the difference
before you commit it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import chdir
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "golden"
os.environ.setdefault("OMP_NUM_THREADS", "1")  # there is a worker for each core


def pytest_addoption(parser):
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")
    parser.addoption("--full", action="store_true", help="every variant where one stands for all")


@cache
def _networks(name: str, input_text: str | None):
    from archc.api import open_networks

    with chdir(ROOT):  # so that places in reports are those a user sees
        networks, bag = open_networks([name], input_text)
    assert not bag.has_errors, [found.message for found in bag.sorted()]
    return tuple(networks)


@pytest.fixture(scope="session")
def networks() -> Callable:
    """All networks that a shipped name means (`resnet`, `resnet.50`, a file as `dcgan`); built once
    for all tests.
    """
    return lambda name, input_text=None: _networks(name, input_text)


@pytest.fixture(scope="session")
def network_of() -> Callable:
    """The network of a text."""

    def built(text: str, **more):
        from archc.api import loads

        return loads(text, **more).graph

    return built


@pytest.fixture
def golden(request) -> Callable:
    """Compare a text with tests/golden/NAME, or write it with --update-golden."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"{path} is missing: pytest --update-golden writes it"
        assert text == path.read_text(encoding="utf-8")

    return compare
