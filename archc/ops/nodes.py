"""What an operator is in ONNX, as data: the nodes that an operator's facet asks for.

Neither onnx nor a network is known here. Values lie as in torch (`ops/lowering.py`): `HxWxC` is
N,C,H,W, a vector N,C, `T of D` N,T,D; `R of HxWxC` is R,C,H,W, and `R of D` 1,R,D.
"""

from __future__ import annotations

import hashlib
from math import prod
from typing import Any

from archc.ops.values import Count, Shape
from archc.record import Record

Names = str | tuple[str, ...]
"""a value's name; of a list the names of its items"""
LAST = 2**31
"""as the end of a slice: all there is"""
FOLLOWS = "float"
"""a dtype among attributes: that of the weights"""
LONGEST_NAME = 8
"""numbers of a constant that are written out in its name"""


class Constant(Record):
    """A small tensor: `dtype` is `int64`, `float32`, or `float`, which follows the weights."""

    dtype: str
    sides: tuple[int, ...]
    numbers: tuple[int | float, ...]

    @property
    def name(self) -> str:
        """Equal constants have one name, whoever asks for them."""
        shown = "_".join([str(number) for number in self.numbers])
        if len(self.numbers) > LONGEST_NAME:
            alike = len(set(self.numbers)) == 1
            digest = hashlib.sha256(shown.encode()).hexdigest()[:12]
            shown = f"{self.numbers[0]}*" if alike else digest
        return f"{self.dtype}:{'x'.join([str(side) for side in self.sides])}:{shown}"


class Rows(Record):
    """Rows of a tensor of the operator, from `first` on up to `end`; all of them without one."""

    tensor: str
    first: int = 0
    end: int | None = None


class Held(Record):
    """A tensor as ONNX wants it: rows behind each other, given sides, last of all transposed."""

    rows: tuple[Rows, ...]
    sides: tuple[int, ...] = ()
    transposed: bool = False


class OnnxNode(Record):
    """One node: its operator, the values it reads and gives, its attributes.

    An input may be left out by an empty name. ONNX's own operators have no `domain`.
    """

    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: tuple[tuple[str, Any], ...] = ()
    domain: str = ""


class State(Record):
    """What a row of a scan hands to the next step: its name inside, and the value it begins as."""

    name: str
    first: str


