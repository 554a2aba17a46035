"""The JSON report keeps its contract, and the published schema is that of the code."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from archc.analysis import contract
from archc.analysis.document import as_json
from archc.analysis.report import make_report

SCHEMA = Path(__file__).parents[2] / "docs" / "report.schema.json"
SPECS = sorted(path.stem for path in (Path(__file__).parents[2] / "specs").glob("*.arch"))


def test_the_published_schema_is_fresh(request):
    if request.config.getoption("--update-golden"):
        SCHEMA.write_text(contract.schema(), encoding="utf-8")
    assert SCHEMA.read_text(encoding="utf-8") == contract.schema()


@pytest.mark.parametrize("spec", SPECS)
def test_every_report_fits_the_contract(networks, spec):
    reports = [make_report(network) for network in networks(spec)]
    document = json.loads("\n".join(contract.lines(reports)))
    assert document == json.loads(json.dumps(as_json(reports)))
    contract.Document.model_validate(document)


def test_the_example_of_the_documentation(networks):
    (network,) = networks("resnet.50")
    (found,) = as_json([make_report(network)])["networks"]
    assert found["name"] == "resnet.50"
    assert found["file"] == "specs/resnet.arch"
    assert found["outputs"] == {"fc": "1000"}
    totals = found["totals"]
    assert (totals["params"], totals["macs"], totals["layers"]) == (25557032, 4089184256, 50)
    conv1 = found["layers"][1]
    assert {name: conv1[name] for name in ("path", "kind", "block", "output", "params")} == {
        "path": "conv1",
        "kind": "conv",
        "block": "",
        "output": "112x112x64",
        "params": 9408,
    }
    assert conv1["inputs"] == ["input"]
    assert conv1["macs"] == 118013952
    assert conv1["values"] == 802816
    assert conv1["weights"] == {"conv1.weight": [64, 3, 7, 7]}
    wanted = {"window": "7x7", "stride": 2, "pad": 3, "groups": 1, "bias": False}
    assert {name: conv1["options"][name] for name in wanted} == wanted


def test_training_rows_are_marked(networks):
    (network,) = networks("googlenet")
    (found,) = as_json([make_report(network)])["networks"]
    assert found["totals"]["params_training"] == 6379728
    rows = [row for row in found["layers"] if row["training"]]
    assert sum(row["params"] for row in rows) == 6379728
    assert {row["path"].split(".")[0] for row in rows} == {"aux1", "aux2"}


def test_rows_behind_an_unknown_count_are_for_one_thing(networks):
    (network,) = networks("faster_rcnn")
    (found,) = as_json([make_report(network)])["networks"]
    heads = [row for row in found["layers"] if row["kind"] == "fc"]
    assert [row["per"] for row in heads] == ["R"] * 4
    assert [row["macs"] for row in heads[:2]] == [7 * 7 * 512 * 4096, 4096 * 4096]
    assert found["totals"]["macs_per"]["R"] == sum(
        row["macs"] for row in found["layers"] if row.get("per") == "R"
    )


def test_a_field_that_is_not_in_the_contract_is_refused(networks):
    (network,) = networks("lenet5")
    document = as_json([make_report(network)])
    document["networks"][0]["layers"][0]["colour"] = "red"
    with pytest.raises(ValidationError):
        contract.Document.model_validate(document)
