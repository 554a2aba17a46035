"""Poolings that are told the output's sides: their windows follow from these."""

from __future__ import annotations

from archc.ops.lowering import Make, Unsupported, square
from archc.ops.nodes import Nodes
from archc.ops.values import Shape, Window


def adaptive(name: str, to: Window, value: Shape) -> Make:
    """torch's pooling with windows that follow from the output's sides."""
    return Make(f"nn.Adaptive{name}Pool{value.rank}d", (square(sides_of(to, value)),))


def adapted(made: Nodes, kind: str, to: Window, value: Shape) -> str | Unsupported:
    """A pooling with windows that follow from the output's sides, where these are all alike."""
    sides = sides_of(to, value)
    if set(sides) == {1}:
        return made(f"Global{kind}Pool", made.x)
    if made.opened and kind == "Average":
        return averaged(made, sides)
    if made.opened:
        return Unsupported("its windows depend on the map's sides; fix them with --input")
    if any(n % side for n, side in zip(value.spatial, sides)):
        return pieces(made, kind, sides, value)
    window = tuple([n // side for n, side in zip(value.spatial, sides)])
    return made(f"{kind}Pool", made.x, kernel_shape=window, strides=window)


def averaged(made: Nodes, sides: tuple[int, ...]) -> str:
    """Means over cells of maps of any sides: a product with the cells' shares for each axis."""
    letters = "hwd"[: len(sides)]
    found = made.x
    for axis, side in enumerate(sides):
        after = letters.replace(letters[axis], "k")
        equation = f"nc{letters},k{letters[axis]}->nc{after}"
        found = made("Einsum", found, shares(made, axis + 2, side), equation=equation)
    return found


def shares(made: Nodes, axis: int, cells: int) -> str:
    """What each place gives to the mean of each cell: cells,places."""
    places = made.sides(made.x, axis, axis + 1)
    first = made("Mul", made.table([*range(cells)], (cells, 1)), places)
    last = made("Add", made("Add", first, places), made.integer(cells - 1))
    whole = made.squeeze(places, 0)
    each = made("Range", made.integer(0), whole, made.integer(1))
    behind = made("GreaterOrEqual", each, made("Div", first, made.integer(cells)))
    before = made("Less", each, made("Div", last, made.integer(cells)))
    inside = made("Where", made("And", behind, before), made.number(1), made.number(0))
    return made("Div", inside, made.reduce("ReduceSum", inside, 1))


def pieces(made: Nodes, kind: str, sides: tuple[int, ...], value: Shape) -> str:
    """Windows of different sides: one axis after the other, each cell reduced by itself.

    Means over cells of equal shape in each axis are means of means, so axes can be reduced apart.
    """
    found = made.x
    for axis, (n, side) in enumerate(zip(value.spatial, sides), 2):
        if side == n:
            continue
        cells = [
            made.reduce(
                f"Reduce{'Max' if kind == 'Max' else 'Mean'}",
                made.slice(found, at * n // side, -(-(at + 1) * n // side), axis),
                axis,
            )
            for at in range(side)
        ]
        found = made("Concat", *cells, axis=axis) if side > 1 else cells[0]
    return found


def sides_of(size: Window | int, value: Shape) -> tuple[int, ...]:
    """The sides a size asks for; one number stands for all of them."""
    if isinstance(size, int):
        return (size,) * value.rank
    return size.sides * value.rank if len(size.sides) == 1 else size.sides
