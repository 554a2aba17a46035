"""An expanded net at other sizes of its open input: shapes inferred again, nothing expanded again.

Sizes are numbers while expanding. What a net does at another size follows from its graph alone,
unless the expansion itself read an open side (a guard on H, say); then it is expanded anew, which
is slower.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from archc.diagnostics.kinds.notes import SizePromiseBroken
from archc.diagnostics.kinds.values import ValueNotAllowed
from archc.diagnostics.model import Kind
from archc.graph.elaborate.formulas import Mistake
from archc.graph.elaborate.frame import Context, Frame, Unknown
from archc.graph.elaborate.scope import Side
from archc.graph.ir import Node
from archc.ops.base import Tensors
from archc.ops.values import Count, Shape, Value
from archc.source import Span
from archc.syntax import tree


class Outcome:
    """What a net does at one size: shapes of its nodes as far as they go, and the first thing
    wrong.
    """

    __slots__ = ("kind", "node", "shapes", "span")

    def __init__(
        self,
        shapes: list[Value | None],
        node: int = -1,
        kind: Kind | None = None,
        span: Span | None = None,
    ) -> None:
        self.shapes = shapes
        self.node = node
        self.kind = kind
        self.span = span

    @property
    def legal(self) -> bool:
        """Whether every row works out."""
        return self.kind is None


class Replay:
    """Replays one expanded net. `complete` says whether its graph holds for every size."""

    def __init__(self, context: Context, anew: Callable[[dict[str, int]], Context]) -> None:
        self.context = context
        self.anew = anew
        self.complete = context.side_reads == 0
        self._known: dict[Value | Kind, Value | Kind] = {}
        memos: dict[int, dict[Any, Value | Kind]] = {}
        rebuilds = context.rebuilds
        self._program = [
            (
                node,
                node.inputs,
                None if node.index in rebuilds else memos.setdefault(id(node.op), {}),
            )
            for node in context.nodes
            if not isinstance(node.op, Unknown)
        ]
        self.letters = [
            letter for sides in context.network.open_sides for letter, _, _ in sides.letters
        ]
        self.weights: dict[int, Tensors] = {}
        promises = [(_sides_read(one[0], one[1]), *one) for one in context.promises]
        # Channels are the same at every size, or else no replay serves.
        self._promises = [one for one in promises if one[0] or not _is_last(context, *one[3:])]
        self._kept: set[tuple[int, ...]] = set()
        self.made_weights: dict[int, Tensors] = {}
        self.all_weights: dict[str, Tensors] | None = None

    def at(self, sizes: dict[str, int]) -> Outcome:
        """The net at these sizes of its letters; `where` is not asked."""
        if not self.complete:
            context = self.anew(sizes)
            return self._verdict(context)
        context = self.context
        kept = context.sizes
        context.sizes = sizes
        shapes: list[Value | None] = [None] * len(context.nodes)
        context.replayed = shapes
        try:
            return self._infer(shapes)
        finally:
            context.sizes, context.replayed = kept, None

    def allows(self, sizes: dict[str, int]) -> bool:
        """Whether these sizes obey every `where` of the net."""
        context = self.context
        if not context.rules:
            return True
        kept, context.sizes, context.replayed = context.sizes, sizes, []
        try:
            return all(rule() for rule in context.rules)
        finally:
            context.sizes, context.replayed = kept, None

    def _verdict(self, context: Context) -> Outcome:
        shapes = [node.shape for node in context.nodes]
        if not context.failed:
            return self._same_net(Outcome(shapes), context)
        first = next((found for found in context.bag.sorted() if found.severity == "error"), None)
        reason = first.message if first is not None else "it does not work out"
        return Outcome(shapes, len(shapes), ValueNotAllowed("this size", reason, "another"))

    def _infer(self, shapes: list[Value | None]) -> Outcome:
        """Shapes node by node. Equal shapes are one object, so that an operator's results are found
        by the identity of its inputs: thousands of sizes are tried.
        """
        context = self.context
        for node, inputs, memo in self._program:
            if memo is None:
                found = self._made_again(node, shapes)
            elif len(inputs) == 1:
                value = shapes[inputs[0]]
                found = (
                    None if value is None else memo.get(id(value)) or self._new(node, shapes, memo)
                )
            else:
                key = tuple([id(shapes[index]) for index in inputs])
                found = memo.get(key) or self._new(node, shapes, memo)
            if isinstance(found, Shape):
                shapes[node.index] = found
            elif isinstance(found, Mistake):
                return Outcome(shapes, node.index, found.kind, found.span)
            elif isinstance(found, Kind):
                return Outcome(shapes, node.index, found, node.span)
            else:
                shapes[node.index] = found
        for index, channels in context.bound_channels.items():
            shape = shapes[index]
            if isinstance(shape, Shape) and shape.dims and shape.channels != channels:
                return self._verdict(self.anew(dict(context.sizes)))
        broken = self._broken_promise(shapes) if self._promises else None
        return broken or self._same_weights(Outcome(shapes), context)

    def _broken_promise(self, shapes: list[Value | None]) -> Outcome | None:
        """The first side of a block that is not as its header says."""
        context = self.context
        for number, (reads, side, frame, node, axis) in enumerate(self._promises):
            shape = shapes[node]
            if not isinstance(shape, Shape):
                continue
            read = [
                context.sizes[one.letter] if one.node < 0 else id(shapes[one.node]) for one in reads
            ]
            key = (number, id(shape), *read)
            if key in self._kept:
                continue
            try:
                if context.whole(side, frame, "a side") == shape.dims[axis]:
                    self._kept.add(key)
                    continue
                name = frame.instance.name
                kind: Kind = SizePromiseBroken(name, side.span.text, str(shape), "input")
            except Mistake as mistake:
                kind = mistake.kind
            return Outcome(shapes, len(shapes), kind, side.span)
        return None

    def _new(
        self, node: Node, shapes: list[Value | None], memo: dict[Any, Value | Kind]
    ) -> Value | Kind | None:
        """A result that is not known yet; None behind something unknown."""
        given = [shapes[index] for index in node.inputs]
        if any(value is None for value in given):
            return None
        key = id(given[0]) if len(given) == 1 else tuple([id(value) for value in given])
        found = memo[key] = self._one(node.op.shape(*given))
        return found

    def _made_again(self, node: Node, shapes: list[Value | None]) -> Value | Kind | Mistake | None:
        """The result of an operator whose own values depend on an open side."""
        given = [shapes[index] for index in node.inputs]
        if any(value is None for value in given):
            return None
        try:
            op = self.context.rebuilds[node.index]()
        except Mistake as mistake:
            return mistake
        found = op.shape(*given)
        expected = self.made_weights.get(node.index)
        if expected is not None and not isinstance(found, Kind) and op.weights(*given) != expected:
            return _other_weights(node)
        return self._one(found)

    def _one(self, found: Value | Kind) -> Value | Kind:
        """The one object that stands for all results equal to this."""
        return self._known.setdefault(found, found)

    def _same_weights(self, outcome: Outcome, context: Context) -> Outcome:
        """One network has one set of weights: a layer whose weights change with the size forbids
        it.
        """
        for index, expected in self.weights.items():
            if index >= len(context.nodes):
                continue
            node = context.nodes[index]
            found = node.op.weights(*[outcome.shapes[i] for i in node.inputs])
            if found != expected:
                return Outcome(outcome.shapes, index, _other_weights(node), node.span)
        return outcome

    def _same_net(self, outcome: Outcome, context: Context) -> Outcome:
        """As `_same_weights`, for a net that was expanded anew and may have other rows."""
        if self.all_weights is None or _weights(context) == self.all_weights:
            return outcome
        kind = ValueNotAllowed("this size", "a net with other weights", "the same weights")
        return Outcome(outcome.shapes, len(context.nodes), kind)

    def fix_weights(self, sizes: dict[str, int], following: dict[int, bool]) -> None:
        """From here on the weights are those of these sizes. `following` are the nodes whose
        inputs follow them, with whether their channels do.
        """
        outcome = self.at(sizes)
        if not outcome.legal:
            return
        if not self.complete:
            self.all_weights = _weights(self.anew(sizes))
            return
        for node in self.context.nodes:
            inputs = [outcome.shapes[index] for index in node.inputs]
            if node.shape is None or None in inputs:
                continue
            if node.index in self.context.rebuilds:
                if made := self._made_at(node, inputs, sizes, outcome):
                    self.made_weights[node.index] = made
                continue
            tensors = node.op.weights(*inputs)
            if not tensors or node.index not in following:
                continue
            larger = [_larger(shape) for shape in inputs]
            if following[node.index] or node.op.weights(*larger) != tensors:
                self.weights[node.index] = tensors

    def _made_at(
        self, node: Node, inputs: list[Value | None], sizes: dict[str, int], outcome: Outcome
    ) -> Tensors:
        """The weights of an operator whose own values depend on an open side."""
        context = self.context
        kept, context.sizes, context.replayed = context.sizes, sizes, outcome.shapes
        try:
            return context.rebuilds[node.index]().weights(*inputs)
        finally:
            context.sizes, context.replayed = kept, None

    def notes_at(self, outcome: Outcome, sizes: dict[str, int]) -> list[tuple[Kind, Span]]:
        """Size notes that do not hold at a legal size."""
        context = self.context
        if not self.complete:
            return []
        kept = context.sizes
        context.sizes, context.replayed = sizes, outcome.shapes
        wrong: list[tuple[Kind, Span]] = []
        try:
            for compare, node, span in context.size_notes:
                shape = outcome.shapes[node]
                if shape is None:
                    continue
                try:
                    kind = compare(shape)
                except Mistake as mistake:
                    kind = mistake.kind
                if kind is not None:
                    wrong.append((kind, span))
        finally:
            context.sizes, context.replayed = kept, None
        return wrong


def _sides_read(formula: tree.Expression, frame: Frame) -> list[Side]:
    """The open sides that a formula reads."""
    names = dict.fromkeys(re.findall(r"[^\W\d]\w*", formula.span.text))
    found = [frame.scope.find(name) for name in names]
    return [side for side in found if isinstance(side, Side)]


def _is_last(context: Context, node: int, axis: int) -> bool:
    shape = context.nodes[node].shape
    return isinstance(shape, Shape) and axis == shape.rank


def _other_weights(node: Node) -> Kind:
    return ValueNotAllowed(f"`{node.op.word}`", "other weights at this size", "the same ones")


def _weights(context: Context) -> dict[str, Tensors]:
    """All trained tensors by the path of their node."""
    found = {}
    for node in context.nodes:
        tensors = context.network.weights(node) if node.shape is not None else None
        if tensors:
            found[node.path] = tensors
    return found


def _larger(value: Value | None) -> Any:
    """The same value with every side but the channels, and its count, larger by one."""
    if not isinstance(value, Shape):
        return tuple([_larger(item) for item in value or ()])
    spatial = tuple([side + 1 for side in value.spatial])
    count = value.count
    if isinstance(count, int) and not isinstance(count, Count):
        count += 1
    return Shape((*spatial, *value.dims[-1:]), count)
