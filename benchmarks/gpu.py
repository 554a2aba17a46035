"""Generated PyTorch on a GPU: right against the CPU, and how fast; a JSON and a Markdown table.

Measured are, in this order: what the machine can do (the roofline); every shipped network forward
and backward against the CPU; four networks eager, optimised, in CUDA graphs; the same against
torch.compile in three modes. Without CUDA the same code runs on the CPU at small sizes, and the
figures that are missing are named.
"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def arguments() -> argparse.Namespace:
    """What the user wants."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--device", choices=("cuda", "cpu"), help="default: cuda where there is one"
    )
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="WORD",
        help="only jobs with one of these in their name: compare, lenet5, speed/resnet50/32",
    )  # fmt: skip
    parser.add_argument(
        "--budget", type=float, default=1500, metavar="SECONDS",
        help="begin no job that would end later (%(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--out", type=Path, default=Path("gpu"), metavar="NAME",
        help="where to: NAME.json and NAME.md, written anew after each figure (%(default)s)",
    )  # fmt: skip
    parser.add_argument("--list", action="store_true", help="print the names of the jobs, and stop")
    chosen = parser.parse_args()
    if chosen.budget <= 0:
        parser.error("--budget must be more than 0")
    if not chosen.out.absolute().parent.is_dir():
        parser.error(f"--out: there is no folder {chosen.out.absolute().parent}")
    return chosen


def main() -> int:
    """Exit code 1 if a comparison failed, 2 if there is nothing to do, 130 if interrupted."""
    chosen = arguments()
    from benchmarks.gpu_parts.device import Device, has_cuda
    from benchmarks.gpu_parts.jobs import run_jobs
    from benchmarks.gpu_parts.plan import out_of_reach, planned
    from benchmarks.gpu_parts.record import Record

    if chosen.device == "cuda" and not has_cuda():
        print("there is no CUDA device here, or this torch is built without CUDA", file=sys.stderr)
        return 2
    device = Device(chosen.device)
    jobs = [
        job
        for job in planned(device)
        if not chosen.only or any(word in job.name for word in chosen.only)
    ]
    if chosen.list or not jobs:
        print("\n".join([job.name for job in jobs]) or "no job has such a name: --list prints them")
        return 0 if jobs else 2
    record = Record(chosen.out, device)
    for figure, why in out_of_reach(device).items():
        record.miss(figure, why)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    finished = run_jobs(jobs, record, chosen.budget)
    print(record.table())
    if record.failed:
        return 1
    return 0 if finished else 130


if __name__ == "__main__":
    sys.path[0] = str(ROOT)  # not this folder: its torch.py would be taken for torch
    sys.exit(main())
