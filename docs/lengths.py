"""Write docs/torch-lengths.md: `python -m docs.lengths` in the repository's root.

Our lines are counted in the source that is written now, torchvision's were counted by
`python -m tests.oracles.lengths`.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from archc.api import load
from archc.backends.torch.emit import source_of
from tests.oracles.lengths import LENGTHS, code_lines

PAGE = Path(__file__).with_name("torch-lengths.md")

HEAD = """\
# How long the PyTorch source is

Lines of code of what `archc build` writes, beside those of torchvision {version} for the same
network: the same keys, sizes and outputs.

- A line counts if it holds code: no comments, docstrings, empty lines. Ours are at most 88 columns
  wide, torchvision's at most 120.
- **ours**: all classes and functions of the file, without its imports and the lines that run it.
- **torchvision**: the function that builds the network, the classes of all modules that it makes,
  and the functions, tables and records that these name; not what fetches trained weights. Its
  classes serve relatives, too: a file of ours is one network.

This page is made by `python -m docs.lengths`.
"""


def page() -> str:
    """The text of docs/torch-lengths.md."""
    stored = json.loads(LENGTHS.read_text(encoding="utf-8"))
    rows = sorted(rows_of(stored["models"]), key=lambda row: row[1] / row[3])
    longer = [name for name, ours, _, theirs, _ in rows if ours > theirs]
    lines = [HEAD.format(version=stored["torchvision"])]
    lines += ["| network | ours | torchvision's model | its lines | ratio | made of |"]
    lines += ["|---|---:|---|---:|---:|---|"]
    lines += [
        f"| {name} | {ours} | {model} | {theirs} | {ours / theirs:.2f} | {parts} |"
        for name, ours, model, theirs, parts in rows
    ]
    said = ", ".join(longer) if longer else "none"
    lines += [
        "",
        f"{len(rows) - len(longer)} of {len(rows)} are shorter or as long; longer: {said}.",
    ]
    return "\n".join(lines) + "\n"


def rows_of(models: dict[str, Any]) -> Iterator[tuple[str, int, str, int, str]]:
    """A network, our lines, torchvision's name for it, its lines and what they are."""
    for name, one in models.items():
        parts = one["parts"]
        longest = sorted(parts, key=parts.__getitem__, reverse=True)[:4]
        said = ", ".join([f"`{part}` {parts[part]}" for part in longest])
        rest = sum(parts.values()) - sum([parts[part] for part in longest])
        said += f", {len(parts) - len(longest)} more {rest}" if rest else ""
        yield name, own_lines(name), f"`{one['model']}`", sum(parts.values()), said


def own_lines(name: str) -> int:
    """The lines of code of the classes and functions that we write for a network."""
    text = source_of(load(name).graph)
    lines = code_lines(text)
    parts = (ast.ClassDef, ast.FunctionDef, ast.Assign, ast.AnnAssign)
    return sum(
        [
            len(lines.intersection(range(node.lineno, (node.end_lineno or 0) + 1)))
            for node in ast.parse(text).body
            if isinstance(node, parts)
        ]
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
