"""`# allow[slug]: reason` on a row, or on the line above it, silences a lint there."""

from __future__ import annotations

import re

from archc.diagnostics.kinds.lints import UnusedAllow
from archc.diagnostics.model import Diagnostic, Kind
from archc.source import Span
from archc.syntax import tree

_ALLOW = re.compile(r"allow\[([^\]\s]*)\]\s*(:?)\s*(.*)")


class Allowance:
    """One such comment: the slug, the line it speaks of, and whether it has silenced anything."""

    __slots__ = ("line", "reason", "silenced", "slug", "span")

    def __init__(self, slug: str, reason: str, line: int, span: Span) -> None:
        self.slug = slug
        self.reason = reason
        self.line = line
        self.span = span
        self.silenced = False


def allowances(file: tree.File) -> list[Allowance]:
    """All such comments of a file; one that stands alone speaks of the next line with code."""
    lines = {comment.span.line for comment in file.comments if comment.alone}
    found: list[Allowance] = []
    for comment in file.comments:
        match = _ALLOW.search(comment.span.text)
        if match is None:
            continue
        line = comment.span.line
        while line in lines:
            line += 1
        start = comment.span.start + match.start()
        span = Span(comment.span.source, start, comment.span.end)
        reason = match.group(3).strip() if match.group(2) else ""
        found.append(Allowance(match.group(1), reason, line, span))
    return found


def silence(findings: list[Diagnostic], allowed: list[Allowance]) -> list[Diagnostic]:
    """The findings that are not allowed, and a finding for each allowance that is at fault."""
    by_place: dict[tuple[str, str, int], list[Allowance]] = {}
    for allowance in allowed:
        source = allowance.span.source.name
        by_place.setdefault((source, allowance.slug, allowance.line), []).append(allowance)
    kept: list[Diagnostic] = []
    for found in findings:
        span = found.primary.span
        last = span.source.position(max(span.end - 1, span.start))[0]
        lines = range(span.line, last + 1)
        matching = [
            a for line in lines for a in by_place.get((span.source.name, found.slug, line), ())
        ]
        for allowance in matching:
            allowance.silenced = True
        if not matching:
            kept.append(found)
    return [*kept, *_at_fault(allowed)]


def _at_fault(allowed: list[Allowance]) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    for allowance in allowed:
        fault = _fault(allowance)
        if fault:
            found.append(UnusedAllow(allowance.slug, fault).at(allowance.span))
    return found


def _fault(allowance: Allowance) -> str:
    """What is wrong with an allowance; empty for a good one."""
    kind = Kind.registry.get(allowance.slug)
    if kind is None:
        return "names no lint"
    if not kind.lint:
        return "names an error, and errors cannot be allowed"
    if not allowance.silenced:
        return "silences nothing here"
    return "" if allowance.reason else "gives no reason: `# allow[slug]: reason`"
