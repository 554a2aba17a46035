"""How tensors begin where the spec says so: He, Xavier, zeros, numbers drawn at random.

What all layers of one kind share is said once, by the network; all else by the class that holds
the layer. What says nothing begins as torch begins it.
"""

from __future__ import annotations

from collections.abc import Iterable

from archc.backends.torch.constants import number
from archc.backends.torch.layout import STEP, Call, lines_of, parsed
from archc.backends.torch.lower import Lowering
from archc.backends.torch.naming import attribute
from archc.graph.ir import Network, Node
from archc.ops.lowering import Options
from archc.ops.values import Drawn

WAYS = {
    "he": 'nn.init.kaiming_normal_({0}, mode="fan_out", nonlinearity="relu")',
    "he_in": "nn.init.kaiming_normal_({0})",
    "he_uniform": "nn.init.kaiming_uniform_({0})",
    "xavier": "nn.init.xavier_uniform_({0})",
    "lecun": 'nn.init.kaiming_normal_({0}, nonlinearity="linear")',
    "lecun_uniform": 'nn.init.kaiming_uniform_({0}, nonlinearity="linear")',
    "uniform_out": 'nn.init.kaiming_uniform_({0}, a=5**0.5, mode="fan_out")',
    "zero": "nn.init.zeros_({0})",
    "bilinear": "bilinear_({0})",
}
"""ops/initial.py has what they mean in numbers"""

Held = tuple[str, str, Options]
"""a layer's path, its kind, and how its tensors begin"""


class Beginnings:
    """The ways of a network: `common` those that all layers of a kind share, by kind."""

    def __init__(self, network: Network, lowering: Lowering) -> None:
        self._network = network
        self._lowering = lowering
        self._kinds: dict[str, list[str]] = {}
        """the paths of all layers of a kind"""
        self._biased: dict[str, set[bool]] = {}
        ways: dict[str, dict[str, set[object]]] = {}
        for index in sorted(lowering.alive):
            node = network.nodes[index]
            for path, kind, start in self._layers(node, node.path):
                self._kinds.setdefault(kind, []).append(path)
                self._biased.setdefault(kind, set()).add("bias" in dict(start))
                for name, value in start:
                    ways.setdefault(kind, {}).setdefault(name, set()).add(value)
        self.common: dict[str, Options] = {}
        for kind, tensors in ways.items():
            alike = [(name, values) for name, values in tensors.items() if len(values) == 1]
            shared = [(name, next(iter(values))) for name, values in alike if None not in values]
            if shared:
                self.common[kind] = tuple(shared)

    def common_lines(self) -> list[str]:
        """Statements at the end of the network's `__init__`."""
        alike: dict[Options, list[str]] = {}
        for kind, start in self.common.items():
            alike.setdefault(start, []).append(kind)
        lines = [line for start, kinds in alike.items() for line in self._all(kinds, start)]
        return [f"{STEP * 2}for module in self.modules():", *lines] if lines else []

    def own_lines(self, nodes: Iterable[tuple[Node, str]]) -> list[str]:
        """Statements of one class for the layers it holds, each with its path in it."""
        alike: dict[tuple[str, Options], list[str]] = {}
        whole: dict[str, set[str]] = {}
        for node, path in nodes:
            for layer, kind, start in self._layers(node, path):
                shared = dict(self.common.get(kind, ()))
                own = [(name, value) for name, value in start if name not in shared]
                alike.setdefault((kind, tuple(own)), []).append(layer)
                whole.setdefault(kind, set()).add(node.path[: len(node.path) - len(path)])
        lines: list[str] = []
        for (kind, start), paths in alike.items():
            own = [(name, value) for name, value in start if value is not None]
            if own and self._is_all(kind, paths, whole[kind]):
                lines += [
                    f"{STEP * 2}for module in self.modules():",
                    *self._all([kind], tuple(own)),
                ]
            elif own:
                lines += _each(kind, tuple(own), paths)
        return lines

    def _is_all(self, kind: str, paths: list[str], owners: set[str]) -> bool:
        """Whether these are all layers of a kind inside a class, and best met in a loop."""
        inside = [path for path in self._kinds[kind] if path.startswith(tuple(owners))]
        numbered = [path for path in paths if attribute(path) != f"self.{path}"]
        return len(inside) == len(paths) and len(numbered) > 1

    def _layers(self, node: Node, path: str) -> list[Held]:
        """A node's module, or the linear layers that an attention holds."""
        make = self._lowering.torch[node.index].make
        if make is None or node.shares:
            return []
        found: dict[str, list[tuple[str, object]]] = {}
        start = dict(make.start)
        for name in self._network.weights(node):
            owner, _, tensor = name.rpartition(".")
            found.setdefault(owner, []).append((tensor, start.get(name)))
        return [
            (f"{path}.{owner}", "nn.Linear", tuple(tensors))
            if owner
            else (path, make.name, tuple(tensors))
            for owner, tensors in found.items()
        ]

    def _all(self, kinds: list[str], start: Options) -> list[str]:
        """What a loop over `self.modules()` does with those of some kinds."""
        named = kinds[0] if len(kinds) == 1 else f"({', '.join(kinds)})"
        head = f"{STEP * 3}if isinstance(module, {named})"
        missing = any(kind.startswith("nn.Conv") or False in self._biased[kind] for kind in kinds)
        if missing and [name for name, _ in start] == ["bias"]:
            head, missing = f"{head} and module.bias is not None", False
        lines = [f"{head}:"]
        for name, value in start:
            may_miss = name == "bias" and missing
            lines += [f"{STEP * 4}if module.bias is not None:"] if may_miss else []
            lines += _statement(f"module.{name}", value, 5 if may_miss else 4)
        return lines


