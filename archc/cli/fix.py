"""`archc check --fix`: apply repairs, or show what they would change."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from archc.cli.main import DONE, FINDINGS, complain
from archc.diagnostics.model import Applicability, Diagnostic
from archc.files import STDIN, Files, arch_files, write_text
from archc.limits import Limits
from archc.source import SourceFile


def fix_all(
    paths: Sequence[str], allowed: frozenset[Applicability], only_show: bool, limits: Limits
) -> int | None:
    """Repair files; an exit code if that ends the command, else None: the rest is then reported."""
    from archc.repairs import Repairs

    files = Files(limits)
    changed = 0
    left: list[Diagnostic] = []
    for path in all_files(paths):
        source = files.read(path)
        if not isinstance(source, SourceFile):
            continue  # the check that follows reports it
        repairs = Repairs(files, limits)
        text = repairs.repaired(source, allowed)
        if only_show:
            print(difference(source.name, source.text, text), end="")
            outcome = repairs.check(source, text)
            left += repairs.verified(outcome.findings)
        elif path == STDIN:
            print(text, end="")
        elif text != source.text:
            try:
                write_text(path, text)
            except OSError as error:
                return complain(f"cannot write `{path}`: {error.strerror}")
        changed += text != source.text
    if changed and not only_show:
        print(f"repaired {changed} {'file' if changed == 1 else 'files'}", file=sys.stderr)
    if only_show:
        say_more(left, allowed)
        wrong = changed or any(found.severity == "error" for found in left)
        return FINDINGS if wrong else DONE
    return DONE if STDIN in paths else None


def say_more(findings: Sequence[Diagnostic], allowed: frozenset[Applicability]) -> None:
    """How many findings only `--unsafe-fixes` would repair; nothing for none."""
    more = sum([any(fix.edits for fix in found.fixes) for found in findings])
    if more and "unsafe" not in allowed:
        words = "1 more repair" if more == 1 else f"{more} more repairs"
        print(f"{words} with --unsafe-fixes", file=sys.stderr)


def all_files(paths: Sequence[str]) -> list[str]:
    """The files that are named, and those in the folders that are."""
    found: list[str] = []
    for path in paths:
        found += arch_files(path) if os.path.isdir(path) else [path]
    return list(dict.fromkeys(found))


def difference(name: str, before: str, after: str) -> str:
    """The changes as a unified diff; an empty text for none."""
    from difflib import unified_diff

    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    lines = [
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        for line in unified_diff(old, new, name, name)
    ]
    return "".join(lines)
