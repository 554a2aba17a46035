"""The Python side of archc: load a network, ask for its numbers, check files.

Nothing here reads the project's configuration: what is passed counts.

net = archc.load("specs/resnet.arch", "50")      # raises ArchError
net.params, net.macs                             # 25_557_032, 4_089_184_256
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from archc.diagnostics.kinds.files import MissingNet
from archc.diagnostics.kinds.names import NetNotChosen
from archc.diagnostics.model import ArchError, Bag, Diagnostic
from archc.graph import ir
from archc.limits import DEFAULT, Limits
from archc.session import Session
from archc.source import SourceFile

if TYPE_CHECKING:
    import torch
    from torch import nn

    from archc.analysis.cost import Costs
    from archc.analysis.report import Report
    from archc.analysis.rules import Rules
    from archc.building.torch import Built, Wanted

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

    def __init__(self, graph: ir.Network, session: Session | None = None) -> None:
        self.graph = graph
        self._session = session
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

    def torch(
        self,
        *,
        num_classes: int | None = None,
        features: Sequence[str] = (),
        weights: str | os.PathLike[str] | Mapping[str, Any] | None = None,
        device: str | torch.device | None = None,
        seed: int | None = None,
        optimize: str | None = None,
        dtype: str = "fp32",
    ) -> nn.Module:
        """A live module: the source of `source()`, executed; its state_dict has the spec's names.

        It begins as the spec says, the same every time with `seed`, or with `weights`: a file
        (safetensors, .pth) or a state_dict. With another `num_classes` the tensors that depend on
        it begin anew. With `features`, names of rows, it gives their values, and has `channels`
        and `reduction` of each. `device` may be "meta".

        With `optimize="inference"` batch norms are folded, layers fused and packed for the device,
        in `dtype` (fp32, bf16, fp16): the fastest on inputs of the spec's size, and not to be
        trained; float32 goes in and comes out.

        Raises ArchError for an operator that torch does not have or a row that is none,
        WeightsProblem, ValueError for `num_classes` where there are no classes, ImportError
        without torch.
        """
        from archc.backends.torch.live import module_of
        from archc.building.torch import Wanted, wanted_classes

        rows = (features,) if isinstance(features, str) else tuple(features)
        asked = {"num_classes": wanted_classes(num_classes), "seed": seed}
        if optimize is not None:
            plain = self.torch(num_classes=num_classes, features=rows, weights=weights, seed=seed)
            return self._optimized(optimize, dtype, rows, num_classes, plain, device)
        one = self._built(Wanted(rows))
        module = module_of(one.network, one.source, device=device, **asked)
        if weights is not None:
            self._load(module, one, weights, num_classes)
        return module

    def source(
        self, *, features: Sequence[str] = (), optimize: str | None = None, dtype: str = "fp32"
    ) -> str:
        """The network as PyTorch source; it was built and compared with the analysis."""
        from archc.building.torch import Wanted

        features = [features] if isinstance(features, str) else features
        inference = "" if optimize is None else _inference(optimize, dtype)
        return self._built(Wanted(tuple(features), inference=inference)).source

    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> None:
        """Write the network as the path's ending says: `resnet50.py`, `resnet50.onnx`.

        A model has the weights that the spec begins with; a warning names what in it is `extern`.
        Raises FileExistsError for a file that archc did not write, unless `force`; ValueError for
        an ending that means nothing, and for the name of a module that sources import.
        """
        from archc.backends.torch.naming import module_taken
        from archc.files import refused, write_text

        name = os.fspath(path)
        if not name.endswith((".py", ".onnx")):
            raise ValueError(f"{name}: the ending says what to write, and may be .py or .onnx")
        problem = refused(name, force=force, forcing="force=True")
        if problem:
            raise FileExistsError(problem)
        if name.endswith(".py"):
            if taken := module_taken(name):
                raise ValueError(taken)
            write_text(name, self.source())
        else:
            from warnings import warn

            from archc.building.onnx import Wanted, model_of

            model = model_of(self.graph, Wanted())
            if problem := model.problem(name, force=force, forcing="force=True"):
                raise FileExistsError(problem)
            model.write(name)
            for found in model.warnings:
                warn(f"{found.primary.span}: {found.message}", stacklevel=2)

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

    def _load(self, module: nn.Module, one: Built, weights: Any, num_classes: int | None) -> None:
        """Give a module the weights of a file or of a state_dict."""
        from archc.building.torch import loaded, state_of

        resized = None if num_classes is None else self._with_classes(num_classes)
        state = one.weights(state_of(weights, self.graph, resized))
        kept = module.state_dict() if resized is not None else {}
        loaded(module, {**kept, **state}, one.network)

    def _built(self, wanted: Wanted) -> Built:
        from archc.building.torch import built

        return built(self.graph, self._session, wanted)

    def _optimized(
        self,
        optimize: str,
        dtype: str,
        features: Sequence[str],
        num_classes: int | None,
        plain: nn.Module,
        device: Any,
    ) -> nn.Module:
        """The module for inference with the weights of a plain one."""
        from archc.backends.torch.optimize import live
        from archc.building.torch import Wanted, built

        graph = self.graph if num_classes is None else self._with_classes(num_classes)
        assert graph is not None, "the plain module was built with that number of classes"
        wanted = Wanted(tuple(features), inference=_inference(optimize, dtype))
        return live(built(graph, self._session, wanted), plain.state_dict(), device=device)

    def _with_classes(self, classes: int) -> ir.Network | None:
        return None if self._session is None else self._session.with_classes(self.graph, classes)

    def _measured(self) -> Costs:
        if self._costs is None:
            from archc.analysis.cost import measure

            self._costs = measure(self.graph)
        return self._costs

    def __repr__(self) -> str:
        return f"<archc.Network {self.name}>"


def _inference(optimize: str, dtype: str) -> str:
    """The dtype of a build for inference; raises ValueError."""
    from archc.backends.torch.optimize import DTYPES

    if optimize != "inference":
        raise ValueError(f'optimize may be "inference", not {optimize!r}')
    if dtype not in DTYPES:
        raise ValueError(f"dtype may be {', '.join(DTYPES)}, not {dtype!r}")
    return dtype


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
    names: Iterable[str],
    input_text: str | None = None,
    limits: Limits = DEFAULT,
    session: Session | None = None,
) -> tuple[list[ir.Network], Bag]:
    """The networks that are meant by names as `analyze` takes them, and all problems met."""
    session = session or Session(limits)
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
    return Network(networks[0], session)


def _with_tried_fixes(session: Session, findings: list[Diagnostic]) -> list[Diagnostic]:
    if not any(found.fixes for found in findings):
        return findings
    from archc.repairs import Repairs

    return Repairs(session.files, session.limits).verified(findings)
