"""`archc explain` and docs/diagnostics are the docstrings of the kinds."""

from __future__ import annotations

from archc.diagnostics.explain import all_kinds, page, pages
from tests.conftest import ROOT

DOCS = ROOT / "docs" / "diagnostics"


def test_the_pages_are_fresh():
    written = {path.name: path.read_text(encoding="utf-8") for path in DOCS.glob("*.md")}
    assert written == pages(), "python -m archc.diagnostics.explain --write docs/diagnostics"


def test_a_page_has_the_example_as_it_is_typed():
    assert "\n  net toy()\n    input 7x7x3\n    conv 3x3/3 8\n" in page(
        all_kinds()["size-not-whole"]
    )
