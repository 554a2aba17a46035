"""Style `googlenet`: the columns of GoogLeNet's Table 1, one row for each row of the net's text.

The columns `#1x1 ... pool proj` are read off the paths between a block's input and its concat: one
conv 1x1; a 1x1 before a 3x3 or a 5x5; a pooling and the 1x1 behind it. A row of the net with two
convs in a chain, `conv 1x1 64 ; conv 3x3 192`, is such a path too. What fits no column is left
blank, and nothing is left out of params and ops (MACs), which are exact where the paper's are
rounded. Rows of norms and activations alone have no line, as in the paper.
"""

from __future__ import annotations

from archc.analysis.cost import INFERENCE, longest_path
from archc.analysis.report import Report, shape_of
from archc.analysis.rows import row_lines
from archc.backends.table.blocks import nodes_in
from archc.backends.table.layers import cost_cells
from archc.backends.table.model import Cells, Column, Group, Table
from archc.backends.table.summary import View, head, notes
from archc.graph.ir import Instance, Node
from archc.ops.values import Window, text_of

PATH_COLUMNS = ("#1x1", "#3x3 reduce", "#3x3", "#5x5 reduce", "#5x5", "pool proj")

COLUMNS = (
    Column("type"),
    Column("patch/stride", drop=8),
    Column("output size"),
    Column("depth", number=True, drop=9),
    *[Column(name, number=True, drop=7 - at) for at, name in enumerate(PATH_COLUMNS)],
    Column("params", number=True),
    Column("ops", number=True),
)

TYPES = {
    "conv": "convolution",
    "deconv": "transposed conv",
    "maxpool": "max pool",
    "avgpool": "avg pool",
    "gap": "avg pool",
    "fc": "linear",
}

SHOWN_ANYWAY = ("dropout", "softmax")


def googlenet(view: View) -> Table:
    """The table of a network."""
    report = view.report
    rows: list[Cells] = []
    for items in _lines(report):
        nodes = [node for item in items for node in _nodes(item)]
        row = _row(view, items, nodes)
        if row is not None:
            rows.append(row)
    totals = report.totals
    blank = ("",) * len(PATH_COLUMNS)
    total: Cells = (
        "total", "", "", "", *blank, view.total_params, totals.macs
    )  # fmt: skip
    network = report.network
    return Table(network.name, COLUMNS, (Group(rows, total),), head(view), notes(view))


def _lines(report: Report) -> list[list[Node | Instance]]:
    """The items of the net that inference needs, those of one line of text together."""
    roles = report.costs.roles
    rows = row_lines(report.network)
    lines: list[list[Node | Instance]] = []
    before = 0
    for item in report.network.root.items:
        nodes = [node for node in _nodes(item) if roles[node.index] == INFERENCE]
        if not nodes:
            continue
        line = rows[nodes[0].index]
        alone = isinstance(item, Instance)
        if lines and line == before and not alone:
            lines[-1].append(item)
        else:
            lines.append([item])
        before = 0 if alone else line
    return lines


def _nodes(item: Node | Instance) -> list[Node]:
    return [item] if isinstance(item, Node) else nodes_in(item)


def _row(view: View, items: list[Node | Instance], nodes: list[Node]) -> Cells | None:
    """The row of one line of the net; None for one that the paper does not print."""
    if nodes[0].op.word == "input":
        return None
    costs = view.report.costs
    cost = costs.sum(INFERENCE, [node.index for node in nodes])
    boxed = [node for node in nodes if node.op.own_box]
    if not boxed and not cost.params:
        boxed = [node for node in nodes if node.op.word in SHOWN_ANYWAY]
        if not boxed:
            return None
    last = items[-1].output if isinstance(items[-1], Instance) else None
    size = shape_of(nodes[-1] if last is None else view.report.network.nodes[last])
    params, macs, _ = cost_cells(view, cost)
    lead = (boxed or nodes)[-1]
    block = items[0] if isinstance(items[0], Instance) else None
    kind = f"{block.name} ({block.path})" if block else _type(lead)
    patch = "" if block else _patch(lead)
    paths = _path_cells(view.report, nodes)
    return (kind, patch, text_of(size), longest_path(nodes), *paths, params, macs)


def _type(node: Node) -> str:
    op = node.op
    if op.word == "dropout":
        share = getattr(op, "p", 0) * 100
        return f"dropout ({share.numerator if share == int(share) else float(share)}%)"
    return TYPES.get(op.word, op.word)


def _patch(node: Node) -> str:
    """`7x7/2`; a stride that is not written is 1 for a conv."""
    window = getattr(node.op, "window", None)
    if not isinstance(window, Window):
        return "2x2/2" if node.op.word in ("maxpool", "avgpool", "lppool") else ""
    return str(window) if window.stride else f"{window}/{getattr(node.op, 'stride', None) or 1}"


# ---- paths --------------------------------------------------------------------------------------


def _path_cells(report: Report, nodes: list[Node]) -> tuple[str, ...]:
    """The cells of the columns of paths."""
    inside = {node.index: node for node in nodes}
    joins = [node for node in nodes if node.op.word == "concat"]
    found: dict[str, list[str]] = {}
    if len(joins) == 1:
        for source in joins[0].inputs:
            _place(found, _convs(inside, source))
    elif not joins and len(nodes) > 1:
        convs = _convs(inside, nodes[-1].index)
        if len(convs) > 1:
            _place(found, convs)
    return tuple(["+".join(found.get(column, ())) for column in PATH_COLUMNS])


def _convs(inside: dict[int, Node], index: int) -> list[Node]:
    """The convs and poolings of a chain that ends at a node, in their order."""
    chain: list[Node] = []
    node = inside.get(index)
    while node is not None:
        if node.op.word in ("conv", "maxpool", "avgpool"):
            chain.append(node)
        node = inside.get(node.inputs[0]) if len(node.inputs) == 1 else None
    return chain[::-1]


def _place(found: dict[str, list[str]], chain: list[Node]) -> None:
    """Write a path's channels under its columns, if there are columns for it."""
    kinds = [_window(node) for node in chain]
    columns = {
        ("1x1",): ("#1x1",),
        ("1x1", "3x3"): ("#3x3 reduce", "#3x3"),
        ("1x1", "5x5"): ("#5x5 reduce", "#5x5"),
        ("3x3",): ("#3x3",),
        ("5x5",): ("#5x5",),
        ("pool", "1x1"): ("", "pool proj"),
    }.get(tuple(kinds), ())
    for column, node in zip(columns, chain):
        shape = shape_of(node)
        if column and not isinstance(shape, tuple):
            found.setdefault(column, []).append(str(shape.channels))


def _window(node: Node) -> str:
    if node.op.word != "conv":
        return "pool"
    window = getattr(node.op, "window", None)
    return "x".join([str(side) for side in window.sides]) if window else "?"