def _each(kind: str, start: Options, paths: list[str]) -> list[str]:
    """Statements for layers of a class: attributes in a loop, others by their names."""
    direct = [path for path in paths if attribute(path) == f"self.{path}"]
    lines: list[str] = []
    if len(direct) > 1:
        each = kind.rpartition(".")[2].rstrip("123d").lower()  # one type for each name
        names = tuple([attribute(path) for path in direct])
        lines += lines_of(Call("(", names), 2, before=f"for {each} in ", after=":")
        for name, value in start:
            lines += _statement(_tensor(each, kind, name), value, 3)
        paths = [path for path in paths if path not in direct]
    for path in paths:
        owner = attribute(path)
        plain = "." not in path and owner.startswith("self.")
        for name, value in start:
            tensor = f'self.get_parameter("{path}.{name}")'
            lines += _statement(_tensor(owner, kind, name) if plain else tensor, value, 2)
    return lines


def _tensor(owner: str, kind: str, name: str) -> str:
    """A tensor of a layer; by name where type checkers think that it could be missing."""
    by_name = name == "bias" and kind.startswith("nn.Conv")
    return f'{owner}.get_parameter("bias")' if by_name else f"{owner}.{name}"


def _statement(tensor: str, value: object, indent: int) -> list[str]:
    if isinstance(value, Drawn):
        text = f"nn.init.{_drawn(tensor, value)}"
    elif isinstance(value, str):
        text = WAYS[value].format(tensor)
    elif value in (0, 1):
        text = f"nn.init.{'ones_' if value else 'zeros_'}({tensor})"
    else:
        text = f"nn.init.constant_({tensor}, {number(value)})"
    return lines_of(parsed(text), indent)


def _drawn(tensor: str, value: Drawn) -> str:
    spread, middle = number(value.spread), number(value.middle)
    if value.shape == "uniform":
        return f"uniform_({tensor}, -{spread}, {spread})"
    given = f"{middle}, {spread}" if value.middle else f"std={spread}"
    return f"normal_({tensor}, {given})"
