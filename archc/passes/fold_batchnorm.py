"""Batch norm that follows a linear layer is a part of that layer when nothing is trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archc.graph.ir import Network, Node
from archc.graph.rewrite import rewritten
from archc.ops.conv import Conv
from archc.ops.deconv import Deconv
from archc.ops.linear import FullyConnected
from archc.ops.norm import BatchNorm
from archc.passes.base import Change, Pass, State, keys, outputs, readers
from archc.record import replace

SHOWN = 5


class FoldBatchNorm(Pass):
    """Fold batch norms into the conv, deconv or fc before them: same outputs, fewer rows.

    W' = W*g, b' = (b - mean)*g + beta with g = gamma/sqrt(var + eps), for each outgoing channel.
    A batch norm stays if it follows anything else (pre-activation), or if the layer before it is
    used by others too.

    Source: Jacob et al. 2018, "Quantization and training of neural networks", section 3.2.
    """

    name = "fold-batchnorm"

    def change(self, network: Network) -> Change:
        pairs, left = _pairs(network)
        ops = {layer.index: replace(layer.op, bias=True) for layer, _ in pairs}
        instead = {norm.index: layer.index for layer, norm in pairs}
        own = [(layer, norm) for layer, norm in pairs if not layer.shares]

        def weights(state: Mapping[str, Any]) -> State:
            return _folded(network, own, state)

        return Change(rewritten(network, ops, instead), weights, _notes(len(pairs), left))


def _pairs(network: Network) -> tuple[list[tuple[Node, Node]], list[tuple[Node, str]]]:
    """Layers with the batch norm behind them, and the norms that stay with the reason."""
    read = readers(network)
    given = outputs(network)
    pairs: list[tuple[Node, Node]] = []
    left: list[tuple[Node, str]] = []
    for norm in network.nodes:
        if not isinstance(norm.op, BatchNorm):
            continue
        layer = network.nodes[norm.inputs[0]]
        if not isinstance(layer.op, (Conv, Deconv, FullyConnected)):
            left.append((norm, f"it follows {layer.op.word}"))
        elif len(read[layer.index]) > 1 or layer.index in given:
            left.append((norm, f"the value of `{layer.path}` is used elsewhere too"))
        else:
            pairs.append((layer, norm))
    return _all_together(network, pairs, left)


def _all_together(
    network: Network, pairs: list[tuple[Node, Node]], left: list[tuple[Node, str]]
) -> tuple[list[tuple[Node, Node]], list[tuple[Node, str]]]:
    """Layers that share weights are folded if each of them meets the same batch norm."""
    norms: dict[str, set[str]] = {}
    for layer, norm in pairs:
        norms.setdefault(_owner(layer), set()).add(_owner(norm))
    folded = {layer.index for layer, _ in pairs}
    alone = [node for node in network.nodes if node.index not in folded]
    mixed = {_owner(node) for node in alone} | {one for one in norms if len(norms[one]) > 1}
    counted: dict[str, int] = {}
    for found in norms.values():
        for norm_path in found:
            counted[norm_path] = counted.get(norm_path, 0) + 1
    kept: list[tuple[Node, Node]] = []
    for layer, norm in pairs:
        together = _owner(layer) not in mixed and counted[_owner(norm)] == 1
        if together and not any(_owner(one) == _owner(norm) for one, _ in left):
            kept.append((layer, norm))
        else:
            left.append((norm, f"`{layer.path}` and it share weights with different layers"))
    return kept, left


def _owner(node: Node) -> str:
    return node.shares or node.path


def _folded(network: Network, pairs: list[tuple[Node, Node]], state: Mapping[str, Any]) -> State:
    """The state with the norms' numbers inside the layers before them."""
    found = dict(state)
    for layer, norm in pairs:
        assert isinstance(norm.op, BatchNorm)
        names = {name: network.key(norm, name) for name in ("weight", "bias")}
        mean = state[network.key(norm, "running_mean")]
        spread = (state[network.key(norm, "running_var")] + float(norm.op.eps)) ** 0.5
        scale = state[names["weight"]] / spread if norm.op.affine else 1 / spread
        weight, bias = network.key(layer, "weight"), network.key(layer, "bias")
        begin = state[bias] if bias in keys(network, layer) else 0
        shift = (begin - mean) * scale
        found[bias] = shift + state[names["bias"]] if norm.op.affine else shift
        found[weight] = _scaled(layer, state[weight], scale)
        for key in keys(network, norm):
            found.pop(key, None)
    return found


def _scaled(layer: Node, weight: Any, scale: Any) -> Any:
    """A weight whose outgoing channels are multiplied; a deconv has them on its second side."""
    sides = tuple(weight.shape)
    if not isinstance(layer.op, Deconv):
        return weight * scale.reshape((sides[0], *[1] * (len(sides) - 1)))
    groups = layer.op.groups
    split = weight.reshape((groups, sides[0] // groups, *sides[1:]))
    factors = scale.reshape((groups, 1, sides[1], *[1] * (len(sides) - 2)))
    return (split * factors).reshape(sides)


def _notes(folded: int, left: list[tuple[Node, str]]) -> tuple[str, ...]:
    """How many were folded, and which stay why."""
    total = folded + len(left)
    notes = [f"{folded} of {total} batch norms folded"]
    reasons: dict[str, list[str]] = {}
    for norm, reason in left:
        reasons.setdefault(reason, []).append(norm.path)
    for reason, paths in reasons.items():
        more = f" and {len(paths) - SHOWN} more" if len(paths) > SHOWN else ""
        verb = "stays" if len(paths) == 1 else "stay"
        notes.append(f"{', '.join(paths[:SHOWN])}{more} {verb}: {reason}")
    return tuple(notes)
