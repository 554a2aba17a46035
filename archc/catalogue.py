"""The networks that archc ships, counted, and in the order of lists and pages."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence

from archc.analysis.amounts import Amount
from archc.analysis.cost import measure
from archc.analysis.report import sizes
from archc.files import SUFFIX, shown, stem_of
from archc.graph.ir import Network
from archc.names import Shipped
from archc.resources import specs_root, templates_root
from archc.session import Session


class Entry(Shipped):
    """One that was counted. `inputs` are sizes by name; those `chosen` here are open."""

    params: int
    macs: Amount
    layers: int
    inputs: dict[str, str]
    chosen: tuple[str, ...]


def catalogue(session: Session) -> list[Entry]:
    """All networks in the order of files and texts; problems stay in the session."""
    return counted(session, session.shipped())


def counted(session: Session, chosen: Iterable[Shipped]) -> list[Entry]:
    """Networks with their numbers; those with errors are left out."""
    found: list[Entry] = []
    for one in chosen:
        network = _built(session, one)
        if network is None:
            continue
        costs = measure(network)
        whole = costs.sum()
        facts = {name: getattr(one, name) for name in Shipped.__fields__}
        entry = Entry(
            **facts,
            params=whole.params,
            macs=whole.macs,
            layers=costs.layers(),
            inputs=sizes(network, network.inputs),
            chosen=tuple(network.evaluated_at),
        )
        found.append(entry)
    return found


def _built(session: Session, one: Shipped) -> Network | None:
    """The network at its example size, if it has one: which other sizes work is not asked."""
    source = session.source(shown(one.path))
    if source is None:
        return None
    module = session.module(source)
    if one.example:
        network = session.build(module, one.net, one.variant, one.example)
        if network is None or network.open_sides:
            return network
    return session.build(module, one.net, one.variant)


# ---- in order ------------------------------------------------------------------------------------


def by_family(entries: Iterable[Entry]) -> Iterator[tuple[str, list[Entry]]]:
    """Families by their first year, and in each its nets by theirs; variants stay together.

    Nets that say no family or no year come last.
    """
    families: dict[str, dict[tuple[str, str], list[Entry]]] = {}
    for entry in entries:
        nets = families.setdefault(entry.family, {})
        nets.setdefault((entry.net, entry.path), []).append(entry)
    ordered = [sorted(nets.values(), key=_first_year) for nets in families.values()]
    for family in sorted(ordered, key=lambda nets: (not nets[0][0].family, _first_year(nets[0]))):
        yield family[0][0].family, [entry for net in family for entry in net]


def _first_year(net: Sequence[Shipped]) -> int:
    """The year of a net's first variant; far in the future where none is given."""
    return min([entry.year or 9999 for entry in net])


def nets_of(entries: Iterable[Shipped]) -> int:
    """How many nets these are, variants of one counted once."""
    return len({(entry.net, entry.path) for entry in entries})


# ---- files ---------------------------------------------------------------------------------------


def starters() -> dict[str, str]:
    """The texts that `archc new` begins with: their names and paths."""
    folder = os.path.join(templates_root(), "new")
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    return {stem_of(name): os.path.join(folder, name) for name in names if name.endswith(SUFFIX)}


def is_shipped(path: str) -> bool:
    """Whether a file is one of the shipped architectures."""
    return os.path.dirname(os.path.realpath(path)) == os.path.realpath(specs_root())
