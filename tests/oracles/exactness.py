"""Which shipped networks equal a public implementation exactly, and why the others have none.

`python -m tests.oracles.exactness` prints the list. An exact row was measured by the code of its
implementation (`tests/oracles/twins/`); `twins/none.toml` says why a network has no such row.
"""

from __future__ import annotations

import json
import signal
import tomllib
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from archc.catalogue import Entry, catalogue
from archc.session import Session

TWINS = Path(__file__).parent / "twins"

Measured = dict[str, Any]


@dataclass
class Exactness:
    """Networks by name with what was measured, reasons by pattern, and what does not add up.

    `unsaid` networks have neither; `contradicted` patterns are for networks with a public twin, or
    for none; `unknown` are names of no shipped network that something was measured for.
    """

    exact: dict[str, list[Measured]] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    unsaid: list[str] = field(default_factory=list)
    contradicted: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def same_names(self) -> list[str]:
        """Exact networks whose state_dict has the keys of the implementation, too."""
        return [
            name
            for name, twins in self.exact.items()
            if any("state_sha256" in twin for twin in twins)
        ]


@cache
def shipped_networks() -> tuple[Entry, ...]:
    """Every shipped network, counted once for all tests."""
    return tuple(catalogue(Session()))


def measured() -> list[Measured]:
    """Everything that `twins/make.py` wrote."""
    return [
        found
        for path in sorted(TWINS.glob("*.json"))
        for found in json.loads(path.read_text(encoding="utf-8"))
    ]


def reasons() -> dict[str, str]:
    """Why networks have no public twin, by a name or by `net.*`."""
    with (TWINS / "none.toml").open("rb") as file:
        return tomllib.load(file)


def exactness(names: list[str]) -> Exactness:
    """What is known of networks."""
    found = Exactness(reasons=reasons())
    for twin in measured():
        if twin["net"] in names:
            found.exact.setdefault(twin["net"], []).append(twin)
        else:
            found.unknown.append(twin["net"])
    for pattern in found.reasons:
        meant = [name for name in names if fnmatchcase(name, pattern)]
        if not meant or any(name in found.exact for name in meant):
            found.contradicted.append(pattern)
    found.unsaid = [
        name
        for name in names
        if name not in found.exact and not any(fnmatchcase(name, one) for one in found.reasons)
    ]
    return found


def _report() -> str:
    names = [entry.name for entry in shipped_networks()]
    found = exactness(names)
    twins = [
        f"  {name}: {', '.join([twin['package'] + ' ' + twin['model'] for twin in twins])}"
        for name, twins in found.exact.items()
    ]
    without = [f"  {pattern}: {reason}" for pattern, reason in found.reasons.items()]
    lines = [
        f"{len(twins)} of {len(names)} networks equal a public implementation exactly:",
        *twins,
        "no public implementation:",
        *without,
    ]
    for title, rest in (
        ("nothing is said of", found.unsaid),
        ("a reason that is contradicted, or for nothing", found.contradicted),
        ("measured, and not shipped", found.unknown),
    ):
        lines += [f"{title}: {', '.join(rest)}"] if rest else []
    return "\n".join(lines)


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `| head` is no mistake
    print(_report())
