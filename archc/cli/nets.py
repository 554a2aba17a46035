"""`archc nets [WORD...]`: the networks that archc ships."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from archc.cli.main import DONE, FINDINGS, complain

if TYPE_CHECKING:
    from archc.backends.table.model import Cells, Table
    from archc.catalogue import Entry
    from archc.names import Named, Shipped
    from archc.session import Session

FORMATS = ("table", "json", "markdown", "csv")
SORTS = ("params", "macs", "year", "name")
FORMAT_VERSION = 1
COUNTED_IN_A_SECOND = 50

_AMOUNT = re.compile(r"(\d{1,18})(?:\.(\d{1,18}))?([KMGT]i?)?")
_YEARS = re.compile(r"(\d{4})|(\d{4})?\.\.(\d{4})?")


def add_parser(verbs: Any) -> None:
    """Declare the arguments."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        "nets",
        description="The networks that archc ships: a row for each, or for each of its variants. "
        "The name of one, however it is spelt, prints its text: `resnet.50`, `ResNet-50`. Other "
        "words, and any beside flags, list the nets whose name, title, family or task have them "
        "all, best ones first.",
        epilog="A terminal that is too narrow loses columns, in this order: file, task, input, "
        "family, year, MACs. Digits are never cut. Open sizes are counted at the input shown.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("words", nargs="*", metavar="WORD", help="`resnet.50`, `mask r-cnn`, `wide resnet 28`")
    for flag, what in (("--family", "of this family"), ("--task", "for this task")):
        about = f"{what}; repeatable"
        add(flag, action="append", default=[], type=str.lower, metavar=flag[2].upper(), help=about)
    add("--year", type=_years, metavar="Y", help="2015, 2014..2016, 2020.. or ..2012")
    for name, of in (("params", "parameters"), ("macs", "MACs, without those that depend on R, T")):
        add(f"--min-{name}", type=_amount, metavar="N", help=f"at least so many {of}: 5M, 1.5G")
        add(f"--max-{name}", type=_amount, metavar="N", help=f"at most so many {of}: 300M, 64Ki")
    add(
        "--input",
        type=_size,
        metavar="SIZE",
        help="with an input of this size: 224x224x3, or 224x224",
    )
    add("--sort", choices=SORTS, help="one list in this order, in the place of families by year")
    add("--format", choices=FORMATS, default="table", help="how it is printed")


def _amount(text: str) -> Fraction:
    """A number as the language writes it; commas may be copied from a table."""
    from archc.syntax.build_formulas import UNITS

    match = _AMOUNT.fullmatch(text.replace(",", "").replace("_", ""))
    if match is None:
        raise argparse.ArgumentTypeError(f"a number such as 5M, 1.5G or 64Ki, not {text!r}")
    whole, decimals, unit = match.group(1), match.group(2) or "", match.group(3) or ""
    return Fraction(int(whole + decimals), 10 ** len(decimals)) * UNITS[unit]


def _years(text: str) -> tuple[int, int]:
    """The first and the last year of `2015`, `2014..2016`, `2020..`, `..2012`."""
    match = _YEARS.fullmatch(text)
    if match is None:
        raise argparse.ArgumentTypeError(f"2015, 2014..2016, 2020.. or ..2012, not {text!r}")
    if match.group(1):
        return int(text), int(text)
    return int(match.group(2) or 1), int(match.group(3) or 9999)


def _size(text: str) -> str:
    from archc.session import sides_of

    sides = sides_of(text)
    if sides is None:
        raise argparse.ArgumentTypeError(f"a size such as 224x224x3, not {text!r}")
    return "x".join(map(str, sides))


def run(arguments: argparse.Namespace) -> int:
    """Print the text of a shipped net, or a list of networks."""
    from archc.session import Session

    session, words = Session(arguments.limits), " ".join(arguments.words)
    found = None if _has_flags(arguments) else session.find_shipped(words.removesuffix(".arch"))
    if found is None or found.several:
        return _list(session, words, arguments)
    return _text(session, words, found)


def _has_flags(arguments: argparse.Namespace) -> bool:
    given = vars(arguments)
    flags = ("family", "task", "year", "input", "sort")
    amounts = [key for key in given if key.startswith(("min_", "max_"))]
    return arguments.format != "table" or any(
        given[key] not in (None, []) for key in (*flags, *amounts)
    )


