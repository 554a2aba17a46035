"""Prove the pairs again: `python -m tests.weights.foreign.make [NAME...]`.

Each public module gets random weights; the mapping that archc finds puts them into the spec's own
module, by way of the renamed file. The outputs may differ by at most a ten-thousandth of what
another image changes them. What is stored is the checkpoint's layers in its order, their tensors
and sizes, the network's layer that each is, and the difference that was measured. It needs what
tests/oracles/twins/make.py needs.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

import archc
from archc.graph.ir import Network
from archc.weights.checkpoint import Checkpoint, Stored
from archc.weights.match import Match, match
from archc.weights.pytorch import state_for_torch
from archc.weights.renamed import write_renamed
from archc.weights.units import split_key
from tests.oracles.twins.twin import Twin, tensors
from tests.weights.foreign.pairs import PAIRS, twins

HERE = Path(__file__).parent
AT_MOST = 1e-4


def file_of(pair: Twin) -> Path:
    """Where a pair is stored."""
    name = f"{pair.net}-{pair.package}-{pair.model}".replace(" ", "_").replace(",", "")
    return HERE / f"{name}.json"


def fill(module: nn.Module) -> None:
    """Random weights and statistics, none of them nought or the same as another."""
    source = torch.Generator().manual_seed(0)
    for key, tensor in module.state_dict().items():
        if key.endswith("running_var"):
            tensor.copy_(torch.rand(tensor.shape, generator=source) + 0.5)
        elif tensor.is_floating_point() and (tensor.dim() < 2 or tensor.std() < 1e-3):
            begun = 1.0 if key.endswith("weight") or "gamma" in key else 0.0
            tensor.copy_(begun + torch.randn(tensor.shape, generator=source) * 0.2)


def prove(pair: Twin, folder: Path) -> dict[str, Any]:
    """Map a module's weights, load them and compare the outputs."""
    network = archc.load(pair.net)
    torch.manual_seed(0)
    module = pair.make().eval()
    fill(module)
    state = module.state_dict()
    found = match(network.graph, checkpoint_of(state))
    if not found.ok:
        raise AssertionError(f"{pair.net}, {pair.package} {pair.model}: not mapped")
    model = network.torch().eval()
    model.load_state_dict(renamed(found, network.graph, folder), strict=True)
    _same_constants(found, module, model)
    theirs, ours = outputs(pair, module, 1), outputs(pair, model, 1, alone=True)
    another = outputs(pair, module, 2)
    if _ends_in_softmax(network.graph):  # public modules leave it to the loss
        theirs, another = theirs.softmax(0), another.softmax(0)
    difference = ((ours - theirs).abs().max() / (another - theirs).abs().max()).item()
    print(pair.net, pair.package, pair.model, f"{difference:.1e}", flush=True)
    if not difference < AT_MOST:
        raise AssertionError(f"{pair.net}, {pair.package} {pair.model}: outputs differ")
    return {
        "net": pair.net,
        "package": f"{pair.package} {importlib.metadata.version(pair.package)}",
        "model": pair.model,
        "difference": float(f"{difference:.1e}"),
        "layers": _layers(state, found),
    }


def outputs(pair: Twin, module: nn.Module, seed: int, *, alone: bool = False) -> Tensor:
    """What a module gives for random images, in one row; `alone` ignores the pair's `run`."""
    source = torch.Generator().manual_seed(seed)
    images = [torch.randn(size, generator=source) for size in pair.inputs]
    with torch.no_grad():
        given = module(*images) if alone or pair.run is None else pair.run(module, *images)
    return torch.cat([tensor.flatten() for tensor in tensors(given)])


def checkpoint_of(state: dict[str, Tensor]) -> Checkpoint:
    """A state_dict as a checkpoint."""
    stored = {key: Stored(tuple(one.shape), str(one.dtype)[6:]) for key, one in state.items()}

    def read(key: str) -> memoryview:
        found: memoryview = state[key].contiguous().reshape(-1).view(torch.uint8).numpy().data
        return found

    return Checkpoint("foreign.pth", stored, read)


def renamed(found: Match, network: Network, folder: Path) -> dict[str, Tensor]:
    """The weights by way of the file that the command writes."""
    from archc.weights import open_checkpoint

    path = folder / "renamed.safetensors"
    write_renamed(found, str(path), "written by archc")
    return state_for_torch(open_checkpoint(path), network)


def _same_constants(found: Match, module: nn.Module, model: nn.Module) -> None:
    """What is no weight is no matter of names: epsilons and slopes are the spec's."""
    ours, theirs = dict(model.named_modules()), dict(module.named_modules())
    for pair in found.pairs:
        mine, other = ours.get(pair.ours.path), theirs.get(pair.theirs.path)
        if mine is not None and other is not None and hasattr(mine, "eps"):
            other.eps = mine.eps
    slopes = {one.negative_slope for one in ours.values() if isinstance(one, nn.LeakyReLU)}
    for one in theirs.values():
        if isinstance(one, nn.LeakyReLU):
            (one.negative_slope,) = slopes


def _ends_in_softmax(network: Network) -> bool:
    return any(network.nodes[index].op.word == "softmax" for index in network.outputs.values())


def _layers(state: dict[str, Tensor], found: Match) -> list[list[Any]]:
    """Each layer: its name, the network's, and its keys' last parts with their sizes."""
    ours = {pair.theirs.path: pair.ours.path for pair in found.pairs}
    layers: dict[str, dict[str, list[int]]] = {}
    for key, tensor in state.items():
        layers.setdefault(split_key(key)[0], {})[key] = list(tensor.shape)
    return [
        [path, ours.get(path), {key[len(path) :]: size for key, size in keys.items()}]
        for path, keys in layers.items()
    ]


def main(names: list[str]) -> None:
    """Prove the pairs whose net or model has one of the names in it."""
    for pair in [*PAIRS, *twins()]:
        if names and not any(name in f"{pair.net} {pair.package} {pair.model}" for name in names):
            continue
        with tempfile.TemporaryDirectory() as folder:
            proven = prove(pair, Path(folder))
        layers = proven.pop("layers")
        rows = ",\n".join([json.dumps(row, separators=(",", ":")) for row in layers])
        head = json.dumps(proven)[:-1]
        file_of(pair).write_text(f'{head}, "layers": [\n{rows}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    with contextlib.suppress(ModuleNotFoundError):
        importlib.import_module("torchvision_shim")
    main(sys.argv[1:])
