"""What an operator is: one class that holds every fact about one layer word.

| facet | gives |
| --- | --- |
| fields | the options in the language, their defaults, `archc ops NAME`, did-you-mean |
| `shape(*inputs)` | the output's shape, or the problem (a `Kind` without a place) |
| `weights(*inputs)` | trained tensors by name, sizes in torch's order |
| `buffers(*inputs)` | tensors that are kept but not trained |
| `macs(inputs, output)` | multiplications, each with its addition, for one sample |
| `reach()` | window, stride and dilation, for receptive fields and the period of legal sizes |
| docstring | the formula, the paper, one `.arch` example that is run |

A public method that is no facet is refused at import: a misspelt facet would never be called.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, ClassVar, Literal, dataclass_transform

from archc.diagnostics.kinds.sizes import WrongInput
from archc.diagnostics.model import Kind
from archc.ops.values import Shape, Value
from archc.record import MISSING, Record

FACETS = frozenset({"shape", "weights", "buffers", "macs", "reach"})

FieldKind = Literal["integer", "number", "window", "size", "padding", "flag", "switch", "choice", "row"]
Role = Literal["layer", "move", "join"]
Tensors = dict[str, tuple[int, ...]]
Result = Value | Kind


class Field(Record):
    """One option of an operator: what it takes, whether it may stand without its name, what it means."""

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

    `integer` (whole, at least `minimum`), `number` (exact or float), `window` (`3x3/2`), `size` (`7x7x30`),
    `padding` (`1`, `0x1x1`, `half`, `same`), `flag` (a bare word, its own name), `switch` (`yes`, `no`),
    `choice` (one of the words in `choices`), `row` (the name of a row, whose value is a further input).
    """
    return Field(kind, default, positional, choices, minimum, doc)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(option,))
class Op(Record):
    """Base of all operators. Instances are frozen, equal when their options are, and know no network."""

    words: ClassVar[tuple[str, ...]] = ()
    role: ClassVar[Role] = "layer"
    elementwise: ClassVar[bool] = False
    """output has the input's box: norms, activations, dropout, softmax (LANGUAGE.md section 12, `values`)"""
    rearranges: ClassVar[bool] = False
    """gives the input's numbers again: no new value is computed"""
    weighted: ClassVar[bool] = False
    """counts 1 in `layers`, the depth people quote"""
    bare_weight: ClassVar[bool] = False
    """the weight's key is the row's name itself (`class_token`), with nothing behind it"""
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
        """The first of the operator's words."""
        return type(self).words[0]

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

    def reach(self) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]] | None:
        """Window, stride and dilation by side, or None for an operator that looks at one place."""
        return None


def same_shape(op: Op, value: Shape) -> Result:
    """The shape facet of an operator that works element by element."""
    return value


def needs_map(op: Op, value: Value, hint: str = "") -> Kind | None:
    """The problem of a windowed operator whose input is no map (or a list), else None."""
    if isinstance(value, Shape) and value.rank >= 1 and not (isinstance(value.count, int) and value.rank < 1):
        return None
    return WrongInput(layer=op.word, needs="a map such as 14x14x512", got=value, hint=hint)


def whole(value: Fraction | int) -> int | None:
    """The integer a number is, or None."""
    if isinstance(value, int):
        return value
    return value.numerator if value.denominator == 1 else None


ShapeFacet = Callable[..., Result]
