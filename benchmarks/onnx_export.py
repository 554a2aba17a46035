"""ONNX models: time and memory of `archc build`, torch.onnx.export, and onnx.helper by hand.

    python benchmarks/onnx_export.py --shim MODULE

torch.onnx.export needs onnxscript. It is given torchvision's ResNet-50 where that can be imported
(`--shim` names a module that is imported first), else the module that archc makes.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from measure import ARCHC, Figure, Usage, medians, options, progress, report, run

PARTS = Path(__file__).resolve().parent / "onnx_parts"
NET = "resnet.50"
OURS, AGAIN, BEGUN = "archc", "archc again", "archc, --weights init"
BY_HAND, TORCH = "onnx.helper", "torch.onnx.export"
MEBIBYTE = 2**20
FASTER, BEYOND = 15, 256
"""how many times as fast as torch, and MiB beyond the bare interpreter"""
LARGE = "net large()\n  input 16384\n" + "  fc 16384\n" * 3
"""3 GiB of weights"""


def more(parser: argparse.ArgumentParser) -> None:
    """Options of this benchmark alone."""
    add = parser.add_argument
    add("--shim", metavar="MODULE", help="imported before torchvision")
    add("--no-large", action="store_true", help="no model of 3 GiB, which needs 6 GiB of disk")


def part(name: str, *words: object) -> tuple[str, ...]:
    """The command of a program in `onnx_parts`."""
    return (sys.executable, str(PARTS / f"{name}.py"), *map(str, words))


def build(net: object, weights: object, model: Path) -> tuple[str, ...]:
    """The command of archc."""
    return (*ARCHC, "build", str(net), "--weights", str(weights), "-o", str(model))


def has_exporter() -> bool:
    """Whether torch's exporter can be measured."""
    missing = [name for name in ("torch", "onnxscript") if find_spec(name) is None]
    if missing:
        print(f"{TORCH} is not measured, there is no {missing[0]}: its figures are missing")
    return not missing


def commands(folder: Path, weights: Path, shim: str | None) -> dict[str, tuple[str, ...]]:
    """Who makes a model of ResNet-50, and how."""
    found = {
        OURS: build(NET, weights, folder / "ours.onnx"),
        AGAIN: build(NET, weights, folder / "again.onnx"),
        BEGUN: build(NET, "init", folder / "init.onnx"),
        BY_HAND: part("by_hand", weights, folder / "by_hand.onnx"),
    }
    if has_exporter():
        words = [shim] if shim else []
        found[TORCH] = part("exported", weights, folder / "torch.onnx", *words)
    return found


def time_figures(used: dict[str, Usage]) -> Iterator[Figure]:
    """CPU time of whole processes, all in the same rounds."""
    seconds = {name: one.seconds for name, one in used.items()}
    ours = seconds[OURS]
    for name, value in seconds.items():
        yield Figure(f"{NET}: {name}", value, "s")
    yield Figure(f"{NET}: {AGAIN} / archc (A/A)", seconds[AGAIN] / ours, "times")
    yield Figure(f"{NET}: archc / {BY_HAND}", ours / seconds[BY_HAND], "times", 1)
    if TORCH in seconds:
        yield Figure(f"{NET}: {TORCH} / archc", seconds[TORCH] / ours, "times", FASTER, True)


def bare() -> int:
    """Bytes of an interpreter that does nothing.

    `ru_maxrss` of a process is at least what its parent took when it was started; Linux has the
    process' own.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return run((sys.executable, "-c", "pass")).peak
    command = (sys.executable, "-c", f"print(open('{status}').read())")
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    (peak,) = [line.split()[1] for line in said.splitlines() if line.startswith("VmHWM")]
    return int(peak) * 1024


def memory_figures(folder: Path, least: int, *, large: bool) -> Iterator[Figure]:
    """Peaks of models of half a gigabyte, and of more than one file may have."""
    spec = folder / "large.arch"
    spec.write_text(LARGE)
    for net in ("vgg16", spec) if large else ("vgg16",):
        name = Path(net).stem
        weights, model = folder / f"{name}.safetensors", folder / f"{name}.onnx"
        progress(f"{name}: writing weights")
        run(part("weights", net, weights))
        progress(f"{name}: weights of a file, then the beginning")
        title = f"{name}, {weights.stat().st_size / MEBIBYTE:,.0f} MiB:"
        yield _peak(f"{title} {OURS}", run(build(net, weights, model)), least, BEYOND)
        weights.unlink()
        yield _peak(f"{title} {BEGUN}", run(build(net, "init", model)), least, BEYOND)
        for written in folder.glob(f"{model.name}*"):
            written.unlink()
    progress("")


def _peak(name: str, used: Usage, least: int, target: float | None = None) -> Figure:
    return Figure(f"{name}, peak", (used.peak - least) / MEBIBYTE, "MiB", target)


def graph_figures(folder: Path, names: dict[str, str]) -> Iterator[Figure]:
    """What is in the models; ours holds what was written by hand."""
    import onnx

    kinds = {}
    for name, file in names.items():
        model = onnx.load(folder / file, load_external_data=False)
        kinds[name] = [node.op_type for node in model.graph.node]
    if kinds[OURS] != kinds[BY_HAND]:
        sys.exit("what archc built and what was written by hand are not the same graph")
    for name, found in kinds.items():
        target = 0 if name == OURS else None
        yield Figure(f"{NET}: nodes of {name}", len(found), "")
        yield Figure(f"{NET}: Identity nodes of {name}", found.count("Identity"), "", target)


def main() -> int:
    """Measure, print, 1 if a target was missed."""
    chosen = options(__doc__ or "", 7, more)
    least = bare()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        weights = folder / "weights.safetensors"
        run(part("weights", NET, weights))
        made = commands(folder, weights, chosen.shim)
        used = medians(made, chosen.runs)
        figures = [*time_figures(used)]
        figures += [_peak(f"{NET}: {one}", used[one], least, BEYOND) for one in (OURS, BEGUN)]
        figures += [
            _peak(f"{NET}: {one}", used[one], least) for one in (BY_HAND, TORCH) if one in used
        ]
        figures += memory_figures(folder, least, large=not chosen.no_large)
        files = {OURS: "ours.onnx", BY_HAND: "by_hand.onnx", TORCH: "torch.onnx"}
        figures += graph_figures(folder, {one: files[one] for one in files if one in used})
    return report(figures, chosen)


if __name__ == "__main__":
    sys.exit(main())
