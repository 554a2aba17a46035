"""Other sides for a map: larger, smaller, cut or padded."""

from __future__ import annotations

from math import gcd
from struct import pack, unpack
from typing import Any

from archc.diagnostics.kinds.sizes import SizeNotPositive
from archc.diagnostics.kinds.values import MissingValue, ValueNotAllowed
from archc.diagnostics.model import Kind
from archc.ops.adaptive import sides_of
from archc.ops.base import Op, Result, needs_map, option, wrong
from archc.ops.dims import AXES, fit_rank, positive
from archc.ops.lowering import Make, Options, Torch, literal, options, square, unlike
from archc.ops.nodes import LAST, Nodes
from archc.ops.values import Shape, Window

MODES = ("nearest", "bilinear", "bicubic")
WRAP = 19
"""the opset from which on Pad wraps around"""
FILLS = ("zeros", "reflect", "replicate", "circular")


class Interpolation(Op):
    """What upsample and resize share: how numbers between the old places are found."""

    mode: str = option(
        "choice", default="nearest", positional=True, choices=MODES, doc="how to interpolate"
    )
    corners: bool = option("switch", default=False, doc="old and new corners lie on each other")

    def _bad_mode(self, value: Shape) -> Kind | None:
        if self.corners and self.mode == "nearest":
            return ValueNotAllowed("corners", "yes", "yes only beside bilinear or bicubic")
        if self.mode == "bicubic" and value.rank != 2:
            return ValueNotAllowed("mode", "bicubic", "bicubic only on maps of height and width")
        return None

    def _given(self, rank: int) -> Options:
        """torch's names for how to interpolate."""
        smooth = {1: "linear", 2: "bilinear", 3: "trilinear"}[rank]
        mode = smooth if self.mode == "bilinear" else self.mode
        return options(mode=unlike(mode, "nearest"), align_corners=unlike(self.corners, False))

    def _rule(self) -> dict[str, Any]:
        """ONNX's attributes for how to interpolate."""
        if self.mode == "nearest":
            rule = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
            return {"mode": "nearest", **rule}
        places = "align_corners" if self.corners else "half_pixel"
        given = {"coordinate_transformation_mode": places}
        if self.mode == "bilinear":
            return {"mode": "linear", **given}
        return {"mode": "cubic", "cubic_coeff_a": -0.75, **given}


class Upsample(Interpolation):
    """Upsampling: each side of the map times a whole factor. No MACs.

    Nearest neighbours unless `bilinear` (linear on 1-D, trilinear on 3-D maps) or `bicubic`;
    `upsample 1x2` has a factor for each side. `corners=yes` is torch's align_corners=True.

    Example:
        input 13x13x256
        upsample 2               -> 26x26x256

    Source: Redmon and Farhadi 2018, "YOLOv3".
    """

    words = ("upsample",)
    factor: int | None = option("integer", default=None, positional=True, doc="for all sides")
    factors: Window | None = option("size", default=None, positional=True, doc="one for each side")

    def shape(self, value: Any) -> Result:
        problem = needs_map(self, value) or self._bad_mode(value)
        if problem:
            return problem
        given = self.factor if self.factors is None else self.factors
        if given is None:
            return MissingValue("upsample", "a factor", "upsample 2")
        if self.factor is not None and self.factors is not None:
            return ValueNotAllowed("factor", str(self.factor), "one factor, or one for each side")
        factors = sides_of(given, value)
        problem = fit_rank("upsample", "factor", factors, value) or positive("factors", factors)
        return problem or value.with_spatial(
            tuple([side * factor for side, factor in zip(value.spatial, factors)])
        )

    def torch(self, value: Shape) -> Torch:
        scale = square(sides_of(self.factors or self.factor or 1, value))
        given = options(scale_factor=scale) + self._given(value.rank)
        return Torch(make=Make("nn.Upsample", (), given))

    def onnx(self, made: Nodes, value: Shape) -> str:
        factors = sides_of(self.factors or self.factor or 1, value)
        if set(factors) == {1}:
            return made.x
        return made("Resize", made.x, "", made.scales(1, 1, *factors), **self._rule())


