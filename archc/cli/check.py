"""`archc check [PATH...]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from archc.cli.main import DONE, FINDINGS, NOT_DONE, complain
from archc.diagnostics.model import Applicability, Diagnostic

FORMATS = ("full", "concise", "json")


def add_parser(verbs: Any) -> None:
    """Declare the arguments."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        "check",
        description="Parse, resolve, and check sizes, notes, checks and lints of .arch files.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add(
        "paths",
        nargs="*",
        default=["."],
        metavar="PATH",
        help="files, folders, shipped nets, - for stdin",
    )
    add("--output-format", choices=FORMATS, default="full")
    add("--output-file", metavar="FILE", help="write the findings there")
    add("--only", action="append", default=[], metavar="SLUG", help="report these alone")
    add("--ignore", action="append", default=[], metavar="SLUG", help="do not report these")
    add("--fix", action="store_true", help="apply the repairs that keep what was meant")
    add("--unsafe-fixes", action="store_true", help="apply the other repairs too")
    add("--diff", action="store_true", help="show what --fix would change, write nothing")
    add("--error-on-warning", action="store_true", help="exit with 1 for warnings too")
    add("--exit-zero", action="store_true", help="exit with 0 in spite of findings")


def run(arguments: argparse.Namespace) -> int:
    """Check, report, and say by the exit code whether anything was found."""
    wrong = _unknown_slug([*arguments.only, *arguments.ignore])
    if wrong:
        return complain(wrong)
    if arguments.fix or arguments.unsafe_fixes or arguments.diff:
        from archc.cli.fix import fix_all

        code = fix_all(arguments.paths, _allowed(arguments), arguments.diff, arguments.limits)
        if code is not None:
            return code
    findings, unreadable = _check(arguments)
    code = _report(findings, arguments)
    if arguments.fix:
        from archc.cli.fix import say_more

        say_more(findings, _allowed(arguments))
    if code != DONE:
        return code
    if unreadable:
        return NOT_DONE
    return DONE if arguments.exit_zero else _code(findings, arguments.error_on_warning)


def _check(arguments: argparse.Namespace) -> tuple[list[Diagnostic], bool]:
    from archc.api import check_paths
    from archc.checking import could_not_read

    only, rules = frozenset(arguments.only), arguments.rules
    found = check_paths(arguments.paths, arguments.limits, only, rules)
    kept = [
        one
        for one in found
        if one.slug not in arguments.ignore and (not arguments.only or one.slug in arguments.only)
    ]
    return kept, could_not_read(found)


def _code(findings: Sequence[Diagnostic], strict: bool) -> int:
    wrong = any(strict or found.severity == "error" for found in findings)
    return FINDINGS if wrong else DONE


def _report(findings: Sequence[Diagnostic], arguments: argparse.Namespace) -> int:
    """Print or write the findings; the summary goes to the error stream."""
    text = _text(findings, arguments)
    if arguments.output_file:
        from archc.files import write_text

        try:
            write_text(arguments.output_file, f"{text}\n" if text else "")
        except OSError as error:
            return complain(f"cannot write `{arguments.output_file}`: {error.strerror}")
    elif text:
        print(text)
    if arguments.output_format == "full" and findings:
        from archc.diagnostics.render import summary

        print(summary(findings), file=sys.stderr)
    return DONE


def _text(findings: Sequence[Diagnostic], arguments: argparse.Namespace) -> str:
    if arguments.output_format == "json":
        from archc import __version__
        from archc.diagnostics.json_format import as_json

        return as_json(findings, __version__)
    if arguments.output_format == "concise":
        from archc.diagnostics.concise import concise

        return concise(findings)
    if not findings:
        return ""
    from archc.diagnostics.paint import plain, wanted
    from archc.diagnostics.render import render_all

    return render_all(findings, plain if arguments.output_file else wanted(sys.stdout))


def _allowed(arguments: argparse.Namespace) -> frozenset[Applicability]:
    return frozenset(["safe", "unsafe"] if arguments.unsafe_fixes else ["safe"])


def _unknown_slug(slugs: Sequence[str]) -> str:
    """What to say about the first slug that is none."""
    if not slugs:
        return ""
    from archc.diagnostics.explain import all_kinds
    from archc.diagnostics.similar import suggestion

    known = tuple(all_kinds())
    wrong = next((slug for slug in slugs if slug not in known), "")
    if not wrong:
        return ""
    return f"there is no finding called `{wrong}`; {suggestion(wrong, known, 'there are')}"