# ---- the text of one -----------------------------------------------------------------------------


def _text(session: Session, name: str, found: Named) -> int:
    """Print a file; a variant has the same one."""
    from archc.cli.naming import say_meant

    source = session.source(found.path)
    if source is None:
        return _problems(session)
    say_meant([name], [found.part])
    print(source.name, file=sys.stderr)
    print(source.text, end="")
    return DONE


def _problems(session: Any) -> int:
    """Print what is wrong with shipped files."""
    from archc.diagnostics.render import render_all

    print(render_all(session.bag().sorted()), file=sys.stderr)
    return FINDINGS


# ---- the list ------------------------------------------------------------------------------------


def _list(session: Session, words: str, arguments: argparse.Namespace) -> int:
    """Count those shipped networks that are asked for, and print them."""
    from archc.catalogue import counted
    from archc.names import ranks

    every = session.shipped()
    found = ranks(words, every) if words else dict.fromkeys([one.name for one in every], 0)
    unknown = _unknown(arguments, every) or ("" if found else _none(session, words))
    if unknown:
        return complain(unknown)
    fitting = [one for one in every if all(fits(one) for fits in _by_text(arguments))]
    wanted = [one for one in fitting if one.name in found]
    entries = counted(session, _with_progress(wanted))
    chosen = [entry for entry in entries if all(fits(entry) for fits in _by_number(arguments))]
    if arguments.format == "json":
        _print(_json([entry for group in _groups(chosen, found, arguments) for entry in group]))
    else:
        _print_table(_table(_groups(chosen, found, arguments), every, arguments), arguments.format)
    return _problems(session) if session.bag().has_errors else DONE


def _none(session: Session, words: str) -> str:
    from archc.cli.naming import none_called

    return none_called(words, session.near(words))


def _with_progress(wanted: list[Shipped]) -> Iterable[Shipped]:
    """The same, with a bar on a terminal if counting them takes more than a second."""
    if len(wanted) <= COUNTED_IN_A_SECOND or not sys.stderr.isatty():
        return wanted
    from rich.console import Console
    from rich.progress import track

    return track(wanted, "counting", console=Console(stderr=True), transient=True)


def _unknown(arguments: argparse.Namespace, every: list[Shipped]) -> str:
    """What is said of a family or a task that no shipped net has; empty for none."""
    from archc.diagnostics.similar import suggestion

    for kind in ("family", "task"):
        known = tuple(sorted({getattr(one, kind) for one in every} - {""}))
        for word in getattr(arguments, kind):
            if word not in known:
                said = suggestion(word, known, "there are")
                return f"no shipped net is of the {kind} `{word}`; {said}"
    return ""


def _by_text(given: argparse.Namespace) -> Iterator[Callable[[Shipped], bool]]:
    """What the flags demand that a text says: it is known before anything is counted."""
    if given.family:
        yield lambda one: one.family in given.family
    if given.task:
        yield lambda one: one.task in given.task
    if given.year:
        yield lambda one: given.year[0] <= one.year <= given.year[1]


def _by_number(given: argparse.Namespace) -> Iterator[Callable[[Entry], bool]]:
    """What the flags demand of sizes and counts."""
    from archc.analysis.amounts import fixed

    if given.input:
        yield lambda entry: any(_is_size(size, given.input) for size in entry.inputs.values())
    if given.min_params is not None:
        yield lambda entry: entry.params >= given.min_params
    if given.max_params is not None:
        yield lambda entry: entry.params <= given.max_params
    if given.min_macs is not None:
        yield lambda entry: fixed(entry.macs) >= given.min_macs
    if given.max_macs is not None:
        yield lambda entry: fixed(entry.macs) <= given.max_macs


def _is_size(size: str, asked: str) -> bool:
    """Whether a size is the one asked for, or is it without its channels: `R of 227x227x3`."""
    sides = size.rpartition(" ")[2]
    return asked in (sides, sides.rpartition("x")[0])


