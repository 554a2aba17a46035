"""Nets that cannot be written out, or only as far too much."""

from __future__ import annotations

from archc.diagnostics.model import Kind


class EndlessBlock(Kind):
    """What it means:
        A block uses itself, directly or through others, and never stops.
    Why:
        Everything is expanded before anything runs, so a recursion has to reach an end.
    Example:
        block tower(n)
          conv 3x3 n pad=1
          tower n
        net toy()
          input 8x8x3
          tower 16
    Fix:
        Count down and guard the inner use: `tower n-1 if n > 0`. A net that is truly that deep
        needs `--limit depth=N`.
    """

    slug = "endless-block"
    block: str
    depth: int
    what: str = "block"

    @property
    def message(self) -> str:
        return f"{self.what} `{self.block}` is still using itself {self.depth:,} {self.what}s deep"

    @property
    def help(self) -> tuple[str, ...]:
        if self.what == "net":
            advice = "a row of the net uses the net itself: name another layer, block or row there"
            return (advice,)
        return (
            f"count a parameter down and guard the row: `{self.block} n-1 if n > 0`",
            "a net that is truly that deep is read with `--limit depth=N`",
        )


class ExpansionTooLarge(Kind):
    """What it means:
        Written out, the net has more layers than the limit (or its file uses more files).
    Why:
        A few lines can ask for a billion layers; the largest networks in print have some thousands.
    Example:
        net toy()
          input 8x8x3
          conv 3x3 3 pad=1 x1000000000
    Fix:
        Check the repetition counts. If the net is meant to be that large: `--limit layers=N`.
    """

    slug = "expansion-too-large"
    layers: int
    limit: int
    what: str = "layers"

    @property
    def message(self) -> str:
        return f"this asks for {self.layers:,} {self.what}, and the limit is {self.limit:,}"

    @property
    def help(self) -> tuple[str, ...]:
        if self.what == "steps of one row":
            return ("its `every` lines multiply one another: write fewer steps on their right",)
        limit = "files" if self.what == "files" else "layers"
        return (f"if it is meant, raise the limit with `--limit {limit}=N`",)


class DivisionByZero(Kind):
    """What it means:
        A formula divides by something that is 0 here.
    Why:
        There is no number it could give.
    Example:
        net toy(g=0)
          input 8x8x3
          conv 3x3 64/g
    Fix:
        Change the value, or guard the row: `... if g > 0`.
    """

    slug = "division-by-zero"
    formula: str

    @property
    def message(self) -> str:
        return f"`{self.formula}` divides by 0"
