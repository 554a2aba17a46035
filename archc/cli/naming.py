"""Shipped nets by the names that a user types."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from archc.diagnostics.similar import did_you_mean
from archc.names import reduced

if TYPE_CHECKING:
    from archc.graph.ir import Network


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
