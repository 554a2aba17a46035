"""docs/tutorial.md is run from top to bottom in one folder, and shows what comes out.

- `file=NAME` behind the language of a fence: it is that file
- sh and python without it: they are run; the text fence behind it, or the one with the word
  `output`, is what they print, and without one they print nothing
- `exit=1`: the exit code; `numbers-vary`: digits may be others on other machines
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import ROOT

PAGE = ROOT / "docs" / "tutorial.md"
_FENCE = re.compile(r"^```(\w+)[ \t]*([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Fence(NamedTuple):
    """A fence: its language, the words behind it, its text."""

    language: str
    words: tuple[str, ...]
    text: str

    @property
    def values(self) -> dict[str, str]:
        return dict([word.split("=", 1) for word in self.words if "=" in word])

    @property
    def shows(self) -> bool:
        """Whether it is what the fence before it prints."""
        return self.language == "text" or "output" in self.words


class Step(NamedTuple):
    """A fence that was run, the fence that says what it prints, and what it printed."""

    run: Fence
    shown: Fence | None
    code: int
    printed: str


def fences() -> list[Fence]:
    found = _FENCE.findall(PAGE.read_text(encoding="utf-8"))
    return [Fence(language, tuple(words.split()), text) for language, words, text in found]


def run(fence: Fence, folder: Path) -> tuple[int, str]:
    """The exit code and everything printed, as in a terminal whose `python` is this one."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    program = ["sh", "-c"] if fence.language == "sh" else [sys.executable, "-c"]
    done = subprocess.run(
        [*program, fence.text],
        cwd=folder,
        env={**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.fixture(scope="module")
def steps(tmp_path_factory) -> list[Step]:
    folder = tmp_path_factory.mktemp("tutorial")
    found: list[Step] = []
    page = fences()
    for fence, behind in zip(page, [*page[1:], None]):
        if "file" in fence.values:
            (folder / fence.values["file"]).write_text(fence.text, encoding="utf-8")
        elif not fence.shows:
            shown = behind if behind and behind.shows else None
            found.append(Step(fence, shown, *run(fence, folder)))
    return found


def test_every_command_ends_as_the_page_says(steps):
    for step in steps:
        assert step.code == int(step.run.values.get("exit", 0)), (step.run.text, step.printed)


def test_what_is_shown_is_what_is_printed(steps):
    for step in steps:
        shown = step.shown.text if step.shown else ""
        printed = step.printed
        if step.shown and "numbers-vary" in step.shown.words:
            shown, printed = [re.sub(r"\d+", "#", text) for text in (shown, printed)]
        assert printed == shown, step.run.text


def test_the_network_reads_digits(steps):
    (training,) = [step for step in steps if "train.py" in step.run.text]
    for text in (training.printed, training.shown.text):
        right, of, percent = re.search(r"^(\d+) of (\d+) are .*: ([\d.]+) %$", text, re.M).groups()
        assert of == "599"
        assert float(percent) == pytest.approx(100 * int(right) / 599, abs=0.06)
        assert int(right) / 599 >= 0.95
