"""Read a configuration: its text, its tables, and what is wrong with them."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from archc.analysis.rules import Budget, Ceiling, Rules
from archc.configuration.places import Path, Places
from archc.files import PYPROJECT, Files
from archc.record import Record
from archc.source import SourceFile

if TYPE_CHECKING:
    from archc.configuration.model import BudgetTable

_AT = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)


class Configuration(Record):
    """The limits that are changed, and what the project demands."""

    limits: Mapping[str, int]
    rules: Rules


class ConfigurationError(Exception):
    """A configuration that cannot be used; each line says one mistake."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def read(path: str) -> Configuration:
    """The configuration in a file. Raises ConfigurationError."""
    source = Files().read(path)
    if not isinstance(source, SourceFile):
        raise ConfigurationError([source.message])
    inside: Path = ("tool", "archc") if os.path.basename(path) == PYPROJECT else ()
    root = os.path.dirname(os.path.realpath(path))
    table = _ours(_parsed(source), inside, source.name)
    if not table:
        return Configuration({}, Rules(root, {}, ()))
    return _validated(table, Places(source, inside), root)


def _parsed(source: SourceFile) -> dict[str, Any]:
    try:
        return tomllib.loads(source.text)
    except RecursionError:
        raise ConfigurationError([f"{source.name}: brackets are nested too deeply"]) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError([_toml_mistake(str(error), source)]) from None
    except ValueError:  # int() of thousands of digits
        raise ConfigurationError([f"{source.name}: a number has too many digits"]) from None


def _toml_mistake(text: str, source: SourceFile) -> str:
    """tomllib's words behind the place that it puts at their end."""
    match = _AT.fullmatch(text)
    said, line, column = match.groups() if match else (text, None, None)
    said = said[:1].lower() + said[1:]
    place = f"{source.name}:{line}:{column}" if line else f"{source.name}:{_last_line(source)}"
    return f"{place}: this is no TOML: {said}{'' if line else ' at the end of the file'}"


def _last_line(source: SourceFile) -> int:
    return source.text.rstrip("\n").count("\n") + 1


def _ours(table: dict[str, Any], inside: Path, name: str) -> dict[str, Any]:
    """The table that is for archc; empty if the file has none."""
    inner: Any = table
    for key in inside:
        inner = inner.get(key, {}) if isinstance(inner, dict) else {}
    if not isinstance(inner, dict):
        raise ConfigurationError([f"{name}: `{'.'.join(map(str, inside))}` has to be a table"])
    return inner


def _validated(table: dict[str, Any], places: Places, root: str) -> Configuration:
    from pydantic import ValidationError

    from archc.configuration.model import Document

    try:
        found = Document.model_validate(table)
    except ValidationError as error:
        from archc.configuration.wording import problems

        raise ConfigurationError(problems(error, places)) from None
    budgets = [_budget(one, number, places) for number, one in enumerate(found.budgets)]
    levels = found.lints.model_dump(by_alias=True, exclude_none=True)
    limits = found.limits.model_dump(exclude_none=True)
    return Configuration(limits, Rules(root, levels, tuple(budgets)))


def _budget(table: BudgetTable, number: int, places: Places) -> Budget:
    from archc.graph.ir import METRICS

    path: Path = ("budgets", number)
    ceilings = [
        Ceiling(metric, getattr(table, metric), places.of((*path, metric)))
        for metric in METRICS
        if getattr(table, metric) is not None
    ]
    counts = tuple(sorted(table.counts.items()))
    return Budget(table.net, tuple(ceilings), counts, places.of((*path, "net")))
