"""Which jobs there are, in the order in which they are worth their time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from itertools import product

from archc.api import load
from benchmarks.gpu_parts import compare, speed
from benchmarks.gpu_parts.device import Device, Roofline, roofline
from benchmarks.gpu_parts.jobs import Job, Row
from benchmarks.gpu_parts.variants import (
    COMPILED,
    MODES,
    WITHOUT_COMPILE,
    Case,
    Subject,
    Variant,
    beside,
)

NETWORKS = {
    "resnet50": "resnet.50",
    "mobilenet_v2": "mobilenet_v2.1.0",
    "densenet121": "densenet.121",
    "vgg16": "vgg.D",
}
BATCHES = (32, 1, 256)
SMALL_BATCHES = (1, 2)
SMALL_INPUT = "64x64x3"


@cache
def roof(device: Device) -> Roofline:
    """Measured once."""
    return roofline(device)


@cache
def subject(name: str, size: str | None) -> Subject:
    """Built once."""
    return Subject(load(name, input=size))


def planned(device: Device) -> list[Job]:
    """Every job; what is interrupted has done the most important ones."""
    jobs = [Job("roofline", "roofline", partial(roofline_rows, device))]
    jobs += [
        Job("compare", f"compare/{name}", partial(compare.rows, name, device))
        for name in compare.network_names()
    ]
    batches = BATCHES if device.cuda else SMALL_BATCHES
    pairs = [(name, batch) for name in NETWORKS for batch in batches]
    for name, batch in pairs:
        rows = partial(speed_rows, name, batch, WITHOUT_COMPILE, device)
        jobs.append(Job("speed", f"speed/{name}/{batch}", rows))
    for (name, batch), mode in product(pairs, MODES):
        rows = partial(speed_rows, name, batch, beside(mode), device)
        jobs.append(Job("compile", f"compile/{mode}/{name}/{batch}", rows))
    return jobs


def roofline_rows(device: Device) -> Iterator[Row]:
    """One row."""
    found = roof(device)
    yield {**found.operations, "bandwidth": found.bandwidth}


def speed_rows(
    name: str, batch: int, variants: tuple[Variant, ...], device: Device
) -> Iterator[Row]:
    """The variants of one network at one batch; what they held is given back.

    Beside torch.compile the others are there to be compared with, and have their own rows already.
    """
    import torch

    case = Case(subject(NETWORKS[name], None if device.cuda else SMALL_INPUT), batch, device)
    try:
        for row in speed.rows(case, variants, roof(device)):
            if variants == WITHOUT_COMPILE or row["variant"].startswith(COMPILED):
                yield {"net": name, **row}
    finally:
        if variants != WITHOUT_COMPILE:
            torch.compiler.reset()
        device.clean()


def out_of_reach(device: Device) -> dict[str, str]:
    """The figures that a machine without CUDA cannot give."""
    if device.cuda:
        return {}
    sizes = f"batches {', '.join(map(str, sorted(BATCHES)))} at 224x224"
    return {
        f"speed of {', '.join(NETWORKS)} at {sizes}": "needs CUDA; here they are small",
        "torch.cuda.max_memory_allocated against the estimate": "needs CUDA",
        "the same in CUDA graphs": "needs CUDA",
        "every network on a GPU against the CPU": "needs CUDA; here the CPU is compared",
    }
