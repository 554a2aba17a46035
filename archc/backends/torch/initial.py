"""How tensors begin where the spec says so: He, Xavier, zeros, a number.

What all layers of one kind share is said once, by the network; all else by the class that holds
the layer. What says nothing begins as torch begins it.
"""

from __future__ import annotations

from collections.abc import Iterable

from archc.backends.torch.layout import STEP, Call, lines_of, parsed
from archc.backends.torch.lower import Lowering
from archc.backends.torch.naming import attribute
from archc.graph.ir import Network, Node
from archc.ops.lowering import Options

WAYS = {
    "he": 'kaiming_normal_({0}, mode="fan_out", nonlinearity="relu")',
    "xavier": "xavier_uniform_({0})",
    "zero": "zeros_({0})",
}
"""He et al. 2015 with the fan of the output, as torchvision begins its ResNets; Glorot 2010"""
INSIDE = {
    "nn.Linear": ("nn.MultiheadAttention", "WindowAttention"),
    "nn.LayerNorm": ("ChannelNorm",),
}
"""modules that hold, or are, one of another kind, which a loop over all modules would meet"""


class Beginnings:
    """The ways of a network: `common` those that all layers of a kind share, by kind."""

    def __init__(self, network: Network, lowering: Lowering) -> None:
        self._network = network
        self._lowering = lowering
        self.common: dict[str, Options] = {}
        ways: dict[str, set[Options]] = {}
        for index in sorted(lowering.alive):
            node = network.nodes[index]
            if self._begins(node):
                kind, start = self._kind(node)
                ways.setdefault(kind, set()).add(start)
        for kind, starts in ways.items():
            alone = not any(other in ways for other in INSIDE.get(kind, ()))
            if len(starts) == 1 and alone and (start := next(iter(starts))):
                self.common[kind] = start

    def common_lines(self) -> list[str]:
        """Statements at the end of the network's `__init__`."""
        lines: list[str] = []
        for kind, start in self.common.items():
            lines.append(f"{STEP * 3}if isinstance(module, {kind}):")
            for tensor, value in start:
                lines += _call(_each(kind, tensor), value, 4)
        return [f"{STEP * 2}for module in self.modules():", *lines] if lines else []

    def own_lines(self, nodes: Iterable[tuple[Node, str]]) -> list[str]:
        """Statements of one class for the layers it holds, each with its path in it."""
        alike: dict[tuple[str, Options], list[str]] = {}
        for node, path in nodes:
            if self._begins(node):
                kind, start = self._kind(node)
                if start and kind not in self.common:
                    alike.setdefault((kind, start), []).append(path)
        lines: list[str] = []
        for (kind, start), paths in alike.items():
            direct = [path for path in paths if attribute(path) == f"self.{path}"]
            if len(direct) > 1:
                names = tuple([attribute(path) for path in direct])
                lines += lines_of(Call("(", names), 2, before="for module in ", after=":")
                for name, value in start:
                    lines += _call(_each(kind, name), value, 3)
            else:
                direct = []
            for path in [path for path in paths if path not in direct]:
                for name, value in start:
                    lines += _call(_tensor(path, kind, name), value, 2)
        return lines

    def _begins(self, node: Node) -> bool:
        make = self._lowering.torch[node.index].make
        return make is not None and not node.shares and bool(self._network.weights(node))

    def _kind(self, node: Node) -> tuple[str, Options]:
        make = self._lowering.torch[node.index].make
        assert make is not None
        return make.name, make.start


def _tensor(path: str, kind: str, name: str) -> str:
    """How a class reads a tensor of a layer inside it.

    By its name where that has dots, and where type checkers think that it could be missing, as the
    bias of a convolution.
    """
    owner = attribute(path)
    plain = "." not in path and owner.startswith("self.")
    if plain and not (name == "bias" and kind.startswith("nn.Conv")):
        return f"{owner}.{name}"
    return f'self.get_parameter("{path}.{name}")'


def _each(kind: str, name: str) -> str:
    """The same of a layer that a loop calls `module`."""
    by_name = name == "bias" and kind.startswith("nn.Conv")
    return 'module.get_parameter("bias")' if by_name else f"module.{name}"


def _call(tensor: str, value: object, indent: int) -> list[str]:
    way = WAYS.get(value, "") if isinstance(value, str) else ""
    text = way.format(tensor) if way else f"constant_({tensor}, {value})"
    return lines_of(parsed(f"nn.init.{text}"), indent)
