"""`archc build NET -o FILE`: a network as PyTorch source, as an ONNX model."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from archc.cli.main import DONE, FINDINGS, complain
from archc.cli.naming import networks_meant
from archc.cli.stopping import stopped_by_signals

if TYPE_CHECKING:
    from archc.graph.ir import Network
    from archc.session import Session

TARGETS = {".py": "torch", ".onnx": "onnx"}
"""endings of files that say what to write; `hub` writes a folder"""
HUB = "hub"
STANDARD_OUTPUT = "-"
DTYPES = {"fp32": "float32", "fp16": "float16", "bf16": "bfloat16"}
ONLY_FOR = {
    "features": ("torch", HUB),
    "optimize": ("torch", HUB),
    "opset": ("onnx",),
    "batch": ("onnx",),
    "seed": ("onnx",),
    "fold_bn": ("onnx",),
    "functions": ("onnx",),
    "external_data": ("onnx",),
    "license": ("onnx",),
}
"""options that mean nothing for other targets"""
NO_TRAINING = (
    "--training: a model has no loss, no gradients and no statistics that move; train the source"
    " (-o FILE.py), then build the model with its --weights"
)
TRAINED_ANYWAY = "--training is not needed: a source can be trained as it is"


def add_parser(verbs: Any) -> None:
    """Declare the arguments."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        "build",
        description="Write a network as PyTorch source or as an ONNX model. What is written was "
        "built and compared with the analysis.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("nets", metavar="NET", nargs="+", help="specs/resnet.arch:50, resnet.50, -")
    add(
        "--target",
        choices=(*TARGETS.values(), HUB),
        help="what to write, else by the file's ending: torch, a source (.py); onnx, a model "
        "(.onnx); hub, a folder with a source for each NET and the hubconf.py by which torch.hub "
        "finds them",
    )
    add("-o", "--output", metavar="PATH", default="-", help="where to (default: standard output)")
    add(
        "--weights",
        metavar="FILE",
        default="",
        help="safetensors or .pth, written beside a source, whose function `pretrained` loads it, "
        "or into a model; init: the spec's own beginning (default); none: inputs of a model",
    )
    add("--input", metavar="SIZE", help="the size of the input, 320x320x3 or left=320x320x3")
    add("--dtype", choices=DTYPES, help="of weights and values (default: fp32)")
    add("--force", action="store_true", help="overwrite files that archc did not write")
    _torch_arguments(parser.add_argument_group("torch and hub"))
    _onnx_arguments(parser.add_argument_group("onnx"))


def _torch_arguments(group: Any) -> None:
    group.add_argument(
        "--features",
        metavar="ROWS",
        help="rows whose values are the outputs, with commas between them: layer2,layer4",
    )
    group.add_argument(
        "--optimize",
        choices=("inference",),
        help="batch norms folded, layers fused with what follows them, torch's fused kernels",
    )


def _onnx_arguments(group: Any) -> None:
    add = group.add_argument
    add("--opset", type=_opset, metavar="N", help="13 to 24 (default: 20)")
    add("--batch", type=_positive, metavar="N", help="a number of samples (default: any)")
    add("--seed", type=int, metavar="N", help="of --weights init (default: 0)")
    add("--fold-bn", action="store_true", default=None, help="batch norms into the layers before")
    add("--functions", action="store_true", default=None, help="blocks as functions of the model")
    add(
        "--external-data",
        action="store_true",
        default=None,
        help="the weights in a file of their own, FILE.data; without it above 2 GiB alone",
    )
    add("--license", metavar="TEXT", help="of the weights (default: what their file says)")
    add("--training", action="store_true", help=argparse.SUPPRESS)  # to say why not


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) > 0):
        raise argparse.ArgumentTypeError(f"a whole number of at least 1 is needed, not {text!r}")
    return int(text)


def _opset(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) == 2 and 13 <= int(text) <= 24):
        raise argparse.ArgumentTypeError(f"an opset from 13 to 24 is needed, not {text!r}")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    """Write the files; 1 if the spec has errors, 2 if a library is missing or the build differs."""
    target = arguments.target or TARGETS.get(os.path.splitext(arguments.output)[1], "")
    problem = _wrong_use(arguments, target) or _missing(target)
    if problem:
        return complain(problem)
    from archc.session import Session

    session = Session(arguments.limits)
    networks = networks_meant(
        arguments.nets,
        arguments.limits,
        session,
        several=target == HUB and not _file(arguments),
        input_text=arguments.input,
    )
    if isinstance(networks, int):
        return networks
    return _build(arguments, target, session, networks)


def _file(arguments: argparse.Namespace) -> str:
    """The file of weights, if one is given."""
    weights: str = arguments.weights
    return "" if weights in ("init", "none") else weights


def _wrong_use(arguments: argparse.Namespace, target: str) -> str:
    """What is wrong with the command, before anything is read."""
    from archc.backends.torch.naming import module_taken
    from archc.files import refused

    path: str = arguments.output
    if target == HUB and path == STANDARD_OUTPUT:
        return "name a folder for the networks with -o"
    if target == HUB and os.path.exists(path) and not os.path.isdir(path):
        return f"{path} is no folder"
    if not path:
        return "-o takes the name of a file, or of a folder for --target hub"
    meant = TARGETS.get(os.path.splitext(path)[1], target)
    if target not in (HUB, meant):
        return f"--target {target} writes no {os.path.splitext(path)[1]} file: {path} says {meant}"
    if target != HUB and len(arguments.nets) > 1:
        return "one file holds one network; several go to a folder with --target hub"
    problem = "" if target == HUB else refused(path, force=arguments.force)
    if target == "torch":
        problem = problem or module_taken(path)
    if not problem and not target:
        return f"name a target: --target {' or '.join([*TARGETS.values(), HUB])}"
    return problem or _unfit(arguments, target)


