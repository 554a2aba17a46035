"""docs/torch-lengths.md is what its script writes."""

from __future__ import annotations

import pytest

from docs import lengths
from tests.oracles.lengths import code_lines


def test_the_page_is_fresh():
    assert lengths.page() == lengths.PAGE.read_text(encoding="utf-8"), "python -m docs.lengths"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ('"""Docs\nof two lines."""\n\nx = 1  # why\n# alone\n', {4}),
        ("f(\n    1,\n\n    2,\n)\n", {1, 2, 4, 5}),
        ('x = """\na\n"""\n', {1, 2, 3}),
        ('def f():\n    """One."""\n    return 1\n', {1, 3}),
    ],
)
def test_lines_of_code(text, lines):
    assert code_lines(text) == lines
