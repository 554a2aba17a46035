"""Files with mistakes, each claimed on its own row: `#~ error[slug] words | more words`.

A finding that nobody claims fails, and so does a claim that does not come true. The words must
stand in the message or a label, notes or help of the finding. A folder with an archc.toml is a
project of its own, whose configuration holds for its files and may hold claims too. The files of
targets/ are also built for the target that they are called after.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from archc.backends.torch.emit import source_of
from archc.checking import Checker
from archc.configuration.read import read
from archc.diagnostics.explain import all_kinds
from archc.diagnostics.model import ArchError
from archc.files import CONFIGURATION
from archc.limits import Limits

HERE = Path(__file__).parent / "bad"
SUFFIXES = {".arch", ".toml"}
FILES = sorted(
    path.relative_to(HERE).as_posix() for path in HERE.rglob("*.*") if path.suffix in SUFFIXES
)
CLAIM = re.compile(r"#~ (error|warning)\[([a-z0-9-]+)\]([^#\n]*)")

# A tenth of the default: what reaches a limit takes as long as it allows.
LIMITS = Limits(layers=20_000)

ELSEWHERE = {
    "file-too-large": "needs a large file: tests/cli/test_bad_files.py",
    "not-utf8": "needs a binary file: tests/cli/test_bad_files.py",
    "cannot-transform": "needs a pass: tests/diagnostics",
    "extern-in-model": "needs a model: tests/cli/test_build_onnx.py",
}
BUILT = {"targets/torch.arch": source_of}


def claims(path):
    """(line, severity, slug, words) of each claim in a file."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        for severity, slug, words in CLAIM.findall(line):
            found.append((number, severity, slug, words.strip()))
    return found


@pytest.fixture
def here(monkeypatch):
    monkeypatch.chdir(HERE)


def findings(name):
    os.chdir(HERE / os.path.dirname(name))
    project = os.path.isfile(CONFIGURATION)
    checker = Checker(LIMITS, rules=read(CONFIGURATION).rules if project else None)
    own = os.path.basename(name)
    checker.paths(["." if own == CONFIGURATION else own])
    return checker.findings() + built(checker.session, own, BUILT.get(name))


def built(session, name, build):
    """What building the networks of a file finds."""
    if build is None:
        return []
    found = []
    for network in session.networks_of(session.source(name), None):
        try:
            build(network)
        except ArchError as error:
            found += error.diagnostics
    return found


@pytest.mark.parametrize("name", FILES)
def test_claims(name, here):
    claimed = claims(HERE / name)
    waiting = list(claimed)
    unclaimed = []
    for found in findings(name):
        span = found.primary.span
        if span.source.name != os.path.basename(name):
            continue
        line = span.line if span.source.text else 1
        said = "\n".join(
            [found.message, found.primary.text, *[label.text for label in found.secondary],
             *found.notes, *found.help]
        )  # fmt: skip
        mine = [
            claim
            for claim in waiting
            if claim[:3] == (line, found.severity, found.slug)
            and all(words.strip() in said for words in claim[3].split("|"))
        ]
        if mine:
            waiting.remove(mine[0])
        else:
            unclaimed.append(f"{span}: {found.severity}[{found.slug}] {found.message}")
    assert not unclaimed, "nobody claimed these"
    assert not waiting, "these did not come true"


def test_every_slug_has_a_case():
    covered = {claim[2] for name in FILES for claim in claims(HERE / name)}
    assert covered.isdisjoint(ELSEWHERE)
    assert sorted([*covered, *ELSEWHERE]) == sorted(all_kinds())
