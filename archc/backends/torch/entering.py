"""Where numbers enter and leave a network for inference: what is given, what its layers take."""

from __future__ import annotations

from collections.abc import Iterator

from archc.backends.torch.layout import STEP, lines_of, parsed
from archc.backends.torch.naming import attribute
from archc.graph.ir import Network, Node
from archc.ops.fused import Fused
from archc.ops.norm import BatchNorm
from archc.ops.region import Region
from archc.ops.values import Shape


def arranging(network: Network, names: dict[int, str]) -> list[str]:
    """The first statements of the forward: inputs in the dtype of the weights."""
    given = [name for at, name in names.items() if _is_converted(network, network.nodes[at])]
    key, fused = next(_tensors(network), ("", False))
    if not key or not given:
        return []
    layer, _, tensor = key.partition(".")
    weight, lines = f"{attribute(layer)}.{tensor}", []
    if not fused or "." in tensor:
        weight = "weight_" if "weight" in given else "weight"
        lines = lines_of(parsed(f'self.get_parameter("{key}")'), 2, before=f"{weight} = ")
    return [*lines, *[f"{STEP * 2}{name} = {name}.to({weight}.dtype)" for name in given]]


def as_float32(name: str, kind: str) -> str:
    """What is given back, whatever the layers' dtype."""
    return f"{name}.float()" if kind == "Tensor" else f"[x.float() for x in {name}]"


def _tensors(network: Network) -> Iterator[tuple[str, bool]]:
    """Keys of weights in the dtype of all layers (batch norms keep more digits), and whether they
    are those of a fused layer.
    """
    for node in network.nodes:
        weights = {} if isinstance(node.op, BatchNorm) else network.weights(node)
        for tensor in weights:
            yield network.key(node, tensor), isinstance(node.op, Fused)


def _is_converted(network: Network, node: Node) -> bool:
    """Whether an input has numbers for layers: boxes alone are places, which need their digits."""
    readers = [one for one in network.nodes if node.index in one.inputs]
    boxes = [isinstance(one.op, Region) and one.inputs[0] != node.index for one in readers]
    shape = node.shape
    return isinstance(shape, Shape) and not shape.is_integer and not (boxes and all(boxes))
