"""Channels turned into places, and places into channels."""

from __future__ import annotations

from typing import Any

from archc.ops.base import Op, Result, needs_picture, option, wrong
from archc.ops.lowering import Make, Torch
from archc.ops.nodes import Nodes
from archc.ops.values import Shape


class PixelShuffle(Op):
    """Pixel shuffle: r*r channels become r x r places, `HxWxC*r*r` to `H*r x W*r x C`. No MACs.

    Channel c*r*r + i*r + j goes to row i and column j of its place, as in torch.

    Example:
        input 32x32x256
        pixelshuffle 2           -> 64x64x64

    Source: Shi et al. 2016, "Real-time single image and video super-resolution" (ESPCN).
    """

    words = ("pixelshuffle",)
    rearranges = True
    factor: int = option("integer", positional=True, doc="by how much sides grow")

    def shape(self, value: Any) -> Result:
        problem = needs_picture(self, value)
        if problem:
            return problem
        square = self.factor * self.factor
        if value.channels % square:
            shown = f"{square} ({self.factor}*{self.factor})"
            return wrong(self, f"channels that {shown} divides", value)
        sides = tuple([side * self.factor for side in value.spatial])
        return Shape((*sides, value.channels // square), value.count)

    def torch(self, value: Shape) -> Torch:
        return Torch(make=Make("nn.PixelShuffle", (self.factor,)))

    def onnx(self, made: Nodes, value: Shape) -> str:
        if self.factor == 1:
            return made.x
        return made("DepthToSpace", made.x, blocksize=self.factor, mode="CRD")


class PixelUnshuffle(Op):
    """Pixel unshuffle: r x r places become channels, `H*r x W*r x C` to `HxWxC*r*r`. No MACs.

    The new channel is c*r*r + i*r + j for row i and column j (torch's order); with `order=places`
    it is (j*r + i)*C + c, place after place and column by column, as Swin merges its patches.

    Example:
        input 64x64x64
        unshuffle 2              -> 32x32x256

    Source: Shi et al. 2016; Liu et al. 2021, "Swin transformer" (patch merging).
    """

    words = ("pixelunshuffle", "unshuffle")
    rearranges = True
    factor: int = option("integer", positional=True, doc="by how much sides shrink")
    order: str = option(
        "choice", default="channels", choices=("channels", "places"), doc="order of channels"
    )

    def shape(self, value: Any) -> Result:
        problem = needs_picture(self, value)
        if problem:
            return problem
        if any(side % self.factor for side in value.spatial):
            return wrong(self, f"sides that {self.factor} divides", value, "`pad` or `crop` first")
        sides = tuple([side // self.factor for side in value.spatial])
        return Shape((*sides, value.channels * self.factor * self.factor), value.count)

    def torch(self, value: Shape) -> Torch:
        name = "nn.PixelUnshuffle" if self.order == "channels" else "MergePatches"
        return Torch(make=Make(name, (self.factor,)))

    def onnx(self, made: Nodes, value: Shape) -> str:
        step, channels = self.factor, value.channels
        if step == 1:
            return made.x
        if self.order == "channels":  # each channel by itself, since SpaceToDepth has them last
            alone = made.reshape(made.x, -1, 1, 0, 0)
            found = made("SpaceToDepth", alone, blocksize=step)
            return made.reshape(found, -1, channels * step * step, 0, 0)
        found = made("SpaceToDepth", made.x, blocksize=step)
        places = [row * step + column for column in range(step) for row in range(step)]
        order = [place * channels + channel for place in places for channel in range(channels)]
        return made.picked(found, 1, *order)
