"""The machine: its clock, its memory, and the most it can do."""

from __future__ import annotations

import gc
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch  # noqa: TID253 - what is measured here is torch

Run = Callable[[], object]
GIBIBYTE = 2**30


class Roofline(NamedTuple):
    """Operations a second by precision, bytes a second; measured, not from a data sheet."""

    operations: dict[str, float]
    bandwidth: float


class Device:
    """CUDA where there is one, else the CPU at small sizes."""

    def __init__(self, name: str | None = None) -> None:
        self.name = name or ("cuda" if has_cuda() else "cpu")
        self.cuda = self.name == "cuda"

    @property
    def described(self) -> dict[str, str]:
        """What a reader of the figures has to know."""
        found = {"device": platform.processor() or platform.machine(), "torch": torch.__version__}
        if self.cuda:
            found["device"] = torch.cuda.get_device_name()
            found["cuda"], found["cudnn"] = torch.version.cuda or "", str(cudnn_version())
        return {**found, "cores": str(os.cpu_count()), "python": platform.python_version()}

    def wait(self) -> None:
        """Until everything that was asked for is done."""
        if self.cuda:
            torch.cuda.synchronize()

    def seconds(self, run: Run, times: int = 1) -> float:
        """One run's time, of several in a row: by CUDA events, or by the clock on the wall."""
        if not self.cuda:
            start = time.perf_counter()
            for _ in range(times):
                run()
            return (time.perf_counter() - start) / times
        first, last = [torch.cuda.Event(enable_timing=True) for _ in range(2)]
        first.record()
        for _ in range(times):
            run()
        last.record()
        last.synchronize()
        return float(first.elapsed_time(last)) / 1000 / times

    def median(self, run: Run, runs: int = 9) -> float:
        """The median of a few runs, after two that are not counted."""
        self.seconds(run, 2)
        return statistics.median([self.seconds(run) for _ in range(runs)])

    def peak(self, run: Run) -> int | None:
        """The most bytes that a run had allocated beyond what there was; None without CUDA."""
        if not self.cuda:
            return None
        self.clean()
        before = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        run()
        self.wait()
        return torch.cuda.max_memory_allocated() - before

    def clean(self) -> None:
        """Give back what nobody holds."""
        gc.collect()
        if self.cuda:
            self.wait()
            torch.cuda.empty_cache()


def has_cuda() -> bool:
    """Whether torch can use a GPU here."""
    return torch.cuda.is_available()


def cudnn_version() -> int:
    """0 where there is none."""
    return int(torch.backends.cudnn.version() or 0)


@contextmanager
def full_precision() -> Iterator[None]:
    """Float32 is float32: no TF32 in products and convolutions."""
    backends: tuple[Any, ...] = torch.backends.cuda.matmul, torch.backends.cudnn
    before = [backend.allow_tf32 for backend in backends]
    for backend in backends:
        backend.allow_tf32 = False
    try:
        yield
    finally:
        for backend, allowed in zip(backends, before):
            backend.allow_tf32 = allowed


def roofline(device: Device) -> Roofline:
    """A large matrix product and a large copy, of noise: zeros are faster than real data."""
    side, count = (8192, GIBIBYTE) if device.cuda else (256, GIBIBYTE // 64)
    operations = {"bf16": products(device, side, torch.bfloat16)}
    operations["tf32"] = products(device, side, torch.float32, tf32=True)
    operations["fp32"] = products(device, side, torch.float32)
    source = torch.randn(count // 4, device=device.name)
    target = torch.empty_like(source)
    seconds = device.median(lambda: target.copy_(source))
    return Roofline(operations, 2 * source.nbytes / seconds)


def products(device: Device, side: int, dtype: torch.dtype, *, tf32: bool = False) -> float:
    """Operations a second in a square matrix product."""
    one, other = [torch.randn(side, side, device=device.name).to(dtype) for _ in range(2)]
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = tf32
    try:
        return float(2 * side**3 / device.median(lambda: one @ other))
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before
