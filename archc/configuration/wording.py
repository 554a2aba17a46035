"""Mistakes in a configuration, in our words: pydantic finds them, and says them for programmers."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from archc.configuration.places import Path, Places
from archc.diagnostics.explain import all_kinds
from archc.diagnostics.similar import suggestion
from archc.graph.ir import METRICS
from archc.limits import Limits

LONGEST = 60
TABLES = ("lints", "limits", "budgets")
BUDGET_KEYS = ("net", *METRICS, "with")

_WHOLE = "a whole number from 1 up, of at most 18 digits"
_TAKES = {
    "literal_error": '"error", "warn" or "allow"',
    "int_type": _WHOLE,
    "greater_than_equal": _WHOLE,
    "less_than": _WHOLE,
    "string_type": 'a text, "specs/resnet.arch:50"',
    "string_too_short": 'a text, "specs/resnet.arch:50"',
    "dict_type": "a table",
    "model_type": "a table",
    "list_type": "tables, each below its own [[budgets]]",
}


def problems(error: ValidationError, places: Places) -> list[str]:
    """One line for each mistake, with its place, from the top to the bottom."""
    found: list[tuple[int, str]] = []
    for one in error.errors(include_url=False):
        path: Path = one["loc"]
        found.append((places.of(path).start, f"{places.shown(path)}: {_said(dict(one), path)}"))
    return [line for _, line in sorted(found)]


def _said(one: dict[str, Any], path: Path) -> str:
    kind = one["type"]
    if kind == "extra_forbidden":
        return _unknown(path[:-1], str(path[-1]))
    if kind == "missing":
        return f"a budget needs `{path[-1]}`: the network that it is for"
    takes = _TAKES.get(kind)
    if kind == "value_error":
        takes = str(one["ctx"]["error"])
        if isinstance(path[-1], int):  # of the whole budget
            return takes
    said = takes or str(one["msg"])
    return f"`{_dotted(path)}` is {_written(one['input'])}, and takes {said}"


def _unknown(table: Path, key: str) -> str:
    """What to say of a key that nothing is known of."""
    if table == ("lints",):
        kinds = all_kinds()
        if key in kinds:
            return f"`{key}` is no lint but an error, and errors have no level"
        lints = tuple([slug for slug, kind in kinds.items() if kind.lint])
        return f"there is no lint called `{key}`; {suggestion(key, lints, 'there are')}"
    if table == ("limits",):
        known = Limits.__fields__
        return f"there is no limit called `{key}`; {suggestion(key, known, 'there are')}"
    known = BUDGET_KEYS if table else TABLES
    where = f"in `{table[0]}`" if table else "here"
    return f"there is no key `{key}` {where}; {suggestion(key, known, 'there are')}"


def _dotted(path: Path) -> str:
    return ".".join([str(part) for part in path if not isinstance(part, int)])


def _written(value: object) -> str:
    """A value as TOML has it, cut where it is long."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**18:
        return "a very large number" if value > 0 else "a number below 1"
    text = json.dumps(value) if isinstance(value, str | bool | int) else str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
