"""`archc import model.onnx -o model.arch`: an ONNX model as a spec."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import sys
from collections.abc import Set
from typing import TYPE_CHECKING, Any

from archc.cli.main import DONE, complain
from archc.cli.stopping import stopped_by_signals

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

    sizes = _sizes(arguments.input)
    if isinstance(sizes, str):
        return complain(sizes)
    problem = _outputs_problem(arguments, {arguments.model})
    if problem:
        return complain(problem)
    name = _name(arguments.name or os.path.basename(arguments.model).partition(".")[0])
    try:
        with stopped_by_signals():
            found = imported(arguments.model, name, _head(arguments), sizes, arguments.limits)
            problem = _input_problem(sizes, found) or _outputs_problem(arguments, found.files())
            return complain(problem) if problem else _write(arguments, found)
    except ModelProblem as refusal:
        return complain(str(refusal))
    except OSError as error:
        return complain(f"{error.filename or arguments.model}: {(error.strerror or '').lower()}")


def _outputs_problem(arguments: argparse.Namespace, read: Set[str]) -> str:
    """Why the files are not written: somebody else's, the same twice, or files that are `read`."""
    from archc.files import refused

    weights = [arguments.weights] if arguments.weights is not None else []
    if STANDARD_OUTPUT in weights or "" in weights:
        return "weights are no text: name a file for them with --weights"
    paths = [path for path in (arguments.output, *weights) if path != STANDARD_OUTPUT]
    for at, path in enumerate(paths):
        if any(_is_same(path, other) for other in read):
            return f"{path} is a file of the model itself; it is not overwritten"
        if any(_is_same(path, other) for other in paths[:at]):
            return f"-o and --weights are one file, {path}"
        problem = refused(path, force=arguments.force)
        if problem:
            return problem
    return ""


def _is_same(one: str, other: str) -> bool:
    if os.path.exists(one) and os.path.exists(other):
        return os.path.samefile(one, other)  # by another name too
    return os.path.realpath(one) == os.path.realpath(other)


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
        if 0 in found[name]:
            return f"--input {text}: a side is at least 1"
    return found


def _input_problem(sizes: dict[str, tuple[int, ...]] | None, found: Imported) -> str:
    """What is wrong with the inputs that --input names, or with their sizes."""
    from archc.ops.values import Shape

    inputs = found.network.inputs
    first, *others = inputs
    if sizes and "" in sizes and others:
        return f"--input: the model has several inputs; say which: {first}=320x320"
    for name, asked in (sizes or {}).items():
        if name and name not in inputs:
            return f"--input: there is no such input; there are {', '.join(inputs)}"
        shape = found.network.nodes[inputs[name or first]].shape
        assert isinstance(shape, Shape)
        if asked not in (shape.spatial, shape.dims):
            text = "x".join([str(side) for side in asked])
            return f"--input {text}: the model takes {shape} as `{name or first}`"
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
    """Both files or none: the spec takes its place when the weights have theirs."""
    from archc.files import replacing

    if arguments.output == STANDARD_OUTPUT:
        notes = _weights(arguments, found)
        sys.stdout.write(found.text)
    else:
        with replacing(arguments.output) as file:
            file.write(found.text.encode())
            file.flush()
            notes = _weights(arguments, found)
    _say(found, notes)
    return DONE


def _weights(arguments: argparse.Namespace, found: Imported) -> tuple[str, ...]:
    """Write them, if they are asked for; what there is to say about it."""
    if not arguments.weights:
        return ()
    if not found.has_weights:
        return (f"the spec has no weights: {arguments.weights} is not written",)
    found.save_weights(arguments.weights)
    return ()


def _say(found: Imported, notes: tuple[str, ...]) -> None:
    from archc.analysis.amounts import text_of_amount
    from archc.analysis.cost import measure
    from archc.diagnostics.columns import harmless

    whole = measure(found.network).sum()
    said = f"params {text_of_amount(whole.params)}, macs {text_of_amount(whole.macs)}"
    for note in (*found.notes, *notes, said):
        print(f"archc: {harmless(note)}", file=sys.stderr)
