"""Shipped nets by the names that a user types."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from archc.diagnostics.similar import did_you_mean
from archc.names import reduced

if TYPE_CHECKING:
    from archc.graph.ir import Network
    from archc.limits import Limits
    from archc.session import Session


def none_called(name: str, near: tuple[str, ...], what: str = "net") -> str:
    """That nothing is called so, and what may be meant."""
    asked = f"{did_you_mean(near)} " if near else ""
    return f"archc ships no {what} called `{name}`; {asked}`archc nets` lists them"


def say_meant(names: Iterable[str], meant: Iterable[str]) -> None:
    """`resnet50` is `resnet.50`: which variant a name without its dot stands for."""
    full = {reduced(one): one for one in meant if "." in one}
    for name in names:
        one = full.get(reduced(name), name)
        if one.lower() != name.lower():
            print(f"archc: `{name}` is `{one}`", file=sys.stderr)


def say_networks(names: Iterable[str], networks: Iterable[Network]) -> None:
    """The same of networks that were found."""
    say_meant(names, [network.name for network in networks])


def networks_meant(
    names: list[str],
    limits: Limits,
    session: Session | None = None,
    *,
    several: bool = False,
    input_text: str | None = None,
) -> list[Network] | int:
    """The networks of these names, only one unless `several` may be meant; else the exit code."""
    from archc import api
    from archc.checking import could_not_read
    from archc.cli.main import FINDINGS, NOT_DONE, complain
    from archc.diagnostics.paint import wanted
    from archc.diagnostics.render import render_all

    networks, bag = api.open_networks(names, input_text, limits, session)
    if bag.has_errors:
        print(render_all(bag.sorted(), wanted(sys.stderr)), file=sys.stderr)
        return NOT_DONE if could_not_read(bag.sorted()) else FINDINGS
    if len(networks) > 1 and not several:
        found = ", ".join([network.name for network in networks])
        return complain(f"{' '.join(names)} is several networks; name one of {found}")
    say_networks(names, networks)
    return networks
