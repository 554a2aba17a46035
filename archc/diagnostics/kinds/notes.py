"""What a file says about its sizes, and what they are."""

from __future__ import annotations

from typing import Literal

from archc.diagnostics.model import Kind


class SizeNoteWrong(Kind):
    """What it means:
        The size behind `->` is not the size that the row gives.
    Why:
        The notes are what the paper says. Either the note has a slip, or the row differs from
        the paper.
    Example:
        net toy()
          input 13x13x256
          maxpool 3x3/2   -> 7x7x256
    Fix:
        Correct the row, or the note; `archc fmt --shapes` rewrites notes.
    """

    slug = "size-note-wrong"
    said: str
    gives: str
    why: str = ""

    @property
    def message(self) -> str:
        return f"the row says {self.said}, the layer gives {self.gives}"

    @property
    def label(self) -> str:
        return self.why

    @property
    def help(self) -> tuple[str, ...]:
        return ("if the layer is right, `archc fmt --shapes` rewrites the note",)


class SizeRuleBroken(Kind):
    """What it means:
        `input ... where ...` allows a size at which the net does not work out.
    Why:
        The condition is a promise to whoever uses the net: every size it allows must be legal.
    Example:
        net toy()
          input HxWx3 where H mod 4 == 0 and W mod 8 == 0
          maxpool 2x2/2
          maxpool 2x2/2
          maxpool 2x2/2
    Fix:
        Tighten the condition to the rule in the message, or make the rows accept more (`floor`,
        `ceil`).
    """

    slug = "size-rule-broken"
    rule: str
    size: str
    nearest: tuple[str, ...]
    reason: str

    @property
    def message(self) -> str:
        return f"the size {self.size} does not work out: {self.reason}"

    @property
    def notes(self) -> tuple[str, ...]:
        return (f"the sizes that work: {self.rule}",) if self.rule else ()

    @property
    def help(self) -> tuple[str, ...]:
        return (f"the nearest that work are {', '.join(self.nearest)}",) if self.nearest else ()


class SizePromiseBroken(Kind):
    """What it means:
        A block's header promises a size (`block se() on HxWxC -> HxWxC`), and this use breaks it.
    Why:
        The promise is checked at each use, so that whoever uses the block can rely on it.
    Example:
        block unit() on HxWxC -> HxWxC
          conv 3x3 C
        net toy()
          input 8x8x3
          unit
    Fix:
        Correct the block's rows, or its header.
    """

    slug = "size-promise-broken"
    block: str
    promised: str
    got: str
    side: Literal["input", "output"]

    @property
    def message(self) -> str:
        if self.side == "input":
            return f"block `{self.block}` wants {self.promised}, and is given {self.got}"
        return f"block `{self.block}` promises {self.promised}, and gives {self.got}"
