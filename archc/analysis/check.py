"""The `check` rows of a network: what a file claims against what is counted.

`~=` holds at most half a unit of the last written digit away, both ends included, in exact
arithmetic; `within` loosens any relation by a share of the written number. Checks mean batch 1 and
float32.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from archc.analysis.amounts import (
    Amount,
    evaluate,
    product,
    text_of_amount,
    total,
    unknowns,
    with_counts,
)
from archc.analysis.cost import INFERENCE, TRAINING, Cost, Costs, measure
from archc.analysis.memory import FLOAT_BYTES, peak_bytes
from archc.diagnostics.model import Diagnostic, Kind
from archc.graph.ir import Check, Network
from archc.ops.stack import List
from archc.ops.values import Shape, Value, text_of
from archc.record import Record

if TYPE_CHECKING:
    from archc.diagnostics.kinds.checks import Part

SUMMED = ("params", "macs", "flops", "values", "memory")


class Unknown(Record):
    """A number that depends on counts which nobody gave: `formula` may be empty."""

    formula: str
    symbols: tuple[str, ...]


SAME_AT_ANY_SIZE = ("params", "layers")


def failed_checks(network: Network, costs: Costs | None = None) -> list[Diagnostic]:
    """A diagnostic for each check that does not hold.

    A check was written for the size of the file: at a size that was asked for, only what does not
    depend on it is compared.
    """
    if not network.checks:
        return []
    counted = costs or measure(network)
    found: list[Diagnostic] = []
    for check in network.checks:
        if network.asked and check.metric not in SAME_AT_ANY_SIZE:
            continue
        problem = _output_problem(network, check) if check.metric == "output" else None
        problem = problem or (_problem(counted, check) if check.metric != "output" else None)
        if problem:
            found.append(problem.at(check.value_span))
    return found


def amount_of(cost: Cost, metric: str) -> Amount:
    """One of the metrics that are sums over rows."""
    if metric == "params":
        return cost.params
    if metric == "macs":
        return cost.macs
    if metric == "flops":
        return product(2, cost.macs)
    return cost.values if metric == "values" else product(FLOAT_BYTES, cost.values)


def holds(check: Check, actual: int) -> bool:
    """Whether the relation is true of a number."""
    value = Fraction(check.value)
    slack = abs(value) * (check.within or 0)
    if check.relation in ("<=", "<"):
        limit = value + slack
        return actual <= limit if check.relation == "<=" else actual < limit
    if check.relation in (">=", ">"):
        limit = value - slack
        return actual >= limit if check.relation == ">=" else actual > limit
    return abs(actual - value) <= _tolerance(check)


def _tolerance(check: Check) -> Fraction:
    """How far `==` and `~=` let a number be away."""
    slack = abs(Fraction(check.value)) * (check.within or 0)
    return max(slack, check.unit / 2) if check.relation == "~=" else slack


def _problem(costs: Costs, check: Check) -> Kind | None:
    """The problem of a check of a number, if it does not hold."""
    network = costs.network
    subject = f"`{check.row}` of {network.name}" if check.row else network.name
    rows = chosen_rows(network, check)
    actual = number_of(costs, check.metric, dict(check.counts), rows)
    if isinstance(actual, Unknown):
        return _needs(subject, check, actual)
    if holds(check, actual):
        return None
    return _failed(costs, check, subject, actual, rows)


def number_of(
    costs: Costs,
    metric: str,
    counts: Mapping[str, int],
    rows: frozenset[int] | None = None,
) -> int | Unknown:
    """What a network, or the given rows of it, has of a metric."""
    if metric in SUMMED:
        amount = amount_of(_cost_of_rows(costs, rows), metric)
        missing = tuple([name for name in _symbols(amount) if name not in counts])
        return Unknown(text_of_amount(amount), missing) if missing else evaluate(amount, counts)
    if metric == "peak":
        values = [node.shape for node in costs.network.nodes if node.shape is not None]
        missing = tuple([name for name in unknowns(values) if name not in counts])
        return Unknown("", missing) if missing else peak_bytes(costs, counts=counts, during=rows)
    return costs.layers(rows)


def _needs(subject: str, check: Check, unknown: Unknown) -> Kind:
    from archc.diagnostics.kinds.checks import CheckNeedsCount

    return CheckNeedsCount(subject, check.metric, unknown.formula, unknown.symbols)


def _failed(
    costs: Costs, check: Check, subject: str, actual: int, rows: frozenset[int] | None
) -> Kind:
    from archc.analysis.parts import largest_parts
    from archc.diagnostics.kinds.checks import CheckFailed

    parts: tuple[Part, ...] = ()
    if check.metric in SUMMED and actual:
        parts = largest_parts(costs, check.metric, dict(check.counts), rows)
    return CheckFailed(
        subject, check.metric, actual, check.relation, check.value, _allowed(check), parts
    )


def _allowed(check: Check) -> str:
    """What a written number stands for where it is a range."""
    tolerance = _tolerance(check)
    if check.relation not in ("~=", "==") or not tolerance:
        return ""
    from archc.diagnostics.kinds.checks import amount_text

    low, high = amount_text(check.value - tolerance), amount_text(check.value + tolerance)
    within = f" within {amount_text(check.within * 100)}%" if check.within else ""
    return f"{check.written}{within} stands for {low} to {high}"


def chosen_rows(network: Network, check: Check) -> frozenset[int] | None:
    """The nodes a check is about; None is all of them."""
    if not check.row and check.node is None:
        return None
    path, below, again = check.row, f"{check.row}.", f"{check.row}@"
    found = {
        node.index
        for node in network.nodes
        if path and (node.path == path or node.path.startswith(below))
    }
    if found and check.node is not None and isinstance(network.nodes[check.node].op, List):
        # `each` uses the row again in front of its list; `reuse` behind it is a row of its own.
        before = network.nodes[: check.node]
        found |= {node.index for node in before if node.path.startswith(again)}
    if not found and check.node is not None:
        found = {check.node}
    return frozenset(found)


def _cost_of_rows(costs: Costs, rows: frozenset[int] | None) -> Cost:
    if rows is None:
        return costs.sum()
    both = costs.sum(INFERENCE, rows), costs.sum(TRAINING, rows)
    return Cost(
        both[0].params + both[1].params,
        both[0].biases + both[1].biases,
        total([both[0].macs, both[1].macs]),
        total([both[0].values, both[1].values]),
    )


def _symbols(amount: Amount) -> tuple[str, ...]:
    return () if isinstance(amount, int) else amount.symbols


# ---- output --------------------------------------------------------------------------------------


def _output_problem(network: Network, check: Check) -> Kind | None:
    """The problem of `check output`, if the size is another one."""
    expected = check.shape
    if expected is None:
        return None
    gives = _given(network, check)
    shown = _with_given(gives, dict(check.counts))
    if _fits(expected, shown):
        return None
    from archc.diagnostics.kinds.checks import CheckFailed

    subject = f"`{check.row}` of {network.name}" if check.row else network.name
    return CheckFailed(subject, "output", text_of(shown), check.relation, check.written)


def _given(network: Network, check: Check) -> Value:
    """What the row or the network gives; several outputs are a list."""
    indices = [check.node] if check.node is not None else list(network.outputs.values())
    values = [network.nodes[index].shape for index in indices]
    shapes: list[Shape] = []
    for value in values:
        assert value is not None
        shapes.extend([value] if isinstance(value, Shape) else value)
    return shapes[0] if len(values) == 1 and isinstance(values[0], Shape) else tuple(shapes)


def _with_given(value: Value, counts: Mapping[str, int]) -> Value:
    if set(unknowns([value])) <= set(counts):
        return with_counts(value, counts)
    return value


def _fits(expected: Value, gives: Value) -> bool:
    """Whether two values are equal where the expected one says something."""
    wanted = (expected,) if isinstance(expected, Shape) else expected
    found = (gives,) if isinstance(gives, Shape) else gives
    if len(wanted) != len(found):
        return False
    for one, other in zip(wanted, found):
        sides = zip(one.dims, other.dims)
        if len(one.dims) != len(other.dims) or one.count != other.count:
            return False
        if any(side >= 0 and side != size for side, size in sides):  # `?` is -1
            return False
    return True
