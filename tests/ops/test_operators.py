"""Every operator against torch: sizes, tensors and products, on odd and non-square inputs.

A new operator is tested by a line in CASES and a twin in `torch_twins.py`; without them, or with an
option that no case sets, a test here fails.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from archc.diagnostics.model import Kind
from archc.ops import Op
from archc.ops.act import Complement, Exp, HardSigmoid, Sigmoid, Softmax, Softplus, Tanh
from archc.ops.attention import Attention, WindowAttention
from archc.ops.channels import Chunk, Gram, MoreChannels, Shuffle
from archc.ops.conv import Conv
from archc.ops.deconv import Deconv
from archc.ops.ends import Extern, Identity, Input, Prev
from archc.ops.join import AbsDiff, Add, Max, Mean, Mul, Sub
from archc.ops.learned import ClassToken, LayerScale, Positions, Scale
from archc.ops.linear import FullyConnected
from archc.ops.norm import (
    BatchNorm,
    GroupNorm,
    InstanceNorm,
    L2Norm,
    LayerNorm,
    LocalResponseNorm,
)
from archc.ops.pixels import PixelShuffle, PixelUnshuffle
from archc.ops.pool import AvgPool, GlobalAvgPool, LPPool, MaxPool, Unpool
from archc.ops.rectifier import Elu, Gelu, HardSwish, Leaky, Mish, PRelu, Relu, Relu6, Selu, Silu
from archc.ops.recurrent import Embed, Gru, Lstm, Rnn
from archc.ops.region import RoiAlign, RoiPool
from archc.ops.regular import Dropout, DropPath, Noise
from archc.ops.resample import Crop, Pad, Resize, Upsample
from archc.ops.scan import Gather, Scan
from archc.ops.shape import (
    Flatten,
    Map,
    Reshape,
    Sum,
    Token,
    Tokens,
    Transpose,
)
from archc.ops.stack import Append, Concat, List, MatMul
from archc.ops.values import Drawn, Shape, Value, Window
from tests.ops.torch_twins import BARE, TWINS, memory

Case = tuple[Op, tuple[Value, ...]]

LINE = Shape((23, 6))
PICTURE = Shape((13, 18, 6))
FILM = Shape((7, 9, 12, 6))
VECTOR = Shape((10,))
THINGS = Shape((12,), 7)
REGIONS = Shape((5, 8, 6), 3)
WORDS = Shape((), 9)
ANY_NUMBERS = (LINE, PICTURE, FILM, VECTOR, THINGS, REGIONS)
MAPS = (LINE, PICTURE, FILM, REGIONS)


def window(*sides: int, by: int | tuple[int, ...] | None = None) -> Window:
    return Window(sides, (by,) if isinstance(by, int) else by)


def on(values: tuple[Value, ...], *ops: Op) -> list[Case]:
    """Each operator on each value."""
    return [(op, (value,)) for op in ops for value in values]


def one(op: Op, *values: Value) -> list[Case]:
    return [(op, values)]


TENTH = Fraction(1, 10)

CASES: list[Case] = [
    *one(Conv(window=window(3, 4, by=2), channels=8, pad=1, rounding="floor"), PICTURE),
    *one(Conv(window=window(3, 2, by=(1, 2)), channels=9, pad=(1, 0), groups=3), PICTURE),
    *one(Conv(window=window(3, 5), channels=4, pad="half", dilate=2, bias=False), PICTURE),
    *one(Conv(window=window(3, 3, by=2), channels=4, pad="same", dilate=2), PICTURE),
    *one(Conv(window=window(3, 3), dw=True, init="he", start=TENTH), PICTURE),
    *one(Conv(window=window(1, 1), dw=True, channels=12), REGIONS),
    *one(Conv(kernel=5, stride=2, channels=7), LINE),
    *one(Conv(window=window(2, 3, 4), channels=5, rounding="exact"), FILM),
    *one(Conv(window=window(3, 3, 3, by=2), channels=5, pad="same"), FILM),
    *one(Deconv(window=window(4, 3, by=2), channels=8, pad=1, outpad=1), PICTURE),
    *one(Deconv(window=window(5, 4, by=3), channels=9, pad="same", groups=3), PICTURE),
    *one(Deconv(window=window(3, 5), channels=4, pad="half", dilate=2, bias=False), PICTURE),
    *one(Deconv(kernel=4, stride=3, channels=6, init="bilinear", start=TENTH), LINE),
    *one(Deconv(window=window(2, 3, 2, by=(1, 2, 2)), channels=4, pad=(0, 1, 0)), FILM),
    *on(ANY_NUMBERS, FullyConnected(channels=11)),
    *one(FullyConnected(channels=11, bias=False, init="xavier"), PICTURE),
    *one(FullyConnected(channels=11, start=Drawn("normal", 0.1)), PICTURE),
    *on(MAPS, MaxPool(rounding="ceil"), AvgPool(rounding="floor"), GlobalAvgPool()),
    *on((PICTURE, REGIONS), MaxPool(window=window(3, 2, by=2), pad=1, rounding="floor")),
    *on((PICTURE, REGIONS), AvgPool(window=window(3, 2, by=2), pad=(1, 0), rounding="ceil")),
    *on((PICTURE,), MaxPool(window=window(3, 5, by=2), pad="half")),
    *on((PICTURE,), MaxPool(window=window(3, 5, by=2), pad="same")),
    *on((PICTURE,), AvgPool(window=window(3, 5, by=(2, 3)), pad="same", count="all")),
    *on((PICTURE,), MaxPool(to=window(4, 7)), AvgPool(to=window(4, 7)), MaxPool(to=window(3))),
    *on((PICTURE,), MaxPool(window=window(13, 18)), AvgPool(window=window(13, 18))),
    *on((LINE, FILM), MaxPool(to=window(3)), AvgPool(to=window(2))),
    *on((LINE,), MaxPool(kernel=4, stride=3, rounding="ceil"), AvgPool(kernel=5, stride=2)),
    *on((LINE,), LPPool(kernel=4, stride=3, rounding="floor"), LPPool(p=3, rounding="floor")),
    *on((PICTURE, REGIONS), LPPool(window=window(2, 3, by=2), p=1, rounding="ceil")),
    *on((FILM,), MaxPool(window=window(1, 3, 4, by=(1, 3, 4))), LPPool(rounding="floor")),
    *one(Unpool(pool="p"), Shape((6, 9, 6)), Shape((6, 9, 6)), PICTURE),
    *one(Unpool(pool="p"), Shape((11, 6)), Shape((11, 6)), LINE),
    *one(Unpool(pool="p"), Shape((3, 4, 6, 6)), Shape((3, 4, 6, 6)), FILM),
    *on(ANY_NUMBERS, BatchNorm(), BatchNorm(eps=TENTH, momentum=TENTH / 2, affine=False)),
    *on((PICTURE, LINE), BatchNorm(frozen=True), BatchNorm(init="zero")),
    *on(MAPS, LocalResponseNorm(), LocalResponseNorm(n=4, alpha=1, beta=TENTH, k=1, mean=True)),
    *on(ANY_NUMBERS, LayerNorm(), LayerNorm(all=True), LayerNorm(affine=False, eps=TENTH)),
    *on(ANY_NUMBERS, LayerNorm(bias=False), L2Norm(), L2Norm(scale=20, eps=TENTH, affine=False)),
    *on(ANY_NUMBERS, GroupNorm(groups=2), GroupNorm(groups=1, eps=TENTH, affine=False)),
    *on(MAPS, InstanceNorm(), InstanceNorm(eps=TENTH, affine=True)),
    *on(ANY_NUMBERS, Relu(), Relu6(), Leaky(), Leaky(slope=TENTH), Elu(), Elu(alpha=2), Selu()),
    *on(ANY_NUMBERS, PRelu(), PRelu(channelwise=True, start=TENTH), Gelu(), Gelu(tanh=True)),
    *on(ANY_NUMBERS, Silu(), HardSwish(), HardSigmoid(), Sigmoid(), Tanh(), Mish(), Softplus()),
    *on(ANY_NUMBERS, Softplus(beta=2), Softmax(), Exp(), Complement()),
    *on((THINGS, REGIONS), Softmax(things=True)),
    *on(ANY_NUMBERS, Dropout(), Dropout(p=TENTH), DropPath(p=TENTH), Noise(), Noise(std=2)),
    *one(Add(), PICTURE, PICTURE, PICTURE),
    *one(Add(droppath=TENTH), (PICTURE, PICTURE), PICTURE),
    *one(Add(paths="weighted"), PICTURE, (PICTURE, PICTURE)),
    *one(Add(), THINGS, Shape((12,))),
    *one(Sub(), Shape((12,)), THINGS, THINGS),
    *one(Sub(), REGIONS, Shape((5, 8, 6))),
    *one(AbsDiff(), VECTOR, VECTOR),
    *one(Mean(), PICTURE, PICTURE),
    *one(Mean(droppath=TENTH), (VECTOR, VECTOR)),
    *on((THINGS, REGIONS), Mean(things=True), Max(things=True), Sum(things=True)),
    *one(Max(), THINGS, THINGS),
    *one(Max(droppath=TENTH), REGIONS, REGIONS),
    *one(Mul(), PICTURE, PICTURE),
    *one(Mul(), PICTURE, Shape((6,))),
    *one(Mul(), Shape((1, 1, 6)), PICTURE),
    *one(Mul(), PICTURE, Shape((13, 18, 1))),
    *one(Mul(), PICTURE, Shape((1,)), Shape((6,))),
    *one(Mul(), VECTOR, Shape((1,))),
    *one(Mul(), THINGS, Shape((1,), 7)),
    *one(Mul(), THINGS, Shape((12,))),
    *one(Mul(), FILM, Shape((6,))),
    *one(Concat(), PICTURE, Shape((13, 18, 5)), PICTURE),
    *one(Concat(), VECTOR, (Shape((3,)), VECTOR)),
    *one(Concat(), THINGS, Shape((5,), 7)),
    *one(Concat(), REGIONS, REGIONS),
    *one(Append(), THINGS, Shape((12,), 3), Shape((12,))),
    *one(Append(), VECTOR, VECTOR),
    *one(Append(), REGIONS, Shape((5, 8, 6), 2)),
    *one(Append(), WORDS, Shape((), 2)),
    *one(List(), PICTURE, (LINE, VECTOR), THINGS),
    *one(MatMul(), THINGS, Shape((5,), 12)),
    *one(MatMul(), Shape((12,)), Shape((5,), 12)),
    *on(MAPS, Upsample(factor=2), Upsample(factor=3, mode="bilinear", corners=True)),
    *one(Upsample(factors=window(2, 1), mode="bicubic"), PICTURE),
    *one(Resize(size=window(20, 9), mode="bilinear"), PICTURE),
    *one(Resize(size=window(20, 9), mode="bicubic", corners=True), REGIONS),
    *one(Resize(like="a"), LINE, Shape((50, 2))),
    *one(Resize(like="a", mode="bilinear"), FILM, Shape((8, 4, 9, 1))),
    *one(Crop(size=window(11, 4)), PICTURE),
    *one(Crop(like="a", at=1), PICTURE, Shape((10, 17, 2))),
    *one(Crop(like="a"), REGIONS, Shape((3, 8, 2))),
    *one(Crop(size=window(5), at=0), FILM),
    *on(MAPS, Pad(amount=2), Pad(amount=1, fill="reflect"), Pad(amount=1, end="after")),
    *one(Pad(amounts=window(3, 4), fill="circular"), PICTURE),
    *one(Pad(amounts=window(3, 0), fill="replicate", end="before"), PICTURE),
    *one(PixelShuffle(factor=2), Shape((5, 7, 12))),
    *one(PixelShuffle(factor=3), Shape((5, 7, 18), 2)),
    *one(PixelUnshuffle(factor=2), Shape((6, 10, 3))),
    *one(PixelUnshuffle(factor=3, order="places"), Shape((6, 9, 2))),
    *one(RoiPool(size=window(7, 5), boxes="b"), PICTURE, Shape((4,), 11)),
    *one(RoiPool(size=window(7, 5), boxes="b", scale=Fraction(1, 16)), PICTURE, Shape((4,), 11)),
    *one(RoiAlign(size=window(7, 5), boxes="b"), (PICTURE, Shape((7, 9, 6))), Shape((4,), 11)),
    *one(
        RoiAlign(size=window(7, 5), boxes="b", scale=TENTH, sampling=3, aligned=True),
        PICTURE,
        Shape((4,), 11),
    ),
    *on((THINGS, VECTOR), Lstm(channels=5), Gru(channels=5), Rnn(channels=5)),
    *[
        (kind(channels=5, layers=3, bidirectional=True, bias=False, dropout=TENTH), (THINGS,))
        for kind in (Lstm, Gru, Rnn)
    ],
    *one(Lstm(channels=5, start="h", cell="c"), THINGS, Shape((5,)), Shape((5,))),
    *one(Lstm(channels=5, start="h", layers=2), VECTOR, Shape((5,), 2)),
    *one(Gru(channels=5, start="h", bidirectional=True), THINGS, Shape((5,), 2)),
    *one(Rnn(channels=5, start="h", relu=True), VECTOR, Shape((5,))),
    *one(Embed(channels=12, vocab=30), WORDS),
    *one(Embed(channels=12, vocab=30), Shape(())),
    *one(Attention(heads=3), THINGS),
    *one(Attention(heads=2, bias=False, causal=True, dropout=TENTH), THINGS),
    *one(Attention(heads=4, source="a"), THINGS, Shape((12,), 5)),
    *one(Attention(heads=4, source="a"), THINGS, Shape((9,), 5)),
    *one(Attention(heads=4, source="a", bias=False, init="he"), Shape((12,)), Shape((9,), 5)),
    *one(WindowAttention(heads=3, window=window(4, 4), shift=2), PICTURE),
    *one(
        WindowAttention(heads=2, window=window(3, 5), bias=False, dropout=TENTH, init="he"), REGIONS
    ),
    *on(ANY_NUMBERS, Flatten()),
    *one(Reshape(size=window(3, 4, 5)), Shape((60,))),
    *one(Reshape(numbers=60), Shape((3, 4, 5))),
    *one(Reshape(size=window(2, 2, 3)), THINGS),
    *one(Reshape(numbers=240), REGIONS),
    *one(Transpose(), THINGS),
    *on((LINE, PICTURE, FILM, VECTOR), Tokens()),
    *on((LINE, PICTURE, FILM), Tokens(numbers=3)),
    *on((THINGS, WORDS), Token(index=4), Token(last=True)),
    *one(Map(size=window(3, 4)), Shape((5,), 12)),
    *one(Map(length=7), THINGS),
    *on((PICTURE, LINE, VECTOR, THINGS), Chunk(number=2, of=2), Chunk(number=1, of=1)),
    *on((PICTURE, LINE, VECTOR, THINGS), Shuffle(groups=2)),
    *on(ANY_NUMBERS, MoreChannels(channels=20)),
    *on((LINE, PICTURE, FILM, THINGS, REGIONS), Gram(), Gram(mean=True)),
    *on(ANY_NUMBERS, Scale(factor=TENTH), LayerScale(), LayerScale(start=TENTH)),
    *on((THINGS,), ClassToken(), Positions(), Positions(longest=20)),
    *on((*ANY_NUMBERS, WORDS), Identity()),
    *[(Input(size=size), ()) for size in (*ANY_NUMBERS, WORDS)],
    *one(Extern(name="propose", size=Shape((4,), 6)), PICTURE, (LINE, LINE)),
    *on((THINGS, REGIONS, WORDS), Scan()),
    *on((VECTOR, PICTURE), Gather(times=4)),
    *one(Prev(row="state", channels=10), VECTOR),
    *one(Prev(row="state", size=window(13, 18, 6), start="h"), VECTOR, PICTURE),
]


def name_of(case: Case) -> str:
    op, values = case
    options = [f"{name}={value}" for name, value in op.options.items()]
    return " ".join([op.word, *options, "on", *[str(value) for value in values]])


def example(value: Value) -> Any:
    if isinstance(value, tuple):
        return tuple(example(item) for item in value)
    dtype = torch.float32 if value.dims else torch.int64
    return torch.empty(memory(value), dtype=dtype)


def sizes(value: Any) -> Any:
    return [sizes(item) for item in value] if isinstance(value, tuple) else tuple(value.shape)


def named(tensors: Any) -> dict[str, tuple[int, ...]]:
    return {"" if name == BARE else name: tuple(tensor.shape) for name, tensor in tensors}


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_as_torch(case: Case) -> None:
    op, values = case
    output = op.shape(*values)
    assert not isinstance(output, Kind), output.message
    with torch.device("meta"):
        module, run = TWINS[type(op)](op, *values)
        module.eval()
        given = [example(value) for value in values]
        with FlopCounterMode(display=False) as counter:
            result = run(*given)
    wanted = [memory(o) for o in output] if isinstance(output, tuple) else memory(output)
    assert sizes(result) == wanted
    assert op.weights(*values) == named(module.named_parameters())
    assert op.buffers(*values) == named(module.named_buffers())
    assert op.macs(values, output) * 2 == counter.get_total_flops()


CLASSES = sorted({*Op.registry.values(), Gather}, key=lambda cls: cls.__name__)
"""all that rows can become; `Gather` has no word, a scan ends with it"""


def test_every_operator_has_a_twin_and_a_case() -> None:
    classes = set(CLASSES)
    assert classes == set(TWINS)
    assert classes == {type(op) for op, _ in CASES}


@pytest.mark.parametrize("cls", CLASSES)
def test_every_option_is_tried(cls: type[Op]) -> None:
    tried = [op for op, _ in CASES if type(op) is cls]
    for name, field in cls.fields.items():
        assert any(getattr(op, name) != field.default for op in tried), f"no case sets {name}"


def test_options_are_what_reports_show() -> None:
    conv = Conv(window=window(7, 7, by=2), channels=64, pad=3, bias=False)
    assert conv.options == {
        "window": "7x7",
        "stride": 2,
        "channels": 64,
        "pad": 3,
        "groups": 1,
        "bias": False,
    }
    assert Conv(kernel=80, channels=8).options["window"] == "80"
    assert Conv(kernel=80, channels=8).options["stride"] == 1
    pool = MaxPool(window=window(1, 2, 2, by=(1, 2, 2)), pad=(0, 1, 1))
    assert pool.options == {"window": "1x2x2", "stride": "1x2x2", "pad": "0x1x1"}
    assert BatchNorm(eps=Fraction(1, 1000)).options == {"eps": 0.001}
    assert Dropout().options == {}
