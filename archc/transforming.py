"""Transformations of networks: passes one after the other, and the text of what they make.

Nothing that is written is taken on trust: the text is elaborated again and compared with the
network it was written from, an open one at a second size too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from archc.analysis.check import failed_checks
from archc.backends.arch import write
from archc.backends.arch.things import CannotWrite
from archc.diagnostics.kinds.targets import UnsupportedOnTarget
from archc.diagnostics.model import Diagnostic
from archc.graph.compare import difference
from archc.graph.ir import Network
from archc.limits import DEFAULT, Limits
from archc.passes import CannotApply, Change, Pass
from archc.record import Record
from archc.session import Session
from archc.source import SourceFile, Span

WRITTEN = "<written>"
LARGER = (64, 32, 96, 1, 2, 3, 5, 7, 10, 100, 224)
"""by how much the sides of an open input grow: the first that the network accepts is tried"""


class Refused(Exception):
    """A pass or the writer refuses the network; the diagnostic says why and where."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class Differs(Exception):
    """The written text is another network: a mistake of archc's."""


class Transformed(Record):
    """A transformed network: `weights` turns the state of the original into its own."""

    network: Network
    weights: Callable[[Mapping[str, Any]], dict[str, Any]]
    notes: tuple[str, ...]


def transformed(network: Network, passes: Sequence[Pass]) -> Transformed:
    """The network behind all passes, with the checks that still hold. Raises Refused."""
    changes: list[Change] = []
    for one in passes:
        try:
            changes.append(one.change(network))
        except CannotApply as problem:
            node = problem.node
            span = node.span if node is not None else network.span or _nowhere(network)
            raise Refused(problem.kind.at(span)) from None
        network = changes[-1].network
    _drop_failing(network)

    def weights(state: Mapping[str, Any]) -> dict[str, Any]:
        found = dict(state)
        for change in changes:
            found = change.weights(found)
        return found

    notes = tuple([note for change in changes for note in change.notes])
    return Transformed(network, weights, notes)


def _nowhere(network: Network) -> Span:
    return Span(network.source, 0, 0)


def _drop_failing(network: Network) -> None:
    """Keep the checks that hold of the new network."""
    failing = {found.primary.span for found in failed_checks(network)}
    network.checks = [check for check in network.checks if check.value_span not in failing]


def written(
    network: Network,
    head: str = "",
    larger: Callable[[str], Network | None] | None = None,
    limits: Limits = DEFAULT,
) -> tuple[str, tuple[str, ...]]:
    """The text of a network, checked, and what there is to say about it.

    `larger` gives the same network at another size of its input, None if it does not take it:
    open sides stay open only if the text is right there too. Without it the network's own size
    is enough. Raises Refused and Differs.
    """
    try:
        if not network.open_sides:
            return _compared(network, write(network, head, limits=limits), limits), ()
        for sizes in (True, False):
            text = write(network, head, sizes=sizes, limits=limits)
            if _is_right(network, text, larger, limits):
                return text, ()
        text = write(network, head, keep_open=False, limits=limits)
    except CannotWrite as problem:
        kind = UnsupportedOnTarget(problem.path, "a text", problem.what)
        raise Refused(kind.at(network.span or _nowhere(network))) from None
    at = ", ".join(network.evaluated_at.values())
    note = f"the input is fixed at {at}: rows of the network depend on it in a way no text can say"
    return _compared(network, text, limits), (note,)


def _compared(network: Network, text: str, limits: Limits) -> str:
    found = difference(network, _read(text, limits))
    if found:
        raise Differs(found)
    return text


def _is_right(
    network: Network,
    text: str,
    larger: Callable[[str], Network | None] | None,
    limits: Limits,
) -> bool:
    """Whether an open text gives the network at its own size and at a larger one."""
    try:
        if difference(network, _read(text, limits)):
            return False
        if larger is None:
            return True
        for by in LARGER:
            size = _larger_size(network, by)
            other = larger(size)
            if other is not None:
                return not difference(other, _read(text, limits, size))
    except Differs:
        return False
    return False


def _larger_size(network: Network, by: int) -> str:
    """The first open input made larger, as a user would ask for it."""
    opened = network.open_sides[0].letters
    name = opened[0][1]
    sides = [*getattr(network.nodes[network.inputs[name]].shape, "dims", ())]
    for _, _, axis in opened:
        sides[axis] += by
    return f"{name}={'x'.join([str(side) for side in sides])}"


def _read(text: str, limits: Limits, size: str | None = None) -> Network:
    """The network of a written text; it has no mistakes, or archc has one."""
    session = Session(limits)
    networks = list(session.networks_of(SourceFile(WRITTEN, text), None, size))
    errors = [found for found in session.bag().sorted() if found.severity == "error"]
    errors += failed_checks(networks[0]) if networks and not size else []
    if errors or not networks:
        said = f"line {errors[0].primary.span.line}: {errors[0].message}" if errors else "no net"
        raise Differs(said)
    return networks[0]
