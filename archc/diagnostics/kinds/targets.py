"""Networks that are right, and more than somebody allows or can take."""

from __future__ import annotations

from fractions import Fraction

from archc.diagnostics.kinds.checks import UNITS, Part, amount_text, percent, where_they_are
from archc.diagnostics.model import Kind
from archc.diagnostics.similar import suggestion


class UnsupportedOnTarget(Kind):
    """What it means:
        The layer exists in archc and not in the format that was asked for.
    Why:
        A layer that is skipped or replaced in silence gives another network.
    Example: generated
    Fix:
        Choose another target, or another layer; the message has the reason.
    """

    slug = "unsupported-on-target"
    layer: str
    target: str
    reason: str

    @property
    def message(self) -> str:
        return f"`{self.layer}` cannot be built for {self.target}: {self.reason}"


class ExternInModel(Kind):
    """What it means:
        The model has a node that stands for Python code: a row that `extern` declares.
    Why:
        A model holds operators and no Python. No runtime knows this one; it refuses the model
        until it is given the operator.
    Example: generated
    Fix:
        Give the runtime an operator of that name and domain (docs/onnx.md says how), or put a
        function of the same name and domain into the model.
    """

    slug = "extern-in-model"
    severity = "warning"
    name: str
    domain: str

    @property
    def message(self) -> str:
        return f"the model has `{self.name}` as an operator that no runtime knows by itself"

    @property
    def label(self) -> str:
        return "Python code in the generated source"

    @property
    def help(self) -> tuple[str, ...]:
        return (f"give whatever runs the model a `{self.name}` of the domain `{self.domain}`",)


class CannotTransform(Kind):
    """What it means:
        `archc transform` was asked for a change that this network does not allow.
    Why:
        A row that fixes a size, or shares its weights, would make another function of the network;
        a changed network that only looks right is worse than none.
    Example: generated
    Fix:
        The message names the row and the reason. Change that row, or do without the pass.
    """

    slug = "cannot-transform"
    transformation: str
    row: str
    reason: str
    advice: str = ""

    @property
    def message(self) -> str:
        at = f" at `{self.row}`" if self.row else ""
        return f"{self.transformation} stops{at}: {self.reason}"

    @property
    def help(self) -> tuple[str, ...]:
        return (self.advice,) if self.advice else ()


class BudgetExceeded(Kind):
    """What it means:
        A network goes over a limit that the project's configuration sets.
    Why:
        Somebody decided what the device or the reviewers can take.
    Example: generated
    Fix:
        Make the network smaller, or change the budget where everybody can see it.
    """

    slug = "budget-exceeded"
    net: str
    metric: str
    value: int
    limit: Fraction | int
    parts: tuple[Part, ...] = ()

    @property
    def message(self) -> str:
        limit = amount_text(self.limit)
        return f"{self.net} has {self.value:,} {UNITS[self.metric]}; its budget is {limit}"

    @property
    def label(self) -> str:
        over = self.value - self.limit
        share = f" ({percent(over, self.limit)})" if self.limit and self.metric != "layers" else ""
        return f"over by {amount_text(over)}{share}"

    @property
    def notes(self) -> tuple[str, ...]:
        return (where_they_are(self.parts),) if self.parts else ()


class BudgetWithoutNet(Kind):
    """What it means:
        No network is the one that a budget of the project's configuration names.
    Why:
        A budget for a net that was renamed or moved would hold for ever and guard nothing.
    Example: generated
    Fix:
        Name the file from the project's root (`specs/resnet.arch:50`), or a net; `*` stands for
        any text. Or remove the budget.
    """

    slug = "budget-without-net"
    net: str
    missing: str
    known: tuple[str, ...]

    @property
    def message(self) -> str:
        if self.missing:
            return f"this budget guards nothing: there is no file `{self.missing}`"
        return f"this budget guards nothing: no net is `{self.net}`"

    @property
    def help(self) -> tuple[str, ...]:
        if self.missing:
            return ("paths begin at the project's root, where the configuration is",)
        said = suggestion(self.net.rpartition(":")[2], self.known, "there are")
        return (said,) if said else ()