class Resize(Interpolation):
    """Resizing to given sides, `resize 129x129`, or to those of another row, `like=low`. A move.

    Nearest neighbours unless `bilinear` or `bicubic`; channels stay. No MACs.

    Example:
        input 33x33x256
        resize 129x129 bilinear  -> 129x129x256

    Source: Chen et al. 2018, "DeepLabv3+"; Zhao et al. 2017, "PSPNet".
    """

    words = ("resize",)
    role = "move"
    size: Window | None = option("size", default=None, positional=True, doc="the new sides")
    like: str | None = option("row", default=None, doc="the row whose sides it takes")

    def shape(self, value: Any, *like: Any) -> Result:
        problem = needs_map(self, value) or self._bad_mode(value)
        if problem:
            return problem
        sides = target_sides(self, self.size, value, like)
        return sides if isinstance(sides, Kind) else value.with_spatial(sides)

    def torch(self, value: Shape, *like: Shape) -> Torch:
        given = "".join(
            [
                f", {n}={literal(shown.value)}"
                for n, shown in self._given(value.rank)
                if shown.is_written
            ]
        )
        if like:
            return Torch(f"F.interpolate({{0}}, size={{1}}.shape[2:]{given})")
        sides = sides_of(self.size, value) if self.size else ()
        return Torch(f"F.interpolate({{0}}, size={{size}}{given})", values=options(size=sides))

    def onnx(self, made: Nodes, value: Shape, *like: Shape) -> str:
        sides = like[0].spatial if like else sides_of(self.size or 1, value)
        if sides == value.spatial and not made.opened:
            return made.x
        if self.mode == "nearest" and not made.opened and uneven(value.spatial, sides):
            found = made.x
            for axis, (old, new) in enumerate(zip(value.spatial, sides), 2):
                found = found if old == new else made.picked(found, axis, *nearest(old, new))
            return found
        wanted = target_row(made, sides, like)
        if made.opset >= 18:
            axes = tuple(range(2, value.rank + 2))
            return made("Resize", made.x, "", "", wanted, axes=axes, **self._rule())
        whole = made.row(made.sides(made.x, 0, 2), wanted)
        return made("Resize", made.x, "", "", whole, **self._rule())


def target_sides(
    op: Op, size: Window | int | None, value: Shape, like: tuple[Any, ...]
) -> tuple[int, ...] | Kind:
    """The sides that are written, or those of the row that `like=` names; not both."""
    if not like:
        if size is None:
            return MissingValue(op.word, "sides or a row to be like", f"{op.word} like=image")
        sides = sides_of(size, value)
        return fit_rank(op.word, "size", sides, value) or positive("size", sides) or sides
    if size is not None:
        takes = "a row only where no sides are written"
        return ValueNotAllowed("like", "written sides too", takes)
    other = like[0]
    if not isinstance(other, Shape) or other.rank != value.rank:
        return wrong(op, f"`like=` a map with as many sides as {value}", other)
    return other.spatial


def uneven(old: tuple[int, ...], new: tuple[int, ...]) -> bool:
    """Whether new places lie exactly on old ones, where runtimes round to either side."""
    return any(b % a and gcd(a, b) > 1 for a, b in zip(old, new))


def nearest(old: int, new: int) -> list[int]:
    """For each new place the old one that torch takes: floor(place * old/new) in float32."""
    scale = _single(old / new)
    return [min(int(_single(place * scale)), old - 1) for place in range(new)]


def _single(number: float) -> float:
    rounded: float = unpack("f", pack("f", number))[0]
    return rounded


def target_row(made: Nodes, sides: tuple[int, ...], like: tuple[Any, ...]) -> str:
    """The same in ONNX; found while the network runs where sides are open."""
    if not like or not made.opened:
        return made.ints(*sides)
    other = made.inputs[1]
    assert isinstance(other, str)
    return made.sides(other, 2)


class Crop(Op):
    """Cropping to the sides of another row, `crop like=a`, or to written ones. A move.

    The centre is kept; `at=5` begins at row 5 and column 5 instead, counted from 0. A surplus that
    is odd has no centre, and `at` has to say which side loses more. No MACs.

    Example:
        input 64x64x512
        crop 56x56               -> 56x56x512

    Source: Ronneberger et al. 2015, "U-Net"; Long et al. 2015, "FCN" (with offsets).
    """

    words = ("crop",)
    role = "move"
    rearranges = True
    size: Window | None = option("size", default=None, positional=True, doc="the new sides")
    like: str | None = option("row", default=None, doc="the row whose sides it takes")
    at: int | None = option("integer", default=None, minimum=0, doc="first row and column kept")

    def shape(self, value: Any, *like: Any) -> Result:
        problem = needs_map(self, value)
        if problem:
            return problem
        sides = target_sides(self, self.size, value, like)
        if isinstance(sides, Kind):
            return sides
        for axis, (side, wanted) in enumerate(zip(value.spatial, sides)):
            problem = self._bad_side(side, wanted, AXES[value.rank][axis])
            if problem:
                return problem
        return problem or value.with_spatial(sides)

    def _bad_side(self, side: int, wanted: int, axis: str) -> Kind | None:
        surplus = side - wanted
        if surplus < 0:
            shown = f"{side} - {wanted} = {surplus}"
            return SizeNotPositive("crop", side, wanted, 0, axis, shown)
        if self.at is None and surplus % 2:
            what = f"`at=`: {side} - {wanted} = {surplus} ({axis}) is odd and has no centre"
            return MissingValue("crop", what, f"crop at={surplus // 2}")
        if self.at is not None and self.at > surplus:
            takes = f"at most {side} - {wanted} = {surplus} ({axis})"
            return ValueNotAllowed("at", str(self.at), takes)
        return None

    def torch(self, value: Shape, *like: Shape) -> Torch:
        at = "" if self.at is None else ", at={at}"
        values = options(at=self.at)
        if like:
            return Torch(f"crop({{0}}, {{1}}.shape[2:]{at})", None, values, ("crop",))
        sides = sides_of(self.size, value) if self.size else ()
        return Torch(f"crop({{0}}, {{size}}{at})", None, options(size=sides) + values, ("crop",))

    def onnx(self, made: Nodes, value: Shape, *like: Shape) -> str:
        sides = like[0].spatial if like else sides_of(self.size or 1, value)
        if not made.opened:
            return self._sliced(made, value, sides)
        axes, wanted = tuple(range(2, value.rank + 2)), target_row(made, sides, like)
        if self.at is None and made.opset >= 18:
            return made("CenterCropPad", made.x, wanted, axes=axes)
        if self.at is None:
            surplus = made("Sub", made.sides(made.x, 2), wanted)
            first = made("Div", surplus, made.integer(2))
        else:
            first = made.ints(*[self.at] * value.rank)
        last = made("Add", first, wanted)
        return made("Slice", made.x, first, last, made.ints(*axes))

    def _sliced(self, made: Nodes, value: Shape, sides: tuple[int, ...]) -> str:
        """The part between known places."""
        cut: list[tuple[int, int, int]] = []
        for axis, (side, wanted) in enumerate(zip(value.spatial, sides), 2):
            if side != wanted:
                start = (side - wanted) // 2 if self.at is None else self.at
                cut.append((start, start + wanted, axis))
        return made("Slice", made.x, *[made.ints(*row) for row in zip(*cut)]) if cut else made.x


