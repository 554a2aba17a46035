"""`archc nets [NAME]`: the networks that archc ships."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from archc.cli.main import DONE, FINDINGS, complain

HEAD = ("net", "params", "MACs", "input", "file")
NUMBERS = (1, 2)


def add_parser(verbs: Any) -> None:
    """Declare the arguments."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        "nets", description="The networks that archc ships.", allow_abbrev=False
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="print the text of this one")


def run(arguments: argparse.Namespace) -> int:
    """Print a shipped file, or the list of all networks."""
    if arguments.name is not None:
        return _text(arguments.name, arguments)
    return _list(arguments)


def _text(name: str, arguments: argparse.Namespace) -> int:
    from archc.diagnostics.similar import suggestion
    from archc.files import Files, find_named, shipped_nets
    from archc.source import SourceFile

    path, _ = find_named(name)
    found = Files(arguments.limits).read(path)
    if isinstance(found, SourceFile):
        print(found.text, end="")
        return DONE
    said = suggestion(name.partition(".")[0], tuple(shipped_nets()), "there are")
    return complain(f"archc ships no net called `{name}`; {said}")


def _list(arguments: argparse.Namespace) -> int:
    """One row for each net and variant, made by counting it."""
    from archc.analysis.cost import measure
    from archc.analysis.report import shape_of
    from archc.files import shipped_files
    from archc.ops.values import text_of
    from archc.session import Session

    session = Session(arguments.limits)
    rows: list[tuple[str, ...]] = []
    for path in shipped_files():
        source = session.source(path)
        for network in session.networks_of(source, None) if source else ():
            whole = measure(network).sum()
            inputs = [text_of(shape_of(network.nodes[i])) for i in network.inputs.values()]
            macs = _count(whole.macs)
            name = source.name.replace("\\", "/").rpartition("/")[2] if source else ""
            rows.append((network.name, f"{whole.params:,}", macs, ", ".join(inputs), name))
    print(_table(rows))
    bag = session.bag()
    if bag.has_errors:
        from archc.diagnostics.render import render_all

        print(render_all(bag.sorted()), file=sys.stderr)
        return FINDINGS
    return DONE


def _count(macs: Any) -> str:
    from archc.analysis.amounts import text_of_amount

    return text_of_amount(macs)


def _table(rows: list[tuple[str, ...]]) -> str:
    """Plain columns, numbers to the right."""
    widths = [max(len(row[column]) for row in [HEAD, *rows]) for column in range(len(HEAD))]
    lines: list[str] = []
    for row in [HEAD, *rows]:
        cells = [
            f"{cell:>{width}}" if column in NUMBERS else f"{cell:<{width}}"
            for column, (cell, width) in enumerate(zip(row, widths))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
