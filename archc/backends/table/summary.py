"""What stands above and below every table of one network, and the line that adds it up."""

from __future__ import annotations

from archc.analysis.amounts import Amount, text_of_amount, unknowns
from archc.analysis.cost import Cost
from archc.analysis.memory import DTYPES
from archc.analysis.report import Report, shape_of, sizes
from archc.backends.table.model import Cells, megabytes
from archc.diagnostics.columns import harmless
from archc.record import Record


class View(Record):
    """A report and how it is to be shown: with biases or without, how deep."""

    report: Report
    no_bias: bool = False
    depth: int | None = None

    def params(self, cost: Cost) -> int:
        """Parameters as this view counts them."""
        return cost.params - cost.biases if self.no_bias else cost.params

    @property
    def total_params(self) -> int:
        """The sum of the column."""
        totals = self.report.totals
        return totals.params - totals.biases if self.no_bias else totals.params


def head(view: View) -> tuple[str, ...]:
    """Name and file; input, output and what the numbers are for."""
    report = view.report
    network = report.network
    title = f": {network.title}" if network.title else ""
    inputs = _sizes(sizes(network, network.inputs), "input")
    outputs = _sizes(sizes(network, network.outputs), "output")
    lines = [
        harmless(f"{network.name}{title}  ({network.source.name})"),
        f"{inputs} -> {outputs}, batch {report.batch}, {report.dtype}",
    ]
    if network.evaluated_at:
        lines.append(f"open sizes, evaluated at {evaluated(report)}")
    if network.size_rule:
        lines.append(f"sizes that work: {network.size_rule}")
    if network.asked and network.checks:
        lines.append(f"checks that depend on the size are not made at {network.asked}")
    if view.no_bias:
        lines.append("without biases")
    return tuple(lines)


def evaluated(report: Report) -> str:
    """The sizes chosen for open inputs; named where there are several inputs."""
    chosen = report.network.evaluated_at
    if len(report.network.inputs) == 1:
        return ", ".join(chosen.values())
    return ", ".join([f"{name} {size}" for name, size in chosen.items()])


def _sizes(named: dict[str, str], word: str) -> str:
    if len(named) == 1:
        return f"{word} {next(iter(named.values()))}"
    return f"{word}s " + ", ".join([f"{name} {size}" for name, size in named.items()])


def notes(view: View) -> tuple[str, ...]:
    """The other totals, in words."""
    totals = view.report.totals
    width = DTYPES[view.report.dtype]
    sum_ = f"{_product(totals.values, width)} = {_bytes(totals.memory)}"
    plural = "byte" if width == 1 else "bytes"
    peak = f"{totals.peak:,} bytes ({megabytes(totals.peak)})"
    lines = [
        f"memory  {sum_.replace('#', plural)}, the slides' sum over rows",
        f"peak    {peak} of values alive at once at inference{_at_zero(view.report)}",
        f"layers  {totals.layers} with weights on the longest path",
        f"flops   {text_of_amount(totals.flops)}, by definition 2 x MACs",
    ]
    if totals.params_training:
        more = f"{totals.params_training:,} more parameters"
        lines.append(f"train   {more} that only training outputs need")
    return tuple(lines)


def _product(values: Amount, width: int) -> str:
    shown = text_of_amount(values)
    return f"{shown} values x {width} #" if isinstance(values, int) else f"({shown}) x {width} #"


def _bytes(amount: Amount) -> str:
    if isinstance(amount, int):
        return f"{amount:,} bytes ({megabytes(amount)})"
    return f"{text_of_amount(amount)} bytes"


def _at_zero(report: Report) -> str:
    """What the peak leaves out: values behind counts that are unknown."""
    nodes = report.network.nodes
    symbols = unknowns([shape_of(node) for node in nodes])
    return f", with {' = '.join([*symbols, '0'])}" if symbols else ""


def total_line(view: View) -> Cells:
    """The last line of a table of layers: its columns' sums."""
    totals = view.report.totals
    return "total", "", "", view.total_params, totals.macs, totals.values
