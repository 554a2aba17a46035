"""The networks that archc ships, each with the facts that lists and pages show of it.

What the text says of a network (`Shipped`) is known without expanding it, which takes much longer.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence

from archc.analysis.amounts import Amount
from archc.analysis.cost import measure
from archc.analysis.report import sizes
from archc.files import SUFFIX, shipped_files, shipped_nets, shown
from archc.graph.ir import Network
from archc.graph.modules import (
    full_name,
    lies_on_its_side,
    variant_names,
    variants_table,
)
from archc.record import Record
from archc.resources import specs_root, templates_root
from archc.session import Session, all_of
from archc.syntax import tree


class Shipped(Record):
    """One network, or one variant of it. What its text does not say is empty, or 0."""

    net: str
    variant: str | None
    title: str
    family: str
    task: str
    year: int
    paper: str
    example: str
    path: str

    @property
    def name(self) -> str:
        """`resnet.50`."""
        return full_name(self.net, self.variant)

    @property
    def file(self) -> str:
        """The name of its file."""
        return os.path.basename(self.path)


class Entry(Shipped):
    """One that was counted. `inputs` are sizes by name; those `chosen` here are open."""

    params: int
    macs: Amount
    layers: int
    inputs: dict[str, str]
    chosen: tuple[str, ...]


def catalogue(session: Session) -> list[Entry]:
    """All networks in the order of files and texts; problems stay in the session."""
    return counted(session, shipped(session))


def shipped(session: Session) -> list[Shipped]:
    """All networks as their texts tell them; files with mistakes are left out."""
    found: list[Shipped] = []
    for path in shipped_files():
        source = session.source(shown(path))
        module = session.module(source) if source else None
        if module is None or not session.is_readable(module):
            continue
        for name, variant in all_of(module.nets):
            net = module.net(name)
            assert net is not None
            found.append(_shipped(net, variant, path))
    return found


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


# ---- what a text says ----------------------------------------------------------------------------


def _shipped(net: tree.Net, variant: str | None, path: str) -> Shipped:
    said = _meta(net, variant)
    year = said.get("year", "")
    return Shipped(
        net=net.name,
        variant=variant,
        title=net.title,
        family=said.get("family", ""),
        task=said.get("task", ""),
        year=int(year) if year.isdecimal() else 0,
        paper=said.get("paper", ""),
        example=said.get("example", ""),
        path=path,
    )


def _meta(net: tree.Net, variant: str | None) -> dict[str, str]:
    """The `meta` rows of a net and the cells of its variant, as they are written."""
    found: dict[str, tree.Expression | None] = {}
    names = variant_names(net)
    column = names.index(variant) if variant is not None else 0
    for row in net.body:
        if isinstance(row, tree.Meta):
            cell = row.value[column].value if isinstance(row.value, tuple) else row.value
            found[row.name] = cell or found.get(row.name)
    table = variants_table(net)
    if table is not None and lies_on_its_side(net, table):
        for head, place in zip(table.columns, table.rows[column].cells):
            if head.kind == "meta":
                found[head.name] = place.value or found.get(head.name)
    return {
        name: value.value if isinstance(value, tree.Text) else value.span.text
        for name, value in found.items()
        if value is not None
    }


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


# ---- by name -------------------------------------------------------------------------------------


def shipped_file(name: str) -> tuple[str, str]:
    """The path and the variant of a shipped net's name; the path of no net is empty.

    A file's own name does too: `dcgan`, `dcgan.arch`.
    """
    net, _, variant = name.removesuffix(SUFFIX).partition(".")
    path = shipped_nets().get(net, "")
    if path:
        return path, variant
    return next((one for one in shipped_files() if _stem(one) == net and not variant), ""), ""


def starters() -> dict[str, str]:
    """The texts that `archc new` begins with: their names and paths."""
    folder = os.path.join(templates_root(), "new")
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    return {_stem(name): os.path.join(folder, name) for name in names if name.endswith(SUFFIX)}


def is_shipped(path: str) -> bool:
    """Whether a file is one of the shipped architectures."""
    return os.path.dirname(os.path.realpath(path)) == os.path.realpath(specs_root())


def _stem(path: str) -> str:
    return os.path.basename(path).removesuffix(SUFFIX)
