"""`archc analyze NET...`: the table of a network, or a comparison of several."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archc.analysis.report import Report
    from archc.backends.table.model import Table
    from archc.diagnostics.model import Diagnostic
    from archc.graph.ir import Network

STYLES = ("archc", "cs231n", "googlenet", "keras")
FORMATS = ("table", "json", "markdown", "latex", "csv")

CHUNK = 1000
"""lines written at once"""
RICH_ROWS = 200
"""longer tables are plain text on a terminal too: rich takes 0.2 ms a row"""


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the verb and its flags."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "analyze",
        help="print a network's table: sizes, parameters, MACs, memory",
        description="One network: a row for each layer, and totals that are the sums of their "
        "columns. Several, or a file with several variants: a summary row each.",
        epilog="A terminal that is too narrow loses columns, in this order: layer, values, MACs "
        "(of a comparison: peak bytes, values, output, input, layers, MACs). Digits are never cut.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add(
        "nets",
        nargs="+",
        metavar="NET",
        help="specs/resnet.arch, specs/resnet.arch:50, resnet.50, -",
    )
    add("--style", choices=STYLES, default="archc", help="whose table it looks like")
    add("--format", choices=FORMATS, default="table", help="how it is printed")
    add("--no-bias", action="store_true", help="count parameters without biases")
    add(
        "--input",
        metavar="SIZE",
        help="evaluate at this size, 320x320x3, of the first input, or left=320x320x3 of the one "
        "called left: numbers for its letters, another height and width if it has none",
    )
    add("--batch", type=_positive, default=1, metavar="N", help="MACs, values, bytes of N samples")
    add("--dtype", type=_dtype, default="float32", help="fp32, bf16, fp16, fp64, fp8, int8")
    add("--depth", type=_positive, metavar="N", help="one row for each level of N names in a path")
    add("--blocks", action="store_true", help="one row for each use of a block, equal ones folded")
    parser.set_defaults(run=run)
    return parser


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18 or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a whole number of at least 1 is needed, not {text!r}")
    return int(text)


def _dtype(text: str) -> str:
    from archc.analysis.memory import DTYPES, SHORT_DTYPES

    name = SHORT_DTYPES.get(text, text)
    if name not in DTYPES:
        known = ", ".join([*SHORT_DTYPES, *DTYPES])
        raise argparse.ArgumentTypeError(f"{text!r} is none of {known}")
    return name


def run(arguments: argparse.Namespace) -> int:
    """Print the table; 1 if the files have errors, or a check or budget fails: said behind it."""
    problem = _unfit(arguments)
    if problem:
        from archc.cli.main import complain

        return complain(problem)
    from archc import api
    from archc.limits import DEFAULT

    limits = getattr(arguments, "limits", DEFAULT)
    networks, bag = api.open_networks(arguments.nets, arguments.input, limits)
    if bag.has_errors:
        return _findings(bag.sorted())
    from archc.cli.naming import say_networks

    say_networks(arguments.nets, networks)
    failed = _show(networks, arguments)
    return _findings([*bag.sorted(), *failed], behind=arguments.format)


def _unfit(arguments: argparse.Namespace) -> str:
    """Flags that have no meaning together."""
    other = arguments.style != "archc"
    if other and (arguments.blocks or arguments.depth):
        flag = "--blocks" if arguments.blocks else "--depth"
        return f"{flag} is for the style archc, not {arguments.style}"
    if arguments.format == "json" and (other or arguments.blocks or arguments.depth):
        return "--format json holds everything; it has no style, --blocks or --depth"
    if arguments.format == "json" and arguments.no_bias:
        return "--format json counts biases; its weights are listed one by one"
    return ""


def _show(networks: list[Network], arguments: argparse.Namespace) -> list[Diagnostic]:
    """Print the networks; returns the checks and budgets that fail."""
    from archc.analysis.check import failed_checks
    from archc.analysis.report import make_report
    from archc.backends.table import printing
    from archc.backends.table.summary import View

    batch, dtype = arguments.batch, arguments.dtype
    reports = [make_report(network, batch=batch, dtype=dtype) for network in networks]
    if arguments.format == "json":
        _write(printing.json_lines(reports))
    elif reports:
        views = [View(report, arguments.no_bias, arguments.depth) for report in reports]
        if len(views) > 1:
            table = printing.compared(views)
        else:
            table = printing.table_of(views[0], arguments.style, by_block=arguments.blocks)
        _print(table, arguments.format)
    failed: list[Diagnostic] = []
    for report in reports:
        failed.extend(failed_checks(report.network, report.costs))
    return [*failed, *_broken_budgets(reports, arguments)]


def _broken_budgets(reports: list[Report], arguments: argparse.Namespace) -> list[Diagnostic]:
    """What the networks break of the project's budgets."""
    rules = getattr(arguments, "rules", None)
    if rules is None or not rules.budgets:
        return []
    from archc.analysis.budgets import exceeded
    from archc.files import place_below

    found: list[Diagnostic] = []
    for report in reports:
        place = place_below(rules.root, report.network.source.name)
        found.extend(exceeded(rules, report.costs, place))
    return found


def _print(table: Table, format_: str) -> None:
    from archc.backends.table import printing

    if format_ != "table" or not sys.stdout.isatty():
        _write(printing.printed(table, format_))
        return
    width = os.get_terminal_size().columns
    rows = sum([len(group.rows) for group in table.groups])
    if table.lines or rows > RICH_ROWS:
        _write(printing.printed(table, format_, width))
        return
    from archc.backends.table.terminal import show

    show(table, width)


def _write(lines: Iterable[str]) -> None:
    """Write lines in chunks; a million of them need no memory of their own."""
    for chunk in _chunks(lines):
        sys.stdout.write("\n".join(chunk) + "\n")


def _chunks(lines: Iterable[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    for line in lines:
        chunk.append(line)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _findings(findings: list[Diagnostic], *, behind: str = "") -> int:
    """Print what was found, behind a table or alone; 1 if any of it is an error, 2 if no file was.

    What programs read (JSON, CSV) or include (Markdown, LaTeX) stays whole: then it is on stderr.
    """
    if not findings:
        return 0
    from archc.checking import could_not_read
    from archc.diagnostics.paint import wanted
    from archc.diagnostics.render import render_all

    stream = sys.stdout if behind in ("", "table") else sys.stderr
    if behind == "table":
        print()
    print(render_all(findings, wanted(stream)), file=stream)
    if could_not_read(findings):
        return 2
    return 1 if any(found.severity == "error" for found in findings) else 0
