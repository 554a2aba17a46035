"""Edits that kinds make from nothing but the place they are given."""

from __future__ import annotations

import re
from typing import Any

from archc.diagnostics.model import Applicability, Diagnostic, Edit, Fix, Kind
from archc.source import Span


def put_instead(
    span: Span, wrong: str, right: str, applicability: Applicability = "unsafe"
) -> tuple[Fix, ...]:
    """The fix that writes `right` for the first `wrong` in the span; none if either is missing."""
    if not right or not wrong:
        return ()
    found = re.search(rf"(?<![\w.]){re.escape(wrong)}(?!\w)", span.text)
    if found is None:
        return ()
    place = Span(span.source, span.start + found.start(), span.start + found.end())
    return (Fix(f"write `{right}`", (Edit(place, right),), applicability),)


def corrected(kind: Kind, span: Span, wrong: str, right: str, more: dict[str, Any]) -> Diagnostic:
    """The diagnostic with the edit that puts the right word in the place of the wrong one."""
    fixes = (*more.pop("fixes", ()), *put_instead(span, wrong, right))
    return Kind.at(kind, span, fixes=fixes, **more)
