"""What an operator is in a target, as data: no target is imported, no network is known.

Values lie in torch's order: `HxWxC` is N,C,H,W, a vector N,C, `T of D` N,T,D; `R of HxWxC` has its
things in the batch's place, R,C,H,W, and `R of D` behind a batch of one, 1,R,D.
"""

from __future__ import annotations

from typing import Any

from archc.ops.values import Shape
from archc.record import Record

Options = tuple[tuple[str, Any], ...]


class Unlike(Record):
    """A value that is written only where it differs from torch's default."""

    value: Any
    default: Any

    @property
    def is_written(self) -> bool:
        """Whether torch has to be told."""
        return bool(self.value != self.default)


class Filled(Record):
    """A tensor of one number, `torch.zeros(1, 1, 768)`; random and normal where `std` is set."""

    size: tuple[int, ...]
    value: float = 0.0
    std: float = 0.0


class Make(Record):
    """How a block makes what it holds for an operator: a module, or a parameter.

    `name` is torch's (`nn.Conv2d`, `nn.Parameter`), or, without a dot, that of a class in
    `backends/torch/parts`. `options` are keywords, `Unlike` where torch has a default. `start` says
    how its tensors begin where that is not torch's way: `he` and other words of `ops/initial.py`,
    numbers drawn at random, or a number.
    """

    name: str
    values: tuple[Any, ...] = ()
    options: Options = ()
    start: Options = ()


class Torch(Record):
    """An operator in torch.

    `call` is the expression for its value: `{0}`, `{1}` are its inputs, `{self}` what `make` made;
    other names stand for `values`, numbers that may differ from one use of a block to another.
    `{indices}` are the places that a pooling found (of the second input), `{image}` is the
    network's picture. `parts` are the functions of `backends/torch/parts` it calls. `inplace`: the
    module takes `inplace=True`. `fresh`: without a module, the value is still a new tensor.
    `keeps_output`: its gradient needs its output, so nobody may
    overwrite that. A `call` with `{state}` gives its value and the state of the next step of a
    scan; `first` is the state before the first.
    """

    call: str = "{self}({0})"
    make: Make | None = None
    values: Options = ()
    parts: tuple[str, ...] = ()
    inplace: bool = False
    fresh: bool = False
    keeps_output: bool = False
    first: str = ""


class Unsupported(Record):
    """A target that has no such operator, and why."""

    why: str


def parameter(size: tuple[int, ...], value: float = 0.0, std: float = 0.0) -> Make:
    """A trained tensor that is a key of its own, without a module around it."""
    return Make("nn.Parameter", (Filled(size, value, std),))


def options(**given: Any) -> Options:
    """Keywords that were given a value; None leaves torch's default."""
    return tuple([(name, value) for name, value in given.items() if value is not None])


def unlike(value: Any, default: Any) -> Unlike:
    """A value beside torch's default."""
    return Unlike(value, default)


def literal(value: Any) -> str:
    """A word or a switch as Python writes it."""
    return f'"{value}"' if isinstance(value, str) else repr(value)


def square(sides: tuple[int, ...]) -> int | tuple[int, ...]:
    """One number for sides that are all alike."""
    return sides[0] if len(set(sides)) == 1 else sides


def channel_axis(value: Shape) -> int:
    """Where the channels lie: behind the batch, or last on vectors and things."""
    return 1 if value.rank or value.count is None else 2


def channels_second(value: Shape) -> str:
    """A call of a layer that wants channels behind the batch, as they lie on maps."""
    if value.rank == 0 and value.count is not None:
        return "{self}({0}.transpose(1, 2)).transpose(1, 2)"
    return "{self}({0})"


def flat(value: Shape, name: str = "{0}") -> str:
    """All numbers of a value, of each thing that is a map, in one row."""
    if value.rank == 0:
        return name
    return f"{name}.flatten(1)" if value.count is None else f"{name}.flatten(1).unsqueeze(0)"


def opened(inputs: tuple[Any, ...]) -> list[tuple[str, Shape]]:
    """Placeholders of a join's paths with their shapes, the items of lists one by one."""
    found: list[tuple[str, Shape]] = []
    for index, value in enumerate(inputs):
        if isinstance(value, Shape):
            found.append((f"{{{index}}}", value))
        else:
            found.extend([(f"{{{index}}}[{i}]", item) for i, item in enumerate(value)])
    return found


def met(inputs: tuple[Any, ...]) -> list[str]:
    """Placeholders of paths that meet number by number: one without `of` meets each thing."""
    paths = opened(inputs)
    counted = any(value.count is not None for _, value in paths)
    lone = [counted and value.rank == 0 and value.count is None for _, value in paths]
    return [f"{path}.unsqueeze(1)" if one else path for (path, _), one in zip(paths, lone)]


def stacked(inputs: tuple[Any, ...]) -> list[str]:
    """The same, with one without `of` repeated for each thing: all have one shape."""
    counted = [path for path, value in opened(inputs) if value.count is not None]
    return [
        path if value.count is not None or not counted else f"{path}.expand_as({counted[0]})"
        for path, (_, value) in zip(met(inputs), opened(inputs))
    ]
