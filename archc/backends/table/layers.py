"""Style `archc`: one row a layer, or one for each level of the paths with `--depth`.

A layer that works element by element and has no numbers of its own stands on the row before it,
as in the text: `conv 3x3 64 pad=half ; relu`.
"""

from __future__ import annotations

from collections.abc import Iterable

from archc.analysis.amounts import product, total
from archc.analysis.cost import INFERENCE, TRAINING, UNUSED, Cost
from archc.analysis.report import Report, shape_of
from archc.backends.table.layer_text import layer_text
from archc.backends.table.model import Cells, Column, Group, Table
from archc.backends.table.summary import View, head, notes, total_line
from archc.graph.ir import Node
from archc.ops.base import Op
from archc.ops.values import Value, text_of

COLUMNS = (
    Column("path"),
    Column("layer", drop=1),
    Column("size"),
    Column("params", number=True),
    Column("MACs", number=True, drop=3),
    Column("values", number=True, drop=2),
)

OTHER_GROUPS = (
    (TRAINING, "only in training (in no total above)"),
    (UNUSED, "reached by no output (in no total above)"),
)


def layers(view: View) -> Table:
    """The table of a network."""
    rows = deep_rows if view.depth else layer_rows
    return table_of(view, {role: rows(view, role) for role in (INFERENCE, TRAINING, UNUSED)})


def table_of(view: View, rows: dict[int, list[Cells]]) -> Table:
    """A table of rows by role; those outside the totals stand in groups of their own."""
    groups = [Group(rows[INFERENCE], total_line(view))]
    for role, title in OTHER_GROUPS:
        if rows[role]:
            groups.append(Group(rows[role], _sum_line(view, view.report.costs.sum(role)), title))
    name = view.report.network.name
    return Table(name, COLUMNS, tuple(groups), head(view), notes(view))


def layer_rows(view: View, role: int, chosen: Iterable[Node] | None = None) -> list[Cells]:
    """A row for each layer of a role, those that share its box on the same row."""
    report = view.report
    texts = Texts()
    rows: list[Cells] = []
    what = ""
    previous: Node | None = None
    for node in report.network.nodes if chosen is None else chosen:
        if report.costs.roles[node.index] != role:
            continue
        if previous is not None and shares_row(report, node, previous):
            what = texts.joined(what, texts.layer(node.op))
            rows[-1] = (rows[-1][0], what, *rows[-1][2:])
        else:
            what = texts.layer(node.op)
            cost = report.costs.of[node.index]
            size = texts.size(shape_of(node))
            rows.append((node.path, what, size, *cost_cells(view, cost)))
        previous = node
    return rows


def cost_cells(view: View, cost: Cost) -> Cells:
    """Parameters, MACs and values of a row."""
    batch = view.report.batch
    if batch == 1:
        return view.params(cost), cost.macs, cost.values
    return view.params(cost), product(cost.macs, batch), product(cost.values, batch)


def shares_row(report: Report, node: Node, previous: Node) -> bool:
    """Whether a layer adds nothing but its name to the row of the layer before it."""
    op = node.op
    if not op.elementwise or node.inputs != (previous.index,) or node.block is not previous.block:
        return False
    cost = report.costs.of[node.index]
    nothing = not (cost.params or cost.macs or cost.values or node.shares)
    return nothing and type(op).buffers is Op.buffers


class Texts:
    """Texts of layers and sizes; equal ones are made once."""

    def __init__(self) -> None:
        self._layers: dict[int, str] = {}
        self._sizes: dict[Value, str] = {}
        self._joined: dict[tuple[str, str], str] = {}
        self._alike: dict[str, str] = {}

    def layer(self, op: Op) -> str:
        """The layer as one would type it."""
        found = self._layers.get(id(op))
        if found is None:
            found = layer_text(op)
            found = self._layers[id(op)] = self._alike.setdefault(found, found)
        return found

    def size(self, value: Value) -> str:
        """The size as the language writes it."""
        found = self._sizes.get(value)
        if found is None:
            found = self._sizes[value] = text_of(value)
        return found

    def joined(self, first: str, second: str) -> str:
        """`conv 3x3 64 ; relu`."""
        found = self._joined.get((first, second))
        if found is None:
            found = self._joined[first, second] = f"{first} ; {second}"
        return found


def _sum_line(view: View, cost: Cost) -> Cells:
    return "total", "", "", *cost_cells(view, cost)


# ---- levels -------------------------------------------------------------------------------------


def deep_rows(view: View, role: int) -> list[Cells]:
    """A row for each level of `depth` names; where a path is shorter, for the layer itself."""
    report = view.report
    levels: dict[str, list[Node]] = {}
    previous: Node | None = None
    level = ""
    for node in report.network.nodes:
        if report.costs.roles[node.index] != role:
            continue
        if previous is None or not shares_row(report, node, previous):
            level = ".".join(node.path.split(".", view.depth or 0)[: view.depth])
        levels.setdefault(level, []).append(node)
        previous = node
    return [level_row(view, role, level, nodes) for level, nodes in levels.items()]


def level_row(view: View, role: int, name: str, nodes: list[Node]) -> Cells:
    """Several layers as one row: what they are, the last size, the sums."""
    if nodes[0].path == name:
        rows = layer_rows(view, role, nodes)
        if len(rows) == 1:
            return rows[0]
    cost = view.report.costs.sum(role, [node.index for node in nodes])
    return name, contents(nodes), text_of(shape_of(nodes[-1])), *cost_cells(view, cost)


def contents(nodes: list[Node]) -> str:
    """What a level holds: `13 conv, 5 maxpool`; layers that share a box are not named."""
    kinds: dict[str, int] = {}
    for node in nodes:
        if node.op.own_box:
            kinds[node.op.word] = kinds.get(node.op.word, 0) + 1
    if not kinds:
        kinds = {node.op.word: 1 for node in nodes}
    return ", ".join([f"{number} {word}" for word, number in kinds.items()])


def summed(costs: list[Cost]) -> Cost:
    """The sum of costs."""
    return Cost(
        sum([cost.params for cost in costs]),
        sum([cost.biases for cost in costs]),
        total([cost.macs for cost in costs]),
        total([cost.values for cost in costs]),
    )
