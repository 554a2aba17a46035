"""Sizes that do not work out: windows, channels, joins."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from archc.diagnostics.model import Kind, Repair


class SizeNotWhole(Kind):
    """What it means:
        (input + pads - window) / stride + 1 is no whole number, and rounding it down would leave
        rows and columns of real input that no window ever sees.
    Why:
        A lecture calls such a layer impossible, torch rounds down without a word, Caffe rounds
        up. They are three different networks, so the row has to say which one it is.
    Example:
        net toy()
          input 7x7x3
          conv 3x3/3 8
    Fix:
        Give a pad or a stride that tiles the input, or say `floor` (torch) or `ceil` (Caffe) on
        the row.
    """

    slug = "size-not-whole"
    layer: str
    size: int
    window: int
    stride: int
    pad: int
    axis: str
    axes: str
    unseen: int
    sides: str
    over: str
    tried: tuple[Repair, ...] = ()

    @property
    def message(self) -> str:
        return (
            f"the {self.sides} window does not tile its {self.over} input at stride {self.stride}"
        )

    @property
    def label(self) -> str:
        return f"{arithmetic(self.size, self.window, self.stride, self.pad)}, not a whole number"

    @property
    def field(self) -> str:
        return "window"

    @property
    def notes(self) -> tuple[str, ...]:
        rows = "1 row or column" if self.unseen == 1 else f"{self.unseen} rows or columns"
        return (f"rounding down leaves {rows} of the input unread ({self.axes})",)

    @property
    def repairs(self) -> tuple[Repair, ...]:
        return self.tried


def arithmetic(size: int, window: int, stride: int, pad: int) -> str:
    """The lecture's formula with numbers: `(7 - 3 + 2*1) / 3 + 1 = 3`."""
    pads = f" + 2*{pad}" if pad else ""
    result = Fraction(size + 2 * pad - window, stride) + 1
    shown = str(result.numerator) if result.denominator == 1 else _two_digits(result)
    return f"({size} - {window}{pads}) / {stride} + 1 = {shown}"


def _two_digits(value: Fraction) -> str:
    """`2.33`, for numbers of any size."""
    sign, hundredths = "-" if value < 0 else "", round(abs(value) * 100)
    return f"{sign}{hundredths // 100}.{hundredths % 100:02d}"


class SizeNotPositive(Kind):
    """What it means:
        The window is larger than its padded input, so not one output would be left.
    Why:
        Some tools report a size of 0 or -25 here and go on; no such layer can run.
    Example:
        net toy()
          input 4x4x3
          conv 7x7 8
    Fix:
        Use a smaller window, more pad, a larger input, or fewer poolings before this row.
    """

    slug = "size-not-positive"
    layer: str
    size: int
    window: int
    pad: int
    axes: str
    result: str

    @property
    def message(self) -> str:
        padded = f" padded to {self.size + 2 * self.pad}" if self.pad else ""
        size = f"{self.size}{padded}"
        return f"the {self.layer} window of {self.window} is larger than its input of {size}"

    @property
    def label(self) -> str:
        return f"{self.result} ({self.axes})"

    @property
    def field(self) -> str:
        return "window"


class ChannelsNotWhole(Kind):
    """What it means:
        A formula for a number of channels (or for another whole number) gives a fraction.
    Why:
        `/` is exact in archc. Rounding it quietly would build a network nobody wrote.
    Example:
        net toy(width=0.75)
          input 8x8x3
          conv 3x3 10*width
    Fix:
        Say how to round: `floor(10*width)`, `round(...)`, or `divisible(10*width, 8)`.
    """

    slug = "channels-not-whole"
    what: str
    value: str

    @property
    def message(self) -> str:
        return f"{self.what} must be a whole number, and this is {self.value}"

    @property
    def label(self) -> str:
        return f"= {self.value}"

    @property
    def help(self) -> tuple[str, ...]:
        return ("say how to round it: floor(...), ceil(...), round(...) or divisible(..., 8)",)


class ShapesDiffer(Kind):
    """What it means:
        Values that a join brings together do not fit each other.
    Why:
        `add` and its kin want equal shapes, `concat` equal sides, `append` equal things.
        Broadcasting whatever happens to fit, as array libraries do, hides mistakes.
    Example:
        net toy()
          input 8x8x16
          add
            identity
            conv 3x3/2 32 pad=1
    Fix:
        Bring the paths to one shape: a projection on the shortcut (`conv 1x1/2 32`), a `crop`, a
        `resize`.
    """

    slug = "shapes-differ"
    join: str
    shapes: tuple[str, ...]
    rule: str = ""
    advice: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        first = self.shapes[0]
        other = next((shape for shape in self.shapes if shape != first), first)
        return f"cannot {self.join} {first} and {other}"

    @property
    def label(self) -> str:
        paths = [f"path {number} is {shape}" for number, shape in enumerate(self.shapes, 1)]
        shown = paths if len(paths) <= 6 else [*paths[:6], f"and {len(paths) - 6} more"]
        return ", ".join(shown)

    @property
    def notes(self) -> tuple[str, ...]:
        return (self.rule,) if self.rule else ()

    @property
    def help(self) -> tuple[str, ...]:
        return self.advice


