"""The grammar's LALR tables: read from the package, made by `python -m archc.syntax.grammar`."""

from __future__ import annotations

import io
import os
import pickle
from typing import Any

from lark import Lark

HERE = os.path.dirname(__file__)
GRAMMAR = os.path.join(HERE, "arch.lark")
TABLES = os.path.join(HERE, "arch.tables")
STARTS = ["line", "variant_row", "inner"]


def make_tables() -> dict[str, Any]:
    """Compile the grammar; a tenth of a second, so done once and shipped."""
    with open(GRAMMAR, encoding="utf-8") as file:
        lark = Lark(file.read(), parser="lalr", lexer="contextual", start=STARTS)
    buffer = io.BytesIO()
    lark.save(buffer)
    tables: dict[str, Any] = pickle.loads(buffer.getvalue())
    return tables


def load_parser(rules: object) -> Lark:
    """A parser that calls a method of `rules` for each grammar rule."""
    with open(TABLES, "rb") as file:
        tables = pickle.load(file)
    # `Lark.load` takes no transformer, and a tree built first costs half as much again.
    load: Any = Lark._load_from_dict  # noqa: SLF001
    parser: Lark = load(tables["data"], tables["memo"], transformer=rules)
    return parser


if __name__ == "__main__":
    with open(TABLES, "wb") as out:
        pickle.dump(make_tables(), out, protocol=4)
