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
_SHIFT = 0


def make_tables() -> dict[str, Any]:
    """Compile the grammar; a tenth of a second, so done once and shipped.

    Equal grammars give equal tables.
    """
    with open(GRAMMAR, encoding="utf-8") as file:
        lark = Lark(file.read(), parser="lalr", lexer="contextual", start=STARTS)
    buffer = io.BytesIO()
    lark.save(buffer)
    tables: dict[str, Any] = pickle.loads(buffer.getvalue())
    tables["data"]["parser"]["parser"] = _renumbered(tables["data"]["parser"]["parser"])
    return tables


def _renumbered(parser: dict[str, Any]) -> dict[str, Any]:
    """Number states as they are reached: lark's own numbers differ in each run."""
    symbols = sorted(parser["tokens"].values())
    number = {symbol: at for at, symbol in enumerate(symbols)}
    moves = {
        state: sorted((number[parser["tokens"][token]], action) for token, action in row.items())
        for state, row in parser["states"].items()
    }
    starts = sorted(parser["start_states"].items())
    order = {state: at for at, (_start, state) in enumerate(starts)}
    waiting = list(order)
    for state in waiting:
        for _symbol, (kind, target) in moves[state]:
            if kind == _SHIFT and target not in order:
                order[target] = len(order)
                waiting.append(target)
    states = {
        order[state]: {
            symbol: (kind, order[target] if kind == _SHIFT else target)
            for symbol, (kind, target) in moves[state]
        }
        for state in waiting
    }
    return {
        **parser,
        "tokens": dict(enumerate(symbols)),
        "states": states,
        "start_states": {start: order[at] for start, at in starts},
        "end_states": {start: order[at] for start, at in sorted(parser["end_states"].items())},
    }


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
