"""The docstring of a generated file: what it is, what it costs, what it was made from."""

from __future__ import annotations

import hashlib
import textwrap

from archc import __version__
from archc.analysis.amounts import text_of_amount
from archc.analysis.cost import measure
from archc.analysis.report import shape_of
from archc.graph.ir import Network
from archc.ops.values import text_of

LOSSES = {"softmax": "nn.NLLLoss of their logarithm", "sigmoid": "nn.BCELoss"}
MARK = "Written by archc"
"""by which archc knows a file that it may overwrite"""


INFERENCE = (
    "For inference alone: batch norms are a part of the layers before them, and weights of the "
    "plain network have to be folded for it. Load them, then call `prepare(model, example)`."
)


def docstring(network: Network, inference: str = "") -> str:
    """The module's docstring; `inference` is the dtype of a source for inference alone."""
    whole = measure(network).sum()
    paper = network.meta.get("paper")
    inputs = ", ".join([text_of(shape_of(network.nodes[i])) for i in network.inputs.values()])
    lines = [
        f'"""{about(network)}',
        "",
        *([f"Paper: {_paper(str(paper), str(network.meta.get('year', '')))}."] if paper else []),
        f"Parameters: {whole.params:,}.",
        f"MACs: {text_of_amount(whole.macs)} for one input of {inputs}.",
        *_losses(network),
        "",
        *([*textwrap.wrap(INFERENCE, 84), ""] if inference else []),
        *textwrap.wrap(
            f"{MARK} {__version__} from {_file(network)} ({network.name}), "
            f"sha256 {_digest(network)}. Sizes in comments are height x width x channels.",
            84,
        ),
        '"""',
    ]
    return "\n".join(lines)


def _paper(paper: str, year: str) -> str:
    """The paper and its year, once."""
    return _plain(paper if not year or year in paper.split() else f"{paper}, {year}")


def _losses(network: Network) -> list[str]:
    """What to train with where a network ends in probabilities: torch's usual loss takes none."""
    lines: list[str] = []
    for name, index in network.outputs.items():
        loss = LOSSES.get(network.nodes[index].op.word)
        if loss:
            lines.append(f"`{_plain(name)}` is probabilities: train with {loss}.")
    return lines


def about(network: Network) -> str:
    """What the network is called, as one sentence."""
    title = network.title or network.net
    return _plain(f"{title} ({network.name})." if network.variant else f"{title}.")


def _plain(text: str) -> str:
    """A text of the spec as it may stand in a docstring: no end of it, no escapes."""
    return text.replace("\\", "/").replace('"', "'").replace("\n", " ")


def _file(network: Network) -> str:
    """The spec's file without its folder: the same from wherever it is built."""
    return _plain(network.source.name.replace("\\", "/").rpartition("/")[2])


def _digest(network: Network) -> str:
    return hashlib.sha256(network.source.text.encode()).hexdigest()[:16]
