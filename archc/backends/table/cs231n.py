"""Style `cs231n`: the lecture's slide of VGG-16, line by line, without biases.

`CONV3-64: [224x224x64]  memory: 224*224*64=3.2M  params: (3*3*3)*64 = 1,728`. Rows are the layers
with a box of their own, and others that have parameters; sizes are rounded as on the slide, counts
are exact.
"""

from __future__ import annotations

from archc.analysis.amounts import product, text_of_amount
from archc.analysis.cost import INFERENCE, Cost
from archc.analysis.memory import DTYPES
from archc.analysis.report import Report, shape_of
from archc.backends.table.model import Cells, Column, Group, Table, megabytes, rounded
from archc.backends.table.summary import View, head
from archc.graph.ir import Node
from archc.ops.base import Tensors
from archc.ops.values import Count, Shape, Value, text_of

COLUMNS = (
    Column("layer"),
    Column("size"),
    Column("memory", drop=1),
    Column("values", number=True),
    Column("params"),
    Column("weights", number=True),
)


def cs231n(view: View) -> Table:
    """The slide of a network."""
    report = view.report
    view = View(report, no_bias=True)
    lines: list[str] = [*head(view), ""]
    rows: list[Cells] = []
    for node in report.network.nodes:
        cost = report.costs.of[node.index]
        params = view.params(cost)
        if report.costs.roles[node.index] != INFERENCE or not (params or cost.values):
            continue
        name, size = _name(node), _size(shape_of(node))
        memory = _memory(shape_of(node), cost)
        formula = _formula(report, node, params)
        values = product(cost.values, report.batch)
        rows.append((name, size, memory, values, formula, params))
        shown = f"{formula} = {params:,}" if formula else f"{params:,}"
        lines.append(f"{name}: [{size}]  memory: {memory}  params: {shown}")
    lines.extend(["", *_totals(view)])
    total: Cells = ("TOTAL", "", "", report.totals.values, "", view.total_params)
    name = report.network.name
    notes = _totals(view)
    return Table(name, COLUMNS, (Group(rows, total),), head(view), notes, tuple(lines))


def _totals(view: View) -> tuple[str, ...]:
    totals, width = view.report.totals, DTYPES[view.report.dtype]
    values = totals.values
    size = "" if not isinstance(values, int) else f" * {width} bytes = {megabytes(values * width)}"
    return (
        f"TOTAL memory: {text_of_amount(values)}{size}  (only forward)",
        f"TOTAL params: {view.total_params:,}  (not counting biases)",
    )


def _name(node: Node) -> str:
    """`CONV3-64`, `POOL2`, `FC`; others by their word."""
    op = node.op
    window = getattr(op, "window", None)
    kernel = getattr(op, "kernel", None)  # the side of windows on 1-D maps
    sides: tuple[int, ...] = getattr(window, "sides", () if kernel is None else (kernel,))
    glued = "x".join([str(side) for side in (sides[:1] if len(set(sides)) == 1 else sides)])
    if op.word in ("conv", "deconv"):
        channels = shape_of(node)
        last = channels.channels if isinstance(channels, Shape) else 0
        return f"{op.word.upper()}{glued}-{last}"
    if op.word in ("maxpool", "avgpool", "lppool"):
        word = {"maxpool": "POOL", "avgpool": "AVGPOOL"}.get(op.word, "LPPOOL")
        return f"{word}{glued or ('2' if getattr(op, 'to', None) is None else '')}"
    return op.word.upper()


def _size(value: Value) -> str:
    """Vectors are `1x1x4096` here, as on the slide."""
    if isinstance(value, Shape) and value.count is None and value.rank == 0:
        return f"1x1x{value.channels}"
    return text_of(value)


def _memory(value: Value, cost: Cost) -> str:
    """`224*224*64=3.2M`; a vector is its own number."""
    if not cost.values:
        return "0"
    if not isinstance(value, Shape):
        return text_of_amount(cost.values)
    factors = [str(side) for side in value.dims]
    if value.count is not None:
        shown = str(value.count)
        factors.insert(0, f"({shown})" if "+" in shown else shown)
    if len(factors) <= 1:
        return str(cost.values) if isinstance(cost.values, int) else text_of_amount(cost.values)
    if isinstance(value.count, Count) or not isinstance(cost.values, int):
        return "*".join(factors)
    return f"{'*'.join(factors)}={rounded(cost.values)}"


def _formula(report: Report, node: Node, params: int) -> str:
    """`(3*3*3)*64`, `7*7*512*4096`: how the weights come about; empty for none."""
    tensors = report.network.weights(node)
    if not params or node.shares:
        return ""
    shown = [_product(report, node, name, size) for name, size in _without_biases(tensors).items()]
    formula = " + ".join(shown)
    return "" if formula.isdigit() else formula  # `128 = 128` would say nothing


def _without_biases(tensors: Tensors) -> Tensors:
    last = {name: name.rpartition(".")[2] for name in tensors}
    return {
        name: size
        for name, size in tensors.items()
        if not (last[name].startswith("bias") or last[name].endswith("bias"))
    }


def _product(report: Report, node: Node, name: str, size: tuple[int, ...]) -> str:
    if node.op.word in ("conv", "deconv") and name == "weight":
        first, second, *window = size
        incoming, outgoing = (second, first) if node.op.word == "conv" else (first, second)
        return f"({'*'.join([str(side) for side in (*window, incoming)])})*{outgoing}"
    if node.op.word == "fc" and name == "weight":
        before = shape_of(report.network.nodes[node.inputs[0]])
        assert isinstance(before, Shape)
        return "*".join([str(side) for side in (*before.dims, size[0])])
    return "*".join([str(side) for side in size]) or "1"