class Nodes:
    """Collects the nodes of one operator: `made("Relu", made.x)` gives the name of a value.

    `inputs` are the names of what the operator is given, `x` the first; `opset` the one that is
    written for; `opened` whether sides of the network's pictures are open, so that no number may
    be taken from a shape's sides; `batch` the number of samples, None if any; `image` the shape of
    the network's picture; `outer`, in a scan, what is done once before it (its `x` is what the
    scan runs over).
    """

    def __init__(
        self,
        inputs: tuple[Names, ...],
        opset: int,
        *,
        opened: bool = False,
        batch: int | None = None,
        image: Shape | None = None,
        outer: Nodes | None = None,
    ) -> None:
        self.inputs = inputs
        self.opset = opset
        self.opened = opened
        self.batch = batch
        self.image = image
        self.outer = outer
        self.over: Shape | None = None
        """the shape of what the scan runs over"""
        self.nodes: list[OnnxNode] = []
        self.constants: dict[str, Constant] = {}
        self.tensors: dict[str, Held] = {}
        self.states: list[State] = []
        self.after: dict[str, str] = {}
        """by a state's name, the value it has in the next step"""
        self.indexed = False
        """whether an unpooling asks where a pooling found its numbers"""
        self.places = ""
        """the value that says so: of a pooling, and of the pooling that an unpooling names"""
        self.window: dict[str, Any] = {}
        """that pooling's attributes"""

    @property
    def x(self) -> str:
        """The name of the first input, or of its only value."""
        first = self.inputs[0]
        assert isinstance(first, str)
        return first

    @property
    def paths(self) -> list[str]:
        """The names of a join's paths, the items of lists one by one."""
        return [
            name for given in self.inputs for name in ([given] if isinstance(given, str) else given)
        ]

    def __call__(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """A node with one output, whose name it gives; attributes that are None are left out."""
        (name,) = self.several(1, kind, *inputs, **attributes)
        return name

    def several(self, number: int, kind: str, *inputs: str, **attributes: Any) -> tuple[str, ...]:
        """A node with several outputs."""
        given = tuple([(name, value) for name, value in attributes.items() if value is not None])
        return self._add(number, kind, inputs, given)

    def foreign(self, domain: str, kind: str, *inputs: str) -> str:
        """A node of an operator that is not ONNX's own."""
        (name,) = self._add(1, kind, inputs, (), domain)
        return name

    def _add(
        self,
        number: int,
        kind: str,
        inputs: tuple[str, ...],
        attributes: tuple[tuple[str, Any], ...],
        domain: str = "",
    ) -> tuple[str, ...]:
        at = len(self.nodes)
        names = tuple([f"%{at}" if index == 0 else f"%{at}.{index}" for index in range(number)])
        self.nodes.append(OnnxNode(kind, inputs, names, attributes, domain))
        return names

    def tensor(self, name: str, *sides: int) -> str:
        """A tensor of the operator by its name, with other sides if some are given."""
        return self.packed(Rows(name), sides=sides)

    def packed(self, *rows: Rows, sides: tuple[int, ...] = (), transposed: bool = False) -> str:
        """A tensor made of rows of the operator's tensors."""
        held = Held(rows, sides, transposed)
        name = f"${len(self.tensors)}"
        self.tensors[name] = held
        return name

    def state(self, first: str) -> str:
        """A value that a row of a scan hands on; outside of one it is what it begins as."""
        if self.outer is None:
            return first
        name = f"@{len(self.states)}"
        self.states.append(State(name, first))
        return name

    @property
    def before(self) -> Nodes:
        """Where nodes are asked for that a state begins with."""
        return self if self.outer is None else self.outer

    def ints(self, *numbers: int) -> str:
        """A row of whole numbers."""
        return self._constant(Constant("int64", (len(numbers),), numbers))

    def table(self, numbers: list[int], sides: tuple[int, ...]) -> str:
        """Whole numbers on several sides."""
        return self._constant(Constant("int64", sides, tuple(numbers)))

    def integer(self, number: int) -> str:
        """One whole number, without sides."""
        return self._constant(Constant("int64", (), (number,)))

    def number(self, number: float) -> str:
        """One number, without sides."""
        return self._constant(Constant("float", (), (float(number),)))

    def numbers(self, *numbers: float, sides: tuple[int, ...] | None = None) -> str:
        """A tensor of numbers; a row, if no sides are given."""
        given = tuple([float(number) for number in numbers])
        return self._constant(Constant("float", sides or (len(given),), given))

    def scales(self, *factors: int) -> str:
        """A row of factors; their dtype is always the same."""
        given = tuple([float(factor) for factor in factors])
        return self._constant(Constant("float32", (len(given),), given))

    def _constant(self, constant: Constant) -> str:
        self.constants[constant.name] = constant
        return f"#{constant.name}"

    # ---- what several operators need -----------------------------------------------------------

    def reshape(self, value: str, *sides: int) -> str:
        """The same numbers with other sides: 0 keeps a side, -1 follows from the others."""
        return self("Reshape", value, self.ints(*sides))

    def restored(self, value: str, like: str, shape: Shape) -> str:
        """The same numbers with the sides that `like`, a value of this shape, has."""
        if self.opened if shape.rank else isinstance(shape.count, Count):
            return self("Reshape", value, self("Shape", like))
        things = (shape.things,) if shape.count is not None and not shape.rank else ()
        return self.reshape(value, -1, *things, shape.channels, *shape.spatial)

    def transpose(self, value: str, *axes: int) -> str:
        """The axes in another order."""
        return self("Transpose", value, perm=axes)

    def unsqueeze(self, value: str, *axes: int) -> str:
        """Sides of 1 at these places."""
        return self("Unsqueeze", value, self.ints(*axes))

    def squeeze(self, value: str, *axes: int) -> str:
        """Without the sides of 1 at these places."""
        return self("Squeeze", value, self.ints(*axes))

    def reduce(self, kind: str, value: str, *axes: int, keepdims: bool = True) -> str:
        """ReduceMean, ReduceSum, ReduceMax, ... over some axes."""
        keep = None if keepdims else 0
        since = 13 if kind == "ReduceSum" else 18
        if self.opset < since:
            return self(kind, value, axes=axes, keepdims=keep)
        return self(kind, value, self.ints(*axes), keepdims=keep)

    def linear(self, value: str, weight: str, *bias: str) -> str:
        """A product with a weight that lies transposed, then the bias if there is one."""
        found = self("MatMul", value, weight)
        return self("Add", found, *bias) if bias else found

    def factors(self, channels: int, *, trained: bool) -> tuple[str, str]:
        """Factors and shifts of a norm: its tensors, or ones and zeros where none are trained."""
        if trained:
            return self.tensor("weight"), self.tensor("bias")
        return self.numbers(*[1.0] * channels), self.numbers(*[0.0] * channels)

    def split(self, value: str, each: int, number: int, axis: int) -> tuple[str, ...]:
        """Equal parts of one axis."""
        if number == 1:
            return (value,)
        return self.several(number, "Split", value, self.ints(*[each] * number), axis=axis)

    def slice(self, value: str, start: int, end: int, axis: int) -> str:
        """Part of one axis."""
        return self("Slice", value, self.ints(start), self.ints(end), self.ints(axis))

    def sides(self, value: str, start: int, end: int | None = None) -> str:
        """Some sides of a value, found when the network runs, as a row of whole numbers."""
        if self.opset >= 15:
            return self("Shape", value, start=start or None, end=end)
        whole = self("Shape", value)
        return self("Slice", whole, self.ints(start), self.ints(LAST if end is None else end))

    def sides_of(self, value: str, shape: Shape) -> str:
        """All sides of a value of this shape, known ones as they are."""
        if self.opened or self.batch is None or shape.count is not None:
            return self("Shape", value)
        return self.ints(self.batch, shape.channels, *shape.spatial)

    def zeros(self, *sides: int) -> str:
        """Zeros; a side of -1 is the batch's, as `x` has it."""
        at = sides.index(-1) if -1 in sides else None
        if at is None or self.batch is not None:
            known = tuple([self.batch or 0 if side == -1 else side for side in sides])
            return self.numbers(*[0.0] * prod(known), sides=known)
        batch = self.sides(self.x, 0, 1)
        return self("Expand", self.number(0), self.row(*sides[:at], batch, *sides[at + 1 :]))

    def row(self, *parts: int | str) -> str:
        """Whole numbers behind each other, known ones and rows that are found while it runs."""
        terms: list[str] = []
        known: list[int] = []
        for part in (*parts, ""):
            if isinstance(part, int):
                known.append(part)
                continue
            terms += [self.ints(*known)] if known else []
            terms += [part] if part else []
            known = []
        return self("Concat", *terms, axis=0) if len(terms) > 1 else terms[0]

    def like(self, value: str, other: str) -> str:
        """Numbers in the dtype of another value."""
        if self.opset >= 15:
            return self("CastLike", value, other)
        return self("Cast", value, to=FOLLOWS)

    def picked(self, value: str, axis: int, *order: int) -> str:
        """Places of one axis in another order, or some of them."""
        return self("Gather", value, self.ints(*order), axis=axis)

    def channels_second(self, value: str, shape: Shape, layer: Any) -> str:
        """A layer that wants channels behind the batch, on a value that may have them last."""
        if shape.rank == 0 and shape.count is not None:
            given: str = layer(self.transpose(value, 0, 2, 1))
            return self.transpose(given, 0, 2, 1)
        return str(layer(value))
