"""What tests of the torch backend share: the source of every shipped network, made once."""

from __future__ import annotations

from functools import cache

import pytest

from archc.backends.torch.emit import Form, source_of
from archc.files import shipped_files
from archc.session import Session

SESSION = Session()


@cache
def all_networks():
    """Every shipped network by name."""
    sources = [SESSION.source(path) for path in shipped_files()]
    return {
        network.name: network for source in sources for network in SESSION.networks_of(source, None)
    }


def form_of(network):
    """What a user's build has: the number of classes as a parameter."""
    return Form(SESSION.with_classes(network))


def pytest_generate_tests(metafunc):
    """`shipped` is each net in one of its variants, with --full in all."""
    if "shipped" in metafunc.fixturenames:
        networks = list(all_networks().values())
        if not metafunc.config.getoption("--full"):
            networks = list({network.net: network for network in reversed(networks)}.values())
        metafunc.parametrize("shipped", networks, ids=lambda network: network.name)


@pytest.fixture(scope="session")
def written(tmp_path_factory):
    """A folder with the source of every shipped network."""
    folder = tmp_path_factory.mktemp("written")
    for name, network in all_networks().items():
        plain = "".join([sign if sign.isalnum() else "_" for sign in name])
        text = source_of(network, form_of(network))
        (folder / f"{plain}.py").write_text(text, encoding="utf-8")
    return folder
