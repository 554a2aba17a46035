"""Write docs/blocks.md: `python -m docs.blocks` in the repository's root.

Everything on the page but its head stands in the files of templates/blocks/ and in the specs.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from archc.diagnostics.model import Bag
from archc.source import SourceFile
from archc.syntax import tree
from archc.syntax.parse import parse

PAGE = Path(__file__).with_name("blocks.md")
ROOT = PAGE.parent.parent
LIBRARY = ROOT / "templates" / "blocks"
ARXIV = re.compile(r"arXiv:(\d{4}\.\d{4,5})")

HEAD = """\
# Blocks

{blocks} blocks in {files} files under [templates/blocks/](../templates/blocks), each tested alone.
They come with archc, so a file of yours can use them wherever it lies:

```arch
use bottleneck from "blocks/residual.arch" with bn = groupnorm 32
use se from "blocks/se.arch"

net example()
  input 56x56x256
  bottleneck 64 gate=se x2              -> 56x56x256
  bottleneck 128 x2 first s=2           -> 28x28x512
```

- Values go to the **parameters** in order, or by name; yes and no always by name. In all files
  **c** is the number of channels (that come out, unless it says otherwise), **s** the stride,
  **d** the dilation, **K** the side of a window.
- A block as a value gets values of its own in a cell of a table (`se r=8`), or from a block of
  yours around it.
- What a block **takes** and **gives** is a promise, checked at each use. `H`, `W`, `C` (of things
  `T` or `R`, and `D`) are the sides of what comes in, `?` is any side; sizes in square brackets are
  those of a list.
- `with` replaces a layer in the whole file that is used: another norm or activation needs no other
  block. `archc ops` lists the layers.

This page is made of those files and of the specs that use them: `python -m docs.blocks`.
"""


class Described(NamedTuple):
    """A block, its own comment, and the paper that this or the nearest comment above names."""

    block: tree.Block
    comment: str
    paper: str


def page() -> str:
    """The text of docs/blocks.md."""
    seen = _uses()
    files = {path.name: described(path) for path in sorted(LIBRARY.glob("*.arch"))}
    count = sum([len(blocks) for _, blocks in files.values()])
    links = [f"[{name.removesuffix('.arch')}](#{name.replace('.', '')})" for name in files]
    lines = [HEAD.format(blocks=count, files=len(files)), " · ".join(links)]
    for name, (comment, blocks) in files.items():
        lines += ["", f"## {name}", "", _prose(comment, links=True), ""]
        lines += ["| block | takes | gives | what for | paper | seen in |", f"|{'---|' * 6}"]
        lines += [_row(one, seen.get((name, one.block.name), [])) for one in blocks]
    return "\n".join(lines) + "\n"


def described(path: Path) -> tuple[str, list[Described]]:
    """The comment at the top of a file, and its blocks."""
    source = SourceFile(path.name, path.read_text(encoding="utf-8"))
    lines = source.text.splitlines()
    top = _comment(lines, 0, 1)
    paper = "".join(ARXIV.findall(top)[:1])
    found = []
    for block in parse(source, Bag()).statements:
        if isinstance(block, tree.Block):
            line = block.span.line - 1
            above = _comment(lines, line - 1, -1)
            _, _, behind = lines[line].partition(" # ")
            own = behind if above == top else f"{above} {behind}".strip()
            paper = (*ARXIV.findall(own), paper)[0]
            found.append(Described(block, own, paper))
    return top, found


def _comment(lines: list[str], at: int, step: int) -> str:
    """The text of the comment lines from one line on, downwards or upwards."""
    texts = []
    while 0 <= at < len(lines) and lines[at].startswith("#"):
        texts.append(lines[at].lstrip("# "))
        at += step
    return " ".join(texts[::step])


def _uses() -> dict[tuple[str, str], list[str]]:
    """The specs that use a block, by the block's file and name."""
    seen: dict[tuple[str, str], list[str]] = {}
    for path in sorted((ROOT / "specs").glob("*.arch")):
        source = SourceFile(path.name, path.read_text(encoding="utf-8"))
        for use in parse(source, Bag()).statements:
            if isinstance(use, tree.Use) and use.path.value.startswith("blocks/"):
                file = use.path.value.removeprefix("blocks/")
                for name in use.names:
                    seen.setdefault((file, name.parts[0]), []).append(path.stem)
    return seen


def _row(one: Described, specs: list[str]) -> str:
    block = one.block
    parameters = ", ".join([parameter.span.text for parameter in block.parameters])
    items = ", ".join([item.parts[0] for item in block.items])
    takes = block.receives.span.text if block.receives else f"[{items}]"
    gives = f"`{block.promises.span.text}`" if block.promises else ""
    cells = (
        f"`{block.name}({parameters})`",
        f"`{takes}`",
        gives,
        _prose(one.comment),
        f"[{one.paper}](https://arxiv.org/abs/{one.paper})",
        ", ".join([f"[{name}](../specs/{name}.arch)" for name in specs]),
    )
    return re.sub(r" +", " ", f"| {' | '.join(cells)} |")


def _prose(comment: str, links: bool = False) -> str:
    """A comment as Markdown; without `links` the paper stands in a column of its own."""
    text = re.sub(r"([*|])", r"\\\1", comment)
    if links:
        return ARXIV.sub(r"[arXiv:\1](https://arxiv.org/abs/\1)", text)
    return re.sub(rf" \({ARXIV.pattern}\)", "", text)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
