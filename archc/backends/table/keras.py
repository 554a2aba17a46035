"""Style `keras`: what `model.summary()` prints.

As in Keras, running statistics are counted as parameters that are not trained; so are other
buffers, except the counter of batches, which Keras does not have.
"""

from __future__ import annotations

from itertools import pairwise

from archc.analysis.cost import INFERENCE
from archc.analysis.report import shape_of
from archc.backends.table.model import Cells, Column, Group, Table, cell_text
from archc.backends.table.summary import View
from archc.ops.base import Tensors
from archc.ops.values import Shape, Value


def keras(view: View) -> Table:
    """The summary of a network."""
    report = view.report
    network = report.network
    nodes = [node for node in network.nodes if report.costs.roles[node.index] == INFERENCE]
    chain = all(node.inputs == (before.index,) for before, node in pairwise(nodes))
    names = ["Layer (type)", "Output Shape", "Param #", *([] if chain else ["Connected to"])]
    columns = tuple([Column(name, name == "Param #") for name in names])
    kept = 0
    rows: list[Cells] = []
    for node in nodes:
        stored = _stored(network.buffers(node)) if not node.shares else 0
        kept += stored
        cost = report.costs.of[node.index]
        row = f"{node.path} ({node.op.word})", _shape(shape_of(node)), view.params(cost) + stored
        before = ", ".join([network.nodes[index].path for index in node.inputs])
        rows.append(row if chain else (*row, before))
    trained = view.total_params
    notes = (
        f"Total params: {trained + kept:,}",
        f"Trainable params: {trained:,}",
        f"Non-trainable params: {kept:,}",
    )
    head = (f'Model: "{network.name}"',)
    group = Group(rows, ("Total", "", trained + kept, *([] if chain else [""])))
    lines = tuple(_lines(head, names, rows, notes))
    return Table(network.name, columns, (group,), head, notes, lines)


def _stored(buffers: Tensors) -> int:
    held = 0
    for size in buffers.values():
        numbers = 1
        for side in size:
            numbers *= side
        held += numbers if size else 0
    return held


def _shape(value: Value) -> str:
    """`(None, 224, 224, 64)`; unknown counts are None too."""
    if not isinstance(value, Shape):
        return f"[{', '.join([_shape(item) for item in value])}]"
    sides: list[str] = [str(side) for side in value.dims]
    if value.count is not None:
        sides.insert(0, str(value.count) if isinstance(value.count, int) else "None")
    return f"({', '.join(['None', *sides])})" if sides else "(None,)"


def _lines(
    head: tuple[str, ...], names: list[str], rows: list[Cells], notes: tuple[str, ...]
) -> list[str]:
    """Ruled with signs, a line for each layer, columns to the left as Keras has them."""
    shown = [tuple([cell_text(cell) for cell in row]) for row in rows]
    widths = [max([len(row[at]) for row in [tuple(names), *shown]]) for at in range(len(names))]
    whole = sum(widths) + 2 * len(widths) + 1
    lines = [*head, "_" * whole, _line(names, widths), "=" * whole]
    lines.extend([_line(list(row), widths) for row in shown])
    return [*lines, "=" * whole, *notes, "_" * whole]


def _line(cells: list[str], widths: list[int]) -> str:
    return (" " + "  ".join([cell.ljust(width) for cell, width in zip(cells, widths)])).rstrip()
