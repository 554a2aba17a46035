"""`archc fmt [PATH...]`."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from archc.cli.fix import all_files, difference
from archc.cli.main import DONE, FINDINGS, NOT_DONE, complain
from archc.diagnostics.model import Bag, Diagnostic, Kind
from archc.files import STDIN, Files, write_text
from archc.limits import Limits
from archc.source import SourceFile, Span


def add_parser(verbs: Any) -> None:
    """Declare the arguments."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        "fmt",
        description="Bring .arch files to their canonical form; comments are kept.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("paths", nargs="*", default=["."], metavar="PATH", help="files, folders, or - for stdin")
    add("--check", action="store_true", help="write nothing; exit with 1 if a file would change")
    add("--diff", action="store_true", help="write nothing; show what would change")
    add("--shapes", action="store_true", help="write the size behind every row of a net")


def run(arguments: argparse.Namespace) -> int:
    """Format files in place, or say which would change."""
    files = Files(arguments.limits)
    named = all_files(arguments.paths)
    if not named:
        return complain("there is no .arch file in the folders that were named")
    results = [_Result(files, path, arguments) for path in named]
    if arguments.check or arguments.diff:
        code = _show(results, arguments)
    else:
        code = _write(results)
    problems = [problem for result in results for problem in result.problems]
    if problems:
        from archc.checking import could_not_read
        from archc.diagnostics.paint import wanted
        from archc.diagnostics.render import render_all

        print(render_all(problems, wanted(sys.stderr)), file=sys.stderr)
        return NOT_DONE if could_not_read(problems) else FINDINGS
    return code


class _Result:
    """One file: its text, its canonical text (None with problems)."""

    def __init__(self, files: Files, path: str, arguments: argparse.Namespace) -> None:
        self.path = path
        self.before = ""
        self.after: str | None = None
        self.problems: list[Diagnostic] = []
        found = files.read(path)
        if isinstance(found, Kind):
            self.problems = [found.at(Span(SourceFile(path, ""), 0, 0))]
            return
        self.before = found.text
        self.after = _formatted(found, files, arguments)
        if self.after is None:
            self.problems = _mistakes(found, arguments.limits)

    @property
    def changes(self) -> bool:
        """Whether the canonical text is another one."""
        return self.after is not None and self.after != self.before


def _formatted(source: SourceFile, files: Files, arguments: argparse.Namespace) -> str | None:
    from archc.syntax.format import format_text, with_arrows

    if not arguments.shapes:
        return format_text(source, arguments.limits)
    from archc.cli.shapes import missing_notes, wrong_notes

    limits = arguments.limits
    text = with_arrows(source, wrong_notes(source, files, limits), limits)
    if text is None:
        return None
    right = files.instead_of(source, text)
    return with_arrows(right, missing_notes(right, files, limits), limits)


def _mistakes(source: SourceFile, limits: Limits) -> list[Diagnostic]:
    from archc.syntax.parse import parse

    bag = Bag()
    parse(source, bag, limits)
    return bag.sorted()


def _show(results: list[_Result], arguments: argparse.Namespace) -> int:
    changing = [result for result in results if result.changes]
    for result in changing:
        if arguments.diff:
            print(difference(result.path, result.before, result.after or ""), end="")
        else:
            print(f"would reformat {result.path}")
    return FINDINGS if changing else DONE


def _write(results: list[_Result]) -> int:
    changed = 0
    for result in results:
        if result.path == STDIN:
            print(result.before if result.after is None else result.after, end="")
        elif result.changes:
            try:
                write_text(result.path, result.after or "")
            except OSError as error:
                return complain(f"cannot write `{result.path}`: {error.strerror}")
            changed += 1
    if changed:
        print(f"reformatted {changed} {'file' if changed == 1 else 'files'}", file=sys.stderr)
    return DONE
