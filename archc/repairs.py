"""Repairs: each is applied and the file checked again before it is offered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from archc.checking import Checker
from archc.diagnostics.model import Applicability, Diagnostic, Edit, Fix
from archc.files import Files
from archc.limits import DEFAULT, Limits
from archc.record import replace
from archc.source import SourceFile

TRIED_AT_MOST = 40
"""edits tried in one run; what was not tried is not offered"""
WORK_AT_MOST = 1_500_000
"""for all of them, in bytes parsed (`Session.work`), some seconds: findings of a large network do
not wait for its repairs, and what is offered does not depend on how fast the machine is"""
LAYERS_AT_MOST = 20_000
"""of a network that is expanded again for each edit"""
ROUNDS = 100


class Outcome:
    """What a check of a text found; `parsing` is the part of it that stopped the rest."""

    __slots__ = ("findings", "parsing", "source")

    def __init__(
        self, source: SourceFile, findings: list[Diagnostic], parsing: list[Diagnostic]
    ) -> None:
        self.source = source
        self.findings = findings
        self.parsing = parsing

    def count(self, slug: str) -> int:
        """How many findings of a kind there are."""
        return sum(found.slug == slug for found in self.findings)

    def worse_than(self, before: Outcome, edited: frozenset[int]) -> bool:
        """Whether there are more errors of any kind than before, or one on an edited line.

        Sizes are not looked at while a line cannot be read. Once all can, errors come to light that
        were there before; only those on the edited lines are then held against the edit.
        """
        unread = any(found.severity == "error" for found in before.parsing)
        errors = [found for found in self.findings if found.severity == "error"]
        if unread:
            parsing = [found for found in self.parsing if found.severity == "error"]
            if not parsing and any(self._is_on(found, edited) for found in errors):
                return True
            errors = parsing
        new = Counter([found.slug for found in errors])
        return any(number > before.count(slug) for slug, number in new.items())

    def _is_on(self, found: Diagnostic, lines: frozenset[int]) -> bool:
        span = found.primary.span
        return span.source is self.source and span.line in lines


class Repairs:
    """Tries edits on texts in memory; files stay as they are."""

    def __init__(self, files: Files, limits: Limits = DEFAULT) -> None:
        self.files = files
        self.limits: Limits = replace(limits, layers=min(limits.layers, LAYERS_AT_MOST))
        self._before: dict[SourceFile, Outcome] = {}
        self._left = TRIED_AT_MOST
        self.work = 0

    def verified(self, findings: Sequence[Diagnostic]) -> list[Diagnostic]:
        """The findings with only those fixes that take them away and bring no new error."""
        return [self._with_good_fixes(found) if found.fixes else found for found in findings]

    def _with_good_fixes(self, found: Diagnostic) -> Diagnostic:
        good = [fix for fix in found.fixes if not fix.edits or self._is_good(found, fix)]
        changed: Diagnostic = replace(found, fixes=tuple(good))
        return changed

    def _is_good(self, found: Diagnostic, fix: Fix) -> bool:
        sources = {edit.span.source for edit in fix.edits}
        source = sources.pop()
        if sources or self._left <= 0 or self.work > WORK_AT_MOST:
            return False
        self._left -= 1
        text = applied(source.text, fix.edits)
        if text is None or text == source.text:
            return False
        before = self._before.get(source)
        if before is None:
            before = self._before[source] = self.check(source, source.text)
        after = self.check(source, text)
        gone = before.count(found.slug) > after.count(found.slug)
        return gone and not after.worse_than(before, edited_lines(source.text, fix.edits))

    def check(self, source: SourceFile, text: str) -> Outcome:
        """What would be found if the file had this text."""
        checker = Checker(self.limits, self.files)
        other = self.files.instead_of(source, text)
        checker.source(other)
        self.work += checker.session.work
        return Outcome(other, checker.findings(), checker.session.parsing)

    def repaired(self, source: SourceFile, allowed: frozenset[Applicability]) -> str:
        """The file's text after all repairs that are allowed, one by one, until none is left."""
        current = source
        for _ in range(ROUNDS):
            text = self._next(current, allowed)
            if text is None:
                break
            current = self.files.instead_of(source, text)
        return current.text

    def _next(self, source: SourceFile, allowed: frozenset[Applicability]) -> str | None:
        """The text after the first repair that holds; None if there is none."""
        before = self.check(source, source.text)
        for found in before.findings:
            fix = next((fix for fix in found.fixes if fix.applicability in allowed), None)
            if fix is None or any(edit.span.source is not before.source for edit in fix.edits):
                continue
            text = applied(source.text, fix.edits)
            if text is None or text == source.text:
                continue
            after = self.check(source, text)
            gone = before.count(found.slug) > after.count(found.slug)
            if gone and not after.worse_than(before, edited_lines(source.text, fix.edits)):
                return text
        return None


def applied(text: str, edits: Iterable[Edit]) -> str | None:
    """The text after the edits; None if two of them overlap."""
    last = len(text)
    for edit in sorted(edits, key=lambda edit: (edit.span.start, edit.span.end), reverse=True):
        if edit.span.end > last:
            return None
        text = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
        last = edit.span.start
    return text


def edited_lines(text: str, edits: Iterable[Edit]) -> frozenset[int]:
    """The lines that the edits touch, by their numbers afterwards."""
    lines: set[int] = set()
    shift = 0
    for edit in sorted(edits, key=lambda edit: edit.span.start):
        first = text.count("\n", 0, edit.span.start) + 1 + shift
        more = edit.replacement.count("\n")
        lines.update(range(first, first + more + 1))
        shift += more - text.count("\n", edit.span.start, edit.span.end)
    return frozenset(lines)
