"""What a word on a row stands for: `every` lines applied until only layers, blocks and joins are
left.
"""

from __future__ import annotations

from typing import Any

from archc.diagnostics.kinds.expansion import ExpansionTooLarge
from archc.diagnostics.kinds.names import NothingToDrop, UnknownLayer, UnknownNet
from archc.diagnostics.kinds.syntax import SyntaxMistake
from archc.diagnostics.kinds.values import ValueNotAllowed
from archc.graph.elaborate import slips
from archc.graph.elaborate.formulas import Mistake, Silenced
from archc.graph.elaborate.frame import Frame
from archc.graph.elaborate.scope import (
    UNKNOWN,
    BlockDefinition,
    ExternDefinition,
    NetDefinition,
    NetVariant,
    Policy,
    Presets,
    Scope,
    Word,
    describe,
    kind_of,
    policy_for,
)
from archc.ops.base import Op
from archc.ops.ends import Extern, Input
from archc.syntax import tree

Callee = type[Op] | BlockDefinition | Presets | NetDefinition | NetVariant | ExternDefinition


_CALLABLE = (BlockDefinition, NetDefinition, NetVariant, ExternDefinition, Presets)


class Unit:
    """One layer, block or join of a step. `calls` are the policy's values and then the row's,
    which win.

    `span` is the step on the row, also for a layer that an `every` line adds to it.
    """

    __slots__ = ("callee", "calls", "label", "lenient", "main", "prepared", "span", "word")

    def __init__(
        self,
        word: str,
        callee: Callee,
        calls: list[tuple[tree.Call, Scope]],
        label: tree.Label | None,
    ) -> None:
        self.word = word
        self.callee = callee
        self.calls = calls
        self.label = label
        self.lenient = False
        self.main = True
        self.prepared: Any = None
        self.span = calls[-1][0].span

    @property
    def has_weights(self) -> bool:
        """Whether it may hold weights, so that a label on the line can be its name."""
        if isinstance(self.callee, ExternDefinition):
            return False
        return not isinstance(self.callee, type) or self.callee.weights is not Op.weights

    @property
    def has_name(self) -> bool:
        """Whether it is a thing of the module tree; moves and joins are not."""
        if isinstance(self.callee, type):
            return self.callee.role == "layer" or self.callee.weights is not Op.weights
        return not isinstance(self.callee, ExternDefinition)


UNITS_AT_MOST = 10_000
_PLACES = {
    "input": "an input is a row of a net: `input 224x224x3`",
    "extern": "it stands at the top of a file: `extern name(rows) -> size`; a row then says `name`",
}
POLICIES_AT_MOST = 100


def expand(call: tree.Call, frame: Frame) -> list[Unit]:
    """The units of a call on a row of this frame."""
    slips.check_glued(call, frame)
    try:
        units = _expand(call, frame.scope, frame.scope.policies)
    except Mistake as mistake:
        raise slips.unknown_layer(mistake, call, frame) from None
    for unit in units:
        unit.span = call.span
    return units


def _expand(call: tree.Call, scope: Scope, newest: Policy | None, depth: int = 0) -> list[Unit]:
    callee, word = resolve(call.head, scope)
    if depth > POLICIES_AT_MOST:
        kind = ValueNotAllowed(
            f"every {word}", f"more than {POLICIES_AT_MOST} `every` lines on each other", "fewer"
        )
        raise Mistake(kind, call.span)
    policy = policy_for(word, newest) if len(call.head.parts) == 1 else None
    if policy is None:
        if call.drops:
            drop = call.drops[0]
            raise Mistake(NothingToDrop(word, drop.word, (word,)), drop.span)
        return [Unit(word, callee, [(call, scope)], None)]
    if call.bare:
        own = [(step, policy.scope) for step, meant in _steps(policy) if meant == word]
        return [Unit(word, callee, [*own, (call, scope)], None)]
    return _apply(policy, call, callee, word, scope, depth)


