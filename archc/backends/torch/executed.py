"""Sources as classes: executed once, with their lines in tracebacks, and pickled with the source.

A live module is of a class that no file on the disk defines, so its pickle holds the source.
Whoever loads it executes that, as loading any pickle executes what it holds.
"""

from __future__ import annotations

import linecache
from functools import lru_cache
from typing import Any

SOURCES = 256
"""texts whose classes are kept: the same text gives the same class"""


@lru_cache(SOURCES)
def classes_of(name: str, source: str) -> dict[str, type[Any]]:
    """The classes that the source of the network `name` defines."""
    file = f"<archc {name}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    module = f"archc_{''.join([sign if sign.isalnum() else '_' for sign in name])}"
    space: dict[str, Any] = {"__name__": module}
    exec(compile(source, file, "exec"), space)  # noqa: S102 - archc's own source: emit escapes names
    found: dict[str, type[Any]] = {}
    for key, value in space.items():
        if isinstance(value, type) and value.__module__ == module:
            value.__reduce_ex__ = _reduced(value, name, source)  # type: ignore[method-assign]
            found[key] = value
    return found


def _reduced(cls: type[Any], name: str, source: str) -> Any:
    """The `__reduce_ex__` of a class: its name in the source, then what the object holds."""

    def reduce(self: Any, protocol: Any) -> Any:
        if type(self) is not cls:  # a class that somebody derived from it
            return object.__reduce_ex__(self, protocol)
        if isinstance(self, tuple):
            return remade, (name, source, cls.__name__, tuple(self))
        return remade, (name, source, cls.__name__), self.__getstate__()

    return reduce


def remade(name: str, source: str, cls: str, items: tuple[Any, ...] = ()) -> Any:
    """An empty object of a class, or a tuple of these items: what unpickling begins with."""
    made = classes_of(name, source)[cls]
    return made.__new__(made, *items)
