"""What a project demands besides the language: levels of lints, and budgets of networks."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Literal

from archc.record import Record
from archc.source import Span

Level = Literal["error", "warn", "allow"]


class Ceiling(Record):
    """The most that a network may have of something; `span` is the number where it was written."""

    metric: str
    limit: Fraction
    span: Span


class Budget(Record):
    """Ceilings for the networks that `net` means; `counts` gives numbers to unknown counts.

    `net` is `specs/resnet.arch`, `specs/resnet.arch:50` or a name, each with `*` for any text.
    """

    net: str
    ceilings: tuple[Ceiling, ...]
    counts: tuple[tuple[str, int], ...]
    span: Span


class Rules(Record):
    """The demands of the project whose root is the folder `root`."""

    root: str
    levels: Mapping[str, Level]
    budgets: tuple[Budget, ...]
