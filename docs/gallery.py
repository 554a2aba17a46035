"""Write docs/gallery.md: `python -m docs.gallery` in the repository's root.

Everything on the page comes from the specs and from what was measured of public implementations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from archc.analysis.amounts import text_of_amount
from archc.catalogue import Entry, by_family, nets_of
from archc.session import Session
from tests.oracles.exactness import Exactness, Measured, exactness, shipped_networks

PAGE = Path(__file__).with_name("gallery.md")
LINKS = (("arXiv:", "https://arxiv.org/abs/"), ("doi:", "https://doi.org/"))
COLUMNS = ("net", "year", "paper", "params", "MACs", "layers", "input", "lines", "equals")
NUMBERS = ("year", "params", "MACs", "layers", "lines")

HEAD = """\
# Gallery

{nets} networks, {all} with their variants, in {families} families. `archc nets` lists and
filters them, `archc nets wide resnet` finds them by words, `archc nets NAME` prints the text of
one, `archc analyze NAME` its table; a name may be spelt `resnet.50`, `resnet50` or `ResNet-50`.
This page is made of the specs and of what was measured of public implementations:
`python -m docs.gallery`.

- **params**: trained numbers, without heads that exist only in training. **MACs**: multiplications,
  each with its addition, of convs, linear layers and matrix products, for one input of the size
  shown; R and T are counts known only when it runs, of regions and of words. **layers**: those with
  weights, on the longest path.
- **lines**: of the whole file with all its variants, comments and empty lines included (`wc -l`);
  behind the plus, those of all files of the library and of other specs that it uses, whole.
- **equals**: a public implementation with exactly these parameters and MACs, equal sizes of all
  its tensors, and equal depth where it can be measured, found by running its own code; \\* marks
  equal keys of the state_dict, too. Its lines are those of the file it is written in, which may
  hold documentation, lists of weights and relatives.
"""

EXACT = """\
## How exact

{exact} of the {all} networks equal a public implementation, {keys} of them down to the names of
their weights. `tests/oracles/` compares them. The others are compared with the arithmetic of their
paper's table, in a test; these are the reasons why they have no public twin.
"""


def page() -> str:
    """The text of docs/gallery.md."""
    session = Session()
    entries = shipped_networks()
    found = exactness([entry.name for entry in entries])
    families = [(name or "other", members) for name, members in by_family(entries)]
    counts = {"nets": nets_of(entries), "all": len(entries), "families": len(families)}
    lines = [HEAD.format(**counts), " · ".join([f"[{name}](#{name})" for name, _ in families])]
    lengths = {entry.path: _lines(session, entry) for entry in entries}
    for name, members in families:
        lines += ["", f"## {name}", "", *_table(members, lengths, found)]
    exact = {"exact": len(found.exact), "all": len(entries), "keys": len(found.same_names)}
    lines += ["", EXACT.format(**exact), *_reasons(found)]
    return "\n".join(lines) + "\n"


def _table(entries: list[Entry], lengths: dict[str, str], found: Exactness) -> Iterator[str]:
    """A row for each network; what it shares with the one above is not said again."""
    yield _row(COLUMNS)
    yield "|" + "|".join(["---:" if name in NUMBERS else "---" for name in COLUMNS]) + "|"
    above: tuple[str, ...] = ()
    for entry in entries:
        shared = (entry.net, str(entry.year or ""), linked(entry.paper), lengths[entry.path])
        _, year, paper, lines = ("",) * 4 if shared == above else shared
        above = shared
        yield _row(
            (
                f'[{entry.name}](../specs/{entry.file} "{entry.title}")',
                year,
                paper,
                f"{entry.params:,}",
                text_of_amount(entry.macs).replace("*", "\\*"),
                str(entry.layers),
                ", ".join(entry.inputs.values()),
                lines,
                "; ".join([_twin(twin) for twin in found.exact.get(entry.name, ())]),
            )
        )


def _row(cells: Iterable[str]) -> str:
    return "|" + "|".join([f" {cell} " if cell else " " for cell in cells]) + "|"


def linked(paper: str) -> str:
    """A paper as Markdown; one on arXiv or with a DOI is a link."""
    for sign, address in LINKS:
        if paper.startswith(sign):
            return f"[{paper}]({address}{paper.removeprefix(sign)})"
    return re.sub(r"([|*_<])", r"\\\1", paper)


def _twin(twin: Measured) -> str:
    """`torchvision resnet50*, 985 lines`."""
    package = twin["package"].partition(" ")[0]
    same = "\\*" if "state_sha256" in twin else ""
    lines = f", {twin['lines']:,} lines" if "lines" in twin else ""
    return f"{package} `{twin['model']}`{same}{lines}"


def _lines(session: Session, entry: Entry) -> str:
    """`29 + 21`: lines of a file, and of those it uses, directly or not."""
    source = session.source(entry.path)
    assert source is not None
    module = session.module(source)
    used = {}
    waiting = [module]
    while waiting:
        inner = list(waiting.pop().used.values())
        used.update({one.source.name: one.source.text.count("\n") for one in inner})
        waiting += inner
    own = source.text.count("\n")
    return f"{own} + {sum(used.values())}" if used else str(own)


def _reasons(found: Exactness) -> Iterator[str]:
    if found.reasons:
        yield _row(("network", "why it has no public twin"))
        yield "|---|---|"
    for pattern, reason in found.reasons.items():
        yield _row((f"`{pattern}`", reason))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
