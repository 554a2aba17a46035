"""Pieces of a file as messages show them: short, and in ASCII."""

from __future__ import annotations

import unicodedata

_SHOWN_AT_MOST = 32


def show(text: str) -> str:
    """A piece of the file for a message: shortened, in ASCII, signs described."""
    if len(text) == 1 and not (text.isascii() and text.isprintable()):
        return describe_sign(text)
    short = text if len(text) <= _SHOWN_AT_MOST else text[: _SHOWN_AT_MOST - 3] + "..."
    return f"`{plain(short)}`"


def describe_sign(sign: str) -> str:
    """A sign that is no ASCII: `the sign U+2192 (rightwards arrow)`."""
    name = unicodedata.name(sign, "").lower()
    code = f"U+{ord(sign):04X}"
    return (
        f"the sign {code} ({name})" if name and name.isascii() else f"the control character {code}"
    )


def plain(text: str) -> str:
    """ASCII text; other signs by their number."""
    return "".join([sign if " " <= sign <= "~" else f"U+{ord(sign):04X}" for sign in text])
