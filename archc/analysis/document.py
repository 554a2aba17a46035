"""The JSON report as plain data, field by field as docs/report.schema.json publishes it.

One entry for each node, in text order. Behind an unknown count an entry is for a count of 1, and
its terms stand beside it (`macs_per`); totals hold what depends on no count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from archc import __version__
from archc.analysis.amounts import (
    Amount,
    evaluate,
    fixed,
    per,
    product,
    terms_of,
    text_of_monomial,
    unknowns,
)
from archc.analysis.cost import TRAINING, UNUSED
from archc.analysis.report import Report, Totals, shape_of, sizes
from archc.graph.ir import Network, Node
from archc.ops.base import Op
from archc.ops.values import Value, text_of

FORMAT_VERSION = 1


def as_json(reports: list[Report]) -> dict[str, Any]:
    """The whole document at once; `contract.lines` writes the same without holding it."""
    networks = [{**about(report), "layers": list(layers(report))} for report in reports]
    return {**head(), "networks": networks}


def head() -> dict[str, Any]:
    """What stands before the networks."""
    return {"format_version": FORMAT_VERSION, "archc_version": __version__}


def about(report: Report) -> dict[str, Any]:
    """A network without its layers."""
    network = report.network
    found: dict[str, Any] = {
        "name": network.name,
        "file": network.source.name,
        "inputs": sizes(network, network.inputs),
        "outputs": sizes(network, network.outputs),
        "batch": report.batch,
        "dtype": report.dtype,
    }
    if network.training_outputs:
        found["training_outputs"] = sizes(network, network.training_outputs)
    if network.evaluated_at:
        found["evaluated_at"] = dict(network.evaluated_at)
    if network.size_rule:
        found["size_rule"] = network.size_rule
    found["totals"] = _totals(report.totals)
    return found


def _totals(totals: Totals) -> dict[str, Any]:
    found: dict[str, Any] = {
        "params": totals.params,
        "params_training": totals.params_training,
        "macs": fixed(totals.macs),
        "flops": fixed(totals.flops),
        "values": fixed(totals.values),
        "memory_bytes": fixed(totals.memory),
        "peak_bytes": totals.peak,
        "layers": totals.layers,
    }
    amounts = {"macs": totals.macs, "values": totals.values, "memory_bytes": totals.memory}
    for name, amount in amounts.items():
        if per(amount):
            found[f"{name}_per"] = per(amount)
    return found


def layers(report: Report) -> Iterator[dict[str, Any]]:
    """One entry for each node, in text order."""
    network, costs = report.network, report.costs
    for node in network.nodes:
        cost, role = costs.of[node.index], costs.roles[node.index]
        found: dict[str, Any] = {
            "path": node.path,
            "kind": node.op.word,
            "block": node.block.path,
            "source": str(node.span),
            "inputs": [network.nodes[index].path for index in node.inputs],
            "output": text_of(shape_of(node)),
            "options": _options(node.op),
            "params": cost.params,
            "macs": 0,
            "values": 0,
            "weights": _tensors(network, node, network.weights(node)),
            "buffers": _tensors(network, node, network.buffers(node)),
            "training": role == TRAINING,
        }
        if role == UNUSED:
            found["unused"] = True
        if node.shares:
            found["shares"] = node.shares
        amounts = {
            "macs": product(cost.macs, report.batch),
            "values": product(cost.values, report.batch),
        }
        found.update(_for_one_thing(amounts, shape_of(node)))
        yield found


def _options(op: Op) -> dict[str, Any]:
    """The options of an operator; `pad=half` as the number it comes to."""
    found = op.options
    reach = op.reach() if found.get("pad") == "half" else None
    if reach:
        sides, _, dilates = reach
        wide = dilates * len(sides) if len(dilates) == 1 else dilates
        pads = [dilate * (side - 1) // 2 for side, dilate in zip(sides, wide)]
        same = len(set(pads)) == 1
        found["pad"] = pads[0] if same else "x".join([str(pad) for pad in pads])
    return found


def _for_one_thing(amounts: dict[str, Amount], shape: Value) -> dict[str, Any]:
    """Amounts as numbers: where they depend on a count, for a count of 1, the terms beside them."""
    depend = {name for amount in amounts.values() for name in _symbols(amount)}
    symbols = sorted(depend | set(unknowns([shape])))
    found: dict[str, Any] = {"per": ", ".join(symbols)} if symbols else {}
    ones = dict.fromkeys(symbols, 1)
    for name, amount in amounts.items():
        found[name] = evaluate(amount, ones)
        if symbols and amount:
            terms = terms_of(amount).items()
            found[f"{name}_per"] = {text_of_monomial(key) or "1": factor for key, factor in terms}
    return found


def _symbols(amount: Amount) -> tuple[str, ...]:
    return () if isinstance(amount, int) else amount.symbols


def _tensors(
    network: Network, node: Node, tensors: Mapping[str, tuple[int, ...]]
) -> dict[str, list[int]]:
    return {network.key(node, name): list(size) for name, size in tensors.items()}
