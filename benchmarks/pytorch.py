"""Generated modules on the CPU: their time, memory and error, plain and optimised for inference.

    python benchmarks/pytorch.py --shim MODULE

torchvision is measured beside them where it can be imported; `--shim` names a module that is
imported first and makes that possible (its operators are not needed).
"""

from __future__ import annotations

import argparse
import importlib
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
from activations import peak_of
from measure import Figure, options, progress, report
from torch import Tensor, nn

import archc
from archc.backends.torch.live import inputs_of
from archc.backends.torch.optimize import live, optimized

NETS = {
    "resnet.50": "resnet50",
    "densenet.121": "densenet121",
    "mobilenet_v2.1.0": "mobilenet_v2",
}
"""ours by torchvision's name"""
WARM = 3
"""rounds that are not counted"""
PLAIN, AGAIN, THEIRS = "plain", "plain again", "torchvision"
FAST = {"fp32": 1e-4, "bf16": 5e-2}
"""dtypes, and how far from float64 the outputs may be, by the largest of them: 1e-4 is what
float32 sums of thousands of products leave over 50 to 120 layers, 5e-2 some ten times one
rounding to 8 bits (2**-8), which every layer does
"""


def more(parser: argparse.ArgumentParser) -> None:
    """Options of this benchmark alone."""
    add = parser.add_argument
    add("--shim", metavar="MODULE", help="imported before torchvision")
    add("--nets", nargs="+", default=[*NETS], choices=[*NETS], help="what to measure")
    add("--batches", nargs="+", type=int, default=[1, 8], help="sizes of batches")
    add("--threads", type=int, default=1, help="of torch (%(default)s)")
    add("--no-compile", action="store_true", help="leave torch.compile out, which takes minutes")


def theirs(shim: str | None) -> Any:
    """torchvision's models, None if it cannot be imported."""
    try:
        if shim:
            importlib.import_module(shim)
        return importlib.import_module("torchvision").models
    except Exception as problem:  # one that does not fit this torch fails in many ways
        print(f"torchvision is not measured ({problem}): its figures are missing")
        return None


def numbers(module: nn.Module) -> dict[str, Tensor]:
    """Weights that keep values near 1, and running statistics that are not trivial."""
    generator = torch.Generator().manual_seed(1)
    state = dict(module.state_dict())
    for key, tensor in state.items():
        if key.endswith("running_var"):
            state[key] = torch.rand(tensor.shape, generator=generator) + 0.5
        elif tensor.is_floating_point():
            value = torch.randn(tensor.shape, generator=generator)
            one = 1.0 if key.endswith("weight") else 0.0
            fan = tensor[0].numel() if tensor.ndim > 1 else 0
            state[key] = value * (2 / fan) ** 0.5 if fan else value / 4 + one
    return state


class Modules:
    """The variants of one network, all with the same weights."""

    def __init__(self, name: str, vision: Any) -> None:
        self.network = archc.load(name)
        self.plain = self.network.torch().eval()
        (zeros,) = inputs_of(self.network.graph)
        self.sides = tuple(zeros.shape[1:])
        self.state = numbers(self.plain)
        self.variants: dict[str, nn.Module] = {PLAIN: self.plain, AGAIN: self.plain}
        self.preparation: dict[str, float] = {}
        self.plain.load_state_dict(self.state)
        if vision is not None:
            module = getattr(vision, NETS[name])().eval()
            module.load_state_dict(self.state)
            self.variants[THEIRS] = module

    def prepare(self, x: Tensor) -> None:
        """Optimised modules for inputs of this size."""
        for dtype in FAST:
            made = optimized(self.network.graph, dtype)
            begin = time.perf_counter()
            self.variants[dtype] = live(made, self.state, [x])
            self.preparation[dtype] = time.perf_counter() - begin


def timed(call: Callable[[], object]) -> float:
    """Seconds of one call: of the CPU with one thread, which other programs disturb little."""
    clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
    begin = clock()
    call()
    return clock() - begin


@torch.no_grad()
def rounds(modules: Modules, x: Tensor, runs: int) -> dict[str, list[float]]:
    """Seconds of all variants in turn, the order turned round every other time."""
    names = [*modules.variants]
    found: dict[str, list[float]] = {name: [] for name in names}
    for number in range(WARM + runs):
        progress(f"{modules.network.name}, batch {len(x)}: {number} of {WARM + runs}")
        for name in names if number % 2 else reversed(names):
            module = modules.variants[name]
            seconds = timed(lambda module=module: module(x))
            if number >= WARM:
                found[name].append(seconds)
    progress("")
    return found


