"""docs/gallery.md is what its script writes, and holds every shipped text."""

from __future__ import annotations

import re

from docs import gallery
from tests.conftest import ROOT


def test_the_page_is_fresh():
    assert gallery.page() == gallery.PAGE.read_text(encoding="utf-8"), "python -m docs.gallery"


def test_every_spec_is_linked_with_its_lines():
    text = gallery.PAGE.read_text(encoding="utf-8")
    rows = re.findall(
        r'\]\(\.\./specs/(\S+) "[^"]*"\).*\| (\d+)(?: \+ \d+)? \|[^|]*\|$', text, re.M
    )
    lines: dict[str, int] = {}
    for file, count in rows:
        lines.setdefault(file, int(count))
    specs = {path.name: path for path in (ROOT / "specs").glob("*.arch")}
    assert set(lines) == set(specs)
    assert lines == {name: len(path.read_bytes().splitlines()) for name, path in specs.items()}


def test_papers_are_linked_and_other_venues_are_text():
    assert gallery.linked("arXiv:1512.03385") == (
        "[arXiv:1512.03385](https://arxiv.org/abs/1512.03385)"
    )
    assert gallery.linked("Proc. IEEE 86(11)") == "Proc. IEEE 86(11)"
    assert gallery.linked("a|b") == "a\\|b"
