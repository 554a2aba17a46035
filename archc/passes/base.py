"""What a pass is: a network becomes another one, and its weights follow.

| part | gives |
| --- | --- |
| `name` | what `--pass` takes |
| docstring | its first line is the help |
| fields | the options it takes, each without a default is demanded |
| `change(network)` | the new network, what happens to a state, and what there is to say |

A state is a mapping from state_dict keys to arrays. Only what numpy's arrays and torch's tensors
share is used on them: arithmetic, `**`, `reshape`. Neither is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from archc.diagnostics.kinds.targets import CannotTransform
from archc.graph.ir import Network, Node
from archc.record import Record

State = dict[str, Any]


class Change(Record):
    """What a pass made: `weights` turns the old network's state into that of the new one."""

    network: Network
    weights: Callable[[Mapping[str, Any]], State]
    notes: tuple[str, ...] = ()


class Pass(Record):
    """Base of all passes; a class that lacks a part is refused at import."""

    name: ClassVar[str] = ""
    registry: ClassVar[dict[str, type[Pass]]] = {}

    def __init_subclass__(cls) -> None:
        if not cls.name or not cls.__doc__ or cls.change is Pass.change:
            raise TypeError(f"{cls.__name__} needs a name, a docstring and a change")
        if Pass.registry.setdefault(cls.name, cls).__qualname__ != cls.__qualname__:
            raise TypeError(f"two passes are called {cls.name}")

    @classmethod
    def about(cls) -> str:
        """The help, one line."""
        return (cls.__doc__ or "").strip().partition("\n")[0].rstrip(".")

    def change(self, network: Network) -> Change:
        """The changed network; raises CannotApply. The network that is given stays as it is."""
        raise NotImplementedError(type(self).__name__)


class CannotApply(Exception):
    """A network that a pass cannot change; `node` is the row at fault, None if it is none alone."""

    def __init__(self, kind: CannotTransform, node: Node | None) -> None:
        super().__init__(kind.message)
        self.kind = kind
        self.node = node


def refusal(made: Pass, node: Node | None, reason: str, advice: str = "") -> CannotApply:
    """The refusal of a pass, with the row at fault."""
    layer = "" if node is None else node.path
    return CannotApply(CannotTransform(type(made).name, layer, reason, advice), node)


def readers(network: Network) -> dict[int, list[Node]]:
    """For each value the nodes that read it, also one step late."""
    found: dict[int, list[Node]] = {node.index: [] for node in network.nodes}
    for node in network.nodes:
        for index in node.inputs:
            found[index].append(node)
    for late, index in network.carried.items():
        found[index].append(network.nodes[late])
    return found


def outputs(network: Network) -> set[int]:
    """The values that the network gives, in training too."""
    return {*network.outputs.values(), *network.training_outputs.values()}


def keys(network: Network, node: Node) -> list[str]:
    """The state_dict keys of a node's tensors."""
    tensors = {**network.weights(node), **network.buffers(node)}
    return [network.key(node, name) for name in tensors]