def paired(above: list[float], below: list[float]) -> float:
    """The median of the ratios of what ran one after the other."""
    return statistics.median([a / b for a, b in zip(above, below)])


def has_amx() -> bool:
    """Whether the CPU multiplies bfloat16 matrices in tiles, for which the bf16 target is."""
    question = getattr(torch.cpu, "_is_amx_tile_supported", None)
    return bool(question and question())


def time_figures(modules: Modules, batches: list[int], runs: int) -> Iterator[Figure]:
    """How long a forward takes, by others measured in the same rounds."""
    for batch in batches:
        x = torch.randn(batch, *modules.sides)
        modules.prepare(x)
        found = rounds(modules, x, runs)
        title = f"{modules.network.name}, batch {batch}:"
        plain = found[PLAIN]
        yield Figure(f"{title} plain", statistics.median(plain) * 1000, "ms")
        yield Figure(f"{title} plain / plain (A/A)", paired(found[AGAIN], plain), "times")
        if THEIRS in found:
            ratio = paired(plain, found[THEIRS])
            yield Figure(f"{title} plain / torchvision", ratio, "times", 1.05)
        yield Figure(
            f"{title} plain / optimised fp32", paired(plain, found["fp32"]), "times", 1.1, True
        )
        target = 2.5 if batch == 1 and has_amx() else None
        ratio = paired(plain, found["bf16"])
        yield Figure(f"{title} plain / optimised bf16", ratio, "times", target, True)


def memory_figures(modules: Modules) -> Iterator[Figure]:
    """The peak of activations by the bound of `archc analyze`, and by torchvision's."""
    x = torch.randn(4, *modules.sides)
    peaks = {name: peak_of(module, x) for name, module in modules.variants.items()}
    bound = modules.network.report(batch=len(x)).totals.peak
    name = modules.network.name
    yield Figure(f"{name}: bound of a batch of {len(x)}", bound / 1e6, "MB")
    yield Figure(f"{name}: peak optimised fp32 / bound", peaks["fp32"] / bound, "times", 1.15)
    yield Figure(f"{name}: peak plain / bound", peaks[PLAIN] / bound, "times")
    if THEIRS in peaks:
        yield Figure(f"{name}: peak plain / torchvision", peaks[PLAIN] / peaks[THEIRS], "times", 1)


@torch.no_grad()
def error_figures(modules: Modules) -> Iterator[Figure]:
    """The largest difference to the plain module in float64, by the largest output."""
    x = torch.randn(2, *modules.sides)
    outputs = {name: module(x) for name, module in modules.variants.items()}
    exact = modules.plain.double()(x.double())
    modules.plain.float()
    for name, bound in {PLAIN: None, **FAST}.items():
        error = ((outputs[name] - exact).abs().max() / exact.abs().max()).item()
        yield Figure(f"{modules.network.name}: error of {name}", error * 1e6, "1e-6", _ppm(bound))


def _ppm(bound: float | None) -> float | None:
    return None if bound is None else bound * 1e6


@torch.no_grad()
def preparation_figures(modules: Modules, compiles: bool) -> Iterator[Figure]:
    """Seconds until the first answer, by those of torch.compile with frozen weights."""
    name = modules.network.name
    seconds = modules.preparation["fp32"]
    yield Figure(f"{name}: preparation", seconds, "s")
    if not compiles or shutil.which("g++") is None:
        print(f"{name}: torch.compile is not measured: its figures are missing")
        return
    compiled = torch.compile(modules.plain, options={"freezing": True})
    x = torch.randn(1, *modules.sides)
    begin = time.perf_counter()
    compiled(x)
    other = time.perf_counter() - begin
    yield Figure(f"{name}: torch.compile's", other, "s")
    yield Figure(f"{name}: preparation / torch.compile's", seconds / other, "times", 0.1)


def main() -> int:
    """Measure, print, 1 if a target was missed."""
    chosen = options(__doc__ or "", 100, more)
    torch.set_num_threads(chosen.threads)
    torch.manual_seed(0)
    capability = torch.backends.cpu.get_cpu_capability()
    print(f"torch {torch.__version__}, {capability}, {chosen.threads} threads")
    if not has_amx():
        print("no AMX: bf16 is measured, its target does not apply")
    vision = theirs(chosen.shim)
    figures: list[Figure] = []
    for name in chosen.nets:
        modules = Modules(name, vision)
        figures += time_figures(modules, chosen.batches, chosen.runs)
        figures += memory_figures(modules)
        figures += error_figures(modules)
        figures += preparation_figures(modules, not chosen.no_compile)
    return report(figures, chosen)


if __name__ == "__main__":
    sys.exit(main())
