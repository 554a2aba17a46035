"""Budgets: which networks one is for, and what goes over it. They mean batch 1 and float32."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from posixpath import normpath

from archc.analysis.check import SUMMED, Unknown, number_of
from archc.analysis.cost import Costs
from archc.analysis.parts import largest_parts
from archc.analysis.rules import Budget, Ceiling, Rules
from archc.diagnostics.kinds.checks import CheckNeedsCount
from archc.diagnostics.kinds.targets import BudgetExceeded, BudgetWithoutNet
from archc.diagnostics.model import Diagnostic, Label
from archc.files import SUFFIX, split_name
from archc.graph.modules import Chosen, full_name
from archc.source import Span


def concerns(budget: Budget, place: str, net: str, variant: str | None) -> bool:
    """Whether a budget is for a network of the file at `place`, a path from the project's root."""
    path, part = _parts_of(budget)
    if path and not _is_like(place, path):
        return False
    names = {net, full_name(net, variant)}
    if path and variant is not None:
        names.add(variant)
    return not part or any(_is_like(name, part) for name in names)


def exceeded(rules: Rules, costs: Costs, place: str) -> list[Diagnostic]:
    """A finding for each ceiling that a network of the file at `place` goes over."""
    network = costs.network
    span = network.span or Span(network.source, 0, 0)
    found: list[Diagnostic] = []
    for budget in rules.budgets:
        if not concerns(budget, place, network.net, network.variant or None):
            continue
        for ceiling in budget.ceilings:
            finding = _over(budget, ceiling, costs, span)
            if finding is not None:
                found.append(finding)
    return found


class Watch:
    """Notes over the files of a run which budgets have found a network."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self._met: set[Budget] = set()
        self._names: dict[str, list[str]] = {}
        self._unread = False

    def file(self, place: str, nets: list[Chosen], readable: bool) -> None:
        """A file that is checked; of one with errors of syntax not all nets are known."""
        self._names[place] = [full_name(*chosen) for chosen in nets]
        self._unread |= not readable
        for budget in self.rules.budgets:
            if any(concerns(budget, place, *chosen) for chosen in nets):
                self._met.add(budget)

    def exceeded(self, costs: Costs, place: str) -> list[Diagnostic]:
        """What a network of the run breaks."""
        return exceeded(self.rules, costs, place)

    def unmet(self, exists: Callable[[str], bool], is_whole: bool) -> list[Diagnostic]:
        """Budgets that are for nothing, as far as the files of this run can tell.

        `exists` says whether a path from the root is a file, `is_whole` whether all were checked.
        """
        found: list[Diagnostic] = []
        for budget in self.rules.budgets:
            if budget in self._met:
                continue
            path, part = _parts_of(budget)
            if path and "*" not in path and not exists(path):
                kind = BudgetWithoutNet(budget.net, path, ())
            elif path in self._names and not self._unread:
                kind = BudgetWithoutNet(budget.net, "", tuple(self._names[path]))
            elif is_whole and not self._unread:
                names = [name for inner in self._names.values() for name in inner]
                kind = BudgetWithoutNet(part or budget.net, "", tuple(names))
            else:
                continue
            found.append(kind.at(budget.span))
        return found


def _is_like(text: str, pattern: str) -> bool:
    """Whether a text is the pattern, whose only special sign is `*`."""
    return fnmatchcase(text, pattern.replace("[", "[[]").replace("?", "[?]"))


def _parts_of(budget: Budget) -> tuple[str, str]:
    """The path and the name; a budget for a name alone has no path."""
    path, part = split_name(budget.net)
    if path.endswith(SUFFIX) or "/" in path:
        return normpath(path), part
    return "", budget.net


def _over(budget: Budget, ceiling: Ceiling, costs: Costs, span: Span) -> Diagnostic | None:
    metric, counts = ceiling.metric, dict(budget.counts)
    name = costs.network.name
    actual = number_of(costs, metric, counts)
    where = _where(ceiling.span)
    if isinstance(actual, Unknown):
        missing = CheckNeedsCount(name, metric, actual.formula, actual.symbols, by="budget")
        return missing.at(span, secondary=where)
    if actual <= ceiling.limit:
        return None
    parts = largest_parts(costs, metric, counts, None) if metric in SUMMED else ()
    return BudgetExceeded(name, metric, actual, ceiling.limit, parts).at(span, secondary=where)


def _where(span: Span) -> tuple[Label, ...]:
    """The place of the budget, if it is known."""
    return (Label(span, "the budget"),) if span.source.text else ()
