"""`archc build NET --target torch -o FILE`: a network as source of another language."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from archc.cli.main import DONE, FINDINGS, NOT_DONE, complain

if TYPE_CHECKING:
    from archc.graph.ir import Network

TARGETS = ("torch",)
ENDINGS = (".py",)
"""endings of files that say what to write"""
STANDARD_OUTPUT = "-"


def add_parser(verbs: Any) -> None:
    """Declare the arguments."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        "build",
        description="Write a network as PyTorch source. What is written was built and compared.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("net", metavar="NET", help="specs/resnet.arch:50, resnet.50, -")
    add("--target", choices=TARGETS, help="what to write; else by the file's ending")
    add("-o", "--output", metavar="FILE", default="-", help="where to (default: standard output)")
    add("--force", action="store_true", help="overwrite a file that archc did not write")


def run(arguments: argparse.Namespace) -> int:
    """Write the source; 1 if the file has errors, 2 if torch is missing or the build differs."""
    from archc.cli.output import refused

    problem = refused(arguments.output, force=arguments.force) or _without_torch()
    if not problem and arguments.target is None and not arguments.output.endswith(ENDINGS):
        problem = f"name a target: --target {' or '.join(TARGETS)}"
    if problem:
        return complain(problem)
    networks = _network(arguments)
    return networks if isinstance(networks, int) else _build(networks, arguments.output)


def _without_torch() -> str:
    """What to say where torch is not installed; nothing of it is imported for that."""
    from importlib.util import find_spec

    return "" if find_spec("torch") else "this needs torch: pip install 'archc[torch]'"


def _network(arguments: argparse.Namespace) -> Network | int:
    """The one network that is meant, or the exit code."""
    from archc import api
    from archc.checking import could_not_read
    from archc.cli.naming import say_networks
    from archc.diagnostics.paint import wanted
    from archc.diagnostics.render import render_all

    networks, bag = api.open_networks([arguments.net], None, arguments.limits)
    if bag.has_errors:
        print(render_all(bag.sorted(), wanted(sys.stderr)), file=sys.stderr)
        return NOT_DONE if could_not_read(bag.sorted()) else FINDINGS
    if len(networks) > 1:
        names = ", ".join([network.name for network in networks])
        return complain(f"{arguments.net} is several networks; name one of {names}")
    say_networks([arguments.net], networks)
    return networks[0]


def _build(network: Network, path: str) -> int:
    from archc.backends.torch.live import BuildDiffers, checked_source
    from archc.diagnostics.model import ArchError
    from archc.files import write_text

    try:
        source = checked_source(network)
    except ArchError as error:
        print(error, file=sys.stderr)
        return FINDINGS
    except BuildDiffers as differs:
        return complain(f"a fault in archc, nothing was written: {differs}")
    if path == STANDARD_OUTPUT:
        sys.stdout.write(source)
    else:
        write_text(path, source)
    return DONE
