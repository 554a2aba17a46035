"""Attention: over all things of `T of D`, or over the windows of a map."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from archc.diagnostics.kinds.values import ValueNotAllowed
from archc.diagnostics.model import Kind
from archc.ops.base import (
    THINGS_HINT,
    Op,
    Result,
    Tensors,
    needs_picture,
    needs_things,
    option,
    within,
    wrong,
)
from archc.ops.conv import bad_groups
from archc.ops.dims import fit_rank, positive
from archc.ops.lowering import Make, Torch, options, unlike
from archc.ops.values import Number, Shape, Window


class Attention(Op):
    """Multi-head attention: each thing becomes a mean of all, weighted by how well they match.

    softmax(Q K^T / sqrt(D/heads)) V for each head, Q, K and V linear in the things, and a linear
    layer behind; keys of torch's MultiheadAttention. `attention 8 source=words` takes K and V from
    another row (cross attention), and then the running value may be a single vector. `causal`
    lets a thing see itself and those before it. MACs: T*D*D + 2*S*E*D + 2*T*S*D + T*D*D, where S
    of E is the source (T of D itself else); masks save nothing.

    Example:
        input 196x768
        tokens
        attention 12             -> 196 of 768

    Source: Vaswani et al. 2017, "Attention is all you need", section 3.2.
    """

    words = ("attention",)
    weighted = True
    heads: int = option("integer", positional=True, doc="attentions side by side")
    source: str | None = option("row", default=None, positional=True, doc="row of keys and values")
    causal: bool = option("flag", default=False, doc="a thing sees none behind it")
    bias: bool = option("switch", default=True, doc="whether biases are added")
    dropout: Number = option("number", default=Fraction(0), doc="share of dropped weights")

    def shape(self, value: Any, *source: Any) -> Result:
        problem = within("dropout", self.dropout, 0, 1)
        if not source:
            problem = problem or needs_things(self, value)
        elif not isinstance(value, Shape) or value.rank != 0:
            problem = problem or wrong(self, "a vector or things", value, THINGS_HINT)
        for other in source:
            problem = problem or needs_things(self, other)
        return problem or bad_groups(self.heads, value.channels, "numbers", "heads") or value

    def weights(self, value: Shape, *source: Any) -> Tensors:
        width = value.channels
        tensors: Tensors = {"in_proj_weight": (3 * width, width)}
        other = source[0].channels if source else width
        if other != width:
            tensors = {
                "q_proj_weight": (width, width),
                "k_proj_weight": (width, other),
                "v_proj_weight": (width, other),
            }
        if self.bias:
            tensors["in_proj_bias"] = (3 * width,)
        tensors["out_proj.weight"] = (width, width)
        if self.bias:
            tensors["out_proj.bias"] = (width,)
        return tensors

    def macs(self, inputs: tuple[Any, ...], output: Any) -> int:
        value: Shape = inputs[0]
        source: Shape = inputs[-1]
        linear = 2 * value.numbers * value.channels + 2 * source.numbers * value.channels
        return linear + 2 * value.numbers * source.things

    def torch(self, value: Shape, *source: Shape) -> Torch:
        other = source[0].channels if source else value.channels
        given = options(
            dropout=unlike(float(self.dropout), 0.0),
            bias=unlike(self.bias, True),
            kdim=unlike(other, value.channels),
            vdim=unlike(other, value.channels),
            batch_first=True,
        )
        make = Make("nn.MultiheadAttention", (value.channels, self.heads), given)
        query = "{0}" if value.count is not None else "{0}.unsqueeze(1)"
        keys = "{1}" if source else query
        mask = f", attn_mask=causal_mask({query}, {keys}), is_causal=True" if self.causal else ""
        call = f"{{self}}({query}, {keys}, {keys}, need_weights=False{mask})[0]"
        call += ".squeeze(1)" if value.count is None else ""
        return Torch(call, make, (), ("causal_mask",) if self.causal else ())


class WindowAttention(Op):
    """Attention inside the MxM windows of a map, with a trained bias for each relative position.

    Windows are moved by `shift` places, round the map's edge (a side that one window covers is not
    moved); sides that M does not divide are padded with zeros, and the surplus is cut off again.
    Keys, table and index of torchvision's ShiftedWindowAttention. MACs, over the padded windows:
    places*C*3C + 2*places*M*M*C + places*C*C.

    Example:
        input 56x56x96
        windowattention 3 7x7 shift=3  -> 56x56x96

    Source: Liu et al. 2021, "Swin transformer", section 3.2.
    """

    words = ("windowattention",)
    weighted = True
    heads: int = option("integer", positional=True, doc="attentions side by side")
    window: Window = option("window", positional=True, doc="sides of the windows, 7x7")
    shift: int = option("integer", default=0, minimum=0, doc="by how much windows are moved")
    bias: bool = option("switch", default=True, doc="whether biases are added")
    dropout: Number = option("number", default=Fraction(0), doc="share of dropped weights")

    def shape(self, value: Any) -> Result:
        problem = within("dropout", self.dropout, 0, 1) or needs_picture(self, value)
        problem = problem or self._bad_window(value)
        return problem or bad_groups(self.heads, value.channels, "channels", "heads") or value

    def weights(self, value: Shape) -> Tensors:
        width = value.channels
        height, across = self.window.sides
        table = ((2 * height - 1) * (2 * across - 1), self.heads)
        tensors: Tensors = {"relative_position_bias_table": table, "qkv.weight": (3 * width, width)}
        if self.bias:
            tensors["qkv.bias"] = (3 * width,)
        tensors["proj.weight"] = (width, width)
        if self.bias:
            tensors["proj.bias"] = (width,)
        return tensors

    def buffers(self, value: Shape) -> Tensors:
        height, across = self.window.sides
        return {"relative_position_index": ((height * across) ** 2,)}

    def macs(self, inputs: tuple[Any, ...], output: Any) -> int:
        value: Shape = inputs[0]
        places = value.things
        area = 1
        for side, window in zip(value.spatial, self.window.sides):
            places *= -(-side // window) * window
            area *= window
        return places * value.channels * (4 * value.channels + 2 * area)

    def _bad_window(self, value: Shape) -> Kind | None:
        if self.window.stride is not None:
            return ValueNotAllowed("window", str(self.window), "no stride")
        problem = fit_rank("windowattention", "window", self.window.sides, value)
        problem = problem or positive("window", self.window.sides)
        if problem or self.shift < min(self.window.sides):
            return problem
        takes = f"less than the window, {min(self.window.sides)}"
        return ValueNotAllowed("shift", str(self.shift), takes)

    def torch(self, value: Shape) -> Torch:
        given = options(
            shift=unlike(self.shift, 0),
            bias=unlike(self.bias, True),
            dropout=unlike(float(self.dropout), 0.0),
        )
        values = (value.channels, self.heads, self.window.sides)
        return Torch(make=Make("WindowAttention", values, given))
