"""What an operator is: one class that holds every fact about one layer word.

| facet | gives |
| --- | --- |
| fields | the options in the language, their defaults, `archc ops NAME`, did-you-mean |
| `shape(*inputs)` | the output's shape, or the problem (a `Kind` without a place) |
| `weights(*inputs)` | trained tensors by name, sizes in torch's order |
| `buffers(*inputs)` | tensors that are kept but not trained |
| `macs(inputs, output)` | multiplications, each with its addition, for one sample |
| `reach()` | window, stride and dilation, for receptive fields and the period of legal sizes |
| `torch(*inputs)` | the operator in torch, as data (`ops/lowering.py`), or why there is none |
| `onnx(made, *inputs)` | the operator in ONNX, as data (`ops/nodes.py`), or why there is none |
| docstring | the formula, the paper, one `.arch` example that is run |

Inputs: the running value, then one for each `row` option that is given, in field order. A join gets
one for each path instead, or the running value alone (a list, or with its flag `things`). `unpool`
gets a third one. An input is a `Shape`, or a tuple of them where a row gave a list. `shape` takes
anything; the other facets are called only where `shape` found no problem, `macs` with numbers in
place of unknown counts.

A public method that is no facet is refused at import: a misspelt facet would never be called.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, ClassVar, Literal, dataclass_transform

from archc.diagnostics.kinds.sizes import WrongInput
from archc.diagnostics.kinds.values import ValueNotAllowed
from archc.diagnostics.model import Kind
from archc.ops.lowering import Torch, Unsupported
from archc.ops.nodes import Names, Nodes
from archc.ops.values import Count, Drawn, Number, Shape, Value, Window, number_text, text_of
from archc.record import MISSING, Record

FACETS = frozenset({"shape", "weights", "buffers", "macs", "reach", "torch", "onnx"})

FieldKind = Literal[
    "integer",
    "number",
    "window",
    "size",
    "padding",
    "flag",
    "switch",
    "choice",
    "initial",
    "row",
    "name",
]
Role = Literal["layer", "move", "join"]
Tensors = dict[str, tuple[int, ...]]
Result = Value | Kind
Reach = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]


class Field(Record):
    """One option of an operator: what it takes, whether it may stand without its name."""

    kind: FieldKind
    default: Any = MISSING
    positional: bool = False
    choices: tuple[str, ...] = ()
    minimum: int | None = 1
    doc: str = ""

    @property
    def required(self) -> bool:
        """Whether the row must give it."""
        return self.default is MISSING


def option(
    kind: FieldKind,
    *,
    default: Any = MISSING,
    positional: bool = False,
    choices: tuple[str, ...] = (),
    minimum: int | None = 1,
    doc: str = "",
) -> Any:
    """Declare an option of an operator.

    `integer` (whole, at least `minimum`), `number` (exact or float), `window` (`3x3/2`), `size`
    (`7x7x30`), `padding` (`1`, `0x1x1`, `half`, `same`), `flag` (a bare word, its own name),
    `switch` (`yes`, `no`), `choice` (one of the words in `choices`), `initial` (the same, or
    a number if there are none; or numbers drawn at random), `row` (the name of a row, whose value
    is a further input), `name` (the name of a row that is no input: `prev` reads it one step late).
    """
    return Field(kind, default, positional, choices, minimum, doc)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(option,))
class Op(Record):
    """Base of all operators. Instances are frozen, equal if their options are, know no network."""

    words: ClassVar[tuple[str, ...]] = ()
    role: ClassVar[Role] = "layer"
    elementwise: ClassVar[bool] = False
    """output has the input's box: norms, activations, dropout (docs/language/checks.md)"""
    rearranges: ClassVar[bool] = False
    """gives the input's numbers again, all or some of them: no new value is computed"""
    weighted: ClassVar[bool] = False
    """counts 1 in `layers`, the depth people quote"""
    wants_pool_input: ClassVar[bool] = False
    """unpool: the third input is the value that went into the pooling it names"""
    always_shown: ClassVar[tuple[str, ...]] = ()
    """options that reports show even at their defaults"""
    fields: ClassVar[dict[str, Field]] = {}
    registry: ClassVar[dict[str, type[Op]]] = {}

    def __init_subclass__(cls) -> None:
        for name, value in vars(cls).items():
            if callable(value) and not name.startswith("_") and name not in FACETS:
                raise TypeError(f"{cls.__name__}.{name} is no facet: {', '.join(sorted(FACETS))}")
        own = {name: field for name, field in cls.__defaults__.items() if isinstance(field, Field)}
        cls.fields = {**cls.fields, **own}
        for name, field in own.items():
            if field.required:
                del cls.__defaults__[name]
            else:
                cls.__defaults__[name] = field.default
        if not cls.words:
            return
        if cls.shape is Op.shape or "Example:" not in (cls.__doc__ or ""):
            raise TypeError(f"{cls.__name__} needs a shape and a docstring with an Example:")
        for word in cls.words:
            if word in Op.registry:
                raise TypeError(f"two operators are called {word}")
            Op.registry[word] = cls

    @property
    def word(self) -> str:
        """The first of the operator's words; of one that no row names, its own name."""
        cls = type(self)
        return cls.words[0] if cls.words else cls.__name__.lower()

    @property
    def options(self) -> dict[str, Any]:
        """Options that differ from their defaults, as JSON takes them: `{"p": 0.2}`."""
        cls = type(self)
        shown: dict[str, Any] = {}
        for name, field in cls.fields.items():
            value = getattr(self, name)
            if value != field.default or name in cls.always_shown:
                shown[name] = _plain(value)
        return shown

    @property
    def own_box(self) -> bool:
        """Whether the slides' memory column (`values`) counts the output.

        Layers that make new numbers have a box of their own. What works element by element shares
        the box of the row before it; what rearranges or joins (add, concat, ...) shows numbers
        that are counted already, unless the join has products (matmul) or is over things (`mean
        things`).
        """
        cls = type(self)
        if cls.role == "join":
            return cls.macs is not Op.macs or getattr(self, "things", False) is True
        return not (cls.elementwise or cls.rearranges)

    def shape(self, *inputs: Any) -> Result:
        """The output for these inputs, or the problem."""
        raise AssertionError(type(self).__name__)

    def weights(self, *inputs: Any) -> Tensors:
        """Trained tensors, name to size."""
        return {}

    def buffers(self, *inputs: Any) -> Tensors:
        """Tensors that are stored and not trained."""
        return {}

    def macs(self, inputs: tuple[Any, ...], output: Any) -> int:
        """Products for one sample."""
        return 0

    def torch(self, *inputs: Any) -> Torch | Unsupported:
        """The operator in torch, for these inputs."""
        raise AssertionError(type(self).__name__)

    def onnx(self, made: Nodes, *inputs: Any) -> Names | Unsupported:
        """The operator in ONNX: nodes are asked of `made`, the name of the value is given."""
        raise AssertionError(type(self).__name__)

    def reach(self) -> Reach | None:
        """Window, stride and dilation by side (one number stands for all sides).

        None for an operator that looks at one place, and for one that sees all (gap, fc).
        """
        return None


