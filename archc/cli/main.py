"""The command `archc`: finds the verb, runs it, and turns every end into an exit code.

0: nothing to say. 1: findings. 2: could not do the job. Only the module of the verb that is run is
imported, and only its arguments are declared: start-up is most of a small command's time.
"""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from archc import __version__
from archc.limits import DEFAULT, DEPTH_AT_MOST, Limits

DONE, FINDINGS, NOT_DONE, INTERRUPTED = 0, 1, 2, 130

VERBS = {
    "analyze": "the table of a network: sizes, parameters, MACs, memory",
    "check": "everything there is to say about files",
    "fmt": "bring files to their canonical form",
    "build": "a network as PyTorch source, as an ONNX model",
    "import": "an ONNX model as a spec",
    "transform": "change a network: fold batch norms, slide over larger images, new head, features",
    "weights": "match a checkpoint with other names to a network",
    "explain": "what a finding means",
    "ops": "the layers there are, and their options",
    "nets": "the networks that archc ships",
    "new": "a file to begin with: a starter, or a shipped network",
}
MODULES = {"import": "importing"}
"""verbs whose module cannot have their name"""
CONFIGURED = ("analyze", "check", "fmt", "transform")
"""verbs that read the project's files, and so its configuration"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code; nothing is ever raised."""
    words = list(sys.argv[1:] if argv is None else argv)
    _keep_printable()
    try:
        code = _run(words)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # Whoever read the output has gone; flushing at exit must not complain once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOT_DONE
    except KeyboardInterrupt:
        return INTERRUPTED
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else NOT_DONE
    except Exception as fault:
        return _bug(fault, words)


def _run(words: list[str]) -> int:
    verb = next((word for word in words if word in VERBS), "")
    parser = _parser(verb)
    if not verb:
        return _without_verb(parser, words)
    arguments = parser.parse_args(words)
    changed = _changed_limits(parser, [*arguments.limit_before, *arguments.limit])
    if not _configure(arguments, changed):
        return NOT_DONE
    module = _module(verb)
    code: int = module.run(arguments)
    return code


def _module(verb: str) -> Any:
    return import_module(f"archc.cli.{MODULES.get(verb, verb)}")


def _parser(verb: str) -> argparse.ArgumentParser:
    """The parser of the whole command line, with the arguments of one verb alone."""
    parser = argparse.ArgumentParser(
        prog="archc",
        description="A text language for neural networks, and its compiler.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"archc {__version__}")
    _add_limit(parser, "limit_before")
    verbs: Any = parser.add_subparsers(dest="verb", metavar="COMMAND", title="commands")
    if not verb:
        for name, about in VERBS.items():
            verbs.add_parser(name, help=about)
        return parser
    _module(verb).add_parser(verbs)
    _add_limit(verbs.choices[verb], "limit")
    return parser


def _add_limit(parser: argparse.ArgumentParser, destination: str) -> None:
    parser.add_argument(
        "--limit",
        dest=destination,
        action="append",
        default=[],
        metavar="NAME=N",
        help="raise a limit, for example layers=2000000 (docs/limits.md)",
    )


def _without_verb(parser: argparse.ArgumentParser, words: list[str]) -> int:
    """Help, the version, or what is wrong with the first word."""
    first = next((word for word in words if not word.startswith("-")), "")
    if first:
        from archc.diagnostics.similar import suggestion

        said = suggestion(first, tuple(VERBS), "there are")
        return complain(f"there is no command `{first}`; {said}")
    parser.parse_args(words)
    parser.print_help()
    return DONE if not words else NOT_DONE


def _configure(arguments: argparse.Namespace, changed: dict[str, int]) -> bool:
    """Set limits and rules from the project's configuration and the flags, which win."""
    from archc.record import replace

    limits, arguments.rules = DEFAULT, None
    path = _configuration_path() if arguments.verb in CONFIGURED else ""
    if path:
        from archc.configuration.read import ConfigurationError, read

        try:
            found = read(path)
        except ConfigurationError as error:
            for line in error.lines:
                complain(line)
            return False
        limits, arguments.rules = replace(limits, **found.limits), found.rules
    arguments.limits = replace(limits, **changed)
    return True


def _configuration_path() -> str:
    from archc.files import configuration_path

    return configuration_path(os.curdir)


def _changed_limits(parser: argparse.ArgumentParser, given: list[str]) -> dict[str, int]:
    """The limits that flags raise or lower."""
    changes: dict[str, int] = {}
    for text in given:
        name, _, number = text.partition("=")
        if name not in Limits.__fields__:
            parser.error(f"--limit {text}: the limits are {', '.join(Limits.__fields__)}")
        if not (number.isascii() and number.isdigit() and len(number) <= 18):
            parser.error(f"--limit {text}: `{name}` takes a whole number")
        if name == "depth" and int(number) > DEPTH_AT_MOST:
            parser.error(f"--limit {text}: `depth` goes up to {DEPTH_AT_MOST:,}")
        changes[name] = int(number)
    return changes


def complain(*lines: str) -> int:
    """Say on the error stream why the job could not be done."""
    from archc.diagnostics.columns import harmless

    print("\n".join([f"archc: {harmless(lines[0])}", *map(harmless, lines[1:])]), file=sys.stderr)
    return NOT_DONE


def _keep_printable() -> None:
    """A terminal that cannot show a letter of somebody's file gets its number instead."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _bug(fault: Exception, words: list[str]) -> int:
    """An exception that reached the top is our mistake, and is said to be."""
    import traceback

    if isinstance(fault, MemoryError):
        return complain("out of memory")
    if isinstance(fault, OSError) and fault.errno in (errno.ENOSPC, errno.EIO, errno.EDQUOT):
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  flushed at exit
        return complain(f"the output could not be written: {os.strerror(fault.errno)}")
    if os.environ.get("ARCHC_TRACEBACK"):
        traceback.print_exception(fault)
    frames = traceback.extract_tb(fault.__traceback__)
    where = f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else "?"
    given = " ".join(words)[:500]
    complain(f"this is a bug in archc {__version__}: {type(fault).__name__} at {where}")
    complain(f"it was run as `archc {given}`; please report both lines, with the file if you can")
    return complain("ARCHC_TRACEBACK=1 shows where it comes from")
