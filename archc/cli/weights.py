"""`archc weights map NET FILE`: which tensor of a checkpoint with other names is which."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from archc.cli.main import DONE, FINDINGS, complain
from archc.cli.naming import networks_meant

if TYPE_CHECKING:
    from archc.weights.match import Match

ABOUT = """\
Find out which tensor of a checkpoint is which of a network, where their names differ: by shapes,
by what stands together in blocks, by words and numbers of the names, by the file's order. What
nothing tells apart is listed, never guessed; --with settles it.

Exit code 0: every tensor of the network has its place; 1: it does not; 2: nothing could be read."""


def add_parser(verbs: Any) -> None:
    """Declare the arguments."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        "weights", description="What to do with files of weights.", allow_abbrev=False
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    action: argparse.ArgumentParser = actions.add_parser(
        "map",
        help="match a checkpoint with other names to a network",
        description=ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = action.add_argument
    add("net", metavar="NET", help="specs/resnet.arch:50, resnet.50, -")
    add("file", metavar="FILE", help="safetensors, its index.json, or PyTorch's .pth, .pt, .bin")
    add("-o", "--output", metavar="OUT", help="write the weights as safetensors, with NET's names")
    add(
        "--with",
        dest="given",
        action="append",
        default=[],
        metavar="OURS=THEIRS",
        help="a layer, or what its name begins with, and the checkpoint's; repeatable",
    )
    add(
        "--without",
        action="append",
        default=[],
        metavar="THEIRS",
        help="leave out these layers of the checkpoint; repeatable",
    )
    add("--part", default="", metavar="NAME", help="which of several sets of weights: model_ema")
    add("--format", choices=("text", "json"), default="text", help="what is printed")
    add("--force", action="store_true", help="overwrite a file that archc did not write")


def run(arguments: argparse.Namespace) -> int:
    """Print the mapping, and write the renamed weights if all of them are known."""
    from archc.files import refused
    from archc.weights.checkpoint import WeightsProblem, open_checkpoint
    from archc.weights.match import match

    pairs = [text.partition("=") for text in arguments.given]
    given = tuple([(ours, theirs) for ours, _, theirs in pairs])
    wrong = next(("".join(pair) for pair in pairs if not all(pair)), "")
    problem = f"--with {wrong}: name both, --with conv1=stem.0" if wrong else ""
    if not problem and arguments.output is not None:
        problem = _refused_output(arguments.output) or refused(
            arguments.output, force=arguments.force
        )
    if problem:
        return complain(problem)
    networks = networks_meant([arguments.net], arguments.limits)
    if isinstance(networks, int):
        return networks
    try:
        checkpoint = open_checkpoint(arguments.file, arguments.part)
        found = match(networks[0], checkpoint, given, tuple(arguments.without))
        _say(found, arguments.format)
        return _finish(found, arguments.output)
    except WeightsProblem as problem:
        return complain(*str(problem).split("\n"))


def _refused_output(path: str) -> str:
    return "" if path.endswith(".safetensors") else f"{path}: call it ....safetensors"


def _say(found: Match, form: str) -> None:
    """The mapping on standard output; what is behind it as well, unless that is JSON."""
    from archc.diagnostics.columns import harmless
    from archc.weights import report

    if form == "json":
        import json

        print(json.dumps(report.as_json(found), indent=1))
        return
    for note in found.checkpoint.notes:
        print(f"archc: {harmless(note)}", file=sys.stderr)
    blocks = [report.table(found)] if found.pairs else []
    blocks += [report.summary(found), *report.problems(found)]
    for block in [block for block in blocks if block]:
        for line in block.splitlines():
            print(harmless(line))


def _finish(found: Match, output: str | None) -> int:
    from archc import __version__
    from archc.weights.renamed import write_renamed

    if not found.ok:
        if output is not None:
            print(f"archc: {output} was not written", file=sys.stderr)
        return FINDINGS
    if output is not None:
        head = f"written by archc {__version__}: {found.checkpoint.name} as {found.network.name}"
        try:
            write_renamed(found, output, head)
        except OSError as error:
            return complain(f"{output} cannot be written: {error.strerror}")
        print(f"archc: wrote {output}", file=sys.stderr)
    return DONE
