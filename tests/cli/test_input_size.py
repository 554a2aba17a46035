"""`--input`: the sizes that fit an input as it is written, and which input is meant."""

from __future__ import annotations

import pytest

import archc as package
from archc.api import ArchError

OPEN = "net a()\n  input HxWx3\n  conv 3x3 8\n"
TWO = """\
net two()
  left: input HxWx3
  right: input KxLx3
  from left ; gap as p
  from right ; gap as q
  add p q
"""
SAME = "net twice()\n  left: input HxWx3\n  right: input HxWx3\n  sub left right\n"
CLOSED = "net closed()\n  input 32x32x3\n  conv 3x3 8\n"
FLAT = "net flat()\n  input 784\n  fc 10\n"
WORDS = "net words()\n  input 10 of int\n  embed 4 vocab=100\n"


@pytest.mark.parametrize(
    ("text", "asked", "sizes"),
    [
        (OPEN, "50x60x3", ["50x60x3"]),
        (OPEN, "input=50x60x3", ["50x60x3"]),
        (CLOSED, "48x40x3", ["48x40x3"]),
        (TWO, "50x60x3", ["50x60x3", "224x224x3"]),
        (TWO, "right=50x60x3", ["224x224x3", "50x60x3"]),
        (SAME, "right=50x60x3", ["50x60x3", "50x60x3"]),
    ],
)
def test_one_input_has_the_size_asked_for(text, asked, sizes):
    graph = package.loads(text, input=asked).graph
    assert [str(graph.nodes[node].shape) for node in graph.inputs.values()] == sizes


@pytest.mark.parametrize(
    ("text", "asked", "words"),
    [
        (OPEN, "50x50x4", "fits `HxWx3`, not `50x50x4`"),
        (OPEN, "50", "fits `HxWx3`, not `50`"),
        (OPEN, "50x60x3x9", "fits `HxWx3`"),
        (OPEN, "left=50x60x3", "the name of an input (input), not `left`"),
        (OPEN, "=50x60x3", "a size such as"),
        (CLOSED, "48x40x4", "fits `32x32x3`"),
        (FLAT, "783", "fits `784`"),
        (WORDS, "10", "fits `10 of int`"),
        (TWO, "right=50x60x4", "fits `KxLx3`"),
    ],
)
def test_what_does_not_fit_is_refused(text, asked, words):
    with pytest.raises(ArchError) as caught:
        package.loads(text, input=asked)
    (found,) = caught.value.diagnostics
    assert (found.slug, words in found.message) == ("value-not-allowed", True)
