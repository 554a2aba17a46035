"""The source of a network: its head, the parts it takes along, classes of blocks, its own."""

from __future__ import annotations

import re
from collections.abc import Iterable

from archc.backends.torch.body import Source
from archc.backends.torch.classes import ClassText
from archc.backends.torch.head import docstring
from archc.backends.torch.naming import network_class
from archc.backends.torch.network import NetworkText
from archc.backends.torch.part_texts import texts_of
from archc.diagnostics.model import ArchError
from archc.graph.ir import Network

IMPORTS = (
    (r"\bmath\.", "import math"),
    (r"\bOrderedDict\(", "from collections import OrderedDict"),
    (r"\(NamedTuple\)", "from typing import NamedTuple"),
)
TORCH_IMPORTS = (
    (r"\btorch\.", "import torch"),
    (r"\bF\.", "import torch.nn.functional as F"),
)


def source_of(network: Network, wider: Network | None = None) -> str:
    """The network as a Python file; raises ArchError where torch cannot be told of an operator.

    `wider` is the network with one class more: with it, the class takes `num_classes=`.
    """
    source = Source(network, wider)
    if source.lowering.bag.has_errors:
        raise ArchError(source.lowering.bag.sorted())
    groups = [group for group in source.outline.groups if source.is_made(group)]
    classes = [ClassText(source, group, source.name_of(group)) for group in groups]
    whole = NetworkText(source, source.outline.group[network.root], network_class(network))
    blocks = [text for one in classes for text in one.blocks()]
    if whole.output_type():
        blocks.append("\n".join(whole.output_type()))
    blocks += whole.blocks()
    code = _stacked([*texts_of(source.parts), *blocks])
    return f"{docstring(network)}\n\n{imports(code)}\n\n{code}\n"


def imports(code: str) -> str:
    """The imports that the code needs, as isort orders them."""
    standard = [line for sign, line in IMPORTS if re.search(sign, code)]
    standard.sort(key=lambda line: (line.startswith("from"), line))
    torch = [line for sign, line in TORCH_IMPORTS if re.search(sign, code)]
    return (
        "\n".join([*standard, *([""] if standard else []), *torch, "from torch import Tensor, nn"])
        + "\n"
    )


def _stacked(blocks: Iterable[str]) -> str:
    """Definitions two lines apart, assignments with them."""
    return "\n\n\n".join(blocks)
