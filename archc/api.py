"""The Python side of archc: load a network, ask for its numbers, check files.

Nothing here reads the project's configuration: what is passed counts.

net = archc.load("specs/resnet.arch", "50")      # raises ArchError
net.params, net.macs                             # 25_557_032, 4_089_184_256
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from archc.diagnostics.kinds.files import MissingNet
from archc.diagnostics.kinds.names import NetNotChosen
from archc.diagnostics.model import ArchError, Bag, Diagnostic
from archc.graph import ir
from archc.limits import DEFAULT, Limits
from archc.session import Session
from archc.source import SourceFile

if TYPE_CHECKING:
    from torch import nn

    from archc.analysis.cost import Costs
    from archc.analysis.report import Report
    from archc.analysis.rules import Rules

__all__ = (
    "ArchError",
    "Limits",
    "Network",
    "check",
    "check_paths",
    "load",
    "loads",
    "open_networks",
)


class Network:
    """A checked network and its numbers, each counted when it is first asked for."""

    def __init__(self, graph: ir.Network) -> None:
        self.graph = graph
        self._costs: Costs | None = None

    @property
    def name(self) -> str:
        """`resnet.50`."""
        return self.graph.name

    @property
    def params(self) -> int:
        """Trained numbers that an inference output needs."""
        return self._measured().sum().params

    @property
    def macs(self) -> int:
        """Products for one sample; behind an unknown count, those that do not depend on it."""
        from archc.analysis.amounts import fixed

        return fixed(self._measured().sum().macs)

    @property
    def layers(self) -> int:
        """Layers with weights on the longest path."""
        return self._measured().layers()

    def report(self, *, batch: int = 1, dtype: str = "float32") -> Report:
        """Every row and every total."""
        from archc.analysis.report import make_report

        return make_report(self.graph, batch=batch, dtype=dtype)

    def torch(self) -> nn.Module:
        """A live module, on torch's default device and with the weights the spec begins with.

        It is the source of `source()`, executed; its state_dict has the spec's names. Raises
        ArchError for an operator that torch does not have, ImportError without torch.
        """
        from archc.backends.torch.live import checked_source, module_class

        return module_class(self.graph, checked_source(self.graph))()

    def source(self) -> str:
        """The network as PyTorch source; it was built and compared with the analysis."""
        from archc.backends.torch.live import checked_source

        return checked_source(self.graph)

    def transform(self, name: str, **options: Any) -> Network:
        """The network that a pass makes: `net.transform("new-head", classes=10)`.

        Raises ArchError if the network does not allow it, ValueError for a name or option that is
        none.
        """
        from archc.passes.build import made
        from archc.transforming import Refused, transformed

        one = made(name, options)
        if isinstance(one, str):
            raise ValueError(one)
        try:
            return Network(transformed(self.graph, [one]).network)
        except Refused as refused:
            raise ArchError([refused.diagnostic]) from None

    def _measured(self) -> Costs:
        if self._costs is None:
            from archc.analysis.cost import measure

            self._costs = measure(self.graph)
        return self._costs

    def __repr__(self) -> str:
        return f"<archc.Network {self.name}>"


def loads(
    text: str,
    net: str | None = None,
    *,
    name: str = "<text>",
    input: str | None = None,
    limits: Limits = DEFAULT,
) -> Network:
    """The network of a text; `net` names one of several nets or variants.

    Raises ArchError if the text has errors, holds no net, or several and none is named.
    """
    session = Session(limits)
    networks = list(session.networks_of(SourceFile(name, text), net, input))
    return _only(session, networks, name)


def load(
    path: str | os.PathLike[str],
    net: str | None = None,
    *,
    input: str | None = None,
    limits: Limits = DEFAULT,
) -> Network:
    """The network of a file, or a shipped one by its name: `load("resnet.50")`.

    Raises ArchError as `loads` does, and if the file cannot be read.
    """
    session = Session(limits)
    name = os.fspath(path)
    if net is None:
        return _only(session, list(session.networks(name, input)), name)
    source = session.source(session.path_of(name))
    networks = [] if source is None else list(session.networks_of(source, net, input))
    return _only(session, networks, name)


def check(*paths: str | os.PathLike[str], limits: Limits = DEFAULT) -> list[Diagnostic]:
    """Everything there is to say about files and folders, by place; an empty list is good."""
    return check_paths([os.fspath(path) for path in paths], limits)


def open_networks(
    names: Iterable[str], input_text: str | None = None, limits: Limits = DEFAULT
) -> tuple[list[ir.Network], Bag]:
    """The networks that are meant by names as `analyze` takes them, and all problems met."""
    session = Session(limits)
    networks = [network for name in names for network in session.networks(name, input_text)]
    bag = Bag()
    bag.extend(_with_tried_fixes(session, session.bag().sorted()))
    return networks, bag


def check_paths(
    paths: Sequence[str],
    limits: Limits = DEFAULT,
    also: frozenset[str] = frozenset(),
    rules: Rules | None = None,
) -> list[Diagnostic]:
    """Check files and folders; every fix that is offered was tried.

    `also` switches lints on; `rules` is what the project's configuration demands.
    """
    from archc.checking import Checker

    checker = Checker(limits, also=also, rules=rules)
    checker.paths(paths)
    return _with_tried_fixes(checker.session, checker.findings())


def _only(session: Session, networks: list[ir.Network], name: str) -> Network:
    """The one network there is, or what stands in the way."""
    bag = session.bag()
    if not bag.has_errors and len(networks) > 1:
        session.report(NetNotChosen(tuple([network.name for network in networks])), name)
    elif not bag.has_errors and not networks:
        session.report(MissingNet(), name)
    found = session.bag()
    if found.has_errors:
        raise ArchError(_with_tried_fixes(session, found.sorted()))
    return Network(networks[0])


def _with_tried_fixes(session: Session, findings: list[Diagnostic]) -> list[Diagnostic]:
    if not any(found.fixes for found in findings):
        return findings
    from archc.repairs import Repairs

    return Repairs(session.files, session.limits).verified(findings)
