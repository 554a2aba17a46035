"""The same layers again: `reuse` and `each` expand a row once more and share its weights.

Expansion is deterministic: the layers made the second time are those of the first, in order.
"""

from __future__ import annotations

from archc.diagnostics.kinds.sizes import ShapesDiffer
from archc.diagnostics.kinds.values import ValueNotAllowed
from archc.diagnostics.model import Label
from archc.graph.elaborate.formulas import Mistake
from archc.graph.elaborate.frame import Context, Frame
from archc.graph.elaborate.levels import Level
from archc.graph.elaborate.naming import Own
from archc.graph.ir import Node
from archc.ops.base import Tensors
from archc.record import Record, replace
from archc.source import Span
from archc.syntax import tree


class Making(Record):
    """How a named row was made: its steps, where, with which pattern of names, and its nodes."""

    steps: tree.Chain
    frame: Frame
    pattern: str | None
    first: int
    last: int


def prepare_again(making: Making, frame: Frame, own: Own) -> tuple[Frame, tree.Chain, Own | None]:
    """The frame and steps that make a row once more under a new name, at the running value."""
    steps = making.steps
    while steps and isinstance(steps[0], (tree.From, tree.Input)):
        steps = steps[1:]
    if not steps or any(isinstance(step, tree.Input) for step in steps):
        takes = "the name of a row with layers"
        raise Mistake(ValueNotAllowed("reuse", f"`{own.name}`", takes), own.span)
    inner = making.frame.inside(
        value=frame.value, instance=frame.instance, stop=frame.stop, waiting=frame.waiting, made={}
    )
    if len(steps) == 1 and isinstance(steps[0], tree.Call) and making.pattern is None:
        inner.level, inner.pattern = frame.level, None
        return inner, (replace(steps[0], label=None),), own
    # Names of its own for each layer, in a level that nothing else stands in.
    level = own.entry().level = Level(own.level.key(own.name), making.frame.level)
    inner.level, inner.pattern = level, making.pattern
    return inner, steps, None


def share(context: Context, frame: Frame, making: Making, start: int, span: Span) -> None:
    """Let the nodes made since `start` take the weights of those the row was made of."""
    old = _with_tensors(context, context.nodes[making.first : making.last])
    new = _with_tensors(context, context.nodes[start:])
    if old is None or new is None:
        return  # a mistake already reported left something unknown
    if len(old) != len(new):
        takes = f"the {len(old)} layers with weights it has"
        raise Mistake(ValueNotAllowed("reuse", f"{len(new)} of them here", takes), span)
    for (first, known), (node, tensors) in zip(old, new, strict=True):
        if type(first.op) is not type(node.op) or known != tensors:
            _report(context, frame, (first, known), (node, tensors), span)
            return
        node.shares = first.shares or first.path


def _with_tensors(context: Context, nodes: list[Node]) -> list[tuple[Node, Tensors]] | None:
    found = []
    for node in nodes:
        if node.shape is None:
            return None
        tensors = context.network.weights(node) or context.network.buffers(node)
        if tensors:
            found.append((node, tensors))
    return found


def _report(
    context: Context,
    frame: Frame,
    first: tuple[Node, Tensors],
    again: tuple[Node, Tensors],
    span: Span,
) -> None:
    shown = [
        f"{node.op.word} {', '.join([f'{name} {list(size)}' for name, size in tensors.items()])}"
        for node, tensors in (first, again)
    ]
    rule = "layers that share weights need inputs of the same channels"
    kind = ShapesDiffer("share weights of", (shown[0], shown[1]), rule)
    context.report(kind, span, frame, secondary=(Label(first[0].span, "made here"),))
