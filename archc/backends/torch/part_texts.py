"""The text of parts: classes and functions that generated source takes along."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).with_name("parts")


def texts_of(names: Iterable[str]) -> list[str]:
    """The parts of these names and those they refer to, each once, in the order of their files."""
    known = _known()
    wanted = set(names)
    pending = list(wanted)
    while pending:
        for inner in known[pending.pop()][1] - wanted:
            wanted.add(inner)
            pending.append(inner)
    return [text for name, (text, _) in known.items() if name in wanted]


def part_names() -> frozenset[str]:
    """The names of all parts."""
    return frozenset(_known())


@cache
def _known() -> dict[str, tuple[str, frozenset[str]]]:
    """Every part: its text as it stands, decorators and comments too, and the parts it names."""
    found: dict[str, tuple[str, set[str]]] = {}
    for path in sorted(FOLDER.glob("*.py")):
        source = path.read_text(encoding="utf-8")
        lines = source.splitlines()
        for node in ast.parse(source).body:
            name = _name(node)
            if name:
                first = min([node.lineno, *[d.lineno for d in getattr(node, "decorator_list", [])]])
                used = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
                found[name] = "\n".join(lines[first - 1 : node.end_lineno]), used - {name}
    return {name: (text, frozenset(used & set(found))) for name, (text, used) in found.items()}


def _name(node: ast.stmt) -> str:
    """What a top-level statement defines; empty for an import, a docstring."""
    if isinstance(node, ast.ClassDef | ast.FunctionDef):
        return node.name
    targets = node.targets if isinstance(node, ast.Assign) else []
    targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
    return next((target.id for target in targets if isinstance(target, ast.Name)), "")
