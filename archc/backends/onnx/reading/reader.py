"""Reading a model: its nodes in order, each as rows of the language and views of their values."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from math import prod
from typing import Any

from archc.backends.onnx.reading.call import Call
from archc.backends.onnx.reading.code import Code
from archc.backends.onnx.reading.file import Model
from archc.backends.onnx.reading.known import Known
from archc.backends.onnx.reading.made import Held, Made
from archc.backends.onnx.reading.moves import MOVES
from archc.backends.onnx.reading.parts import Parts
from archc.backends.onnx.reading.problem import ModelProblem, Unreadable
from archc.backends.onnx.reading.settle import Settling
from archc.backends.onnx.reading.views import View, reshaped, whole
from archc.diagnostics.model import Kind
from archc.ops.base import Op
from archc.ops.values import Shape

OWN = "archc"
"""who made the model: its nodes are rows, its weights keys of the state_dict"""
ODD = (TypeError, ValueError, IndexError, KeyError, AttributeError, ArithmeticError)
"""what an attribute of a wrong kind leads to: the model is somebody's file"""
SPELLED = "Add Cast Div Erf MatMul Mul ReduceMean ReduceSum Softmax Sqrt Sub"
PARTS = frozenset((*SPELLED.split(), *MOVES))
"""operators that formulas are spelled in: what they mean shows where the formula ends"""


