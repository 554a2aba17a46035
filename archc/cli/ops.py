"""`archc ops [LAYER]`: made from the operators themselves."""

from __future__ import annotations

import argparse
import inspect
from typing import Any

from archc.cli.main import DONE, complain


def add_parser(verbs: Any) -> None:
    """Declare the arguments."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        "ops", description="The layers there are, and their options.", allow_abbrev=False
    )
    parser.add_argument("layer", nargs="?", metavar="LAYER", help="`conv`; none lists all")


def run(arguments: argparse.Namespace) -> int:
    """Print the page of a layer, or the list of all."""
    from archc.ops.base import Op

    if arguments.layer is None:
        print(overview())
        return DONE
    word = arguments.layer.lower()
    found = Op.registry.get(word)
    if found is None:
        from archc.diagnostics.dialects import layer_word
        from archc.diagnostics.similar import suggestion

        ours = layer_word(arguments.layer)
        known = tuple(Op.registry)
        said = f"archc says `{ours}`" if ours else suggestion(word, known, "there are")
        return complain(f"there is no layer called `{arguments.layer}`; {said}")
    print(page(found))
    return DONE


def overview() -> str:
    """All layers by family, each with the first line of its page."""
    from archc.ops.base import Op

    families: dict[str, list[tuple[str, str]]] = {}
    for op in dict.fromkeys(Op.registry.values()):
        family = op.__module__.rpartition(".")[2]
        families.setdefault(family, []).append((", ".join(op.words), _first_line(op)))
    width = max(len(words) for rows in families.values() for words, _ in rows)
    lines: list[str] = []
    for family, rows in sorted(families.items()):
        lines += [f"{family}", *[f"  {words:<{width}}  {about}" for words, about in rows], ""]
    return "\n".join(lines).rstrip()


def page(op: type[Any]) -> str:
    """What a layer does, its options, its example and its paper."""
    lines = [", ".join(op.words), "", inspect.cleandoc(op.__doc__ or "")]
    rows = [(name, _takes(field), _default(field), field.doc) for name, field in op.fields.items()]
    if rows:
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        lines += ["", "Options:"]
        for row in rows:
            cells = [f"{cell:<{width}}" for cell, width in zip(row, widths)]
            lines.append(f"  {'  '.join([*cells, row[3]])}".rstrip())
    return "\n".join(lines)


def _first_line(op: type[Any]) -> str:
    return inspect.cleandoc(op.__doc__ or "").partition("\n")[0].rstrip(".")


def _takes(field: Any) -> str:
    if field.kind == "choice":
        return " | ".join(field.choices)
    if field.kind == "initial":
        return f"{'word' if field.choices else 'number'} | normal(..) | uniform(..)"
    return str(field.kind)


def _default(field: Any) -> str:
    """What holds if the row does not say it."""
    from archc.ops.values import Shape, Window

    if field.required:
        return "needed"
    default = field.default
    if default is None:
        return ""
    if isinstance(default, bool):
        return "yes" if default else "no"
    if isinstance(default, int | float | str | Window | Shape):
        return f"= {default}"
    return f"= {'x'.join(map(str, default)) if isinstance(default, tuple) else default}"
