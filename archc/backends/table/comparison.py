"""Several networks: one summary row each."""

from __future__ import annotations

from archc.analysis.report import Report, sizes
from archc.backends.table.model import Cells, Column, Group, Table
from archc.backends.table.summary import View, evaluated

COLUMNS = (
    Column("net"),
    Column("input", drop=4),
    Column("params", number=True),
    Column("MACs", number=True, drop=6),
    Column("values", number=True, drop=2),
    Column("peak bytes", number=True, drop=1),
    Column("layers", number=True, drop=5),
    Column("output", drop=3),
)


def comparison(views: list[View]) -> Table:
    """The table of several networks, in the order they were named."""
    first = views[0].report
    head = [f"{len(views)} networks, batch {first.batch}, {first.dtype}"]
    if views[0].no_bias:
        head.append("without biases")
    rows = [_row(view) for view in views]
    notes = [_open(view.report) for view in views if view.report.network.evaluated_at]
    training = [
        f"{view.report.network.name}: {view.report.totals.params_training:,} more parameters "
        "that only training outputs need"
        for view in views
        if view.report.totals.params_training
    ]
    return Table("Comparison", COLUMNS, (Group(rows),), tuple(head), (*notes, *training))


def _row(view: View) -> Cells:
    report = view.report
    network, totals = report.network, report.totals
    return (
        network.name,
        ", ".join(sizes(network, network.inputs).values()),
        view.total_params,
        totals.macs,
        totals.values,
        totals.peak,
        totals.layers,
        ", ".join(sizes(network, network.outputs).values()),
    )


def _open(report: Report) -> str:
    return f"{report.network.name}: open sizes, evaluated at {evaluated(report)}"
