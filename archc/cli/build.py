"""`archc build NET --target torch -o FILE`: a network as source of another language."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any

from archc.cli.main import DONE, FINDINGS, complain
from archc.cli.naming import networks_meant

if TYPE_CHECKING:
    from archc.backends.torch.files import Files
    from archc.graph.ir import Network
    from archc.session import Session

TARGETS = ("torch", "hub")
ENDING = ".py"
"""the ending of a file that says what to write"""
STANDARD_OUTPUT = "-"
DTYPES = ("fp32", "bf16", "fp16")


def add_parser(verbs: Any) -> None:
    """Declare the arguments."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        "build",
        description="Write a network as PyTorch source. What is written was built and compared.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("nets", metavar="NET", nargs="+", help="specs/resnet.arch:50, resnet.50, -")
    add(
        "--target",
        choices=TARGETS,
        help="what to write, else by the file's ending: torch, a source; hub, a folder with a "
        "source for each NET and the hubconf.py by which torch.hub finds them",
    )
    add("-o", "--output", metavar="PATH", default="-", help="where to (default: standard output)")
    add(
        "--weights",
        metavar="FILE",
        default="",
        help="safetensors or .pth: checked, and written as a .pth beside the source, whose "
        "function `pretrained` loads it",
    )
    add(
        "--features",
        metavar="ROWS",
        default="",
        help="rows whose values are the outputs, with commas between them: layer2,layer4",
    )
    add(
        "--optimize",
        choices=("inference",),
        help="batch norms folded, layers fused with what follows them, torch's fused kernels",
    )
    add("--dtype", choices=DTYPES, help="what --optimize inference works in (default: fp32)")
    add("--force", action="store_true", help="overwrite files that archc did not write")


def run(arguments: argparse.Namespace) -> int:
    """Write the source; 1 if the file has errors, 2 if torch is missing or the build differs."""
    problem = _wrong_use(arguments) or _without_torch()
    if problem:
        return complain(problem)
    from archc.session import Session

    session = Session(arguments.limits)
    several = arguments.target == "hub" and not arguments.weights
    networks = networks_meant(arguments.nets, arguments.limits, session, several=several)
    if isinstance(networks, int):
        return networks
    return _build(arguments, session, networks)


def _wrong_use(arguments: argparse.Namespace) -> str:
    """What is wrong with the command, before anything is read."""
    from archc.files import refused

    path: str = arguments.output
    if arguments.target == "hub":
        if path == STANDARD_OUTPUT:
            return "name a folder for the networks with -o"
        return f"{path} is no folder" if os.path.exists(path) and not os.path.isdir(path) else ""
    if len(arguments.nets) > 1:
        return "one file holds one network; several go to a folder with --target hub"
    if arguments.weights and path == STANDARD_OUTPUT:
        return "weights are written beside the source: name a file for it with -o"
    if arguments.dtype and not arguments.optimize:
        return "--dtype is that of --optimize inference"
    problem = refused(path, force=arguments.force)
    if not problem and arguments.target is None and not path.endswith(ENDING):
        problem = f"name a target: --target {' or '.join(TARGETS)}"
    return problem


def _without_torch() -> str:
    """What to say where torch is not installed; nothing of it is imported for that."""
    from importlib.util import find_spec

    return "" if find_spec("torch") else "this needs torch: pip install 'archc[torch]'"


def _build(arguments: argparse.Namespace, session: Session, networks: list[Network]) -> int:
    from archc.backends.torch.live import BuildDiffers
    from archc.building import Wanted, file_of, folder_of
    from archc.diagnostics.model import ArchError
    from archc.weights import WeightsProblem

    rows = tuple([row.strip() for row in arguments.features.split(",") if row.strip()])
    inference = (arguments.dtype or DTYPES[0]) if arguments.optimize else ""
    wanted = Wanted(rows, arguments.weights, inference)
    try:
        if arguments.target == "hub":
            files = folder_of(networks, session, arguments.output, wanted)
        else:
            files = file_of(networks[0], session, arguments.output, wanted)
    except ArchError as error:
        print(error, file=sys.stderr)
        return FINDINGS
    except WeightsProblem as problem:
        return complain(*str(problem).split("\n"))
    except BuildDiffers as differs:
        return complain(f"a fault in archc, nothing was written: {differs}")
    return _write(files, arguments)


def _write(files: Files, arguments: argparse.Namespace) -> int:
    """Everything, or nothing if one of the files is not ours."""
    if arguments.output == STANDARD_OUTPUT:
        sys.stdout.writelines(files.texts.values())
        return DONE
    problem = files.problem(force=arguments.force)
    if problem:
        return complain(problem)
    try:
        if arguments.target == "hub":
            os.makedirs(arguments.output, exist_ok=True)
        files.write()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        return complain(f"{arguments.output} cannot be written: {reason}")
    return DONE
