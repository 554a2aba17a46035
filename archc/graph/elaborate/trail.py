"""How a size came about: the layers that changed it, from the input on."""

from __future__ import annotations

from archc.graph.ir import Network, Node
from archc.ops.values import Shape

LONGEST = 12


def size_trail(network: Network, index: int) -> tuple[str, ...]:
    """A note such as `how 227 became 6: input 227 > conv1 55 > pool1 27`, or none."""
    steps: list[tuple[str, int]] = []
    node: Node | None = network.nodes[index]
    while node is not None:
        if isinstance(node.shape, Shape) and node.shape.rank >= 1:
            steps.append((node.path, node.shape.spatial[0]))
        node = network.nodes[node.inputs[0]] if node.inputs else None
    steps.reverse()
    changes = [step for number, step in enumerate(steps) if number == 0 or step[1] != steps[number - 1][1]]
    if len(changes) < 2:
        return ()
    shown = [f"{path} {size}" for path, size in changes]
    if len(shown) > LONGEST:
        shown = [*shown[: LONGEST // 2], "...", *shown[-LONGEST // 2 :]]
    return (f"how {changes[0][1]} became {changes[-1][1]}: {' > '.join(shown)}",)
