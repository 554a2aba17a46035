"""Where the bundled specs and templates lie: beside the package in a checkout, inside a wheel.

`os.path` alone, on purpose: importing importlib.resources takes longer than starting Python.
"""

from __future__ import annotations

import os

import archc


def specs_root() -> str:
    """The folder of the shipped architectures, one `.arch` file each."""
    return _root("specs")


def templates_root() -> str:
    """The folder of the block library, where `use se from "blocks/se.arch"` looks last."""
    return _root("templates")


def _root(folder: str) -> str:
    """The folder in a checkout, else in the installed package; it is not promised to exist."""
    package = os.path.dirname(os.path.abspath(archc.__file__))
    checkout = os.path.dirname(package)
    # An editable install leaves a copy in site-packages that goes stale: a checkout comes first.
    # Its pyproject.toml tells it from a site-packages that happens to hold a folder called specs.
    if os.path.isfile(os.path.join(checkout, "pyproject.toml")):
        return os.path.join(checkout, folder)
    return os.path.join(package, "_data", folder)
