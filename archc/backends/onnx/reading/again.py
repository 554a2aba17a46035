"""Levels whose layers are used more than once, with the same weights: `reuse` in the language."""

from __future__ import annotations

from collections.abc import Sequence

from archc.backends.onnx.reading.made import Made
from archc.graph.compare import MADE_AGAIN
from archc.record import Record

SHORTEST = 3
"""rows of a level at least: single layers are used again by themselves"""


class Use(Record):
    """Rows that are one use of a level: the level, the first row, and the one behind the last."""

    path: str
    first: int
    last: int


class Uses:
    """The uses of levels, found by shared weights; `paths` and `shares` are those of the rows."""

    def __init__(
        self,
        rows: Sequence[Made],
        reads: Sequence[tuple[int, ...]],
        paths: list[str],
        shares: Sequence[str],
        outputs: Sequence[int],
    ) -> None:
        self.rows = rows
        self.reads = reads
        self.paths = paths
        self.shares = shares
        self.outputs = outputs
        self.first_of = {path: at for at, path in enumerate(paths)}
        self.inside = self._by_level()
        self.readers: dict[int, list[int]] = {}
        for at, given in enumerate(reads):
            for index in given:
                self.readers.setdefault(index, []).append(at)

    def found(self) -> list[Use]:
        """All uses of levels that are used again, the first one of each too; their rows get paths
        such as `head@2.conv1`.
        """
        found: list[Use] = []
        numbers: dict[str, int] = {}
        at = 0
        while at < len(self.rows):
            use = self._use(at)
            if use is None:
                at += 1
                continue
            first, again = use
            if first.path not in numbers:
                found.append(first)
                numbers[first.path] = 1
            number = numbers[first.path] = numbers[first.path] + 1
            path = f"{first.path}{MADE_AGAIN}{number}"
            for place in range(again.last - again.first):
                rest = self.paths[first.first + place][len(first.path) :]
                self.paths[again.first + place] = f"{path}{rest}"
            found.append(Use(path, again.first, again.last))
            at = again.last
        return found

    def _by_level(self) -> dict[str, list[int]]:
        """The rows below each level."""
        found: dict[str, list[int]] = {}
        for at, path in enumerate(self.paths):
            level = path.rpartition(".")[0]
            while level:
                found.setdefault(level, []).append(at)
                level = level.rpartition(".")[0]
        return found

    def _use(self, at: int) -> tuple[Use, Use] | None:
        """The outermost level that is used again from this row on, and its rows here."""
        shared = self.shares[at]
        level, dot, _ = shared.rpartition(".") if shared else ("", "", "")
        best = None
        while dot:
            span = self._span(level)
            if span is not None:
                first, last = span
                begin = at - (self.first_of[shared] - first)
                here = first <= self.first_of[shared] < last <= begin
                if here and self._alike(first, last, begin):
                    best = Use(level, first, last), Use(level, begin, begin + last - first)
            level, dot, _ = level.rpartition(".")
        return best

    def _span(self, level: str) -> tuple[int, int] | None:
        """Where a level's rows stand the first time: up to those that share their weights."""
        inside = self.inside[level]
        first = last = inside[0]
        for at in inside:
            if at != last or self.shares[at]:
                break
            last += 1
        others = [at for at in inside if at >= last and self.rows[at].tensors]
        apart = any(not self.shares[at] for at in others)
        if apart or last - first < SHORTEST or not self._is_block(first, last):
            return None
        return first, last

    def _is_block(self, first: int, last: int) -> bool:
        """Whether rows take one value and give one, the last."""
        taken = {index for row in self.reads[first:last] for index in row if index < first}
        read = [
            at
            for at in range(first, last)
            if at in self.outputs or any(one >= last for one in self.readers.get(at, ()))
        ]
        return len(taken) == 1 and read == [last - 1]

    def _alike(self, first: int, last: int, begin: int) -> bool:
        """Whether rows from `begin` on do the same as those of a level, with its weights."""
        length = last - first
        if begin + length > len(self.rows) or not self._is_block(begin, begin + length):
            return False
        return all(self._is_again(first, begin, place) for place in range(length))

    def _is_again(self, first: int, begin: int, place: int) -> bool:
        one, other = first + place, begin + place
        if self.rows[one].op != self.rows[other].op:
            return False
        weighed = bool(self.rows[one].tensors)
        if self.shares[other] != (self.paths[one] if weighed else ""):
            return False
        inner = [index - first if index >= first else -1 for index in self.reads[one]]
        return inner == [index - begin if index >= begin else -1 for index in self.reads[other]]