def _plain(value: Any) -> Any:
    """An option's value as JSON takes it."""
    if isinstance(value, Fraction):
        return value.numerator if value.denominator == 1 else _as_float(value)
    if isinstance(value, tuple):
        return "x".join([str(side) for side in value])
    if isinstance(value, Shape | Window | Count | Drawn):
        return str(value)
    return value


def _as_float(value: Fraction) -> float | str:
    try:
        return float(value)
    except OverflowError:
        return str(value)


def wrong(op: Op, needs: str, value: Any, hint: str = "") -> WrongInput:
    """The problem of an operator that cannot work on this value."""
    return WrongInput(layer=op.word, needs=needs, got=text_of(value), hint=hint)


MAP_HINT = "`map 14x14` or `reshape 14x14x512` makes a map"
THINGS_HINT = "`tokens` makes one thing of each place of a map"


def needs_map(op: Op, value: Value, hint: str = MAP_HINT) -> Kind | None:
    """The problem of a windowed operator whose input is no map of one to three sides, else None."""
    if isinstance(value, Shape) and 1 <= value.rank <= 3:
        return None
    return wrong(op, "a map such as 14x14x512", value, hint)


def needs_picture(op: Op, value: Value, hint: str = MAP_HINT) -> Kind | None:
    """The problem of an operator for maps of two sides, height and width, else None."""
    if isinstance(value, Shape) and value.rank == 2:
        return None
    return wrong(op, "a map with height and width, such as 14x14x512", value, hint)


def needs_numbers(op: Op, value: Value) -> Kind | None:
    """The problem of an operator that takes any one array of numbers, else None."""
    if isinstance(value, Shape):
        if value.dims:
            return None
        return wrong(op, "numbers", value, "`embed` makes numbers of words")
    return wrong(op, "one value", value, "`each` before the row works on every value of a list")


def needs_things(op: Op, value: Value) -> Kind | None:
    """The problem of an operator that works along `T of D`, else None."""
    if isinstance(value, Shape) and value.rank == 0 and value.count is not None:
        return None
    return wrong(op, "things such as 196 of 512", value, THINGS_HINT)


def within(
    name: str, value: Number, low: Number, high: Number | None = None, *, open_low: bool = False
) -> Kind | None:
    """The problem if a number is outside low..high (a NaN is); `open_low` excludes low."""
    large_enough = value > low if open_low else value >= low
    if large_enough and value < float("inf") and (high is None or value <= high):
        return None
    lower = f"more than {number_text(low)}" if open_low else f"at least {number_text(low)}"
    takes = f"a number of {lower}"
    if high is not None:
        takes = f"a number from {number_text(low)} to {number_text(high)}"
    return ValueNotAllowed(name, number_text(value), takes)


def row_inputs(op: Op, inputs: tuple[Any, ...]) -> dict[str, Any]:
    """The inputs behind the running value, by the name of the `row` option that asked for them."""
    fields = type(op).fields
    given = [name for name, field in fields.items() if field.kind == "row" and getattr(op, name)]
    return dict(zip(given, inputs[1:]))