def _unfit(arguments: argparse.Namespace, target: str) -> str:
    """Options that do not go together."""
    path: str = arguments.output
    if arguments.training:
        return NO_TRAINING if target == "onnx" else TRAINED_ANYWAY
    for name, targets in ONLY_FOR.items():
        if getattr(arguments, name) is not None and target not in targets:
            return f"--{name.replace('_', '-')} is for --target {' and '.join(targets)}"
    if arguments.features is not None and not all(map(str.strip, arguments.features.split(","))):
        return "--features takes names of rows, with commas between them: layer2,layer4"
    if target != "onnx" and arguments.weights == "none":
        return "--weights none is for --target onnx; a source holds no weights anyway"
    if target == "torch" and _file(arguments) and path == STANDARD_OUTPUT:
        return "weights are written beside the source: name a file for it with -o"
    if target != "onnx" and arguments.dtype and not arguments.optimize:
        return "--dtype is that of --optimize inference, or of --target onnx"
    return _unfit_model(arguments) if target == "onnx" else ""


def _unfit_model(arguments: argparse.Namespace) -> str:
    """Options of a model that do not go together."""
    if arguments.output == STANDARD_OUTPUT:
        return "a model is no text: name a file for it with -o"
    if arguments.seed is not None and arguments.weights not in ("", "init"):
        return "--seed is that of --weights init"
    if arguments.external_data and arguments.weights == "none":
        return "--external-data has nothing to write with --weights none"
    if arguments.dtype == "bf16" and (arguments.opset or 0) < 22:
        return "--dtype bf16 needs --opset 22 or later"
    return ""


def _missing(target: str) -> str:
    """What to say where torch is not installed; nothing of it is imported for that."""
    from importlib.util import find_spec

    if target == "onnx" or find_spec("torch"):
        return ""
    from archc.building.torch import NEEDS_TORCH

    return NEEDS_TORCH


def _build(
    arguments: argparse.Namespace, target: str, session: Session, networks: list[Network]
) -> int:
    from archc.backends.differs import BuildDiffers
    from archc.building.names import SameName
    from archc.diagnostics.model import ArchError
    from archc.weights import WeightsProblem

    try:
        with stopped_by_signals():
            if target == "onnx":
                return _onnx(arguments, networks[0])
            return _torch(arguments, target, session, networks)
    except ArchError as error:
        print(error, file=sys.stderr)
        return FINDINGS
    except WeightsProblem as problem:
        return complain(*str(problem).split("\n"))
    except SameName as problem:
        return complain(str(problem))
    except BuildDiffers as differs:
        return complain(f"a fault in archc, nothing was written: {differs}")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        return complain(f"{arguments.output} cannot be written: {reason}")


def _torch(
    arguments: argparse.Namespace, target: str, session: Session, networks: list[Network]
) -> int:
    """Every network is built before the first file is written."""
    from archc.building.torch import Wanted, file_of, folder_of

    rows = [row.strip() for row in arguments.features.split(",")] if arguments.features else []
    inference = (arguments.dtype or "fp32") if arguments.optimize else ""
    wanted = Wanted(tuple(rows), _file(arguments), inference)
    if target == HUB:
        files = folder_of(networks, session, arguments.output, wanted)
    else:
        files = file_of(networks[0], session, arguments.output, wanted)
    if arguments.output == STANDARD_OUTPUT:
        sys.stdout.writelines(files.texts.values())
        return DONE
    problem = files.problem(force=arguments.force)
    if problem:
        return complain(problem)
    if target == HUB:
        os.makedirs(arguments.output, exist_ok=True)
    files.write()
    _say(files.weights.notes if files.weights is not None else ())
    return DONE


def _say(notes: Sequence[str]) -> None:
    """What was done to read the weights."""
    from archc.diagnostics.columns import harmless

    for note in notes:
        print(f"archc: {harmless(note)}", file=sys.stderr)


def _onnx(arguments: argparse.Namespace, network: Network) -> int:
    from archc.backends.onnx.build import DEFAULT_OPSET, Options
    from archc.building.onnx import INIT, Wanted, model_of
    from archc.diagnostics import paint
    from archc.diagnostics.render import render_all

    dtype = DTYPES[arguments.dtype or "fp32"]
    options = Options(
        arguments.opset or DEFAULT_OPSET,
        arguments.batch,
        dtype,
        functions=bool(arguments.functions),
        licence=arguments.license or "",
    )
    wanted = Wanted(
        options,
        arguments.weights or INIT,
        arguments.seed or 0,
        bool(arguments.fold_bn),
        bool(arguments.external_data),
    )
    model = model_of(network, wanted)
    problem = model.problem(arguments.output, force=arguments.force)
    if problem:
        return complain(problem)
    model.write(arguments.output)
    _say(model.notes)
    if model.warnings:
        print(render_all(model.warnings, paint.wanted(sys.stderr)), file=sys.stderr)
    return DONE
