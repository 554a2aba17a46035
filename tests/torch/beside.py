"""torchvision's models that have our names, for tests beside it, where it can be imported."""

from __future__ import annotations

import contextlib
import importlib

import pytest

from tests.oracles.twins.make import families, twins_of

try:
    with contextlib.suppress(ModuleNotFoundError):
        importlib.import_module("torchvision_shim")
    torchvision = importlib.import_module("torchvision")
    MISSING = ""
except Exception as error:  # one that was built for another torch dies in many ways
    torchvision = None
    MISSING = f"torchvision cannot be imported: {error}"

TWINS = {
    twin.net: twin
    for family in (() if MISSING else families())
    for twin in twins_of(family)
    if twin.same_names and twin.package == "torchvision"
}


def skip_without_torchvision():
    """Leave out the tests of a file, and say why."""
    if MISSING:
        pytest.skip(MISSING, allow_module_level=True)
