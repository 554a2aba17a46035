"""`archc check`: everything there is to say about files."""

from __future__ import annotations

import os
from collections.abc import Iterable

from archc.analysis.allow import allowances, silence
from archc.analysis.check import failed_checks
from archc.analysis.lint import Lints
from archc.diagnostics.kinds.files import FileUnreadable, MissingNet
from archc.diagnostics.model import Diagnostic, Kind
from archc.files import Files, arch_files
from archc.graph.modules import Module
from archc.limits import DEFAULT, Limits
from archc.session import Session, all_of
from archc.source import SourceFile


class Checker:
    """Checks files one after the other; lints are judged when all have been seen.

    `also` names lints that are off by default and wanted all the same.
    """

    def __init__(
        self,
        limits: Limits = DEFAULT,
        files: Files | None = None,
        also: frozenset[str] = frozenset(),
    ) -> None:
        self.also = also
        self.session = Session(limits, files)
        self._lints = Lints()
        self._checked: dict[SourceFile, Module] = {}
        self._complete: set[SourceFile] = set()

    def paths(self, paths: Iterable[str]) -> None:
        """Check files, and all .arch files in folders."""
        for path in paths:
            if not os.path.isdir(path):
                self.path(path)
                continue
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
        if not self.session.is_readable(module):
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
        kept = [found for found in heard if found.slug in self.also or not _is_off(found)]
        self.session.add(kept)
        return self.session.bag().sorted()

    def _net(self, module: Module, net: str, variant: str | None) -> bool:
        """Whether a net has no errors, so that lints about it make sense."""
        network = self.session.build(module, net, variant)
        if network is None:
            return False
        self.session.add(failed_checks(network))
        self._lints.network(network)
        return True

    def _concerns(self, found: Diagnostic) -> bool:
        """A library's lints are its own affair; of a file with errors not all rows are known."""
        return found.primary.span.source in self._complete


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
