"""What tests of the torch backend share: shipped networks, and the sources of all of them."""

from __future__ import annotations

import pytest

from archc.backends.torch.emit import Form, source_of
from archc.backends.torch.optimize import optimized
from tests.shipped import SESSION, all_networks, networks


def form_of(network):
    """What a user's build has: the number of classes as a parameter."""
    return Form(SESSION.with_classes(network))


def pytest_generate_tests(metafunc):
    """`shipped` is each net in one of its variants, with --full in all."""
    if "shipped" in metafunc.fixturenames:
        full = metafunc.config.getoption("--full")
        metafunc.parametrize("shipped", networks(full=full), ids=lambda network: network.name)


@pytest.fixture(scope="session")
def written(tmp_path_factory):
    """A folder with the source of every network, and one for inference of each net."""
    folder = tmp_path_factory.mktemp("written")

    def write(name, text):
        plain = "".join([sign if sign.isalnum() else "_" for sign in name])
        (folder / f"{plain}.py").write_text(text, encoding="utf-8")

    for network in networks(full=False):
        write(f"{network.name} inference", optimized(network, "bf16").source)
    for name, network in all_networks().items():
        write(name, source_of(network, form_of(network)))
    return folder
