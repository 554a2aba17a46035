"""Sets of legal sizes of one open side: a period, its residues, and where it begins."""

from __future__ import annotations

from archc.record import Record

SHOWN_AT_MOST = 12


class LegalSet(Record):
    """Sizes `n >= start` with `n mod period` in `residues`, and a few `others`.

    `proved` says that this holds for every size; else it was found for sizes up to `tried`.
    """

    letter: str
    period: int
    residues: tuple[int, ...]
    start: int
    others: tuple[int, ...]
    proved: bool
    tried: int

    def __contains__(self, size: int) -> bool:
        return size in self.others or (size >= self.start and size % self.period in self.residues)

    def next_from(self, size: int) -> int | None:
        """The smallest legal size that is at least `size`."""
        found = [other for other in self.others if other >= size]
        if self.residues:
            first = max(size, self.start)
            found.append(next(n for n in range(first, first + self.period) if n in self))
        return min(found, default=None)

    def before(self, size: int) -> int | None:
        """The largest legal size below `size`."""
        lowest = max(1, min(size - self.period, self.start) if self.residues else 1)
        return next((n for n in range(size - 1, lowest - 1, -1) if n in self), None)

    def __str__(self) -> str:
        text = self._rule()
        if self.others and self.residues:
            text += f", and {ranges(self.others)}"
        return text

    def _rule(self) -> str:
        letter = self.letter
        if not self.residues:
            return f"{letter} in {ranges(self.others)}" if self.others else f"no {letter} works"
        first = self.next_from(1)
        if len(self.residues) == self.period:
            return f"any {letter}" + (f" from {first}" if first != 1 else "")
        if self.residues == (0,):
            return f"{letter} a multiple of {self.period}" + self._from(first, self.period)
        if len(self.residues) == 1:
            rule = f"{letter} mod {self.period} == {self.residues[0]}"
        else:
            rule = f"{letter} mod {self.period} in {ranges(self.residues)}"
        return rule + self._from(first, self.residues[0] or self.residues[-1])

    def _from(self, first: int | None, natural: int) -> str:
        smallest = min([residue or self.period for residue in self.residues])
        return f" from {first}" if first is not None and first > smallest else ""


def ranges(numbers: tuple[int, ...]) -> str:
    """`0, 25..31`."""
    parts: list[str] = []
    start = previous = numbers[0]
    for number in [*numbers[1:], -1]:
        if number == previous + 1:
            previous = number
            continue
        parts.append(str(start) if start == previous else f"{start}..{previous}")
        start = previous = number
    parts = [part.replace("..", ", ") if _is_pair(part) else part for part in parts]
    if len(parts) > SHOWN_AT_MOST:
        more = len(parts) - SHOWN_AT_MOST
        return f"{', '.join(parts[:SHOWN_AT_MOST])}, ... and {more} more"
    return ", ".join(parts)


def _is_pair(part: str) -> bool:
    first, dots, last = part.partition("..")
    return bool(dots) and int(last) == int(first) + 1


def shortest(period: int, residues: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    """The same residues with the smallest period that says them."""
    for divisor in range(1, period + 1):
        if period % divisor:
            continue
        folded = {residue % divisor for residue in residues}
        if len(folded) * (period // divisor) == len(residues):
            return divisor, tuple(sorted(folded))
    return period, residues
