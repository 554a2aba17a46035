"""The shortest text that still goes wrong in the same way."""

from __future__ import annotations

import re

from tests.fuzz.check import SECONDS, Workshop

TRIES = 600
_TOKENS = re.compile(rb"[A-Za-z_]+|[0-9]+| +|[^A-Za-z_0-9 ]")


def shrunk(data: bytes, signature: str, tries: int = TRIES) -> bytes:
    """Leave out lines, then pieces of lines, as long as the fault stays the same."""
    shop = Workshop()
    left = [tries]

    def still(text: bytes) -> bool:
        left[0] -= 1
        fault = shop.check(text, SECONDS).fault
        return fault is not None and fault.signature == signature

    try:
        lines = _without(data.split(b"\n"), b"\n", still, left)
        data = b"\n".join(lines)
        return b"".join(_without(_TOKENS.findall(data), b"", still, left))
    finally:
        shop.close()


def _without(pieces, glue, still, left):
    """Pieces with runs of them left out: first half of them at once, at last single ones."""
    size = max(len(pieces) // 2, 1)
    while size and left[0] > 0:
        at = 0
        while at < len(pieces) and left[0] > 0:
            fewer = pieces[:at] + pieces[at + size :]
            if fewer and still(glue.join(fewer)):
                pieces = fewer
            else:
                at += size
        size //= 2
    return pieces
