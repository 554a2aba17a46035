"""What the tests of the lectures' statements share: statements, networks, a registry of tests."""

import json
from pathlib import Path

from archc.analysis.document import as_json
from archc.analysis.report import make_report

ORACLE = Path(__file__).parents[1] / "oracles" / "seed_tables.json"
DATA = json.loads(ORACLE.read_text(encoding="utf-8"))
EXAMPLES = {entry["id"]: entry for entry in DATA["examples"]}


class Nets:
    """Networks and their numbers, for short tests."""

    def __init__(self, networks, network_of):
        self._networks = networks
        self._network_of = network_of

    def spec(self, name, size=None):
        (network,) = self._networks(name, size)
        return make_report(network)

    def text(self, size, *rows):
        lines = "\n".join(f"  {row}" for row in rows)
        return make_report(self._network_of(f"net toy()\n  input {size}\n{lines}\n"))

    def size(self, size, *rows):
        """The output of a few rows, torch's order of sides as in the oracle: a list of sides."""
        return sides(self.text(size, *rows))


def sides(report, row=None):
    network = report.network
    if row is None:
        (index,) = network.outputs.values()
    else:
        index = next(node.index for node in network.nodes if node.path == row)
    return list(network.nodes[index].shape.dims)


def rows_of(report):
    """Rows of the JSON report that have a box of their own, or parameters."""
    (found,) = as_json([report])["networks"]
    return [row for row in found["layers"] if row["values"] or row["params"]]


def params(report, path):
    return sum(row["params"] for row in rows_of(report) if f"{row['path']}.".startswith(f"{path}."))


def weights_only(report):
    return report.totals.params - report.totals.biases


CHECKS = {}


def covers(*names):
    def register(check):
        for name in names:
            assert name in EXAMPLES, name
            CHECKS[name] = check
        return check

    return register
