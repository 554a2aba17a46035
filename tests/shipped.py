"""The shipped networks: all, each net in its first variant, the light ones, the open ones."""

from __future__ import annotations

from functools import cache

from archc.analysis.amounts import fixed
from archc.analysis.cost import measure
from archc.analysis.sizes import study
from archc.files import shipped_files
from archc.graph.ir import Network
from archc.session import Session, all_of
from archc.source import SourceFile

SESSION = Session()

LIGHT = 400_000_000
"""MACs of networks that CI runs too"""
OPEN_BESIDES = {"unet": "unet.same"}
"""nets whose first variant is not open, and one that is"""


@cache
def all_networks() -> dict[str, Network]:
    """Every network by name."""
    sources = [SESSION.source(path) for path in shipped_files()]
    found = [network for source in sources for network in SESSION.networks_of(source, None)]
    return {network.name: network for network in found}


@cache
def networks(*, full: bool) -> tuple[Network, ...]:
    """With `full` all; else one of each net, without the work of making the others."""
    if full:
        return tuple(all_networks().values())
    return tuple([_network(*part) for part in _parts().values()])


def light(*, full: bool) -> list[Network]:
    """Those that are run."""
    found = networks(full=full)
    return [one for one in found if full or fixed(measure(one).sum().macs) <= LIGHT]


@cache
def opened() -> dict[str, Network]:
    """Those with open sides, by net."""
    found = {one.net: one for one in networks(full=False) if one.open_sides}
    more = {net: _network(_parts()[net][0], part) for net, part in OPEN_BESIDES.items()}
    return {**found, **more}


def picture(network: Network, height: int, width: int) -> tuple[int, int]:
    """The first legal sides from these on."""
    found = study(SESSION.module(network.source), network.net, network.variant or None)
    sides = []
    for letter, side in (("H", height), ("W", width)):
        size = found.legal[letter].next_from(side)
        while not found.obeys({**found.chosen, letter: size}):
            size = found.legal[letter].next_from(size + 1)
        sides.append(size)
    return sides[0], sides[1]


@cache
def _parts() -> dict[str, tuple[SourceFile, str]]:
    """By net, its file and its first variant as a user calls it."""
    found: dict[str, tuple[SourceFile, str]] = {}
    for source in [SESSION.source(path) for path in shipped_files()]:
        for net, variant in all_of(SESSION.module(source).nets):
            found.setdefault(net, (source, f"{net}.{variant}" if variant else net))
    return found


def _network(source: SourceFile, part: str) -> Network:
    (network,) = SESSION.networks_of(source, part)
    return network
