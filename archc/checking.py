"""`archc check`: everything there is to say about files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from archc.analysis.allow import allowances, silence
from archc.analysis.check import failed_checks
from archc.analysis.cost import Costs, measure
from archc.analysis.lint import Lints
from archc.diagnostics.kinds.files import FileUnreadable, MissingNet
from archc.diagnostics.model import Diagnostic, Kind
from archc.files import Files, arch_files, place_below
from archc.graph.modules import Module
from archc.limits import DEFAULT, Limits
from archc.record import replace
from archc.session import Session, all_of
from archc.source import SourceFile

if TYPE_CHECKING:
    from archc.analysis.rules import Rules


class Checker:
    """Checks files one after the other; lints are judged when all have been seen.

    `also` names lints that are off and wanted all the same, `rules` is what the project demands.
    """

    def __init__(
        self,
        limits: Limits = DEFAULT,
        files: Files | None = None,
        also: frozenset[str] = frozenset(),
        rules: Rules | None = None,
    ) -> None:
        self.also = also
        self.session = Session(limits, files)
        self._levels = rules.levels if rules else {}
        self._budgets = _Budgets(rules) if rules and rules.budgets else None
        self._lints = Lints()
        self._checked: dict[SourceFile, Module] = {}
        self._complete: set[SourceFile] = set()

    def paths(self, paths: Iterable[str]) -> None:
        """Check files, those of shipped nets, and all .arch files in folders."""
        for path in paths:
            if not os.path.isdir(path):
                self.path(path if os.path.lexists(path) else self.session.path_of(path))
                continue
            if self._budgets:
                self._budgets.folders.append(os.path.realpath(path))
            found = arch_files(path)
            for inner in found:
                self.path(inner)
            if not found:
                problem = FileUnreadable(path, "there is no .arch file in this folder")
                self.session.report(problem, path)

    def path(self, path: str) -> None:
        """Check one file."""
        source = self.session.source(path)
        if source is not None:
            self.source(source)

    def source(self, source: SourceFile) -> None:
        """Check one text: what it uses, every net and every variant, their notes and checks."""
        if source in self._checked:
            return
        module = self._checked[source] = self.session.module(source)
        readable = self.session.is_readable(module)
        if self._budgets:
            self._budgets.file(self.session.files.path(source), module, readable)
        if not readable:
            return
        if not module.tree.statements:
            self.session.report(MissingNet(), source.name)
            return
        built = [self._net(module, *chosen) for chosen in all_of(module.nets)]
        if all(built):
            self._complete.add(source)
            self._lints.file(module.tree)

    def findings(self) -> list[Diagnostic]:
        """All findings by place; fixes are not tried yet."""
        lints = [found for found in self._lints.found() if self._concerns(found)]
        files = [self._checked[source].tree for source in self._complete]
        allowed = [allowance for file in files for allowance in allowances(file)]
        heard = silence(lints, allowed)
        self.session.add([found for lint in heard for found in self._at_its_level(lint)])
        found = self.session.bag().sorted()
        if self._budgets:
            # Several budgets may point at one net: none of them is the others' cause.
            found = sorted([*found, *self._budgets.findings()], key=lambda one: one.order)
        return found

    def _net(self, module: Module, net: str, variant: str | None) -> bool:
        """Whether a net has no errors, so that lints about it make sense."""
        network = self.session.build(module, net, variant)
        if network is None:
            return False
        costs = measure(network) if network.checks or self._budgets else None
        self.session.add(failed_checks(network, costs))
        if self._budgets and costs:
            self._budgets.network(costs, self.session.files.path(module.source))
        self._lints.network(network)
        return True

    def _at_its_level(self, found: Diagnostic) -> Iterator[Diagnostic]:
        """A lint as the configuration wants it; nothing if it is off."""
        level = self._levels.get(found.slug, "allow" if _is_off(found) else "warn")
        if level == "error":
            yield replace(found, severity="error")
        elif level == "warn" or found.slug in self.also:
            yield found

    def _concerns(self, found: Diagnostic) -> bool:
        """A library's lints are its own affair; of a file with errors not all rows are known."""
        return found.primary.span.source in self._complete


class _Budgets:
    """The budgets of a project over the files of one run; `folders` are those asked for."""

    def __init__(self, rules: Rules) -> None:
        from archc.analysis.budgets import Watch

        self.folders: list[str] = []
        self._root = rules.root
        self._watch = Watch(rules)
        self._found: list[Diagnostic] = []

    def file(self, path: str, module: Module, readable: bool) -> None:
        """A file that is checked."""
        self._watch.file(place_below(self._root, path), all_of(module.nets), readable)

    def network(self, costs: Costs, path: str) -> None:
        """A network without errors."""
        self._found += self._watch.exceeded(costs, place_below(self._root, path))

    def findings(self) -> list[Diagnostic]:
        """Ceilings that are broken, and budgets that are for nothing."""
        whole = any(self._root == one or place_below(one, self._root) for one in self.folders)
        return [*self._found, *self._watch.unmet(self._exists, whole)]

    def _exists(self, place: str) -> bool:
        return os.path.isfile(os.path.join(self._root, place))


def _is_off(found: Diagnostic) -> bool:
    kind: type[Kind] = Kind.registry[found.slug]
    return bool(getattr(kind, "off_by_default", False))


def could_not_read(findings: Iterable[Diagnostic]) -> bool:
    """Whether something is wrong with the command or a file as a whole: exit code 2."""
    whole = [found for found in findings if not found.primary.span.source.text]
    return any(found.slug in _NOT_DONE or not found.primary.span.source.name for found in whole)


_NOT_DONE = frozenset(
    {"file-unreadable", "not-utf8", "file-too-large", "unknown-net", "net-not-chosen"}
)
