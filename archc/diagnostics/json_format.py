"""Diagnostics as one JSON object. Fields may be added, never renamed: see `format_version`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archc.diagnostics.model import Diagnostic, Fix, Label
from archc.source import Span

FORMAT_VERSION = 1


def as_json(diagnostics: Sequence[Diagnostic], version: str) -> str:
    """All diagnostics, none left out; `version` is archc's own."""
    import json

    errors = sum(found.severity == "error" for found in diagnostics)
    report = {
        "format_version": FORMAT_VERSION,
        "archc_version": version,
        "errors": errors,
        "warnings": len(diagnostics) - errors,
        "diagnostics": [_diagnostic(diagnostic) for diagnostic in diagnostics],
    }
    return json.dumps(report, indent=2)


def _diagnostic(diagnostic: Diagnostic) -> dict[str, Any]:
    return {
        "slug": diagnostic.slug,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        **_label(diagnostic.primary),
        "labels": [_label(label) for label in diagnostic.secondary],
        "notes": list(diagnostic.notes),
        "help": list(diagnostic.help),
        "fixes": [_fix(fix) for fix in diagnostic.fixes],
        "uses": diagnostic.uses,
    }


def _label(label: Label) -> dict[str, Any]:
    return {**_span(label.span), "label": label.text}


def _fix(fix: Fix) -> dict[str, Any]:
    edits = [{**_span(edit.span), "replacement": edit.replacement} for edit in fix.edits]
    return {"title": fix.title, "applicability": fix.applicability, "edits": edits}


def _span(span: Span) -> dict[str, Any]:
    """Lines and columns from 1, offsets from 0, in characters; the end is behind the last one."""
    return {
        "file": span.source.name,
        "start": _position(span.source.position(span.start), span.start),
        "end": _position(span.source.position(span.end), span.end),
    }


def _position(place: tuple[int, int], offset: int) -> dict[str, int]:
    return {"line": place[0], "column": place[1], "offset": offset}
