"""Values of the parts: against torch, and against formulas and loops of the papers."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.testing import assert_close

from archc.backends.torch.parts.attention import WindowAttention, causal_mask, gram
from archc.backends.torch.parts.maps import MergePatches, SameAvgPool, crop, max_unpool, same_pad
from archc.backends.torch.parts.norms import ChannelNorm, FrozenBatchNorm, L2Norm
from archc.backends.torch.parts.paths import DropPaths, StochasticDepth, WeightedSum
from tests.torch.parts_cases import waves, waving

RANKS = (1, 2, 3)
SIDES = (7, 6, 9)


def by_rank(space: Any, name: str, rank: int) -> Any:
    return getattr(space, f"{name}{rank}d")


# ---- maps --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("side", "window", "stride"), list(product(range(1, 12), range(1, 5), (1, 2, 3)))
)
def test_same_pad_is_tensorflows(side: int, window: int, stride: int) -> None:
    """Its guide: max(window - (side % stride, or stride where that is 0), 0) pads in all."""
    total = max(window - (side % stride or stride), 0)
    padded = same_pad(torch.ones(1, 1, side), (window,), (stride,), fill=5.0)[0, 0].tolist()
    assert padded == [5.0] * (total // 2) + [1.0] * side + [5.0] * (total - total // 2)
    assert (len(padded) - window) // stride + 1 == math.ceil(side / stride)


@pytest.mark.parametrize("rank", RANKS)
def test_same_pad_of_each_side_is_torchs_where_stride_is_1(rank: int) -> None:
    x, window = waves(2, 3, *SIDES[:rank]), (4, 3, 2)[:rank]
    weight = waves(5, 3, *window)
    conv = by_rank(functional, "conv", rank)
    found = conv(same_pad(x, window, (1,) * rank), weight)
    assert_close(found, conv(x, weight, padding="same"))


@pytest.mark.parametrize("rank", RANKS)
def test_same_average_counts_real_numbers_alone(rank: int) -> None:
    x = waves(2, 3, *SIDES[:rank])
    for count_all in (False, True):
        wanted = by_rank(nn, "AvgPool", rank)(3, 1, 1, count_include_pad=count_all)(x)
        assert_close(SameAvgPool((3,) * rank, (1,) * rank, count_all)(x), wanted)


def test_same_average_with_a_stride() -> None:
    x = torch.tensor([[[1.0, 2.0, 6.0, 8.0]]])
    assert_close(SameAvgPool((3,), (2,))(x), torch.tensor([[[3.0, 7.0]]]))  # the pad is behind
    assert_close(SameAvgPool((3,), (2,), count_all=True)(x), torch.tensor([[[3.0, 14 / 3]]]))


@pytest.mark.parametrize("rank", RANKS)
def test_crop(rank: int) -> None:
    x = waves(2, 3, *SIDES[:rank])
    middle = [slice(None)] * 2 + [slice(1, side - 1) for side in SIDES[:rank]]
    assert torch.equal(crop(x, tuple(side - 2 for side in SIDES[:rank])), x[tuple(middle)])
    corner = [slice(None)] * 2 + [slice(2, 5)] * rank
    assert torch.equal(crop(x, (3,) * rank, at=2), x[tuple(corner)])


@pytest.mark.parametrize("rank", RANKS)
def test_unpooling_is_torchs(rank: int) -> None:
    x = waves(2, 3, *SIDES[:rank])
    pooled, indices = by_rank(nn, "MaxPool", rank)(2, return_indices=True)(x)
    values = pooled.cos()
    wanted = by_rank(functional, "max_unpool", rank)(values, indices, 2, output_size=x.shape)
    assert torch.equal(max_unpool(values, indices, x), wanted)


def test_patches_are_merged_as_swin_does() -> None:
    x = waves(2, 3, 4, 6)
    rows = x.movedim(1, -1)
    parts = [rows[:, row::2, column::2] for row, column in ((0, 0), (1, 0), (0, 1), (1, 1))]
    assert torch.equal(MergePatches(2)(x), torch.cat(parts, -1).movedim(-1, 1))
    assert MergePatches(3)(waves(1, 2, 6, 9)).shape == (1, 18, 2, 3)


# ---- norms -------------------------------------------------------------------------------------


@pytest.mark.parametrize("sides", [(), (7,), (7, 6), (7, 6, 2)])
def test_frozen_batch_norm_is_batch_norm_at_inference(sides: tuple[int, ...]) -> None:
    x = waves(4, 3, *sides)
    frozen = waving(FrozenBatchNorm(3, eps=0.01))
    norm = by_rank(nn, "BatchNorm", max(len(sides), 1))(3, eps=0.01).double().eval()
    norm.load_state_dict(frozen.state_dict(), strict=False)
    assert_close(frozen(x), norm(x))
    assert_close(frozen.train()(x), norm(x))
    assert list(frozen.state_dict()) == ["weight", "bias", "running_mean", "running_var"]
    assert not list(frozen.parameters())


@pytest.mark.parametrize("rank", RANKS)
def test_channel_norm(rank: int) -> None:
    x, norm = waves(2, 4, *SIDES[:rank]), waving(ChannelNorm(4, eps=1e-6))
    shape = (4, *[1] * rank)
    variance, mean = torch.var_mean(x, 1, correction=0, keepdim=True)
    wanted = (x - mean) / (variance + 1e-6).sqrt() * norm.weight.view(shape)
    assert_close(norm(x), wanted + norm.bias.view(shape))


def test_l2_norm() -> None:
    x = waves(2, 3, 4, 5).float()
    assert_close(L2Norm(3, scale=20.0)(x), 20 * functional.normalize(x, dim=1))
    things = waves(2, 5, 3).float()
    norm = L2Norm(3, dim=2)
    norm.weight.data = torch.tensor([1.0, 2.0, 3.0])
    assert_close(norm(things), functional.normalize(things, dim=2) * norm.weight)
    bare = L2Norm(3, eps=0.5, affine=False)
    assert not bare.state_dict()
    assert_close(bare(x), x / (x.square().sum(1, keepdim=True) + 0.5).sqrt())
    assert torch.equal(norm(torch.zeros(1, 2, 3)), torch.zeros(1, 2, 3))


# ---- paths -------------------------------------------------------------------------------------


@pytest.mark.parametrize("sides", [(), (7,), (7, 6), (2, 3, 4)])
def test_stochastic_depth(sides: tuple[int, ...]) -> None:
    x, drop = waves(200, 3, *sides) + 2, StochasticDepth(0.25)
    assert drop.eval()(x) is x
    torch.manual_seed(1)
    found = drop.train()(x).flatten(1)
    kept = found.abs().amax(1) > 0
    assert_close(found[kept], x.flatten(1)[kept] / 0.75)
    assert 0.65 < kept.double().mean() < 0.85
    assert not StochasticDepth(1.0)(x).any()
    assert torch.equal(StochasticDepth(0.0)(x), x)


@pytest.mark.parametrize("how", ["sum", "mean", "amax"])
def test_dropped_paths(how: str) -> None:
    """Of two paths with p = 1/2: one alone in 3/8 of the samples, the other too, both in 1/4."""
    torch.manual_seed(1)
    paths, join = (torch.full((20_000, 2), 1.0), torch.full((20_000, 2), 3.0)), DropPaths(how, 0.5)
    both = {"sum": 4.0, "mean": 2.0, "amax": 3.0}[how]
    assert torch.equal(join.eval()(*paths), torch.full((20_000, 2), both))
    found = join.train()(*paths)
    assert torch.equal(found[:, 0], found[:, 1])
    shares = {value: (found[:, 0] == value).double().mean().item() for value in (1.0, 3.0, both)}
    wanted = {1.0: 0.375, 3.0: 0.375} | {both: 0.625 if how == "amax" else 0.25}
    assert shares == pytest.approx(wanted, abs=0.02)
    alone = DropPaths(how, 1.0)(*paths)
    assert set(alone.flatten().tolist()) == {1.0, 3.0}
    assert torch.equal(DropPaths(how, 0.0)(*paths), torch.full((20_000, 2), both))


def test_dropped_paths_get_no_gradient() -> None:
    torch.manual_seed(1)
    paths = [torch.ones(50, 3, 2, requires_grad=True) for _ in range(3)]
    join = DropPaths("mean", 0.5)
    join(*paths).sum().backward()
    shares = torch.stack([path.grad for path in paths])
    assert_close(shares.sum(0), torch.ones(50, 3, 2))
    kept = (shares > 0).sum(0)
    assert set(kept.unique().tolist()) == {1, 2, 3}
    assert_close(shares, (shares > 0) / kept)


def test_weighted_sum() -> None:
    a, b, c = waves(2, 3, 4).float(), waves(2, 3, 4).float().cos(), torch.ones(2, 1, 4)
    join = WeightedSum(3)
    assert_close(join(a, b, c), (a + b + c) / 3.0001)
    join.weight.data = torch.tensor([3.0, -1.0, 1.0])
    assert_close(join(a, b, c), (3 * a + c) / 4.0001)


# ---- attention ---------------------------------------------------------------------------------


def test_gram() -> None:
    rows = waves(2, 3, 5)
    wanted = torch.einsum("nak,nbk->nab", rows, rows)
    assert_close(gram(rows), wanted)
    assert_close(gram(rows, mean=True), wanted / 15)


def test_causal_mask() -> None:
    x = torch.zeros(2, 5, 4)
    square = nn.Transformer.generate_square_subsequent_mask(5)
    assert torch.equal(causal_mask(x, x), square == float("-inf"))
    assert causal_mask(x[:, :2], x).tolist() == [[False] + [True] * 4, [False] * 2 + [True] * 3]


@pytest.mark.parametrize("training", [True, False])
def test_nobody_looks_ahead(training: bool) -> None:
    layer = nn.MultiheadAttention(8, 2, batch_first=True).train(training)
    x = waves(2, 5, 8).float()
    changed = torch.cat([x[:, :3], -x[:, 3:]], 1)
    first, second = (
        layer(y, y, y, need_weights=False, attn_mask=causal_mask(y, y), is_causal=True)[0]
        for y in (x, changed)
    )
    assert_close(first[:, :3], second[:, :3])
    assert not torch.allclose(first[:, 3:], second[:, 3:])


# torchvision 0.29, ShiftedWindowAttention, all numbers waves: sum, sum of squares, two numbers.
SHIFTED: dict[tuple[Any, ...], list[float]] = {
    (9, 8, (4, 4), 2): [344.56960751, 5895.20198066, -2.37061818, 1.26124188],
    (4, 10, (4, 5), 3): [191.42238309, 3226.86001344, 0.97858957, 3.27947873],
}


@pytest.mark.parametrize("case", SHIFTED)
def test_window_attention_is_torchvisions(case: tuple[Any, ...]) -> None:
    height, width, window, shift = case
    layer = WindowAttention(6, 2, window, shift).double()
    for parameter in layer.parameters():
        parameter.data = waves(*parameter.shape)
    y = layer(waves(2, height, width, 6).permute(0, 3, 1, 2))
    found = [y.sum(), y.square().sum(), y[0, 1, 2, 3], y[1, 5, -1, -1]]
    assert [value.item() for value in found] == pytest.approx(SHIFTED[case], rel=1e-6)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(
    ("sides", "window", "shift"),
    [((6, 9), (3, 3), 1), ((7, 5), (3, 2), 1), ((3, 8), (3, 4), 2), ((4, 4), (2, 2), 0)],
)
def test_window_attention_by_places(
    sides: tuple[int, int], window: tuple[int, int], shift: int, bias: bool
) -> None:
    """Each place by itself: over the places of its window that its shift did not join to it."""
    layer = waving(WindowAttention(4, 2, window, shift, bias=bias))
    x = waves(1, 4, *sides)
    assert_close(layer(x), by_places(layer, x, window, shift))


def by_places(layer: Any, x: Tensor, window: tuple[int, int], shift: int) -> Tensor:
    sides = x.shape[2:]
    padded = [math.ceil(side / reach) * reach for side, reach in zip(sides, window)]
    moves = [shift if side > reach else 0 for side, reach in zip(padded, window)]
    places = list(product(*[range(side) for side in padded]))
    x = functional.pad(x, (0, padded[1] - sides[1], 0, padded[0] - sides[0]))
    q, k, v = layer.qkv(x.flatten(2)[0].T).unflatten(1, (3, 2, 2)).permute(1, 2, 0, 3)

    def home(place: tuple[int, ...]) -> list[tuple[int, bool]]:
        """The window along each side, and whether the place came round the edge."""
        moved = [(at - move) % side for at, move, side in zip(place, moves, padded)]
        return [(to // reach, to > at) for to, at, reach in zip(moved, place, window)]

    table = layer.relative_position_bias_table
    logits = torch.full((2, len(places), len(places)), float("-inf"), dtype=x.dtype)
    for (a, here), (b, there) in product(enumerate(places), repeat=2):
        if home(here) == home(there):
            down, across = [
                (s - m) % n % w - (t - m) % n % w
                for s, t, m, n, w in zip(here, there, moves, padded, window)
            ]
            row = (down + window[0] - 1) * (2 * window[1] - 1) + across + window[1] - 1
            logits[:, a, b] = (q[:, a] * k[:, b]).sum(1) / 2**0.5 + table[row]
    y = layer.proj((logits.softmax(2) @ v).transpose(0, 1).flatten(1))
    return y.T.unflatten(1, padded)[None, :, : sides[0], : sides[1]]


def test_window_attention_drops_weights_in_training_alone() -> None:
    layer, x = waving(WindowAttention(4, 2, (2, 2), dropout=0.5)), waves(1, 4, 4, 4)
    assert not torch.equal(layer.train()(x), layer(x))
    assert torch.equal(layer.eval()(x), layer(x))
    keys = ["relative_position_bias_table", "relative_position_index", "qkv.weight", "qkv.bias"]
    assert list(layer.state_dict()) == [*keys, "proj.weight", "proj.bias"]
