"""Which function reads which operator of ONNX."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from archc.backends.onnx.reading.call import Call
from archc.backends.onnx.reading.reader import Reading
from archc.backends.onnx.reading.views import View

SIMPLE = 12
"""the largest denominator of a fraction that people write"""
Reader = Callable[[Reading, Call], View | Sequence[View | None]]
READERS: dict[str, Reader] = {}
"""by operator; a function raises Unreadable where the language has no such thing"""


def reads(*kinds: str) -> Callable[[Reader], Reader]:
    """A function that reads these operators."""

    def register(function: Reader) -> Reader:
        for kind in kinds:
            READERS[kind] = function
        return function

    return register


def decimal(number: Any) -> Fraction:
    """A float32 as the shortest decimal that gives it: 1e-05, not 9.99999974e-06."""
    import numpy as np

    single = np.float32(number)
    found = Fraction(str(single))
    simple = found.limit_denominator(SIMPLE)
    if found.denominator > SIMPLE and np.float32(float(simple)) == single:
        return simple  # 2/3, not 0.6666667
    return found
