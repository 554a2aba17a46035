"""One line for each diagnostic: `path:line:column: error[slug] message`."""

from __future__ import annotations

from collections.abc import Sequence

from archc.diagnostics.columns import harmless
from archc.diagnostics.model import Diagnostic


def concise(diagnostics: Sequence[Diagnostic]) -> str:
    """All diagnostics, none left out: other programs read these lines."""
    return "\n".join([_line(diagnostic) for diagnostic in diagnostics])


def _line(diagnostic: Diagnostic) -> str:
    span = diagnostic.primary.span
    place = harmless(str(span)) if span.source.name else "archc"
    message = harmless(diagnostic.message)
    return f"{place}: {diagnostic.severity}[{diagnostic.slug}] {message}"
