"""What tests of ONNX share with those of torch: every shipped network."""

from __future__ import annotations

from archc.analysis.amounts import fixed
from archc.analysis.cost import measure
from tests.torch.conftest import pytest_generate_tests as for_torch

LIGHT = 400_000_000
"""MACs of networks that CI runs too"""


def pytest_generate_tests(metafunc):
    """`shipped` as in tests of torch; `run` are those of them that are run, with --full all."""
    for_torch(metafunc)
    if "run" in metafunc.fixturenames:
        from tests.torch.conftest import all_networks

        networks = list(all_networks().values())
        if not metafunc.config.getoption("--full"):
            networks = list({network.net: network for network in reversed(networks)}.values())
            networks = [one for one in networks if fixed(measure(one).sum().macs) <= LIGHT]
        metafunc.parametrize("run", networks, ids=lambda network: network.name)
