"""Attention: over all things of `T of D`, or over the windows of a map."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
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
from archc.ops.initial import initial
from archc.ops.lowering import Make, Torch, Unsupported, options, unlike
from archc.ops.nodes import LAST, Nodes, Rows
from archc.ops.values import Drawn, Number, Shape, Window

TRILU = 14
"""the opset from which on there is Trilu"""


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
    init: str | Drawn | None = initial()

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
        matrices = [name for name in self.weights(value, *source) if name.endswith("weight")]
        start = options(**dict.fromkeys(matrices, self.init))
        make = Make("nn.MultiheadAttention", (value.channels, self.heads), given, start)
        query = "{0}" if value.count is not None else "{0}.unsqueeze(1)"
        keys = "{1}" if source else query
        mask = f", attn_mask=causal_mask({query}, {keys}), is_causal=True" if self.causal else ""
        call = f"{{self}}({query}, {keys}, {keys}, need_weights=False{mask})[0]"
        call += ".squeeze(1)" if value.count is None else ""
        return Torch(call, make, (), ("causal_mask",) if self.causal else ())

    def onnx(self, made: Nodes, value: Shape, *source: Shape) -> str:
        query = made.x if value.count is not None else made.unsqueeze(made.x, 1)
        q, k, v = self._projected(made, query, value, source)
        mask = causal(made, query, self._keys(made, query, source)) if self.causal else ""
        found = attended(made, (q, k, v), self.heads, value.channels, 1, [mask] if mask else [])
        bias = [made.tensor("out_proj.bias")] if self.bias else []
        found = made.linear(found, made.packed(Rows("out_proj.weight"), transposed=True), *bias)
        return found if value.count is not None else made.squeeze(found, 1)

    def _keys(self, made: Nodes, query: str, source: tuple[Shape, ...]) -> str:
        keys = made.inputs[1] if source else query
        assert isinstance(keys, str)
        return keys

    def _projected(
        self, made: Nodes, query: str, value: Shape, source: tuple[Shape, ...]
    ) -> tuple[str, ...]:
        """Q, K and V: one product for those that are of the same things."""
        width = value.channels
        keys = self._keys(made, query, source)
        names = [(query, 0, 3)] if keys == query else [(query, 0, 1), (keys, 1, 3)]
        found: list[str] = []
        for given, first, end in names:
            rows = [Rows("in_proj_weight", first * width, end * width)]
            if source and source[0].channels != width:
                rows = [Rows(f"{name}_proj_weight") for name in "qkv"[first:end]]
            bias = Rows("in_proj_bias", first * width, end * width)
            biases = [made.packed(bias)] if self.bias else []
            one = made.linear(given, made.packed(*rows, transposed=True), *biases)
            found += made.split(one, width, end - first, 2)
        return tuple(found)


def attended(
    made: Nodes, qkv: tuple[str, ...], heads: int, width: int, axis: int, biases: list[str]
) -> str:
    """softmax(Q K^T / sqrt(d) + biases) V for each head, from and to ...,T,D; T is at `axis`."""
    each = width // heads
    kept = (0,) * (axis + 1)
    lead = tuple(range(axis))
    swapped = (*lead, axis + 1, axis, axis + 2)  # ...,heads,T,d
    q, k, v = [made.reshape(name, *kept, heads, each) for name in qkv]
    q, v = made.transpose(q, *swapped), made.transpose(v, *swapped)
    k = made.transpose(k, *lead, axis + 1, axis + 2, axis)
    scores = made("MatMul", made("Mul", q, made.number(each**-0.5)), k)
    for bias in biases:
        scores = made("Add", scores, bias)
    mixed = made("MatMul", made("Softmax", scores, axis=-1), v)
    return made.reshape(made.transpose(mixed, *swapped), *kept, width)


def causal(made: Nodes, query: str, keys: str) -> str:
    """Minus infinity where a thing would look ahead, 0 elsewhere: T,S."""
    sides = made.row(made.sides(query, 1, 2), made.sides(keys, 1, 2))
    endless = made.number(float("-inf"))
    if made.opset >= TRILU:
        return made("Trilu", made("Expand", endless, sides), made.integer(1), upper=1)
    ones = made("Expand", made.integer(1), sides)
    rows, columns = [made("CumSum", ones, made.integer(axis)) for axis in (0, 1)]
    return made("Where", made("Less", rows, columns), endless, made.number(0))


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
    init: str | Drawn | None = initial()

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
        first = {"weight": self.init, "bias": None if self.init is None else 0.0}
        tensors = self.weights(value)
        start = options(**{name: first.get(name.rpartition(".")[2]) for name in tensors})
        return Torch(make=Make("WindowAttention", values, given, start))

    def onnx(self, made: Nodes, value: Shape) -> str | Unsupported:
        if made.opened:
            return Unsupported("its windows depend on the map's sides; fix them with --input")
        windows = self.window.sides
        counts = tuple([-(-side // window) for side, window in zip(value.spatial, windows)])
        padded = tuple([count * window for count, window in zip(counts, windows)])
        more = [whole - side for whole, side in zip(padded, value.spatial)]
        given = made("Pad", made.x, made.ints(*[0] * 6, *more)) if any(more) else made.x
        moved = [self.shift if count > 1 else 0 for count in counts]
        given = rolled(made, given, moved)
        found = self._within(made, given, value.channels, counts, moved)
        found = rolled(made, found, [-shift for shift in moved])
        if not any(more):
            return found
        ends = made.ints(*value.spatial)
        return made("Slice", found, made.ints(0, 0), ends, made.ints(2, 3))

    def _within(
        self, made: Nodes, given: str, width: int, counts: tuple[int, ...], moved: list[int]
    ) -> str:
        """Attention in each window of a map that is made of whole windows."""
        rows, columns = self.window.sides
        area = rows * columns
        parts = made.reshape(given, -1, width, counts[0], rows, counts[1], columns)
        things = made.reshape(made.transpose(parts, 0, 2, 4, 3, 5, 1), 0, -1, area, width)
        bias = [made.tensor("qkv.bias")] if self.bias else []
        found = made.linear(things, made.packed(Rows("qkv.weight"), transposed=True), *bias)
        qkv = tuple(made.split(found, width, 3, 3))
        index = made.table(relative_places(rows, columns), (area, area))
        table = made.packed(Rows("relative_position_bias_table"), transposed=True)
        biases = [made("Gather", table, index, axis=1)]
        if any(moved):
            biases.append(self._apart(made, counts, moved))
        found = attended(made, qkv, self.heads, width, 2, biases)
        bias = [made.tensor("proj.bias")] if self.bias else []
        found = made.linear(found, made.packed(Rows("proj.weight"), transposed=True), *bias)
        parts = made.reshape(found, -1, counts[0], counts[1], rows, columns, width)
        back = made.transpose(parts, 0, 5, 1, 3, 2, 4)
        return made.reshape(back, 0, 0, counts[0] * rows, counts[1] * columns)

    def _apart(self, made: Nodes, counts: tuple[int, ...], moved: list[int]) -> str:
        """-100 where the shift joins opposite edges: windows,1,places,places."""
        rows, columns = self.window.sides
        apart: list[float] = []
        for down, across in product(range(counts[0]), range(counts[1])):
            edges = [
                (row >= counts[0] * rows - moved[0], column >= counts[1] * columns - moved[1])
                for row in range(down * rows, down * rows + rows)
                for column in range(across * columns, across * columns + columns)
            ]
            apart += [0.0 if one == other else -100.0 for one in edges for other in edges]
        area = rows * columns
        return made.numbers(*apart, sides=(counts[0] * counts[1], 1, area, area))


def relative_places(rows: int, columns: int) -> list[int]:
    """For each two places of a window, which row of the table has their bias."""
    places = [(row, column) for row in range(rows) for column in range(columns)]
    return [
        (row - above + rows - 1) * (2 * columns - 1) + column - left + columns - 1
        for row, column in places
        for above, left in places
    ]


def rolled(made: Nodes, given: str, moved: list[int]) -> str:
    """Each side moved up (negative: down) by some places, round the edge."""
    for axis, shift in enumerate(moved, 2):
        if shift:
            parts = made.slice(given, shift, LAST, axis), made.slice(given, 0, shift, axis)
            given = made("Concat", *parts, axis=axis)
    return given
