"""Examples in docs/language/: fences of Markdown, what they claim, and the networks they hold.

A fence of arch code must check clean. Words behind `arch` claim more:

- `error[slug]`, `warning[slug]`: these findings, no others; a text fence behind it is the message
- `keys`, `names`: the state_dict keys, or the names of all layers, in the text fence behind it
- `rule`: which sizes an open net takes, in the text fence behind it
- `params=61706`, `macs=...`: totals; `output=7x7x30`: the shapes of the outputs
- `file=blocks.arch`: the text is a file that the other fences of the page can use
- `net=small.wide`: which net is meant; `also=slug`: a lint that is off by default is on
- `limit=depth:9`: another limit

Text without a `net` line is the body of a net.
"""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import indent
from typing import NamedTuple

from archc.analysis.cost import measure
from archc.checking import Checker
from archc.diagnostics.render import render_all
from archc.files import Files
from archc.graph.ir import Network
from archc.limits import Limits
from archc.ops.values import text_of
from archc.session import Session
from tests.conftest import ROOT

PAGES = ROOT / "docs" / "language"
EXAMPLE = "example.arch"
TOLD = {"keys", "names", "rule"}
TOTALS = ("params", "macs", "layers", "values")
_FENCE = re.compile(r"^```(arch|text)\b[ \t]*([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FINDING = re.compile(r"(?:error|warning)\[[a-z0-9-]+\]")


class Fence(NamedTuple):
    """One example: where it stands, its words, its text, and the text fence behind it, if any."""

    page: str
    line: int
    words: tuple[str, ...]
    text: str
    told: str | None

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def findings(self) -> list[str]:
        return [word for word in self.words if _FINDING.fullmatch(word)]

    @property
    def values(self) -> dict[str, str]:
        return dict([word.split("=", 1) for word in self.words if "=" in word])

    @property
    def asks(self) -> list[str]:
        """What is to be told in the text fence."""
        return [word for word in self.words if word in TOLD]


def fences_of(page: Path) -> list[Fence]:
    """The arch fences of a page, each with the text fence that follows it."""
    text = page.read_text(encoding="utf-8")
    found: list[Fence] = []
    for match in _FENCE.finditer(text):
        kind, words, body = match.groups()
        line = text.count("\n", 0, match.start()) + 1
        if kind == "arch":
            found.append(Fence(page.name, line, tuple(words.split()), body, None))
        else:
            assert found and found[-1].told is None, f"{page.name}:{line} belongs to no example"
            found[-1] = found[-1]._replace(told=body)
    return found


EXAMPLES = [fence for page in sorted(PAGES.glob("*.md")) for fence in fences_of(page)]
TEXTS = [str(fence) for fence in EXAMPLES if not fence.findings and "file" not in fence.values]
"""places of the examples that hold a network"""


def example_at(place: str) -> str:
    """The text of an example, as a file."""
    return wrapped(next(fence.text for fence in EXAMPLES if str(fence) == place))


def wrapped(text: str) -> str:
    """The text as a file: rows alone become the body of a net."""
    if re.search(r"^net\b", text, re.MULTILINE):
        return text
    return f"net example()\n{indent(text, '  ')}"


def limits_of(fence: Fence) -> Limits:
    """The limits, one of them changed by `limit=`."""
    name, _, number = fence.values.get("limit", "").partition(":")
    return Limits(**{name: int(number)}) if name else Limits()


def write(fence: Fence, folder: Path) -> str:
    """The example as a file in the folder; gives the file's name."""
    name = fence.values.get("file", EXAMPLE)
    text = fence.text if "file" in fence.values else wrapped(fence.text)
    place = folder / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")
    return name


def findings_in(name: str, fence: Fence) -> tuple[list[str], str]:
    """What `archc check` finds: `error[slug]` for each, and the rendered text."""
    also = frozenset(fence.values["also"].split(",")) if "also" in fence.values else frozenset()
    checker = Checker(limits_of(fence), also=also)
    checker.path(name)
    found = checker.findings()
    heads = [f"{one.severity}[{one.slug}]" for one in found]
    return heads, f"{render_all(found)}\n" if found else ""


def network_in(name: str, fence: Fence) -> Network:
    """The one net of a file that is meant."""
    session = Session(limits_of(fence), Files())
    source = session.source(name)
    assert source is not None
    networks = list(session.networks_of(source, fence.values.get("net")))
    assert len(networks) == 1, "`net=` has to say which net is meant"
    return networks[0]


def keys_of(network: Network) -> list[str]:
    """The keys of the state_dict, in order."""
    return [
        network.key(node, tensor)
        for node in network.nodes
        if not node.shares
        for tensor in {**network.weights(node), **network.buffers(node)}
    ]


def names_of(network: Network) -> list[str]:
    """The names of the layers, those without weights too."""
    return [node.path for node in network.nodes if type(node.op).role == "layer"]


def told_by(network: Network, what: str) -> str:
    """What a text fence says of a network."""
    if what == "rule":
        return network.size_rule
    found = keys_of(network) if what == "keys" else names_of(network)
    lines, line = [], ""
    for word in found:
        if len(line) + len(word) > 90:
            lines.append(line)
            line = ""
        line = f"{line}  {word}" if line else word
    return "\n".join([*lines, line])


def totals_of(network: Network) -> dict[str, str]:
    """The numbers that claims compare."""
    costs = measure(network)
    cost = costs.sum()
    shapes = [network.nodes[index].shape for index in network.outputs.values()]
    return {
        "params": str(cost.params),
        "macs": str(cost.macs),
        "values": str(cost.values),
        "layers": str(costs.layers()),
        "output": ",".join([text_of(shape).replace(" ", "_") for shape in shapes if shape]),
    }
