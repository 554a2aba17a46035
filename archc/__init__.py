"""archc: a text language for neural networks, and its compiler.

    import archc

    net = archc.load("specs/vgg16.arch")
    print(net.params)

Public names come from `archc.api` at first use, so that `import archc` costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

__all__ = ("ArchError", "Limits", "Network", "check", "load", "loads")

if TYPE_CHECKING:
    from archc.api import *
else:

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module 'archc' has no attribute {name!r}")
        from archc import api

        found = getattr(api, name)
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
