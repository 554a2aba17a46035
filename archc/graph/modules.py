"""A parsed file together with the files it uses."""

from __future__ import annotations

from typing import Protocol

from archc.diagnostics.kinds.expansion import ExpansionTooLarge
from archc.diagnostics.kinds.files import ImportCycle
from archc.diagnostics.model import Bag, Kind
from archc.limits import DEFAULT, Limits
from archc.source import SourceFile
from archc.syntax import tree
from archc.syntax.parse import parse

Chosen = tuple[str, str | None]
"""the name of a net and of its variant, None where it has none"""


class Loader(Protocol):
    """Finds the files that `use` names; the only way to other files."""

    def used(self, path: str, by: SourceFile) -> SourceFile | Kind:
        """The file that `use ... from "path"` in the file `by` means, or the problem."""


class Module:
    """One file and, by the path as written, the modules it uses."""

    __slots__ = ("source", "tree", "used")

    def __init__(self, file: tree.File) -> None:
        self.source = file.source
        self.tree = file
        self.used: dict[str, Module] = {}

    @property
    def nets(self) -> dict[str, list[str]]:
        """Nets of this file and the names of their variants, in text order."""
        found: dict[str, list[str]] = {}
        for statement in self.tree.statements:
            if isinstance(statement, tree.Net):
                found[statement.name] = variant_names(statement)
        return found

    def net(self, name: str) -> tree.Net | None:
        """A net of this file by its name."""
        for statement in self.tree.statements:
            if isinstance(statement, tree.Net) and statement.name == name:
                return statement
        return None


def variants_table(net: tree.Net) -> tree.Variants | None:
    """The variants table of a net, if it has one."""
    return next((line for line in net.body if isinstance(line, tree.Variants)), None)


def lies_on_its_side(net: tree.Net, table: tree.Variants) -> bool:
    """Whether parameters go across and variants down: then the value columns are parameters of the
    net.
    """
    parameters = {parameter.name for parameter in net.parameters}
    values = [column.name for column in table.columns if column.kind == "value"]
    others = [column for column in table.columns if column.kind != "value"]
    return bool(others) or (bool(table.rows) and all(name in parameters for name in values))


def variant_names(net: tree.Net) -> list[str]:
    """The names of a net's variants, in text order."""
    table = variants_table(net)
    if table is None:
        return []
    if lies_on_its_side(net, table):
        return [row.name for row in table.rows]
    return [column.name for column in table.columns]


def full_name(net: str, variant: str | None) -> str:
    """`resnet.50`."""
    return net if variant is None else f"{net}.{variant}"


class Modules:
    """Loads files once each; several nets and files of one run share what they use."""

    def __init__(self, loader: Loader, bag: Bag, limits: Limits = DEFAULT) -> None:
        self.loader = loader
        self.bag = bag
        self.limits = limits
        self.known: dict[str, Module] = {}

    def load(self, source: SourceFile) -> Module:
        """Parse a file and all it uses; problems go into the bag."""
        module = self.known.get(source.name)
        if module is None:
            module = Module(parse(source, self.bag, self.limits))
            self.known[source.name] = module
            self._load_used(module, (source.name,))
        return module

    def _load_used(self, module: Module, chain: tuple[str, ...]) -> None:
        for statement in module.tree.statements:
            if not isinstance(statement, tree.Use) or statement.path.value in module.used:
                continue
            found = self._one(statement, module, chain)
            if isinstance(found, Kind):
                self.bag.add(found.at(statement.path.span))
            else:
                module.used[statement.path.value] = found

    def _one(self, use: tree.Use, module: Module, chain: tuple[str, ...]) -> Module | Kind:
        source = self.loader.used(use.path.value, module.source)
        if isinstance(source, Kind):
            return source
        if source.name in chain:
            return ImportCycle((*chain[chain.index(source.name) :], source.name))
        known = self.known.get(source.name)
        if known is not None:
            return known
        if len(self.known) >= self.limits.files:
            return ExpansionTooLarge(len(self.known) + 1, self.limits.files, "files")
        used = Module(parse(source, self.bag, self.limits))
        self.known[source.name] = used
        self._load_used(used, (*chain, source.name))
        return used


def load_module(source: SourceFile, loader: Loader, bag: Bag, limits: Limits = DEFAULT) -> Module:
    """Parse one file and all it uses."""
    return Modules(loader, bag, limits).load(source)