class GroupsDoNotDivide(Kind):
    """What it means:
        A grouped layer must divide its channels evenly among the groups, and they do not divide.
    Why:
        Each group sees channels/groups inputs and makes channels/groups outputs: whole numbers.
    Example:
        net toy()
          input 8x8x16
          conv 3x3 32 groups=3
    Fix:
        Choose a number of groups that divides both the incoming and the outgoing channels.
    """

    slug = "groups-do-not-divide"
    what: str
    channels: int
    groups: int
    option: str = "groups"
    works: tuple[int, ...] = ()

    @property
    def message(self) -> str:
        return f"{self.groups} groups do not divide the {self.channels} {self.what}"

    @property
    def label(self) -> str:
        left = self.channels % self.groups
        return f"{self.channels} / {self.groups} leaves {left}"

    @property
    def field(self) -> str:
        return self.option

    @property
    def help(self) -> tuple[str, ...]:
        if not self.works:
            return ()
        return (f"these divide: {', '.join([str(number) for number in self.works])}",)


class WindowRank(Kind):
    """What it means:
        A window has another number of sides than the map it moves over.
    Why:
        `3x3` moves over pictures, `3x3x3` over films, `kernel=3` over sequences.
    Example:
        net toy()
          input 16x112x112x3
          conv 3x3 64
    Fix:
        Give one side for each side of the map.
    """

    slug = "window-rank"
    layer: str
    what: str
    given: int
    got: str
    sides: int
    suggestion: str = ""

    @property
    def message(self) -> str:
        return f"{self.what} of {self.given} sides does not fit {self.got}, which has {self.sides}"

    @property
    def label(self) -> str:
        return f"{self.layer} needs {self.sides} sides here"

    @property
    def field(self) -> str:
        return "window"

    @property
    def help(self) -> tuple[str, ...]:
        return (f"write {self.suggestion}",) if self.suggestion else ()


class WrongInput(Kind):
    """What it means:
        The layer cannot work on the value it is given: a conv on a vector, a pool on a list.
    Why:
        Each layer has a kind of value it is defined for; nothing is reshaped behind the writer's
        back.
    Example:
        net toy()
          input 100
          conv 3x3 8
    Fix:
        Bring the value to the right form first: `reshape 7x7x32`, `map 14x14`, `tokens`, or join
        a list.
    """

    slug = "wrong-input"
    layer: str
    needs: str
    got: Any
    hint: str = ""

    @property
    def message(self) -> str:
        return f"{self.layer} needs {self.needs}, and is given {self.got}"

    @property
    def label(self) -> str:
        return f"the running value here is {self.got}"

    @property
    def help(self) -> tuple[str, ...]:
        return (self.hint,) if self.hint else ()


class ReshapeChangesCount(Kind):
    """What it means:
        The size asked for holds another number of numbers than the value has.
    Why:
        A reshape only looks at the same numbers in another way.
    Example:
        net toy()
          input 1000
          reshape 7x7x30
    Fix:
        Make the sides multiply to the number of values, usually by giving the layer before
        another width.
    """

    slug = "reshape-changes-count"
    layer: str
    got: str
    got_numbers: int
    wanted: str
    wanted_numbers: int

    @property
    def message(self) -> str:
        needs = f"{self.layer} to {self.wanted} needs {self.wanted_numbers:,} numbers"
        return f"{needs}, {self.got} has {self.got_numbers:,}"

    @property
    def label(self) -> str:
        return f"{self.wanted.replace('x', '*')} = {self.wanted_numbers:,}"


class UnpoolWithoutPool(Kind):
    """What it means:
        `unpool` names a row that is no max pooling.
    Why:
        Unpooling puts values back where that row's windows found their largest ones; only a max
        pooling has such places.
    Example:
        net toy()
          input 8x8x16
          down: conv 2x2/2 16
          unpool down
    Fix:
        Name the `maxpool` row to undo: `maxpool as pool1`, then `unpool pool1`.
    """

    slug = "unpool-without-pool"
    row: str
    found: str

    @property
    def message(self) -> str:
        return f"unpool needs a maxpool row, and `{self.row}` is a {self.found}"

    @property
    def field(self) -> str:
        return "pool"


class IndicesMismatch(Kind):
    """What it means:
        The value to unpool has another shape than the pooling gave, so the remembered places do
        not fit it.
    Why:
        There is one remembered place for each value of the pooled map.
    Example:
        net toy()
          input 8x8x16
          maxpool as pool1
          conv 1x1 8
          unpool pool1
    Fix:
        Bring the channels and sides back to those of the pooled map before `unpool`.
    """

    slug = "indices-mismatch"
    row: str
    pooled: str
    got: str

    @property
    def message(self) -> str:
        return f"`{self.row}` pooled to {self.pooled}, and the value to unpool is {self.got}"

    @property
    def field(self) -> str:
        return "pool"
