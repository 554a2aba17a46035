"""Edits that kinds make from nothing but the place they are given."""

from __future__ import annotations

import re

from archc.diagnostics.model import Applicability, Edit, Fix
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
