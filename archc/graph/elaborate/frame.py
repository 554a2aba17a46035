"""Where elaboration stands: the body being expanded, its running value, and the state that all
bodies share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from archc.diagnostics.kinds.expansion import ExpansionTooLarge
from archc.diagnostics.kinds.syntax import SyntaxMistake
from archc.diagnostics.model import Bag, Fix, Kind, Label
from archc.graph.elaborate.asked import Asked
from archc.graph.elaborate.formulas import Formulas, Mistake, Silenced
from archc.graph.elaborate.levels import Entry, Level, Naming
from archc.graph.elaborate.scope import Datum, RowRef, Scope, Side, Word, open_side
from archc.graph.ir import Instance, Network, Node
from archc.limits import Limits
from archc.ops.base import Op
from archc.ops.values import Count, Shape, Value
from archc.source import Span
from archc.syntax import tree
from archc.syntax.parse import parse_formula

STEPS_PER_LAYER = 8
STEPS_PER_BLOCK = 12
"""a use of a block costs as much time as half a dozen layers, also one that holds none"""


class Unknown(Op):
    """Stands where a row could not be understood; everything behind it stays silent."""


class Stop:
    """Where `until` ends a net: the path that must be reached."""

    __slots__ = ("hit", "outer", "path")

    def __init__(self, path: str, outer: Stop | None) -> None:
        self.path = path
        self.outer = outer
        self.hit = False


class Frame:
    """One body while its rows are expanded.

    `value` is the node of the running value, None before the first input; `arrows` says whether
    `->` notes hold here; `columns` is the table header in force; `choice` the number of the variant
    that split rows choose; `made` counts copies by word (`j`).
    """

    __slots__ = (
        "arrows",
        "choice",
        "columns",
        "inputs",
        "instance",
        "level",
        "made",
        "net_scope",
        "outputs",
        "pattern",
        "scope",
        "stop",
        "value",
        "waiting",
    )

    def __init__(self, scope: Scope, level: Level, instance: Instance) -> None:
        self.scope = scope
        self.level = level
        self.instance = instance
        self.pattern: str | None = None
        self.value: int | None = None
        self.columns: tuple[tree.Columns, int] | None = None
        self.choice: tuple[int, tuple[str, ...], int] | None = None
        self.arrows = True
        self.net_scope: Scope | None = None
        self.stop: Stop | None = None
        self.made: dict[str, int] = {}
        self.waiting: list[tuple[Node, str, Span]] | None = None
        self.inputs: dict[str, int] | None = None
        self.outputs: list[tree.Output] = []

    def inside(self, **changes: Any) -> Frame:
        """A frame for a body within this one: a section, a path, a row of its own naming."""
        inner = Frame.__new__(Frame)
        for slot in Frame.__slots__:
            setattr(inner, slot, getattr(self, slot))
        for slot, value in changes.items():
            setattr(inner, slot, value)
        return inner

    @property
    def naming(self) -> Naming:
        """Where unlabelled things of this body go."""
        return Naming(self.level, self.pattern)

    @property
    def stopped(self) -> bool:
        """Whether an `until` has been reached."""
        stop = self.stop
        while stop is not None:
            if stop.hit:
                return True
            stop = stop.outer
        return False


class Context:
    """What one elaboration shares: the network that grows, the bag, the limits."""

    def __init__(self, network: Network, bag: Bag, limits: Limits, words: frozenset[str]) -> None:
        self.network = network
        self.nodes = network.nodes
        self.bag = bag
        self.limits = limits
        self.formulas = Formulas(limits.digits, self._lookup)
        self.words = words
        self._frame: Frame | None = None
        self.shapes: dict[tuple[Any, ...], Any] = {}
        self.ops: dict[Any, Op] = {}
        self.steps = 0
        self.listed = 0
        self.failed = False
        self.file_scopes: dict[Any, Scope] = {}
        self.checks: list[tuple[tree.CheckRow, Frame]] = []
        self.depth = 0
        self.sizes: dict[str, int] = {}
        self.asked: Asked | None = None
        self.formulas.read_side = self._read_side
        self.side_reads = 0
        self.bound_channels: dict[int, int] = {}
        self.rebuilds: dict[int, Callable[[], Op]] = {}
        self.size_notes: list[tuple[Callable[[Value], Kind | None], int, Span]] = []
        self.replayed: list[Value | None] | None = None
        self.paths_of_join: tuple[Label, ...] = ()
        self.rules: list[Callable[[], bool]] = []
        self.conditions: list[tree.Expression] = []
        self.promises: list[tuple[tree.Expression, Frame, int, int]] = []
        self.obeys_rules = True
        self.none_obeys = False

    def hooks(self, bodies: Any) -> None:
        """Tie the knot: blocks and joins run bodies, bodies run blocks and joins."""
        self._bodies = bodies

    def run_body(self, frame: Frame, body: tuple[tree.Statement, ...]) -> None:
        """Expand a body's rows."""
        self._bodies.run_body(self, frame, body)

    def run_statement(self, frame: Frame, statement: tree.Statement) -> bool:
        """Expand one line; False if it is not there."""
        there: bool = self._bodies.run_statement(self, frame, statement)
        return there

    def prelude(self, frame: Frame, body: tuple[tree.Statement, ...]) -> Any:
        """Take in the lines before the rows, then give the rows."""
        return self._bodies.prelude(self, frame, body)

    # ---- formulas with the rows in sight -------------------------------------------------------

    def evaluate(
        self, expression: tree.Expression, frame: Frame, scope: Scope | None = None
    ) -> Datum:
        """The value of an expression; rows are looked up from the frame's level."""
        self._frame = frame
        return self.formulas.evaluate(expression, scope or frame.scope)

    def truth(self, condition: tree.Expression, frame: Frame) -> bool:
        """Whether a condition holds."""
        self._frame = frame
        return self.formulas.truth(condition, frame.scope)

    def whole(self, expression: tree.Expression, frame: Frame, what: str) -> int:
        """A whole number of at least 0; `what` it is, for the message."""
        self._frame = frame
        return self.formulas.whole(expression, frame.scope, what)

    def _lookup(self, name: tree.Name, scope: Scope) -> Datum | None:
        """A name that no scope has: a word of the language, else a row."""
        if name.parts == ("yes",):  # on a row the grammar cannot tell it from a name
            return True
        if len(name.parts) == 1 and name.parts[0] in self.words:
            return Word(name.parts[0])
        return self.row(name, self._frame) if self._frame is not None else None

    def row(self, name: tree.Name, frame: Frame) -> RowRef | None:
        """The row a name means, from the frame's level outwards, or None."""
        entry = frame.level.find(name.parts)
        if entry is None or entry.node is None:
            return None
        return RowRef(entry.node, ".".join(name.parts), entry)

    # ---- the graph -----------------------------------------------------------------------------

    def add(self, op: Op, inputs: tuple[int, ...], path: str, frame: Frame, span: Span) -> Node:
        """A new node, its shape inferred; unknown inputs give an unknown shape and no message."""
        if len(self.nodes) >= self.limits.layers:
            raise TooLarge(ExpansionTooLarge(len(self.nodes) + 1, self.limits.layers), span)
        shape, problem = self.infer(op, inputs)
        node = Node(len(self.nodes), op, inputs, shape, path, frame.instance, span)
        self.nodes.append(node)
        frame.instance.items.append(node)
        if problem is not None:
            raise LayerProblem(problem, node)
        return node

    def infer(self, op: Op, inputs: tuple[int, ...]) -> tuple[Value | None, Kind | None]:
        """The shape a node would have, remembered for equal operators on equal shapes."""
        shapes = tuple([self.nodes[index].shape for index in inputs])
        if None in shapes or isinstance(op, Unknown):
            return None, None
        key = (id(op), shapes)
        found = self.shapes.get(key)
        if found is None:
            found = op.shape(*shapes)
            self.shapes[key] = found
        return (None, found) if isinstance(found, Kind) else (found, None)

    def unknown(self, frame: Frame, span: Span) -> int:
        """A node without a shape, for the value of a row that could not be understood."""
        self.failed = True
        node = Node(len(self.nodes), Unknown(), (), None, "", frame.instance, span)
        self.nodes.append(node)
        return node.index

    def step(self, span: Span, cost: int = 1) -> None:
        """Count steps of expansion, so that an expansion without layers ends too."""
        self.steps += cost
        most = self.limits.layers * STEPS_PER_LAYER
        if self.steps > most:
            raise TooLarge(ExpansionTooLarge(self.steps, most, "steps of expansion"), span)

    def finish(self, entry: Entry, node: int, frame: Frame) -> None:
        """A name has its value now; an `until` may be waiting for it."""
        entry.node = node
        stop = frame.stop
        while stop is not None:
            if stop.path == entry.path and not entry.under_way:
                stop.hit = True
            stop = stop.outer

    @property
    def is_open(self) -> bool:
        """Whether an input has sides left open."""
        return bool(self.network.open_sides)

    def bind_side(self, scope: Scope, name: str, node: int | None, axis: int, side: int) -> None:
        """H, W ... of a block's incoming value."""
        if self.is_open and node is not None:
            side = open_side(side, name, node, axis)
        scope.implicit[name] = side

    def bind_count(
        self, scope: Scope, name: str, node: int | None, count: int | Count, plus: int = 0
    ) -> bool:
        """T of a block's incoming value, or of `T+1`; False if there are not as many things."""
        if isinstance(count, Count):
            scope.implicit[name] = Count(count.symbol, count.plus - plus)
            return count.plus >= plus
        scope.implicit[name] = count - plus
        if self.is_open and node is not None:
            scope.implicit[name] = open_side(count - plus, name, node, -1, plus)
        return count >= plus

    def promise(self, side: tree.Expression | None, frame: Frame, axis: int) -> None:
        """A side of the running value that a header promises; a replay makes sure of it."""
        if self.is_open and side is not None and frame.value is not None:
            self.promises.append((side, frame.inside(), frame.value, axis))

    def bind_channels(self, scope: Scope, name: str, node: int | None, channels: int) -> None:
        """C of a block's incoming value; a replay makes sure that other sizes keep it."""
        scope.implicit[name] = channels
        if self.is_open and node is not None:
            self.bound_channels[node] = channels

    def _read_side(self, side: Side) -> int:
        """The value of a side that depends on an open size; what reads it is counted."""
        self.side_reads += 1
        if self.replayed is None:
            return int(side)
        if side.node < 0:
            return self.sizes[side.letter]
        shape = self.replayed[side.node]
        if not isinstance(shape, Shape):
            raise Silenced(self.nodes[side.node].span)
        if side.axis >= 0:
            return shape.dims[side.axis]
        return shape.things - side.less

    @contextmanager
    def reading_sides(self) -> Iterator[None]:
        """Formulas in here may read open sides: what they say is worked out again for each size."""
        before = self.side_reads
        try:
            yield
        finally:
            self.side_reads = before

    def label_formula(self, formula: str, frame: Frame, span: Span) -> Datum:
        """The value of braces in a label."""
        found = frame.scope.find(formula)
        if found is not None and not isinstance(found, Count):
            return found
        try:
            return self.evaluate(parse_formula(formula, span), frame)
        except SyntaxError:
            found_text = f"`{{{shortened(formula)}}}` in this label is no formula"
            raise Mistake(SyntaxMistake(found_text, "a name or a formula: `{i}`"), span) from None
        except Mistake as mistake:
            if isinstance(mistake, Silenced):
                raise
            # The formula was parsed as a text of its own; only the label has a place in the file.
            raise Mistake(mistake.kind, span) from None

    # ---- messages ------------------------------------------------------------------------------

    def report(
        self,
        kind: Kind,
        span: Span,
        frame: Frame,
        *,
        secondary: tuple[Label, ...] = (),
        notes: tuple[str, ...] = (),
        help: tuple[str, ...] = (),
        fixes: tuple[Fix, ...] = (),
    ) -> None:
        """Put a diagnostic into the bag, with the uses that led to it."""
        if kind.severity == "error":
            self.failed = True
        trace = used_at(frame.instance)
        self.bag.add(
            kind.at(span, secondary=secondary, notes=(*notes, *trace), help=help, fixes=fixes)
        )

    def report_plain(self, mistake: Mistake) -> None:
        """Report a mistake of a definition, which no use led to."""
        self.failed = True
        other = (mistake.other,) if mistake.other is not None else ()
        self.bag.add(mistake.kind.at(mistake.span, secondary=other))

    def mistake(self, mistake: Mistake, frame: Frame) -> None:
        """Report a mistake where it was found."""
        self.failed = True
        if isinstance(mistake, Silenced):
            return
        other = (mistake.other,) if mistake.other is not None else ()
        self.report(mistake.kind, mistake.span, frame, secondary=other)


def shortened(text: str, most: int = 40) -> str:
    """A text cut in its middle if it is long."""
    return text if len(text) <= most else f"{text[: most // 2]}...{text[-most // 2 :]}"


def used_at(instance: Instance) -> tuple[str, ...]:
    """The instantiation trace in words, innermost first."""
    lines = []
    for used in instance.trace():
        if used.span is not None:
            row = " ".join(used.span.text.split())
            lines.append(f"in block `{used.name}`, used at {used.span} as `{row}`")
    return tuple(lines[:6])


class TooLarge(Mistake):
    """A limit is reached: the elaboration of this net ends here."""


class LayerProblem(Exception):
    """An operator refuses its inputs; the node is in the graph without a shape."""

    def __init__(self, kind: Kind, node: Node) -> None:
        super().__init__(kind.message)
        self.kind = kind
        self.node = node