class Pad(Op):
    """Padding: more rows and columns around the map. No MACs.

    `pad 3` at all ends, `pad 1x2` by side, `before` or `after` at one end only. Zeros unless
    `reflect` (mirrored, less than a side), `replicate` (the last one again) or `circular`.

    Example:
        input 256x256x3
        pad 3 reflect            -> 262x262x3

    Source: Zhu et al. 2017, "CycleGAN" (reflection); TensorFlow's ZeroPadding2D.
    """

    words = ("pad",)
    amount: int | None = option(
        "integer", default=None, positional=True, minimum=0, doc="for all sides"
    )
    amounts: Window | None = option("size", default=None, positional=True, doc="one for each side")
    fill: str = option("choice", default="zeros", positional=True, choices=FILLS, doc="with what")
    end: str = option(
        "choice",
        default="both",
        positional=True,
        choices=("both", "before", "after"),
        doc="at which ends",
    )

    def shape(self, value: Any) -> Result:
        problem = needs_map(self, value)
        if problem:
            return problem
        given = self.amount if self.amounts is None else self.amounts
        if given is None:
            return MissingValue("pad", "an amount", "pad 1")
        if self.amount is not None and self.amounts is not None:
            return ValueNotAllowed("amount", str(self.amount), "one amount, or one for each side")
        amounts = sides_of(given, value)
        problem = fit_rank("pad", "pad", amounts, value) or self._bad_amounts(value, amounts)
        ends = 2 if self.end == "both" else 1
        sides = [side + ends * amount for side, amount in zip(value.spatial, amounts)]
        return problem or value.with_spatial(tuple(sides))

    def _bad_amounts(self, value: Shape, amounts: tuple[int, ...]) -> Kind | None:
        """Mirrored and wrapped pads are made of the map's own rows."""
        room = {"reflect": 1, "circular": 0}
        for side, amount in zip(value.spatial, amounts):
            most = side - room.get(self.fill, 0)
            if amount < 0:
                return ValueNotAllowed("amounts", str(amount), "amounts of at least 0")
            if self.fill in room and amount > most:
                takes = f"at most {most} with {self.fill} on a side of {side}"
                return ValueNotAllowed("amount", str(amount), takes)
        return None

    def torch(self, value: Shape) -> Torch:
        amounts = sides_of(self.amounts or self.amount or 0, value)
        before, after = self.end != "after", self.end != "before"
        ends = [end for side in reversed(amounts) for end in (side * before, side * after)]
        name = {"zeros": "Zero", "reflect": "Reflection", "replicate": "Replication"}
        made = f"nn.{name.get(self.fill, 'Circular')}Pad{value.rank}d"
        return Torch(make=Make(made, (square(tuple(ends)),)))

    def onnx(self, made: Nodes, value: Shape) -> str:
        amounts = sides_of(self.amounts or self.amount or 0, value)
        before = [side * (self.end != "after") for side in amounts]
        after = [side * (self.end != "before") for side in amounts]
        if not any(amounts):
            return made.x
        if self.fill == "circular" and made.opset < WRAP:
            return wrapped(made, before, after)
        pads = made.ints(0, 0, *before, 0, 0, *after)
        modes = {"zeros": None, "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
        return made("Pad", made.x, pads, mode=modes[self.fill])


def wrapped(made: Nodes, before: list[int], after: list[int]) -> str:
    """The last rows again in front, the first ones behind: what older opsets cannot pad."""
    found = made.x
    for axis, (front, back) in enumerate(zip(before, after), 2):
        ends = [made.slice(found, -front, LAST, axis)] if front else []
        behind = [made.slice(found, 0, back, axis)] if back else []
        if front or back:
            found = made("Concat", *ends, found, *behind, axis=axis)
    return found