def _apply(
    policy: Policy, call: tree.Call, callee: Callee, word: str, scope: Scope, depth: int
) -> list[Unit]:
    dropped = {drop.word for drop in call.drops}
    units: list[Unit] = []
    used: set[str] = set()
    has_own = False
    for step, meant in _steps(policy):
        if meant == word:
            units.append(Unit(word, callee, [(step, policy.scope), (call, scope)], step.label))
            has_own = True
            continue
        hit = {step.head.parts[0], meant} & dropped if dropped else None
        if hit:
            used |= hit
        else:
            units.extend(_other(step, policy, depth))
            if len(units) > UNITS_AT_MOST:
                kind = ExpansionTooLarge(len(units), UNITS_AT_MOST, "steps of one row")
                raise Mistake(kind, call.span)
    if dropped:
        _check_drops(policy, call, word, used)
    if not has_own:
        _hand_over(policy, call, word, scope, units)
    return units


def _other(step: tree.Call, policy: Policy, depth: int) -> list[Unit]:
    """The units of a step of a policy that is not the word itself."""
    units = _expand(step, policy.scope, policy.before, depth + 1)
    if step.label is not None:
        for unit in units:
            unit.label = step.label
    for unit in units:
        unit.main = False
    return units


def _check_drops(policy: Policy, call: tree.Call, word: str, used: set[str]) -> None:
    for drop in call.drops:
        if drop.word not in used:
            steps = tuple([step.head.parts[0] for step, _ in _steps(policy)])
            raise Mistake(NothingToDrop(word, drop.word, steps), drop.span)


def _hand_over(policy: Policy, call: tree.Call, word: str, scope: Scope, units: list[Unit]) -> None:
    """A policy without the word itself, as in `with bn = groupnorm 32`: the row's values go to its
    one step.
    """
    if policy.replaced:
        for unit in units:
            unit.word = word
            unit.main = True
    if len(units) == 1:
        units[0].calls.append((call, scope))
        units[0].lenient = policy.replaced
    elif call.values or call.keywords:
        kind = ValueNotAllowed(word, "values here", "none: its `every` line has no step called so")
        raise Mistake(kind, call.span)


def _steps(policy: Policy) -> tuple[tuple[tree.Call, str], ...]:
    """The calls of a policy's chain, each with the word it means there."""
    if policy.steps is None:
        policy.steps = tuple([(call, _word_of(call, policy.scope)) for call in _calls(policy)])
    return policy.steps


def _calls(policy: Policy) -> list[tree.Call]:
    calls = []
    for step in policy.chain:
        if not isinstance(step, tree.Call):
            kind = ValueNotAllowed(
                f"every {policy.word}", f"`{step.span.text}`", "layers and blocks"
            )
            raise Mistake(kind, step.span)
        calls.append(step)
    return calls


def _word_of(call: tree.Call, scope: Scope) -> str:
    return resolve(call.head, scope)[1]


def resolve(head: tree.Name, scope: Scope) -> tuple[Callee, str]:
    """What a word names, and the word itself (a parameter's word, slide capitals made small)."""
    first = head.parts[0]
    found = scope.find(first)
    if found is UNKNOWN:
        raise Silenced(head.span)
    if isinstance(found, Word):
        return _layer(found.text, head, scope), found.text
    if found is not None:
        if isinstance(found, _CALLABLE):
            return found, first
        kind = ValueNotAllowed(
            f"`{first}`", f"{kind_of(found)} ({describe(found)})", "a layer or block here"
        )
        raise Mistake(kind, head.span)
    if len(head.parts) > 1:
        nets = [n for n in scope.all_names() if isinstance(scope.find(n), NetDefinition)]
        raise Mistake(UnknownNet(first, tuple(nets)), head.span)
    callee = _layer(first, head, scope)
    return callee, first if first in Op.registry else first.lower()


def _layer(word: str, head: tree.Name, scope: Scope) -> type[Op]:
    cls = Op.registry.get(word)
    if cls is None and (word.isupper() or word.istitle()):
        cls = Op.registry.get(word.lower())
    if cls in (Input, Extern):
        found = f"`{word}` is no layer that can stand here"
        raise Mistake(SyntaxMistake(found, _PLACES[word.lower()]), head.span)
    if cls is not None:
        return cls
    callable_names = [name for name in scope.all_names() if isinstance(scope.find(name), _CALLABLE)]
    raise Mistake(UnknownLayer(word, (*callable_names, *Op.registry)), head.span)
