"""The shipped networks that tests of ONNX take."""

from __future__ import annotations

from tests.shipped import light, networks


def pytest_generate_tests(metafunc):
    """`shipped` is each net in one variant, with --full in all; `run` those that are run."""
    full = metafunc.config.getoption("--full")
    for name, chosen in (("shipped", networks), ("run", light)):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, chosen(full=full), ids=lambda network: network.name)
