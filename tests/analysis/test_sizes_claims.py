"""What is called proved holds: random small nets, against elaborating them at random sizes."""

from __future__ import annotations

import random

import pytest

from archc.analysis.sizes import study
from archc.diagnostics.model import Bag
from archc.graph.elaborate import expand
from archc.limits import DEFAULT
from archc.session import Session
from archc.source import SourceFile

NETS = 120
SIZES_EACH = 200
LARGEST = 3000


def module_of(rows, above=""):
    return Session().module(SourceFile("a.arch", f"{above}net a()\n{rows}"))


def works(module, sizes):
    return not expand(module, "a", None, Bag(), DEFAULT, sizes, obeys_rules=False).failed


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
    assert proved > NETS / 5
