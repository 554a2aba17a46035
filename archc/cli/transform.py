"""`archc transform NET --pass P`: a changed network as a file of its own."""

from __future__ import annotations

import argparse
import shlex
import sys
from typing import TYPE_CHECKING, Any

from archc.cli.main import DONE, FINDINGS, NOT_DONE, complain

if TYPE_CHECKING:
    from archc.diagnostics.model import Diagnostic
    from archc.graph.ir import Network
    from archc.passes import Pass
    from archc.transforming import Transformed

MARK = "# written by archc "
"""the first words of the text; archc/files.py knows files of ours by them"""


def add_parser(verbs: Any) -> None:
    """Declare the arguments."""
    from archc.passes import Pass

    width = max([len(name) for name in Pass.registry])
    passes = "\n".join([f"  {name:{width}}  {cls.about()}" for name, cls in Pass.registry.items()])
    parser: argparse.ArgumentParser = verbs.add_parser(
        "transform",
        description="Change a network by passes, in the order given, and write it as .arch text.",
        epilog=f"passes:\n{passes}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("net", nargs="?", metavar="NET", help="specs/resnet.arch:50, resnet.50, -")
    add(
        "--pass",
        dest="passes",
        action="append",
        default=[],
        metavar="PASS",
        help="what to do; may be given several times",
    )
    add("--classes", type=_positive, metavar="N", help="outputs of the head (new-head)")
    add(
        "--until", metavar="ROWS", help="the last row that stays, or several with commas (features)"
    )
    add("-o", "--output", metavar="FILE", default="-", help="where to (default: standard output)")
    add("--force", action="store_true", help="overwrite a file that archc did not write")
    add("--list", action="store_true", help="list the passes")


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18 and int(text) > 0):
        raise argparse.ArgumentTypeError(f"a whole number of at least 1 is needed, not {text!r}")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    """Write the changed network; 1 if the file has errors or the network does not allow it."""
    from archc.files import refused
    from archc.passes import Pass

    if arguments.list:
        for name, cls in Pass.registry.items():
            print(f"{name}: {cls.about()}")
        return DONE
    passes = _passes(arguments)
    if isinstance(passes, str):
        return complain(passes)
    problem = refused(arguments.output, force=arguments.force)
    if problem:
        return complain(problem)
    return _transform(arguments, passes)


def _passes(arguments: argparse.Namespace) -> list[Pass] | str:
    """The passes that were asked for, or what is wrong with the command."""
    from archc.passes.build import made

    if arguments.net is None:
        return "name a network: archc transform resnet.50 --pass fold-batchnorm"
    if not arguments.passes:
        return "name a pass with --pass; --list shows those there are"
    options = {"classes": arguments.classes, "until": arguments.until}
    found: list[Pass] = []
    for name in arguments.passes:
        one = made(name, options)
        if isinstance(one, str):
            return one
        found.append(one)
    taken = {field for one in found for field in type(one).__fields__}
    unused = [name for name, value in options.items() if value is not None and name not in taken]
    return f"none of these passes takes --{unused[0]}" if unused else found


def _transform(arguments: argparse.Namespace, passes: list[Pass]) -> int:
    from archc import transforming
    from archc.cli.naming import say_networks
    from archc.files import Files
    from archc.session import Session

    limits, files = arguments.limits, Files(arguments.limits)
    session = Session(limits, files)
    networks = list(session.networks(arguments.net))
    if session.bag().has_errors:
        from archc.repairs import Repairs

        return _findings(Repairs(files, limits).verified(session.bag().sorted()))
    if len(networks) > 1:
        names = ", ".join([network.name for network in networks])
        return complain(f"{arguments.net} is several networks; name one of {names}")
    say_networks([arguments.net], networks)

    def larger(size: str) -> Network | None:
        found = list(Session(limits, files).networks(arguments.net, size))
        try:
            return transforming.transformed(found[0], passes).network if found else None
        except transforming.Refused:
            return None

    try:
        done = transforming.transformed(networks[0], passes)
        asked = larger if _are_its_own(networks[0], done.network) else None
        text, notes = transforming.written(done.network, _head(arguments), asked, limits)
    except transforming.Refused as refused:
        return _findings([refused.diagnostic])
    try:
        _write(arguments.output, text)
    except OSError as error:
        return complain(f"{arguments.output} cannot be written: {error.strerror}")
    _say(networks[0], done, notes)
    return DONE


def _are_its_own(before: Network, after: Network) -> bool:
    """Whether the open sides are those of the original: a pass that opens them itself made its
    windows for the size it was given, and another size would give other windows.
    """
    own = [id(one) for one in before.open_sides]
    return bool(own) and all(id(one) in own for one in after.open_sides)


def _head(arguments: argparse.Namespace) -> str:
    from archc import __version__

    words = ["transform", arguments.net]
    for name in arguments.passes:
        words += ["--pass", name]
    for flag in ("classes", "until"):
        if getattr(arguments, flag) is not None:
            words += [f"--{flag}", str(getattr(arguments, flag))]
    said = " ".join([shlex.quote(word) for word in words])
    return f"{MARK[2:]}{__version__}: archc {said}".replace("\n", " ")


def _write(path: str, text: str) -> None:
    from archc.files import write_text

    if path == "-":
        sys.stdout.write(text)
    else:
        write_text(path, text)


def _say(before: Network, done: Transformed, notes: tuple[str, ...]) -> None:
    """What was done, on the error stream."""
    from archc.analysis.amounts import text_of_amount
    from archc.analysis.cost import measure
    from archc.diagnostics.columns import harmless

    for note in (*done.notes, *notes):
        print(f"archc: {harmless(note)}", file=sys.stderr)
    old, new = measure(before).sum(), measure(done.network).sum()
    for what in ("params", "macs"):
        first, second = [text_of_amount(getattr(total, what)) for total in (old, new)]
        change = first if first == second else f"{first} -> {second}"
        print(f"archc: {what} {change}", file=sys.stderr)


def _findings(findings: list[Diagnostic]) -> int:
    from archc.checking import could_not_read
    from archc.diagnostics.paint import wanted
    from archc.diagnostics.render import render_all

    print(render_all(findings, wanted(sys.stderr)), file=sys.stderr)
    return NOT_DONE if could_not_read(findings) else FINDINGS
