"""What is called proved holds: random small nets, against elaborating them at random sizes."""

from __future__ import annotations

import random

import pytest

from archc.analysis.legal import ranges
from archc.analysis.sizes import study
from archc.diagnostics.model import Bag
from archc.graph.elaborate import At, expand
from archc.limits import DEFAULT
from archc.session import Session
from archc.source import SourceFile

NETS = 40
SIZES_EACH = 200
LARGEST = 3000


def module_of(rows, above=""):
    return Session().module(SourceFile("a.arch", f"{above}net a()\n{rows}"))


def works(module, sizes):
    return not expand(module, "a", None, Bag(), DEFAULT, At(sizes, obeys_rules=False)).failed


class Maker:
    """Random rows."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.rows = 0

    def one(self, *choices):
        return self.random.choice(choices)

    def formula(self, letter: str) -> str:
        n = self.one(2, 3, 4, 5, 7)
        return self.one(
            f"({letter}//{n})",
            f"({letter}/{n})",
            f"({letter}+{n})",
            f"(floor({letter}*3/{n}))",
            f"({letter} - {letter} mod {n})",
            f"(ceil(({letter}+1)/{n}))",
            f"({letter})",
            f"({n}*{letter}//3)",
            f"(min({letter}, {self.one(30, 600, 2500)}))",
            f"({letter} if {letter} < {self.one(9, 500, 2000)} else {n})",
            f"(max({letter}-{self.one(5, 900)}, 1))",
        )

    def layer(self) -> str:
        k, s, p = self.one(1, 2, 3, 5), self.one(1, 2, 3), self.one(0, 0, 1, 2)
        other, rounding = self.one(1, 2, 3), self.one("", "floor", "", "exact")
        letters = self.one("H", "W"), self.one("W", "W", "H")
        return self.one(
            f"conv {k}x{other}/{s}x{other} 4 pad={p} {rounding}",
            f"conv {k}x{k}/{s} 4 pad={p} {rounding}",
            f"conv 3x3/{s} 4 pad=same",
            f"conv 3x3 4 pad=half dilate={other}",
            f"maxpool {k}x{k}/{s} {rounding}",
            "maxpool",
            f"maxpool 3x3/2 {self.one('ceil', 'floor')}",
            f"upsample {s}",
            f"deconv {k + 1}x{k + 1}/{s} 4 pad={self.one('same', 0)}",
            f"crop {20 * k}x{s * 10} at={p}",
            f"resize {self.formula('H')}x{self.formula('W')}",
            f"resize {self.formula(letters[0])}x{self.formula(letters[1])}",
            f"crop {self.formula('H')}x{self.formula('W')}",
            f"pad {other}",
            "relu ; bn",
            "gap",
            "avgpool to=3x3",
            f"pixelshuffle 2 ; conv 1x1 4 ; pixelunshuffle {s} ; conv 1x1 4",
            "reshape (W)x(H)x4",
            "instancenorm",
            "tokens ; softmax",
            f"conv 3x3 4 pad=(1 if H < {self.one(90, 1500)} else 0)",
        )

    def join(self) -> str:
        word = self.one("add", "concat", "mul", "add")
        first = self.one("identity", self.layer())
        tail = "" if word != "concat" else "\n  conv 1x1 4"
        return f"{word}\n    {first}\n    {self.layer()}{tail}"

    def net(self) -> str:
        rows = ["  image: input HxWx4"]
        second = self.one("", "", "HxWx4", "WxHx4", "(H/2)x(W/2)x4", "HxPx4", "(H//3)xWx4")
        if second:
            rows += [f"  side: input {second}", "  first: from image"]
        for _ in range(self.random.randint(1, 3)):
            rows.append(f"  {self.one(self.layer(), self.layer(), self.join())}")
        if self.one(0, 1):
            rows += ["  last: identity", f"  other: from {'side' if second else 'image'}"]
            rows += [f"  {self.layer()}"] if self.one(0, 1) else []
            rows += ["  ends: identity", self.one("  add last ends", "  crop like=last")]
        return "\n".join(rows) + "\n"


def check_claim(module):
    """Whether the sets are called proved; then they have to hold."""
    found = study(module, "a", None)
    if found is None or not found.proved:
        return False
    chance = random.Random(1)
    for number in range(SIZES_EACH):
        most = LARGEST if number % 4 else 40
        sizes = {letter: chance.randint(1, most) for letter in found.legal}
        if number % 3 == 0:
            near = {letter: legal.next_from(sizes[letter]) for letter, legal in found.legal.items()}
            sizes = {letter: size or sizes[letter] for letter, size in near.items()}
        expected = all(size in found.legal[letter] for letter, size in sizes.items())
        assert works(module, sizes) == expected, (sizes, found.text)
    return True


def test_what_is_called_proved_holds():
    proved = 0
    for seed in range(NETS):
        rows = Maker(seed).net()
        module = module_of(rows)
        try:
            proved += check_claim(module)
        except AssertionError as wrong:
            raise AssertionError(f"seed {seed}: {wrong}\n{rows}") from None
    assert proved >= NETS / 10


IMAGE = "  image: input HxWx3\n"
UNPROVED = {
    "two letters in one reshape": ("  input HxWx3\n  add\n    identity\n    reshape (W)x(H)x3\n"),
    "places": "  input HxWx8\n  tokens ; token 300\n",
    "a choice": "  input HxWx3\n  resize (H if H < 700 else 7)x(W)\n  conv 9x9 8\n",
    "a minimum": IMAGE + "  b: from image ; resize (min(H, 600))x(W)\n  add image b\n",
    "a pad": IMAGE + "  add\n    identity\n    conv 3x3 3 pad=(1 if H < 400 else 0)\n",
    "groups": "  input HxWx3\n  conv 3x3 3 pad=1 groups=(1 if H < 1000 else 3)\n",
    "a slow slope": IMAGE + "  b: from image ; resize (floor(H*0.999)+1)x(W)\n  add image b\n",
    "one place alone": "  input HxWx3\n  instancenorm\n",
    "a window too large to try": "  input HxHx3\n  conv 10000x1 8\n",
    "channels": "  input 8x8xC\n  conv 3x3 8 pad=1\n",
    "weights made by a size": "  input HxWx3\n  conv 3x3 (H//8)\n",
}


@pytest.mark.parametrize("why", UNPROVED)
def test_what_is_not_known_is_not_called_proved(why):
    assert not study(module_of(UNPROVED[why]), "a", None).proved


@pytest.mark.parametrize(
    ("why", "rule"),
    [
        ("a choice", "H in 9..699"),
        ("a minimum", "H in 1..600"),
        ("a pad", "H in 1..399"),
        ("groups", "H in 1..999"),
        ("a slow slope", "H in 1..1000"),
        ("weights made by a size", "H in 224..231"),
    ],
)
def test_numbers_in_formulas_are_tried(why, rule):
    assert str(study(module_of(UNPROVED[why]), "a", None).legal["H"]) == rule


def test_letters_that_must_be_equal_are_named():
    found = study(module_of(UNPROVED["two letters in one reshape"]), "a", None)
    assert found.text.startswith("H equal to W (found for sizes up to ")
    two = "  a: input HxWx3\n  b: input PxQx3\n  c: from a ; conv 3x3 8 pad=1\n"
    found = study(module_of(two + "  d: from b ; conv 3x3 8 pad=1\n  add c d\n"), "a", None)
    assert found.text.startswith("H equal to P and W equal to Q (found for sizes up to ")
    assert not found.proved


def test_pairs_that_fail_are_said():
    found = study(module_of(UNPROVED["places"]), "a", None)
    assert "not every pair of them goes together" in found.text


@pytest.mark.parametrize(
    "where",
    [
        "H mod 32 == 0 or H > 5000",
        "(H mod 4 == 0 and W mod 4 == 0) or H == W + 1",
        "(H mod 4 == 0 and W mod 4 == 0) or (H == 33 and W == 33)",
        "H == 2*W",
        "W mod 4 == 0 and (H mod 4 == 0 or H > 5000)",
    ],
)
def test_a_condition_that_allows_too_much_far_away(where):
    rows = f"  input HxWx3 where {where}\n  maxpool\n  maxpool\n"
    findings = study(module_of(rows), "a", None).findings
    assert {found.slug for found in findings} == {"size-rule-broken"}


def test_conditions_between_letters_choose_sizes():
    found = study(module_of("  input HxWx3 where H == 2*W\n  conv 3x3 8 pad=1\n"), "a", None)
    assert found.chosen == {"H": 448, "W": 224}
    assert found.findings == []
    assert "`where` was tried, not proved" in found.text
    bag = Bag()
    expand(module_of("  input HxWx3 where H < 0\n  conv 3x3 8 pad=1\n"), "a", None, bag)
    assert "no size was found for which it does" in bag.sorted()[0].message


def test_a_large_net_that_reads_a_size_is_tried_at_few_sizes():
    found = study(module_of("  input HxWx3\n  conv 1x1 8 x2000 if H > 3\n  relu\n"), "a", None)
    assert found.text == "any H from 4 and any W (found for sizes up to 74)"


def test_strides_of_each_axis():
    found = study(module_of("  input HxWx3\n  maxpool 3x5/3x5\n"), "a", None)
    assert found.text == "H a multiple of 3 and W a multiple of 5 (proved for all sizes)"


def test_what_a_header_promises_holds_at_every_size():
    above = "block b() -> (H//2)x(W//2)x3\n  maxpool 3x3/2 pad=1 floor\n"
    found = study(module_of("  input HxWx3\n  b\n", above), "a", None)
    assert str(found.legal["H"]) == "H a multiple of 2"


def test_long_lists_are_cut():
    assert ranges(tuple(range(0, 60, 2))).endswith("22, ... and 18 more")
