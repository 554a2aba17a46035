"""How tensors begin where the spec says so: He, Xavier, zeros, a number."""

from __future__ import annotations

from archc.backends.torch.layout import STEP, lines_of, parsed
from archc.backends.torch.lower import Lowering
from archc.graph.ir import Network, Node
from archc.ops.lowering import Options

WAYS = {
    "he": 'kaiming_normal_({0}, mode="fan_out", nonlinearity="relu")',
    "xavier": "xavier_uniform_({0})",
    "zero": "zeros_({0})",
}
"""He et al. 2015 with the fan of the output, as torchvision begins its ResNets; Glorot 2010"""


def initial_lines(network: Network, lowering: Lowering) -> list[str]:
    """Statements at the end of the network's `__init__`."""
    looped: list[str] = []
    alone: list[str] = []
    for name, ways in _starts(network, lowering).items():
        common = max(ways, key=lambda start: len(ways[start]))
        if common and len(ways[common]) > 1:
            looped.append(f"{STEP * 3}if isinstance(module, {name}):")
            for tensor, value in common:
                looped += _call(f"module.{tensor}", value, 4)
        else:
            common = ()
        for start, nodes in ways.items():
            if start != common:
                alone += [line for node in nodes for line in _alone(node, start)]
    loop = [f"{STEP * 2}for module in self.modules():", *looped] if looped else []
    return [*loop, *alone]


def _starts(network: Network, lowering: Lowering) -> dict[str, dict[Options, list[Node]]]:
    """The nodes that have weights, by torch's class and by how they begin."""
    found: dict[str, dict[Options, list[Node]]] = {}
    for index in sorted(lowering.alive):
        node, make = network.nodes[index], lowering.torch[index].make
        if make is not None and not node.shares and network.weights(node):
            found.setdefault(make.name, {}).setdefault(make.start, []).append(node)
    return found


def _alone(node: Node, start: Options) -> list[str]:
    return [
        line
        for tensor, value in start
        for line in _call(f'self.get_parameter("{node.path}.{tensor}")', value, 2)
    ]


def _call(tensor: str, value: object, indent: int) -> list[str]:
    way = WAYS.get(value, "") if isinstance(value, str) else ""
    text = way.format(tensor) if way else f"constant_({tensor}, {value})"
    return lines_of(parsed(f"nn.init.{text}"), indent)
