"""How each side of a net follows its open sizes, worked out from the operators alone.

A side is steady if from a size n to n + period it always grows by slope * period. Windows,
strides, factors and formulas of `+ -` and of `* / // mod` with constants keep sides steady. What
is not known to be steady, or has a condition on two letters at once, is `doubtful`: then the sets
of legal sizes are not called proved.
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import Any

from archc.analysis.steady import CONSTANT, WILD, Steady, Unsteady, growth_of, numbers_in
from archc.graph.elaborate.formulas import Mistake
from archc.graph.elaborate.replay import Replay
from archc.graph.elaborate.scope import Scope
from archc.graph.ir import Node
from archc.ops.base import Op
from archc.ops.conv import Windowed
from archc.ops.values import Shape, Value
from archc.syntax import tree

Sides = tuple[Steady, ...]
"""one for each side, and at the end one for the count"""
Grown = list[Sides]
"""of one value; of a list one for each item"""

_SAME_TEXT = """
relu relu6 leaky prelu elu selu gelu silu hswish hsigmoid sigmoid tanh softplus mish softmax exp
complement bn lrn layernorm l2norm dropout droppath noise scale layerscale identity shuffle
attention pad
"""
_SAME = frozenset(_SAME_TEXT.split())
_ALL_BUT_ONE = frozenset(("groupnorm", "instancenorm"))
"""they refuse a map of one place, which is a condition on both sides at once"""
_REGIONS = frozenset(("roipool", "roialign", "extern"))
_MAPS = frozenset(
    ("conv", "deconv", "maxpool", "avgpool", "lppool", "gap", "upsample", "pixelshuffle")
) | {"pixelunshuffle"}
_MET = frozenset(("add", "sub", "absdiff", "mean", "max", "mul", "concat"))


class Growth:
    """Every node's sides; the period of each letter; what forbids a proof, in `doubts`."""

    def __init__(self, replay: Replay) -> None:
        self.replay = replay
        self.letters = list(dict.fromkeys(replay.letters))
        self.periods = dict.fromkeys(self.letters, 1)
        self.doubts: set[str] = set()
        self.numbers: set[int] = set()
        self.must_hold: set[int] = set()
        """nodes whose condition is one on two letters unless it holds always"""
        self.following: dict[int, bool] = {}
        """nodes whose inputs follow a size, with whether their channels do"""
        self.grown: list[Grown] = []
        known: dict[Any, Grown] = {}
        for node in replay.context.nodes:
            self._follow(node)
            key = (id(node.op), *[id(self.grown[index]) for index in node.inputs])
            rebuilt = node.index in replay.context.rebuilds
            if not rebuilt and key in known and node.op.word != "mul":
                self.grown.append(known[key])
                continue
            self.grown.append(self._of(node))
            known[key] = self.grown[-1]
            self._note(self.grown[-1])
        self._promised()

    def _promised(self) -> None:
        """What headers of blocks promise has a period of its own."""
        context = self.replay.context
        for side, frame, node, axis in context.promises:
            self.numbers |= numbers_in(side)
            try:
                said = growth_of(side, frame.scope, context.formulas, self.grown)
                met = said.met(self.grown[node][0][axis])
            except Unsteady as doubt:
                self.doubts.add(str(doubt))
                continue
            self._note([(met, CONSTANT, CONSTANT)])

    def _follow(self, node: Node) -> None:
        given = [sides for index in node.inputs for sides in self.grown[index]]
        if any(side.moves for sides in given for side in sides):
            self.following[node.index] = any(sides[-2].moves for sides in given if len(sides) > 1)

    def _of(self, node: Node) -> Grown:
        inputs = [self.grown[index] for index in node.inputs]
        shape = node.shape
        if shape is None:
            self.doubts.add("a node without a shape")
            return [()]
        written: Sides | None = None
        if node.index in self.replay.context.rebuilds:
            written = self._written(node, shape)
            if written is None or node.op.word == "input":
                return [written] if written is not None else _constant(shape)
        elif not any(side.moves for value in inputs for sides in value for side in sides):
            return _constant(shape)
        try:
            return self._step(node, inputs, written, shape)
        except Unsteady as doubt:
            self.doubts.add(str(doubt))
            return _constant(shape)

    def _note(self, grown: Grown) -> None:
        """The periods, and what must not be: channels that follow a size, sides that shrink."""
        for sides in grown:
            for side in sides:
                if side.letter is not None:
                    self.periods[side.letter] = lcm(self.periods[side.letter], side.period)
                if side.slope < 0:
                    self.doubts.add("a side that shrinks")
            if len(sides) > 1 and sides[-2].moves:
                self.doubts.add("channels that follow a size")

    def _step(self, node: Node, inputs: list[Grown], written: Sides | None, shape: Value) -> Grown:
        """The sides behind one operator."""
        op, word = node.op, node.op.word
        things = getattr(op, "things", False) is True
        if word == "list":
            return [sides for value in inputs for sides in value]
        if word in _REGIONS:
            return _constant(shape)
        if word in _MET and not things:
            return [self._met(node, [sides for value in inputs for sides in value])]
        if word == "append" and isinstance(shape, Shape):
            return [(*_constant(shape)[0][:-1], WILD)]
        if not inputs or len(inputs[0]) != 1 or not isinstance(shape, Shape):
            raise Unsteady("a list")
        return [self._single(node, inputs, written, shape)]

    def _single(
        self, node: Node, inputs: list[Grown], written: Sides | None, shape: Shape
    ) -> Sides:
        """The sides behind an operator on one value."""
        op, word = node.op, node.op.word
        sides = inputs[0][0]
        if word in ("resize", "crop", "reshape"):
            return self._target(node, inputs, written)
        if written is not None:
            raise Unsteady("an option that follows a size")
        if word == "unpool":
            self._met(node, [sides, inputs[1][0]])
            return inputs[2][0]
        if word in _ALL_BUT_ONE and len({side.letter for side in sides if side.moves}) > 1:
            raise Unsteady("a condition on two letters")
        if word in _SAME or word in _ALL_BUT_ONE:
            return sides
        if word in _MAPS and len(sides) > 2:
            return (*self._scaled(op, sides[:-2]), *sides[-2:])
        return _counted(op, sides, shape)

    def _scaled(self, op: Op, spatial: Sides) -> Sides:
        """The sides behind a window, a factor or `to=`."""
        if op.word == "gap" or getattr(op, "to", None) is not None:
            return (CONSTANT,) * len(spatial)
        if isinstance(op, Windowed):
            reach = op.reach()
            assert reach is not None
            by = reach[1]
        else:
            given: Any = getattr(op, "factors", None) or getattr(op, "factor", None)
            by = (given,) if isinstance(given, int) else given.sides
        by = by * len(spatial) if len(by) == 1 else by
        if op.word in ("deconv", "upsample", "pixelshuffle"):
            return tuple([side.times(Fraction(one)) for side, one in zip(spatial, by)])
        return tuple([side.floored(one) for side, one in zip(spatial, by)])

    def _met(self, node: Node, paths: list[Sides]) -> Sides:
        """Paths of one shape: side by side."""
        if any(len(path) < 2 for path in paths) or any(path[-1].wild for path in paths):
            raise Unsteady("counts that follow a size")
        rank = max([len(path) for path in paths])
        full = [path for path in paths if len(path) == rank]
        merged: list[Steady] = []
        for column in zip(*full):
            found = column[0]
            for other in column[1:]:
                found = found.met(other)
            merged.append(found)
        if node.op.word == "mul":
            self.must_hold.add(node.index)
        return tuple(merged)

    def _target(self, node: Node, inputs: list[Grown], written: Sides | None) -> Sides:
        """Sides that are written, or those of another row."""
        sides = inputs[0][0]
        op: Any = node.op
        if op.word == "reshape":
            moving = {side.letter for side in (*sides, *(written or ())) if side.moves}
            many = max([len([s for s in one if s.moves]) for one in (sides, written or ())])
            if written is None or len(moving) > 1 or many > 2 or sides[-1].wild:
                raise Unsteady("a reshape of several letters")
            return written
        wanted = inputs[1][0][:-2] if len(inputs) > 1 else (CONSTANT,) * (len(sides) - 2)
        if written is not None:
            wanted = written[:-2] if len(written) == len(sides) else written[:-1]
        if len(wanted) != len(sides) - 2:
            raise Unsteady("sides that are written as one")
        if op.word == "crop":
            for side, other in zip(sides, wanted):
                surplus = side.minus(other)
                if surplus.slope < 0:
                    raise Unsteady("a crop that outgrows its input")
                if surplus.letter is not None and op.at is None:
                    even = surplus.floored(2).period
                    self.periods[surplus.letter] = lcm(self.periods[surplus.letter], even)
        return (*wanted, *sides[-2:])

    def _written(self, node: Node, shape: Value) -> Sides | None:
        """The sides that a row's formulas give; None with a doubt."""
        context = self.replay.context
        heard: list[tuple[tree.Expression, Scope]] = []
        context.formulas.heard = heard
        try:
            context.rebuilds[node.index]()
        except Mistake as mistake:
            self.doubts.add(str(mistake))
            return None
        finally:
            context.formulas.heard = None
        try:
            return self._read(node, shape, heard)
        except Unsteady as doubt:
            self.doubts.add(str(doubt))
            return None

    def _read(self, node: Node, shape: Value, heard: list[tuple[Any, Any]]) -> Sides:
        formulas = self.replay.context.formulas
        for expression, _ in heard:
            self.numbers |= numbers_in(expression)
        found: list[Steady] = []
        for expression, scope in heard:
            sides = expression.sides if isinstance(expression, tree.Size) else (expression,)
            grown = [growth_of(side, scope, formulas, self.grown) for side in sides if side]
            if node.op.word == "input" or isinstance(expression, tree.Size):
                found += grown
            elif any(side.moves for side in grown):
                raise Unsteady("an option that follows a size")
        dims = len(shape.dims) if isinstance(shape, Shape) else 0
        if node.op.word in ("input", "reshape") and len(found) != dims:
            raise Unsteady("a shape that was not understood")
        return (*found, CONSTANT)


def _counted(op: Op, sides: Sides, shape: Shape) -> Sides:
    """Behind what makes things of places, or works on the channels alone."""
    word = op.word
    if word == "fc":
        return (CONSTANT, sides[-1])
    if word == "tokens":
        return (*[CONSTANT] * len(shape.dims), WILD)
    if word == "gram" and not sides[-1].moves:
        return (CONSTANT,) * (len(shape.dims) + 1)
    if word in ("chunk", "morechannels") and not sides[-2].moves:
        return sides
    if word in ("sum", "mean", "max"):
        return (*sides[:-1], CONSTANT)
    raise Unsteady(f"`{word}`")


def _constant(value: Value) -> Grown:
    shapes = (value,) if isinstance(value, Shape) else value
    return [(CONSTANT,) * (len(shape.dims) + 1) for shape in shapes]