class Reading(Known):
    """What is known while nodes are read.

    `batch` stands for the number of samples, `counts` for numbers that the model leaves open.
    `rows` are made in the order in which they are needed; `values` are views of them by name.
    """

    def __init__(self, model: Model, batch: int, opened: bool, whole: bool = True) -> None:
        super().__init__(model, batch)
        self.opened = opened
        self.whole = whole
        """whether parts of a larger thing may be read as that"""
        self.own = model.proto.producer_name == OWN
        self.opset = next((one.version for one in model.proto.opset_import if not one.domain), 1)
        self.later: dict[str, Call] = {}
        """nodes without a meaning of their own so far, by the values they give"""
        self.readers: dict[str, list[Call]] = {}
        self.call: Call | None = None
        self.settling = Settling(self)
        self.sized: dict[str, tuple[str, ...]] = {}
        """rows of sizes: the values whose sides they are made of"""
        self.parts = Parts()
        self.arranged: dict[int, tuple[View, Call]] = {}
        """by a view's identity, the node that brought it into its order"""
        self.first_arranged: dict[View, Call] = {}
        self.concats: dict[tuple[int, ...], int] = {}
        self.concatenated: dict[int, tuple[int, ...]] = {}
        """rows that stand behind each other, by the row that they are then, and the other way"""
        self.pooled: dict[str, int] = {}
        """places that poolings found, by name: the row of the pooling"""
        self.states: dict[str, str] = {}
        """states that a recurrent layer keeps in a scan, and what they begin with"""
        self.carried: dict[int, int] = {}
        """rows that read another row one step ago"""
        self.scans: dict[int, int] = {}
        """rows of a scan's results, and the row that takes things apart for it"""
        self.externs: dict[str, Code] = {}
        """what the language lacks, by the name of the code that stands for it"""
        self.named_code: dict[Hashable, str] = {}
        """names of such code by what it does"""
        self.extern_sides: dict[str, tuple[int, ...]] = {}
        """the sides in ONNX of values that such code gives"""

    # ---- values --------------------------------------------------------------------------------

    def view(self, name: str) -> View:
        """The value of this name. Raises Unreadable if nothing is known of it."""
        found = self.values.get(name)
        if found is None and name in self.model.tensors:
            found = self.values[name] = whole(name, self.model.tensors[name].sides)
        if found is None:
            self._force(name)
            found = self.values.get(name)
        if found is None:
            raise Unreadable(f"the value {name}")
        return found

    def known(self, name: str) -> View | None:
        """The value of this name if it has one yet; a node without a meaning is left alone."""
        if name in self.later or not name:
            return None
        try:
            return self.view(name)
        except Unreadable:
            return None

    # ---- rows ----------------------------------------------------------------------------------

    def row(self, view: View) -> Made:
        """The row that a view shows. Raises Unreadable for a tensor of the model."""
        if isinstance(view.base, str):
            raise Unreadable("a constant where a value is wanted")
        return self.rows[view.base]

    def shape(self, index: int) -> Any:
        """The shape of a row's value."""
        return self.rows[index].shape

    def emit(self, op: Op, *inputs: int, **tensors: View | Held | float) -> View:
        """A new row; its weights are views of tensors, or numbers for those that are not there.

        Raises Unreadable if the operator refuses its inputs, or its weights have other sizes.
        """
        shapes = [self.rows[index].shape for index in inputs]
        shape = op.shape(*shapes)
        if isinstance(shape, Kind):
            raise Unreadable(shape.message)
        made = Made(op, inputs, shape, self.call)
        made.rows, made.given = self._rows(op, shape, inputs), tuple(shapes)
        sizes = {**op.weights(*shapes), **op.buffers(*shapes)}
        for name, size in sizes.items():
            given = tensors.pop(name or "_", None)
            if isinstance(given, (int, float)) or given is None:
                if given is None and name != "num_batches_tracked":
                    raise Unreadable(f"{op.word} without {name}")
                made.fills[name] = float(given or 0)
                continue
            held = (given,) if isinstance(given, View) else given
            self._check_tensor(op, name, held, tuple(size))
            made.tensors[name] = held
        if tensors:
            raise Unreadable(f"{op.word} has no {next(iter(tensors))}")
        self.rows.append(made)
        index = len(self.rows) - 1
        return whole(index, self.sizes(made))

    def _check_tensor(self, op: Op, name: str, held: Held, size: tuple[int, ...]) -> None:
        if any(not isinstance(view.base, str) for view in held):
            raise Unreadable(f"{name} of {op.word} is worked out while it runs")
        found = held[0].shape if len(held) == 1 else (0,)
        if found != size and sum([prod(view.shape) for view in held]) != prod(size):
            raise Unreadable(f"{name} of {op.word} is {found}, {size} is wanted")

    def on(self, view: View, op: Op) -> View:
        """A function of each number by itself: of what the view shows, in whatever order."""
        made = self.row(view)
        sizes = self.sizes(made)
        everything = not view.offset and prod(view.shape) == prod(sizes) and self._is_all(view)
        plain = sorted(view.sides) == sorted(whole(0, sizes).sides)
        if everything and (plain or not self.settling.is_near(view)):
            return view.with_base(self.emit(op, self.base(view)).base)
        try:
            return self.emit(op, self.settled(view))
        except Unreadable:
            if not everything:
                raise
            return view.with_base(self.emit(op, self.base(view)).base)

    def _is_all(self, view: View) -> bool:
        """Whether a view shows each number once."""
        parts = sorted(view.order[1], key=lambda part: part[1])
        expected = 1
        for size, distance in parts:
            if distance != expected:
                return False
            expected *= size
        return True

    def base(self, view: View) -> int:
        """The row behind a view, whatever its order."""
        assert isinstance(view.base, int)
        return view.base

    def settled(self, view: View, wish: str = "") -> int:
        """The row whose value is what the view shows, in the language's own order.

        `wish` is `map`, `things` or `vector` where only that will do. Raises Unreadable.
        """
        return self.settling.settled(view, wish)

    def in_order(self, view: View) -> int | None:
        """The row that a view shows whole and in order, whatever sides it gives it."""
        made = self.row(view)
        if not isinstance(made.shape, Shape) or view.offset:
            return None
        everything = whole(0, self.sizes(made))
        return self.base(view) if view.order == everything.order else None

    def emit_nothing(self, index: int) -> View:
        """The value of a row as it is."""
        return whole(index, self.sizes(self.rows[index]))

    def virtual(self, op: Op, inputs: tuple[int, ...], shape: Shape) -> int:
        """A row that stands for a part of something larger, until the rest of it is read."""
        made = Made(op, inputs, shape, self.call)
        made.rows = self._rows(op, shape, inputs)
        self.rows.append(made)
        return len(self.rows) - 1

    # ---- nodes ---------------------------------------------------------------------------------

    def read(self, calls: Sequence[Call]) -> None:
        """Read nodes in the order of the file. Raises ModelProblem if they cannot run in it."""
        later = {name for call in calls for name in call.outputs if name}
        made = {*self.values, *self.model.tensors}
        for call in calls:
            for name in filter(None, call.outputs):
                if name in made:
                    raise ModelProblem(f"{self.model.path}: two nodes give the value {name}")
                made.add(name)
            if not later.isdisjoint(call.inputs):
                raise ModelProblem(f"{self.model.path}: a node reads what is made later")
            later.difference_update(call.outputs)
            for name in call.outputs:
                self.calls[name] = call
            for name in dict.fromkeys(call.inputs):
                self.readers.setdefault(name, []).append(call)
        for call in calls:
            self.call = call
            waits = call.kind in PARTS and any(name in self.later for name in call.inputs)
            try:
                self.keep(call, self._ended(call)) if waits else self._read(call)
            except (Unreadable, *ODD):
                self._postpone(call)

    def _ended(self, call: Call) -> View:
        """What ends in a node that reads a part. Raises Unreadable if nothing does."""
        from archc.backends.onnx.reading.attention import mixed
        from archc.backends.onnx.reading.templates import recognized

        ends = mixed if call.kind == "MatMul" and self.whole else recognized
        found = ends(self, call)
        if found is None:
            raise Unreadable("perhaps a part of something larger")
        return found

    def _read(self, call: Call) -> None:
        """Read one node. Raises Unreadable."""
        from archc.backends.onnx.reading.folding import fold
        from archc.backends.onnx.reading.readers import READERS

        if fold(self, call):
            return
        reader = READERS.get(call.kind) if not call.domain else None
        if reader is not None:
            self.keep(call, reader(self, call))
        elif call.kind in MOVES and not call.domain:
            self.keep(call, self.moved(call))
        else:
            raise Unreadable(call.kind)

    def keep(self, call: Call, found: Any) -> None:
        """The values that a node gives."""
        views = [found] if isinstance(found, View) else found
        for name, view in zip(call.outputs, views):
            if name and view is not None:
                self.values[name] = view

    def _postpone(self, call: Call) -> None:
        for name in call.outputs:
            self.later[name] = call

    def moved(self, call: Call) -> View:
        """What a node that rearranges makes."""
        view = self.view(call.inputs[0])

        def numbers(index: int) -> tuple[int, ...] | int | None:
            name = call.given(index)
            found = self.integers(name)
            if name and found is None:
                raise Unreadable("sizes that are found while it runs")
            alone = call.kind == "Gather" and found and not self.view(name).sides
            return found[0] if alone and found else found

        try:
            found = MOVES[call.kind](view, call.attribute, numbers)
            if call.kind == "Gather":
                found = self._with_sides(call, found)
            self.arranged[id(found)] = found, call
            self.first_arranged.setdefault(found, call)
            return found
        except ODD as error:
            raise Unreadable(f"{call.kind}: {error}") from None

    def _with_sides(self, call: Call, found: View) -> View:
        """Places that are looked up by a table of several sides have these."""
        array = self.array(call.inputs[1])
        if array is None or array.ndim < 2:
            return found
        axis = call.attribute("axis", 0) % len(found.sides)
        outer, inner = found.shape[:axis], found.shape[axis + 1 :]
        return reshaped(found, (*outer, *array.shape, *inner))

    def _force(self, name: str) -> None:
        """Make rows of nodes without a meaning, since their value is wanted after all."""
        from archc.backends.onnx.reading.foreign import foreign, in_order

        pending, wanted = [name], {}
        while pending:
            call = self.later.get(pending.pop())
            if call is not None and call.at not in wanted:
                wanted[call.at] = call
                pending.extend(call.inputs)
        here = self.call
        for at in sorted(wanted):
            self.call = wanted[at]
            for output in wanted[at].outputs:
                self.later.pop(output, None)
            if self._is_read(wanted[at]):
                continue
            if not in_order(self, wanted[at]) or not self._is_read(wanted[at]):
                self.keep(wanted[at], foreign(self, wanted[at]))
        self.call = here

    def _is_read(self, call: Call) -> bool:
        """Read one node, if it can be."""
        try:
            self._read(call)
        except (Unreadable, *ODD):
            return False
        return True
