"""Colour, where it is wanted: plain ANSI codes, never the only carrier of a meaning."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TextIO

Paint = Callable[[str, str], str]
"""`paint(style, text)`: the text in a style of STYLES."""

STYLES = {
    "error": "1;31",
    "warning": "1;33",
    "strong": "1",
    "gutter": "1;34",
    "secondary": "1;34",
    "note": "1;32",
    "help": "1;36",
    "added": "32",
    "removed": "31",
}


def plain(style: str, text: str) -> str:
    """No colour."""
    return text


def ansi(style: str, text: str) -> str:
    """The text between its style's code and the code that ends it."""
    return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if text else text


def wanted(stream: TextIO) -> Paint:
    """Colour on a terminal; NO_COLOR turns it off and FORCE_COLOR on, NO_COLOR first."""
    if os.environ.get("NO_COLOR"):
        return plain
    forced = os.environ.get("FORCE_COLOR", "")
    if forced not in ("", "0"):
        return ansi
    if os.environ.get("TERM") == "dumb" or not stream.isatty():
        return plain
    return ansi
