"""The source of a network: its head, the parts it takes along, classes of blocks, its own."""

from __future__ import annotations

import re
from collections.abc import Iterable

from archc.backends.torch.body import Source
from archc.backends.torch.classes import ClassText
from archc.backends.torch.endings import endings
from archc.backends.torch.head import docstring
from archc.backends.torch.naming import network_class
from archc.backends.torch.network import NetworkText
from archc.backends.torch.part_texts import texts_of
from archc.diagnostics.model import ArchError
from archc.graph.ir import Network
from archc.record import Record

PREPARING = ("capture", "prepare")
"""parts for inference"""
IMPORTS = (
    (r"\bCallable\[", "from collections.abc import Callable"),
    (r"\bmath\.", "import math"),
    (r"\bOrderedDict\(", "from collections import OrderedDict"),
    (r"\bPath\(", "from pathlib import Path"),
)
TYPING = ((r"(: |, |-> )Any\b", "Any"), (r"\(NamedTuple\)", "NamedTuple"))
TORCH_IMPORTS = (
    (r"\btorch\.", "import torch"),
    (r"\bF\.", "import torch.nn.functional as F"),
)


class Form(Record):
    """What a source has besides the network.

    With `wider`, the network with one class more, its class takes `num_classes=`; `weights` names
    a file beside the source; `features` are outputs with their channels and reduction; `inference`
    is the dtype of a source for inference alone (`optimize.py`).
    """

    wider: Network | None = None
    weights: str = ""
    features: bool = False
    inference: str = ""


PLAIN = Form()


def source_of(network: Network, form: Form = PLAIN) -> str:
    """The network as a Python file; raises ArchError where torch cannot be told of an operator."""
    source = Source(network, form.wider, inference=bool(form.inference))
    if source.lowering.bag.has_errors:
        raise ArchError(source.lowering.bag.sorted())
    groups = [group for group in source.outline.groups if source.is_made(group)]
    classes = [ClassText(source, group, source.name_of(group)) for group in groups]
    name = network_class(network)
    whole = NetworkText(source, source.outline.group[source.network.root], name)
    whole.has_features = form.features
    blocks = ["\n".join(one.lines()) for one in classes]
    if whole.output_type():
        blocks.append("\n".join(whole.output_type()))
    blocks.append("\n".join(whole.lines()))
    if form.inference:
        source.parts.update(PREPARING)
    blocks += endings(network, name, form.weights, prepares=bool(form.inference))
    code = _stacked([*texts_of(source.parts), *blocks])
    if form.inference:
        code = code.replace("DTYPE = torch.float32", f"DTYPE = torch.{form.inference}", 1)
    return f"{docstring(network, form.inference)}\n\n{imports(code)}\n\n{code}\n"


def imports(code: str) -> str:
    """The imports that the code needs, as isort orders them."""
    standard = [line for sign, line in IMPORTS if re.search(sign, code)]
    typing = [name for sign, name in TYPING if re.search(sign, code)]
    standard += [f"from typing import {', '.join(typing)}"] if typing else []
    standard.sort(key=lambda line: (line.startswith("from"), line))
    torch = [line for sign, line in TORCH_IMPORTS if re.search(sign, code)]
    return (
        "\n".join([*standard, *([""] if standard else []), *torch, "from torch import Tensor, nn"])
        + "\n"
    )


def _stacked(blocks: Iterable[str]) -> str:
    """Definitions two lines apart, assignments with them."""
    return "\n\n\n".join(blocks)
