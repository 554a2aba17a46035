"""Passes by their names, with the options of a command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archc.diagnostics.similar import suggestion
from archc.passes.base import Pass
from archc.record import MISSING


def made(name: str, options: Mapping[str, Any]) -> Pass | str:
    """The pass of this name with those of the options that it takes; else what is wrong."""
    cls = Pass.registry.get(name)
    if cls is None:
        return f"there is no pass `{name}`; {suggestion(name, tuple(Pass.registry), 'there are')}"
    given = {key: options[key] for key in cls.__fields__ if options.get(key) is not None}
    missing = [key for key in cls.__fields__ if key not in given]
    missing = [key for key in missing if cls.__defaults__.get(key, MISSING) is MISSING]
    if missing:
        return f"the pass `{name}` needs --{missing[0]}"
    return cls(**given)
