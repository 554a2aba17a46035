"""How a size came about: the layers that changed it, from the input on."""

from __future__ import annotations

from collections.abc import Sequence

from archc.graph.ir import Network, Node
from archc.ops.conv import Conv
from archc.ops.values import Shape

LONGEST = 12
UNPADDED_AT_LEAST = 3


def size_trail(network: Network, index: int) -> tuple[str, ...]:
    """A note such as `how 227 became 6: input 227 > conv1 55 > pool1 27`, or none."""
    steps: list[tuple[str, int]] = []
    node: Node | None = network.nodes[index]
    while node is not None:
        if isinstance(node.shape, Shape) and node.shape.rank >= 1:
            steps.append((node.path, node.shape.spatial[0]))
        node = network.nodes[node.inputs[0]] if node.inputs else None
    steps.reverse()
    changes = [
        step for number, step in enumerate(steps) if number == 0 or step[1] != steps[number - 1][1]
    ]
    if len(changes) < 2:
        return ()
    shown = [f"{path} {size}" for path, size in changes]
    if len(shown) > LONGEST:
        shown = [*shown[: LONGEST // 2], "...", *shown[-LONGEST // 2 :]]
    return (f"how {changes[0][1]} became {changes[-1][1]}: {' > '.join(shown)}",)


def forgotten_pad(network: Network, index: int) -> tuple[str, ...]:
    """A hint if several convs on the way here shrank the map for want of a pad."""
    found: list[Node] = []
    node: Node | None = network.nodes[index]
    while node is not None:
        if isinstance(node.op, Conv) and node.op.pad == 0 and _could_keep(node.op):
            found.append(node)
        node = network.nodes[node.inputs[0]] if node.inputs else None
    if len(found) < UNPADDED_AT_LEAST:
        return ()
    lines = f"lines {found[-1].span.line} to {found[0].span.line}"
    return (
        f"{len(found)} convs without padding made the map smaller ({lines}); where a slide keeps "
        "the size, say `every conv = conv pad=half`",
    )


def forgotten_on_paths(network: Network, ends: Sequence[int]) -> tuple[str, ...]:
    """A hint if paths of a join differ by just what convs without a pad took from them."""
    chains = [_chain(network, end) for end in ends]
    shared = set.intersection(*[{node.index for node in chain} for chain in chains])
    convs: list[Node] = []
    whole: set[int] = set()
    for chain in chains:
        shape = chain[0].shape
        if not isinstance(shape, Shape) or shape.rank < 1:
            return ()
        size = shape.spatial[0]
        for node in chain:
            if node.index in shared:
                break
            taken = _taken(network, node)
            if taken:
                size += taken
                convs.append(node)
        whole.add(size)
    if not convs or len(whole) > 1:
        return ()
    lines = sorted({node.span.line for node in convs})
    where = f"line {lines[0]}" if len(lines) == 1 else f"lines {lines[0]} to {lines[-1]}"
    count = "1 conv" if len(convs) == 1 else f"{len(convs)} convs"
    return (f"{count} without padding made the map smaller ({where}); `pad=half` keeps its size",)


def _chain(network: Network, end: int) -> list[Node]:
    """A node and what it came from, along first inputs."""
    found = [network.nodes[end]]
    while found[-1].inputs:
        found.append(network.nodes[found[-1].inputs[0]])
    return found


def _taken(network: Network, node: Node) -> int:
    """By how much a conv without padding made its map smaller."""
    if not isinstance(node.op, Conv) or node.op.pad != 0 or not _could_keep(node.op):
        return 0
    before, after = network.nodes[node.inputs[0]].shape, node.shape
    if not isinstance(before, Shape) or not isinstance(after, Shape) or after.rank < 1:
        return 0
    return before.spatial[0] - after.spatial[0]


def _could_keep(conv: Conv) -> bool:
    """Whether `pad=half` would keep the size: a window of odd sides above 1 that moves by 1."""
    window = conv.window
    if window is None or conv.stride not in (None, 1):
        return False
    moves = set(window.stride or (1,)) == {1}
    return moves and all(side % 2 for side in window.sides) and max(window.sides) > 1
