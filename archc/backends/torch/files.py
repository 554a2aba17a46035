"""What a build writes: sources, weights beside them, a hubconf; all of it, or nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from archc.files import refused, replacing, write_text
from archc.record import Record

if TYPE_CHECKING:
    from torch import Tensor


class Weights(Record):
    """A state_dict to write as a .pth at `path`; `origin` is the file it was read from, `notes`
    what was done to it on the way.
    """

    path: str
    state: Mapping[str, Tensor]
    origin: str
    notes: tuple[str, ...] = ()


class Files(Record):
    """The texts of a build by path, and weights; `write` does it, `problem` says why not."""

    texts: Mapping[str, str]
    weights: Weights | None = None

    def problem(self, *, force: bool) -> str:
        """Why something is not written; empty if all of it may be."""
        found = [refused(path, force=force) for path in self.texts]
        if self.weights is not None:
            found.append(self._weights_problem(self.weights, force))
        return next((problem for problem in found if problem), "")

    def _weights_problem(self, weights: Weights, force: bool) -> str:
        """Weights carry no mark of ours: the source beside them says whether we wrote them."""
        path = weights.path
        if not os.path.exists(path):
            return ""
        if os.path.samefile(path, weights.origin):
            return f"{path} would be written over by what was read from it; name another -o"
        name = os.path.basename(path)
        for source in self.texts:
            with suppress(OSError), open(source, encoding="utf-8", errors="replace") as file:
                if f'with_name("{name}")' in file.read():
                    return refused(path, force=True)
        return refused(path, force=force)

    def write(self) -> None:
        """Weights first, since a source names them. Raises OSError."""
        if self.weights is not None:
            import torch

            with replacing(self.weights.path) as file:
                torch.save(dict(self.weights.state), file)
        for path, text in self.texts.items():
            write_text(path, text)
