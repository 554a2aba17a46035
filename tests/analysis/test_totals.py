"""Totals equal their columns, for every spec, in every table."""

from pathlib import Path

import pytest

from archc.analysis.amounts import per, product, total
from archc.analysis.document import as_json
from archc.analysis.report import make_report
from archc.backends.table import printing
from archc.backends.table.summary import View

SPECS = sorted(path.stem for path in (Path(__file__).parents[2] / "specs").glob("*.arch"))


@pytest.fixture(scope="module", params=SPECS)
def reports(request, networks):
    return [make_report(network) for network in networks(request.param)]


def test_the_rows_of_the_json_report_add_up(reports):
    for network in as_json(reports)["networks"]:
        totals = network["totals"]
        rows = [row for row in network["layers"] if not row["training"] and not row.get("unused")]
        assert totals["params"] == sum(row["params"] for row in rows)
        training = [row for row in network["layers"] if row["training"]]
        assert totals["params_training"] == sum(row["params"] for row in training)
        for name in ("macs", "values"):
            known = [row for row in rows if "per" not in row]
            terms = [row.get(f"{name}_per", {}) for row in rows if "per" in row]
            constant = sum(row[name] for row in known) + sum(term.get("1", 0) for term in terms)
            assert totals[name] == constant
            symbols = {symbol for term in terms for symbol in term} - {"1"}
            sums = {symbol: sum(term.get(symbol, 0) for term in terms) for symbol in symbols}
            assert totals.get(f"{name}_per", {}) == sums
        assert totals["flops"] == 2 * totals["macs"]
        assert totals["memory_bytes"] == 4 * totals["values"]


def test_params_are_the_sizes_of_the_weights(reports):
    for network in as_json(reports)["networks"]:
        tensors = {}
        for row in network["layers"]:
            if not row.get("unused"):
                tensors.update(row["weights"])
        held = 0
        for size in tensors.values():
            numbers = 1
            for side in size:
                numbers *= side
            held += numbers
        totals = network["totals"]
        assert totals["params"] + totals["params_training"] == held


@pytest.mark.parametrize(
    ("style", "depth", "by_block", "no_bias"),
    [
        ("archc", None, False, False),
        ("archc", None, False, True),
        ("archc", 1, False, False),
        ("archc", 2, False, False),
        ("archc", 1, True, False),
        ("archc", 2, True, True),
        ("googlenet", None, False, False),
        ("keras", None, False, False),
        ("cs231n", None, False, False),
    ],
)
def test_the_columns_of_tables_add_up(reports, style, depth, by_block, no_bias):
    for report in reports:
        view = View(report, no_bias, depth)
        table = printing.table_of(view, style, by_block=by_block)
        for group in table.groups:
            assert group.total is not None
            for at, column in enumerate(table.columns):
                if column.number and group.total[at] != "":
                    cells = [row[at] for row in group.rows]
                    assert total(cells) == group.total[at], column.name
        main = table.groups[0].total
        assert report.totals.macs in main or style in ("keras", "cs231n")


def test_no_layer_is_lost(reports):
    for report in reports:
        table = printing.table_of(View(report))
        counted = sum(len(group.rows) for group in table.groups)
        named = sum(row[1].count(" ; ") for group in table.groups for row in group.rows)
        assert counted + named == len(report.network.nodes)


@pytest.mark.parametrize("spec", ["vgg16", "caption"])
def test_batch_and_dtype_scale(networks, spec):
    (network,) = networks(spec)
    one = make_report(network).totals
    many = make_report(network, batch=8, dtype="bfloat16").totals
    assert many.params == one.params
    assert many.macs == product(8, one.macs)
    assert many.values == product(8, one.values)
    assert many.memory == product(4, one.memory)
    assert per(many.flops) == per(product(16, one.macs))
    assert many.layers == one.layers


def test_batch_scales_the_peak(networks):
    (network,) = networks("vgg16")
    peak = make_report(network).totals.peak
    assert make_report(network, batch=8, dtype="bfloat16").totals.peak == 4 * peak


def test_shared_weights_count_once(networks):
    (network,) = networks("siamese")
    report = as_json([make_report(network)])["networks"][0]
    shared = [row for row in report["layers"] if "shares" in row and row["weights"]]
    assert shared
    assert all(row["params"] == 0 and row["macs"] > 0 for row in shared)


def test_weights_that_only_the_second_use_needs_count_there(network_of):
    text = """
net toy()
  left: input 8
  right: input 8
  a: from left ; fc 4 as twin
  b: from right ; reuse twin
  output b
  output a training
"""
    totals = make_report(network_of(text)).totals
    assert (totals.params, totals.params_training) == (36, 0)


def test_what_no_output_needs_is_in_no_total(network_of):
    text = """
net toy()
  x: input 8x8x4
  side: conv 3x3 64 pad=half
  from x
  conv 1x1 4
"""
    report = make_report(network_of(text))
    assert report.totals.params == 20
    assert report.totals.macs == 8 * 8 * 4 * 4
    assert report.totals.layers == 1
    rows = as_json([report])["networks"][0]["layers"]
    assert [row["path"] for row in rows if row.get("unused")] == ["side"]


def test_a_scan_of_known_length_multiplies(network_of):
    text = """
net toy()
  input 6x5
  tokens
  scan
    fc 3 bias=no
"""
    totals = make_report(network_of(text)).totals
    assert totals.params == 15
    assert totals.macs == 6 * 15


def test_a_scan_of_unknown_length_is_a_polynomial(network_of):
    text = """
net toy()
  input T of 5
  scan
    fc 3 bias=no
"""
    totals = make_report(network_of(text)).totals
    assert per(totals.macs) == {"T": 15}


def test_attention_grows_with_the_square_of_the_things(network_of):
    text = """
net toy()
  input T of 8
  attention 2
"""
    macs = make_report(network_of(text)).totals.macs
    assert per(macs) == {"T": 4 * 8 * 8, "T^2": 2 * 8}


def test_values_count_what_makes_new_numbers(network_of):
    rows = {
        "relu": 0,
        "bn": 0,
        "flatten": 0,
        "maxpool": 4 * 4 * 4,
        "conv 1x1 2": 128,
        "upsample 2": 1024,
        "add\n    identity\n    identity": 0,
        "tokens ; mean things": 4,
        "tokens ; sum things": 4,
    }
    found = {}
    for row in rows:
        network = network_of(f"net toy()\n  input 8x8x4\n  {row}\n")
        found[row] = make_report(network).totals.values - 8 * 8 * 4
    assert found == rows
