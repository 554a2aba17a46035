"""`--blocks`: one row for each use of a block, equal neighbours folded as `x12`.

Blocks inside blocks stay closed unless `--depth 2` opens them; an opened block gives its place to
its own rows, so that the columns still add up.
"""

from __future__ import annotations

from archc.analysis.cost import INFERENCE, TRAINING, UNUSED, Cost
from archc.analysis.report import shape_of
from archc.backends.table.layers import cost_cells, layer_rows, summed, table_of
from archc.backends.table.model import Cells, Table
from archc.backends.table.summary import View
from archc.graph.ir import Instance, Node
from archc.ops.values import text_of
from archc.record import Record


class Use(Record):
    """One use of a block: what it is, what it gives, what it costs."""

    path: str
    what: str
    size: str
    cost: Cost


def blocks(view: View) -> Table:
    """The table of a network by blocks."""
    items = _opened(view.report.network.root, (view.depth or 1) - 1)
    rows = {role: _rows(view, items, role) for role in (INFERENCE, TRAINING, UNUSED)}
    return table_of(view, rows)


def _opened(root: Instance, levels: int) -> list[Node | Instance]:
    """The items of the net, with blocks opened this many levels deep."""
    items = list(root.items)
    for _ in range(levels):
        if not any(isinstance(item, Instance) for item in items):
            break
        opened: list[Node | Instance] = []
        for item in items:
            opened.extend(item.items if isinstance(item, Instance) else [item])
        items = opened
    return items


def _rows(view: View, items: list[Node | Instance], role: int) -> list[Cells]:
    """Rows of single layers and of runs of equal blocks."""
    rows: list[Cells] = []
    single: list[Node] = []
    alike: list[Use] = []
    for item in items:
        if isinstance(item, Node):
            rows.extend(_folded(view, alike))
            single.append(item)
            continue
        rows.extend(layer_rows(view, role, single))
        single.clear()
        use = _use(view, item, role)
        if use is None:
            continue
        if alike and not _equal(alike[-1], use):
            rows.extend(_folded(view, alike))
        alike.append(use)
    rows.extend(layer_rows(view, role, single))
    rows.extend(_folded(view, alike))
    return rows


def nodes_in(instance: Instance) -> list[Node]:
    """All nodes of a block and of the blocks inside it, in text order."""
    found: list[Node] = []
    open_: list[Node | Instance] = [instance]
    while open_:
        item = open_.pop()
        if isinstance(item, Node):
            found.append(item)
        else:
            open_.extend(item.items)
    return sorted(found, key=lambda node: node.index)


def _use(view: View, instance: Instance, role: int) -> Use | None:
    """A use of a block, if it holds layers of the role."""
    costs = view.report.costs
    nodes = [node for node in nodes_in(instance) if costs.roles[node.index] == role]
    if not nodes:
        return None
    last = nodes[-1]
    if instance.output is not None:
        last = view.report.network.nodes[instance.output]
    cost = costs.sum(role, [node.index for node in nodes])
    return Use(instance.path, block_text(instance), text_of(shape_of(last)), cost)


def block_text(instance: Instance) -> str:
    """The block and its values: `bottleneck c=64 s=1`."""
    values = [f"{name}={value}" for name, value in instance.arguments]
    return " ".join([instance.name, *values])


def _equal(one: Use, other: Use) -> bool:
    return (one.what, one.size, one.cost) == (other.what, other.size, other.cost)


def _end(first: str, last: str) -> str:
    """What of the last path differs from the first: `layer1.0 ... 2`."""
    at = 0
    while first[at : at + 1] == last[at : at + 1] != "":
        at += 1
    while at and last[at - 1].isdigit():
        at -= 1
    return last[at:]


def _folded(view: View, alike: list[Use]) -> list[Cells]:
    """The row of a run of equal uses; the run is emptied."""
    if not alike:
        return []
    first, last = alike[0], alike[-1]
    path = first.path if len(alike) == 1 else f"{first.path} ... {_end(first.path, last.path)}"
    what = first.what if len(alike) == 1 else f"{first.what} x{len(alike)}"
    cost = summed([use.cost for use in alike])
    alike.clear()
    return [(path, what, first.size, *cost_cells(view, cost))]
