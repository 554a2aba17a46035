"""By how much a map is smaller than the picture it comes from: the product of strides."""

from __future__ import annotations

from fractions import Fraction

from archc.graph.ir import Network, Node
from archc.ops.base import Op
from archc.ops.conv import Windowed
from archc.ops.deconv import Deconv
from archc.ops.resample import Crop
from archc.ops.values import Shape

Sides = tuple[Fraction, ...]


def reductions(network: Network) -> dict[int, Sides]:
    """The reduction of each map, side by side: `(4, 4)` for a 56x56 map of a 224x224 picture.

    Strides multiply, so that a window without padding does not change it; what knows no stride
    counts by its sizes.
    """
    found: dict[int, Sides] = {}
    for node in network.nodes:
        rank = _rank(node)
        given = [sides for sides in map(found.get, node.inputs) if sides and len(sides) == rank]
        if rank and given:
            found[node.index] = tuple(
                [side * by for side, by in zip(given[0], _strides(network, node, rank))]
            )
        elif rank:
            found[node.index] = (Fraction(1),) * rank
    return found


def _rank(node: Node) -> int:
    return node.shape.rank if isinstance(node.shape, Shape) else 0


def _strides(network: Network, node: Node, rank: int) -> Sides:
    op: Op = node.op
    before = next(
        network.nodes[index].shape for index in node.inputs if _rank(network.nodes[index]) == rank
    )
    assert isinstance(before, Shape) and isinstance(node.shape, Shape)
    reach = op.reach() if isinstance(op, Windowed) else None
    if reach is not None and getattr(op, "to", None) is None:
        strides = reach[1] if len(reach[1]) == rank else reach[1] * rank
        return tuple(
            [1 / Fraction(by) if isinstance(op, Deconv) else Fraction(by) for by in strides]
        )
    if isinstance(op, Crop):
        return (Fraction(1),) * rank
    return tuple([Fraction(a, b) for a, b in zip(before.spatial, node.shape.spatial)])