def _groups(
    found: list[Entry], rank: dict[str, int], arguments: argparse.Namespace
) -> list[list[Entry]]:
    """Best ones first, then families by year; one list where `--sort` asks."""
    from archc.catalogue import by_family

    if arguments.sort:
        return [_sorted(found, arguments.sort)]
    alike = [[one for one in found if rank[one.name] == best] for best in sorted({*rank.values()})]
    families = [[entries for _, entries in by_family(group)] for group in alike]
    if arguments.words:  # equally good ones stay together
        return [[one for family in group for one in family] for group in families if group]
    return [family for group in families for family in group]


def _table(groups: list[list[Entry]], every: list[Shipped], arguments: argparse.Namespace) -> Table:
    """A rule between groups; one list for programs."""
    from archc.backends.table.model import Column, Group, Table

    columns = (
        Column("net"),
        Column("family", drop=4),
        Column("task", drop=2),
        Column("year", number=True, drop=5),
        Column("params", number=True),
        Column("MACs", number=True, drop=6),
        Column("input", drop=3),
        Column("file", drop=1),
    )
    unsaid = "" if arguments.format == "csv" else "-"
    found = [entry for group in groups for entry in group]
    if arguments.format != "table":
        groups = [found]
    listed = tuple([Group([_cells(entry, unsaid) for entry in group]) for group in groups])
    return Table("Networks", columns, listed, notes=(_summary(found, every),))


def _cells(entry: Entry, unsaid: str) -> Cells:
    about = (entry.family, entry.task, str(entry.year or ""))
    inputs = ", ".join(entry.inputs.values())
    said = [fact or unsaid for fact in about]
    return (entry.name, *said, entry.params, entry.macs, inputs, entry.file)


def _sorted(found: list[Entry], by: str) -> list[Entry]:
    from archc.analysis.amounts import fixed

    keys: dict[str, Callable[[Entry], Any]] = {
        "params": lambda entry: entry.params,
        "macs": lambda entry: fixed(entry.macs),
        "year": lambda entry: entry.year or 9999,
        "name": lambda entry: entry.name,
    }
    return sorted(found, key=keys[by])


def _summary(found: list[Entry], every: list[Shipped]) -> str:
    """How many networks the table has, and of how many."""
    from archc.catalogue import nets_of

    families = len({entry.family for entry in found} - {""})
    last = f"{families} {'family' if families == 1 else 'families'}"
    if len(found) == len(every):
        return f"{nets_of(every)} networks, {len(every)} with variants, {last}"
    nets = f"{nets_of(found)} of {nets_of(every)} networks"
    return f"{nets}, {len(found)} of {len(every)} with variants, {last}"


def _json(found: list[Entry]) -> Iterator[str]:
    """A line for each network; what is not known is left out."""
    import json

    from archc import __version__
    from archc.analysis.amounts import fixed, per

    head = json.dumps({"format_version": FORMAT_VERSION, "archc_version": __version__})
    yield f'{head[:-1]}, "networks": ['
    for number, entry in enumerate(found, 1):
        about = {
            "name": entry.name,
            "net": entry.net,
            "title": entry.title,
            "family": entry.family,
            "task": entry.task,
            "year": entry.year,
            "paper": entry.paper,
            "params": entry.params,
            "macs": fixed(entry.macs),
            "macs_per": per(entry.macs),
            "layers": entry.layers,
            "inputs": entry.inputs,
            "evaluated_at": {name: entry.inputs[name] for name in entry.chosen},
            "file": entry.file,
        }
        kept = {key: value for key, value in about.items() if value not in ("", 0, {})}
        yield f" {json.dumps(kept, ensure_ascii=False)}{',' if number < len(found) else ''}"
    yield "]}"


def _print_table(table: Table, format_: str) -> None:
    """Plain text everywhere: the list is longer than a screen, and rich takes its time."""
    from archc.backends.table.printing import printed

    if format_ in ("table", "markdown") and not any(group.rows for group in table.groups):
        _print([f"no network fits: {note}" for note in table.notes])
        return

    narrow = format_ == "table" and sys.stdout.isatty()
    width = os.get_terminal_size().columns if narrow else 0  # 0, too, where nobody knows
    _print(printed(table, format_, width or None))


def _print(lines: Iterable[str]) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
