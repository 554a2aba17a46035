"""Signals that end a command: raised as exceptions, so that half-written files are taken away."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

ENDING = ("SIGTERM", "SIGHUP")
"""Ctrl-C raises KeyboardInterrupt without us; Windows has no SIGHUP"""


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Raise SystemExit, with the code that a shell gives, for signals that nobody else handles."""
    signals = [getattr(signal, name) for name in ENDING if hasattr(signal, name)]
    free = [one for one in signals if signal.getsignal(one) is signal.SIG_DFL]
    if threading.current_thread() is not threading.main_thread():  # only that one may set them
        free = []
    for one in free:
        signal.signal(one, _stop)
    try:
        yield
    finally:
        for one in free:
            signal.signal(one, signal.SIG_DFL)


def _stop(number: int, frame: object) -> NoReturn:
    raise SystemExit(128 + number)
