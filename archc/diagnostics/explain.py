"""What a slug means, made from the docstring of its kind: `archc explain`, docs/diagnostics/.

`python -m archc.diagnostics.explain --write docs/diagnostics` writes the pages anew.
"""

from __future__ import annotations

import os
import re
import sys
from importlib import import_module
from textwrap import dedent, indent

from archc.diagnostics import kinds
from archc.diagnostics.model import Kind

HEADINGS = ("What it means", "Why", "Example", "Fix", "Fixed")
GENERATED = "generated"
"""an example that is no single file; a test makes it"""

_HEADING = re.compile(rf"^ *({'|'.join(HEADINGS)}):[ \t]*(.*)$", re.MULTILINE)


def all_kinds() -> dict[str, type[Kind]]:
    """Every kind by its slug, in the order of slugs."""
    folder = kinds.__path__[0]
    for name in sorted(os.listdir(folder)):
        if name.endswith(".py") and name != "__init__.py":
            import_module(f"{kinds.__name__}.{name.removesuffix('.py')}")
    return dict(sorted(Kind.registry.items()))


def sections(kind: type[Kind]) -> dict[str, str]:
    """The docstring by heading, without its indentation."""
    text = kind.__doc__ or ""
    found = list(_HEADING.finditer(text))
    ends = [*[match.start() for match in found[1:]], len(text)]
    parts: dict[str, str] = {}
    for match, end in zip(found, ends):
        body = dedent(text[match.end() : end].strip("\n")).rstrip()
        parts[match.group(1)] = match.group(2).strip() or body
    return parts


def example(kind: type[Kind]) -> str:
    """The example as a file, or an empty text where it is generated."""
    text = sections(kind).get("Example", "")
    return "" if text.startswith(GENERATED) else f"{text}\n"


def page(kind: type[Kind]) -> str:
    """The explanation for a terminal."""
    parts = sections(kind)
    if parts.get("Example", "").startswith(GENERATED):
        del parts["Example"]
    lines = [f"{_sort(kind)}[{kind.slug}]"]
    for heading, text in parts.items():
        lines += ["", heading, indent(text, "  ")]
    return "\n".join(lines)


def markdown(kind: type[Kind]) -> str:
    """The explanation as a page of docs/diagnostics."""
    parts = sections(kind)
    lines = [f"# {kind.slug}", "", f"*{_sort(kind)}*", "", parts["What it means"], ""]
    lines += ["## Why", "", parts["Why"], ""]
    if example(kind):
        lines += ["## Example", "", "```", example(kind).rstrip(), "```", ""]
    lines += ["## Fix", "", parts["Fix"], ""]
    if "Fixed" in parts:
        lines += ["```", parts["Fixed"], "```", ""]
    return "\n".join(lines)


def index(found: dict[str, type[Kind]]) -> str:
    """The list of all pages."""
    lines = ["# Diagnostics", "", "Made by `python -m archc.diagnostics.explain`; do not edit.", ""]
    lines += ["| slug | what it means |", "|---|---|"]
    for slug, kind in found.items():
        lines.append(f"| [{slug}]({slug}.md) | {first_sentence(kind)} |")
    return "\n".join([*lines, ""])


def first_sentence(kind: type[Kind]) -> str:
    """The beginning of what it means, on one line."""
    text = " ".join(sections(kind)["What it means"].split())
    sentence = re.match(r"(?:`[^`]*`|[^`])*?(?=[.:]\s|[.:]?$)", text)
    return sentence.group() if sentence is not None else text


def pages() -> dict[str, str]:
    """Every file of docs/diagnostics by its name."""
    found = all_kinds()
    written = {f"{slug}.md": markdown(kind) for slug, kind in found.items()}
    return {"README.md": index(found), **written}


def write(folder: str) -> None:
    """Write all pages and take away those of slugs that are gone."""
    os.makedirs(folder, exist_ok=True)
    wanted = pages()
    for name in os.listdir(folder):
        if name.endswith(".md") and name not in wanted:
            os.unlink(os.path.join(folder, name))
    for name, text in wanted.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)


def _sort(kind: type[Kind]) -> str:
    if not kind.lint:
        return kind.severity
    return "lint, off by default" if getattr(kind, "off_by_default", False) else "lint"


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] != "--write":
        sys.exit("usage: python -m archc.diagnostics.explain --write FOLDER")
    write(sys.argv[2])
