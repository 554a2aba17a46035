"""The report on a network: its totals, which are sums of its rows, always.

`macs`, `values` and bytes are for the whole batch; `memory` is values times the bytes of the dtype;
`peak` is what liveness finds. Rows that only training outputs need, and rows that no output needs,
are in no total but `params_training`.
"""

from __future__ import annotations

from collections.abc import Mapping

from archc.analysis.amounts import Amount, product
from archc.analysis.cost import TRAINING, Costs, measure
from archc.analysis.memory import DTYPES, peak_bytes
from archc.graph.ir import Network, Node
from archc.ops.values import Value, text_of
from archc.record import Record


class Totals(Record):
    """What a network costs. Amounts may depend on counts that are unknown until it runs."""

    params: int
    biases: int
    params_training: int
    macs: Amount
    values: Amount
    memory: Amount
    peak: int
    layers: int

    @property
    def flops(self) -> Amount:
        """By definition twice the MACs."""
        return product(2, self.macs)


class Report(Record):
    """A network, what its nodes cost for one sample, and its totals for a batch of a dtype."""

    network: Network
    costs: Costs
    totals: Totals
    batch: int
    dtype: str


def make_report(network: Network, *, batch: int = 1, dtype: str = "float32") -> Report:
    """Count everything there is to count."""
    costs = measure(network)
    width = DTYPES[dtype]
    whole = costs.sum()
    values = product(whole.values, batch)
    totals = Totals(
        params=whole.params,
        biases=whole.biases,
        params_training=costs.sum(TRAINING).params,
        macs=product(whole.macs, batch),
        values=values,
        memory=product(values, width),
        peak=peak_bytes(costs, width=width) * batch,
        layers=costs.layers(),
    )
    return Report(network, costs, totals, batch, dtype)


def shape_of(node: Node) -> Value:
    """The shape of a node of a network without errors."""
    assert node.shape is not None
    return node.shape


def sizes(network: Network, names: Mapping[str, int]) -> dict[str, str]:
    """The sizes of named nodes, as the language writes them."""
    return {name: text_of(shape_of(network.nodes[index])) for name, index in names.items()}
