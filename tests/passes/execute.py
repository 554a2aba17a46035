"""Networks run in torch with real numbers, operator by operator, by keys of their state_dict."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from archc.graph.ir import Network
from archc.graph.rewrite import rewritten
from archc.ops.ends import Input
from tests.ops.torch_twins import BARE, TWINS, memory

SEED = 20240607
State = dict[str, Tensor]


def random_state(network: Network, seed: int = SEED) -> State:
    """Weights that keep values near 1, running statistics that are not trivial; float64."""
    generator = torch.Generator().manual_seed(seed)
    state: State = {}
    for node in network.nodes:
        if node.shares:
            continue
        for name, size in {**network.weights(node), **network.buffers(node)}.items():
            state[network.key(node, name)] = _random(name, size, generator)
    return state


def _random(name: str, size: tuple[int, ...], generator: torch.Generator) -> Tensor:
    if name == "num_batches_tracked":
        return torch.tensor(0)
    if name == "running_var":
        return torch.rand(size, generator=generator, dtype=torch.float64) + 0.5
    value = torch.randn(size, generator=generator, dtype=torch.float64)
    if len(size) == 1:
        return value / 4 + (1 if name == "weight" else 0)
    fan = value[0].numel() if value.dim() > 1 else 1
    return value * (2 / fan) ** 0.5


def at_size(network: Network, spatial: tuple[int, ...]) -> Network:
    """The same network for another image."""
    ops: dict[int, Any] = {}
    for index in network.inputs.values():
        op = network.nodes[index].op
        assert isinstance(op, Input)
        ops[index] = Input(size=op.size.with_spatial(spatial))
    return rewritten(network, ops)


def run(
    network: Network,
    state: State,
    images: dict[str, Tensor],
    known: dict[int, Tensor] | None = None,
) -> list[Any]:
    """The value of every node; of what stands before the `known` ones, nothing."""
    begin = known or {}
    values: list[Any] = []
    for node in network.nodes:
        if node.index in begin or node.index < min(begin, default=0):
            values.append(begin.get(node.index))
            continue
        if isinstance(node.op, Input):
            values.append(images[node.path])
            continue
        shapes = [network.nodes[index].shape for index in node.inputs]
        module, call = TWINS[type(node.op)](node.op, *shapes)
        module.double().eval()
        names = {name: "" if name == BARE else name for name in module.state_dict()}
        tensors = {name: state[network.key(node, own)] for name, own in names.items()}
        module.load_state_dict(tensors, strict=True)
        with torch.no_grad():
            values.append(call(*[values[index] for index in node.inputs]))
    return values


def outputs(network: Network, state: State, images: dict[str, Tensor]) -> dict[str, Any]:
    """The outputs by name, those of training too."""
    values = run(network, state, images)
    named = {**network.outputs, **network.training_outputs}
    return {name: values[index] for name, index in named.items()}


def random_images(network: Network, seed: int = SEED) -> dict[str, Tensor]:
    """An image for each input."""
    generator = torch.Generator().manual_seed(seed)
    found = {}
    for name, index in network.inputs.items():
        size = memory(network.nodes[index].shape)
        found[name] = torch.randn(size, generator=generator, dtype=torch.float64)
    return found
