"""Measure the public implementations again: `python -m tests.oracles.twins.make [FAMILY...]`.

`make --outputs [FAMILY...]` runs those that have the spec's names with weights made from names, and
writes digests of their outputs to `../outputs.json`.

It needs the packages that the lists name (torchvision, timm, pytorchcv, ...), beside a torch that
can import them. If there is a module `torchvision_shim` on the path, it is imported first: it can
declare the operators of a torchvision that was built for another torch.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.metadata
import json
from pathlib import Path

import torch

from tests.oracles import fingerprint
from tests.oracles.twins.twin import Twin, filled, measure, outputs

HERE = Path(__file__).parent
OUTPUTS = HERE.parent / "outputs.json"
NO_LISTS = ("make", "packages", "twin")


def families() -> list[str]:
    """The lists of this folder by name."""
    return sorted(path.stem for path in HERE.glob("*.py") if path.stem not in NO_LISTS)


def twins_of(family: str) -> list[Twin]:
    """The twins that a file of this folder lists."""
    found: list[Twin] = importlib.import_module(f"tests.oracles.twins.{family}").TWINS
    return found


def make(family: str) -> None:
    """Measure the twins of one family and write what was found, a line each."""
    lines = []
    for twin in twins_of(family):
        found = measure(twin)
        print(twin.net, found["params"], found["macs"], found.get("depth", ""), flush=True)
        lines.append(json.dumps(found))
    _write(HERE / f"{family}.json", lines)


def make_outputs(family: str) -> None:
    """Run the twins of one family that have the spec's names, and write what they gave, a line
    each; lines of other families stay.
    """
    stored = json.loads(OUTPUTS.read_text(encoding="utf-8")) if OUTPUTS.exists() else []
    known = {found["net"]: found for found in stored}
    for twin in [twin for twin in twins_of(family) if twin.same_names]:
        given = [
            {**fingerprint.digest(tensor), "spread": fingerprint.spread(tensor)}
            for tensor in outputs(twin, filled(twin))
        ]
        print(twin.net, [found["shape"] for found in given], flush=True)
        known[twin.net] = {
            "net": twin.net,
            "package": f"{twin.package} {importlib.metadata.version(twin.package)}",
            "model": twin.model,
            "torch": torch.__version__,
            "images": [list(size) for size in twin.image_sizes],
            "outputs": given,
        }
    _write(OUTPUTS, [json.dumps(known[net]) for net in sorted(known)])


def _write(path: Path, lines: list[str]) -> None:
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--outputs", action="store_true", help="digests of outputs, not sizes")
    parser.add_argument("families", nargs="*", metavar="FAMILY", help=", ".join(families()))
    arguments = parser.parse_args()
    with contextlib.suppress(ModuleNotFoundError):
        importlib.import_module("torchvision_shim")
    for family in arguments.families or families():
        (make_outputs if arguments.outputs else make)(family)


if __name__ == "__main__":
    main()
