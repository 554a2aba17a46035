"""What a configuration may hold, as pydantic models; the published JSON Schema is made of them."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    WithJsonSchema,
    create_model,
    model_validator,
)

from archc.analysis.rules import Level
from archc.diagnostics.explain import all_kinds, first_sentence
from archc.graph.ir import METRICS
from archc.limits import Limits
from archc.syntax.build_formulas import UNITS

DIGITS = 18
FORM = rf"([0-9]{{1,{DIGITS}}})(?:\.([0-9]{{1,{DIGITS}}}))? ?([KMGT]i?B?|B)?"

_AMOUNT = re.compile(FORM)


def amount(value: object) -> Fraction:
    """`26_000_000`, or a text with the units of the language: `"26M"`, `"60MB"`, `"1.5GiB"`."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**DIGITS:
        return Fraction(value)
    match = _AMOUNT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('a number such as 26_000_000, or a text such as "26M" or "60MB"')
    whole, decimals, unit = match.group(1), match.group(2) or "", match.group(3) or ""
    return Fraction(int(whole + decimals), 10 ** len(decimals)) * UNITS[unit]


_AMOUNT_SCHEMA = {
    "anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": f"^{FORM}$"}]
}
Amount = Annotated[Any, PlainValidator(amount), WithJsonSchema(_AMOUNT_SCHEMA)]
Whole = Annotated[int, Field(ge=1, lt=10**DIGITS)]


def _no_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)  # TOML has no null: what is not said is left out


def _optional(description: str, alias: str | None = None) -> Any:
    return Field(None, alias=alias, description=description, json_schema_extra=_no_default)


class Table(BaseModel):
    """Base of all tables: other keys are refused, and nothing is converted in silence."""

    model_config = ConfigDict(extra="forbid", strict=True)


class BudgetTable(Table):
    """Upper limits for the networks that `net` means, at batch 1 and float32."""

    net: str = Field(
        min_length=1,
        description="specs/resnet.arch, specs/resnet.arch:50, or a net; * stands for any text",
    )
    params: Amount = _optional("trained numbers")
    macs: Amount = _optional("multiplications of one sample")
    flops: Amount = _optional("2 x macs")
    values: Amount = _optional("numbers of the input and of all layers that make new ones")
    memory: Amount = _optional("4 x values: bytes in float32")
    peak: Amount = _optional("bytes of values alive at once")
    layers: Amount = _optional("layers with weights on the longest path")
    counts: dict[str, Whole] = Field(
        {}, alias="with", description="numbers for counts unknown until the network runs"
    )

    @model_validator(mode="after")
    def _has_a_ceiling(self) -> BudgetTable:
        if all(getattr(self, metric) is None for metric in METRICS):
            raise ValueError(f"a budget needs a limit: {', '.join(METRICS)}")
        return self


_LINTS: dict[str, Any] = {
    slug.replace("-", "_"): (Level, _optional(first_sentence(kind), slug))
    for slug, kind in all_kinds().items()
    if kind.lint
}
_LIMITS: dict[str, Any] = {
    name: (Whole, _optional(f"{Limits.__defaults__[name]} if it is not said"))
    for name in Limits.__fields__
}
if TYPE_CHECKING:
    LintTable = Table
    LimitTable = Table
else:
    LintTable = create_model(
        "LintTable", __base__=Table, __doc__="Levels of lints, by slug.", **_LINTS
    )
    LimitTable = create_model(
        "LimitTable", __base__=Table, __doc__="What archc takes on: docs/limits.md.", **_LIMITS
    )


class Document(Table):
    """archc.toml, or [tool.archc] in pyproject.toml."""

    lints: LintTable = Field(default_factory=LintTable)
    limits: LimitTable = Field(default_factory=LimitTable)
    budgets: list[BudgetTable] = []


def schema() -> str:
    """The JSON Schema of archc.toml, as docs/configuration.schema.json holds it."""
    return json.dumps(Document.model_json_schema(), indent=2) + "\n"
