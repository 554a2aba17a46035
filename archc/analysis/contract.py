"""The JSON report as a published contract: fields may be added, never renamed.

Only for those who ask for JSON: pydantic takes as long to import as a small network to analyse.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from archc.analysis import document
from archc.analysis.report import Report

Size = str
Sizes = dict[str, Size]
Terms = dict[str, int]
Tensors = dict[str, list[int]]


class Part(BaseModel):
    """Base of the contract's objects; a field that is not in the contract is our mistake."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Totals(Part):
    """What the network costs at inference. What depends on an unknown count stands in `*_per`."""

    params: int = Field(
        description="trained numbers that an inference output needs, shared ones once"
    )
    params_training: int = Field(description="those that only training outputs need, besides")
    macs: int = Field(description="multiplications, each with its addition, of the whole batch")
    flops: int = Field(description="2 x macs")
    values: int = Field(description="numbers of the input and of all layers that make new ones")
    memory_bytes: int = Field(description="values x bytes of the dtype")
    peak_bytes: int = Field(description="bytes of values alive at once, at the worst place")
    layers: int = Field(description="layers with weights on the longest path")
    macs_per: Terms = Field({}, description="by unknown count: R, T^2")
    values_per: Terms = Field({}, description="by unknown count")
    memory_bytes_per: Terms = Field({}, description="by unknown count")


class Layer(Part):
    """One operator in its place."""

    path: str = Field(description="its state_dict path; moves and joins have one too")
    kind: str = Field(description="the operator's word in the language")
    block: str = Field(description="path of the innermost block it stands in; empty for the net")
    source: str = Field(description="file:line:column")
    inputs: list[str] = Field(description="paths of the layers it reads")
    output: Size = Field(description="HxWxC, 196 of 512, or a list in brackets")
    options: dict[str, Any]
    params: int
    macs: int = Field(description="of the batch; behind an unknown count, at a count of 1")
    values: int = Field(description="as macs; 0 where it shares the box of the row before")
    weights: Tensors = Field(
        description="trained tensors by state_dict key, torch's order of sides"
    )
    buffers: Tensors = Field(description="stored tensors that are not trained")
    training: bool = Field(
        description="only training outputs need it: in no total but params_training"
    )
    unused: bool = Field(False, description="no output needs it: in no total")
    shares: str = Field("", description="the layer whose weights it uses; its params are 0")
    per: str = Field("", description="the unknown counts it depends on")
    macs_per: Terms = Field(
        {}, description="macs by unknown count; `1` is what does not depend on it"
    )
    values_per: Terms = Field({}, description="values by unknown count, likewise")


class Network(Part):
    """One network, or one variant, at one set of input sizes."""

    name: str
    file: str
    inputs: Sizes
    outputs: Sizes
    training_outputs: Sizes = {}
    evaluated_at: Sizes = Field({}, description="the sizes chosen for inputs that are open")
    size_rule: str = Field("", description="the sizes that open inputs may have, in words")
    batch: int
    dtype: str
    totals: Totals
    layers: list[Layer]


class Document(Part):
    """What `archc analyze NET... --format json` prints."""

    format_version: int
    archc_version: str
    networks: list[Network]


def lines(reports: list[Report]) -> Iterator[str]:
    """The document as JSON, one line for each layer, every part checked against the contract."""
    head = json.dumps(document.head(), ensure_ascii=False)
    yield f'{head[:-1]}, "networks": ['
    for number, report in enumerate(reports, 1):
        yield from _network(report, "," if number < len(reports) else "")
    yield "]}"


def _network(report: Report, comma: str) -> Iterator[str]:
    about = document.about(report)
    Network.model_validate({**about, "layers": []})
    opening = " {"
    for key, value in about.items():
        yield f'{opening}"{key}": {json.dumps(value, ensure_ascii=False)},'
        opening = "  "
    yield '  "layers": ['
    held = ""
    for layer in document.layers(report):
        if held:
            yield f"{held},"
        Layer.model_validate(layer)
        held = f"    {json.dumps(layer, ensure_ascii=False)}"
    yield held
    yield f"  ]}}{comma}"


def schema() -> str:
    """The JSON Schema of the document, as docs/report.schema.json holds it."""
    return json.dumps(Document.model_json_schema(), indent=2) + "\n"
