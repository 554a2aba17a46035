"""Which function reads which operator of ONNX."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from archc.backends.onnx.reading.call import Call
from archc.backends.onnx.reading.reader import Reading
from archc.backends.onnx.reading.views import View

Reader = Callable[[Reading, Call], View | Sequence[View]]
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

    return Fraction(str(np.float32(number)))
