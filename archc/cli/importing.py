"""`archc import model.onnx -o model.arch`: an ONNX model as a spec."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import sys
from typing import TYPE_CHECKING, Any

from archc.cli.main import DONE, complain

if TYPE_CHECKING:
    from archc.building.imported import Imported

MARK = "written by archc "
"""the first words of the text; archc/files.py knows files of ours by them"""
STANDARD_OUTPUT = "-"


def add_parser(verbs: Any) -> None:
    """Declare the arguments."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        "import",
        description="Write the spec of an ONNX model: layers, sizes, names, blocks where structure "
        "repeats. What the language lacks becomes `extern`.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("model", metavar="MODEL", help="model.onnx")
    add("-o", "--output", metavar="FILE", default="-", help="where to (default: standard output)")
    add("--weights", metavar="FILE", help="write the model's weights too, as safetensors")
    add("--name", metavar="NAME", help="of the net (default: the model's file)")
    add("--input", metavar="SIZE", help="fix open sides of the input, 320x320 or left=320x320x3")
    add("--force", action="store_true", help="overwrite files that archc did not write")


def run(arguments: argparse.Namespace) -> int:
    """Write the spec, and the weights if they are asked for; 2 if the model cannot be read."""
    from archc.backends.onnx.reading.problem import ModelProblem
    from archc.building.imported import imported
    from archc.files import refused

    sizes = _sizes(arguments.input)
    if isinstance(sizes, str):
        return complain(sizes)
    problem = refused(arguments.output, force=arguments.force)
    if arguments.weights:
        problem = problem or _weights_problem(arguments.weights, arguments.force)
    if problem:
        return complain(problem)
    name = _name(arguments.name or os.path.basename(arguments.model).partition(".")[0])
    try:
        found = imported(arguments.model, name, _head(arguments), sizes, arguments.limits)
        problem = _unknown_input(sizes, found)
        if problem:
            return complain(problem)
        if arguments.weights:
            found.save_weights(arguments.weights)
    except ModelProblem as refusal:
        return complain(str(refusal))
    except OSError as error:
        return complain(f"{error.filename or arguments.model}: {(error.strerror or '').lower()}")
    return _write(arguments, found)


def _weights_problem(path: str, force: bool) -> str:
    if os.path.exists(path) and not force:
        return f"{path} exists; --force overwrites it"
    return ""


def _sizes(text: str | None) -> dict[str, tuple[int, ...]] | str | None:
    """Sides by input, the only input's without a name; or what is wrong with the option."""
    if text is None:
        return None
    found: dict[str, tuple[int, ...]] = {}
    for part in text.split(","):
        name, _, size = part.strip().rpartition("=")
        if not re.fullmatch(r"\d{1,6}(x\d{1,6}){0,3}", size):
            return f"--input {text}: a size such as 320x320 is needed"
        found[name] = tuple([int(side) for side in size.split("x")])
    return found


def _unknown_input(sizes: dict[str, tuple[int, ...]] | None, found: Imported) -> str:
    """What is wrong with the inputs that --input names."""
    names = [*found.network.inputs]
    if sizes and "" in sizes and len(names) > 1:
        return f"--input: the model has several inputs; say which: {names[0]}=320x320"
    if sizes and any(name and name not in names for name in sizes):
        return f"--input: there is no such input; there are {', '.join(names)}"
    return ""


def _name(text: str) -> str:
    """A name that a net can have."""
    plain = re.sub(r"\W", "_", text, flags=re.ASCII)
    return plain if plain[:1].isalpha() else f"net_{plain}"


def _head(arguments: argparse.Namespace) -> str:
    from archc import __version__

    words = ["archc import", shlex.quote(arguments.model)]
    words += [f"--input {shlex.quote(arguments.input)}"] if arguments.input else []
    return f"{MARK}{__version__}: {' '.join(words)}".replace("\n", " ")


def _write(arguments: argparse.Namespace, found: Imported) -> int:
    from archc.analysis.amounts import text_of_amount
    from archc.analysis.cost import measure
    from archc.diagnostics.columns import harmless
    from archc.files import write_text

    if arguments.output == STANDARD_OUTPUT:
        sys.stdout.write(found.text)
    else:
        try:
            write_text(arguments.output, found.text)
        except OSError as error:
            return complain(f"{arguments.output} cannot be written: {error.strerror}")
    whole = measure(found.network).sum()
    said = f"params {text_of_amount(whole.params)}, macs {text_of_amount(whole.macs)}"
    for note in (*found.notes, said):
        print(f"archc: {harmless(note)}", file=sys.stderr)
    return DONE
