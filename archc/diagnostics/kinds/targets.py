"""Networks that are right, and more than somebody allows or can take."""

from __future__ import annotations

from archc.diagnostics.model import Kind


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
    limit: int

    @property
    def message(self) -> str:
        return f"{self.net} has {self.value:,} {self.metric}; the budget is {self.limit:,}"

    @property
    def label(self) -> str:
        over = self.value - self.limit
        share = f" ({100 * over / self.limit:.1f} %)" if self.limit else ""
        return f"over by {over:,}{share}"
