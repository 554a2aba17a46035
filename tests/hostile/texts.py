"""What the hostile tests share: archc under a time limit, and the errors of a text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archc import api
from archc.api import ArchError
from archc.diagnostics.render import render_all
from tests.fuzz.check import TooSlow, time_limit

SECONDS = 20.0
"""of processor time: texts that reach the limit of layers take some seconds, others next to none"""


def soon(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which may not take long."""

    def called(*values: Any, **named: Any) -> Any:
        try:
            with time_limit(SECONDS):
                return function(*values, **named)
        except TooSlow:
            raise AssertionError(f"it takes more than {SECONDS} s") from None

    return called


loads, check = soon(api.loads), soon(api.check)


def slugs(text: str) -> set[str]:
    """The errors of a text, which can be rendered."""
    with pytest.raises(ArchError) as caught:
        loads(text)
    found = caught.value.diagnostics
    assert render_all(found)
    return {diagnostic.slug for diagnostic in found if diagnostic.severity == "error"}


def net(*rows: str, size: str = "8x8x3") -> str:
    """A net with these rows behind its input."""
    return "\n".join(["net a()", f"  input {size}", *[f"  {row}" for row in rows], ""])


def accepted(text: str) -> api.Network | None:
    """The network of a text, or None if there is a diagnostic, which can be rendered."""
    try:
        network: api.Network = loads(text)
    except ArchError as error:
        if not render_all(error.diagnostics):
            raise AssertionError("an error without a word") from error
        return None
    return network


def said_of_file(folder: Path, text: bytes | str, name: str = "a.arch") -> list[str]:
    """The slugs of what is said about a file."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    found = check(path)
    assert render_all(found) or not found
    return [diagnostic.slug for diagnostic in found]
