"""Window arithmetic equals torch's, over a grid of sizes, on the meta device."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
import torch
from torch.nn import functional

from archc.diagnostics.kinds.sizes import SizeNotWhole
from archc.diagnostics.model import Kind
from archc.ops.base import Op
from archc.ops.conv import Conv
from archc.ops.deconv import Deconv
from archc.ops.dims import same_pads
from archc.ops.pool import AvgPool, MaxPool
from archc.ops.values import Shape, Window

SIZES = range(1, 18)
WINDOWS = range(1, 6)
STRIDES = range(1, 5)
PADS = range(4)
DILATIONS = (1, 2)
OUTPADS = range(3)

# Heights go through the grid; the width differs, so that swapped sides cannot hide.
WIDER = 6


def picture(height: int) -> tuple[Shape, torch.Tensor]:
    return Shape((height, height + WIDER, 2)), torch.empty(
        1, 2, height, height + WIDER, device="meta"
    )


def torch_sides(layer: Callable[..., torch.Tensor], *given: Any) -> tuple[int, ...] | None:
    """The sides torch gives; None if it refuses or nothing is left."""
    try:
        sides = tuple(layer(*given).shape[2:])
    except RuntimeError:
        return None
    return sides if min(sides) >= 1 else None


def our_sides(op: Op, value: Shape) -> tuple[int, ...] | None:
    result = op.shape(value)
    return None if isinstance(result, Kind) else result.spatial


CONVS = tuple(product(WINDOWS, STRIDES, PADS, DILATIONS))
POOLS = tuple(product(WINDOWS, STRIDES, PADS))
DECONVS = tuple(product(WINDOWS, range(1, 4), range(3), OUTPADS, DILATIONS))
SAMES = tuple(product(WINDOWS, STRIDES, DILATIONS))


def test_the_grid_is_large() -> None:
    settings = len(CONVS) + 3 * len(POOLS) + len(DECONVS) + 2 * len(SAMES)
    assert settings * len(SIZES) >= 10_000


@pytest.mark.parametrize("window", WINDOWS)
def test_conv(window: int) -> None:
    weight = torch.empty(3, 2, window, window + 1, device="meta")
    for setting in (setting for setting in CONVS if setting[0] == window):
        _, stride, pad, dilate = setting
        shape = {"window": Window((window, window + 1), (stride, stride)), "channels": 3}
        op = Conv(**shape, pad=pad, dilate=dilate, rounding="floor")
        for size in SIZES:
            value, tensor = picture(size)
            expected = torch_sides(functional.conv2d, tensor, weight, None, stride, pad, dilate)
            assert our_sides(op, value) == expected, (setting, size)
            if expected is not None:
                check_strict(Conv(**shape, pad=pad, dilate=dilate), value, expected, setting)


def check_strict(op: Conv, value: Shape, floor: tuple[int, ...], setting: tuple[int, ...]) -> None:
    """`safe` and `exact` give torch's size or refuse it, by the rules of docs/language/sizes.md."""
    window, stride, pad, dilate = setting
    reaches = (dilate * (window - 1) + 1, dilate * window + 1)
    left = [(n + 2 * pad - reach) % stride for n, reach in zip(value.spatial, reaches)]
    unseen = [r - pad > max(0, stride - reach) for r, reach in zip(left, reaches)]
    for rounding, refused in (("safe", any(unseen)), ("exact", any(left))):
        strict = Conv(
            window=op.window, channels=3, pad=pad, dilate=dilate, rounding=rounding
        ).shape(value)
        if refused:
            assert isinstance(strict, SizeNotWhole), (setting, value, rounding)
        else:
            assert isinstance(strict, Shape), (setting, value, rounding)
            assert strict.spatial == floor


@pytest.mark.parametrize("ceil", [False, True])
@pytest.mark.parametrize("window", WINDOWS)
def test_max_pooling(window: int, ceil: bool) -> None:
    for setting in (setting for setting in POOLS if setting[0] == window):
        _, stride, pad = setting
        op = MaxPool(
            window=Window((window, window), (stride, stride)),
            pad=pad,
            rounding="ceil" if ceil else "floor",
        )
        for size in SIZES:
            value, tensor = picture(size)
            expected = torch_sides(functional.max_pool2d, tensor, window, stride, pad, 1, ceil)
            assert our_sides(op, value) == expected, (setting, size)


@pytest.mark.parametrize("ceil", [False, True])
def test_average_pooling(ceil: bool) -> None:
    for setting in POOLS:
        window, stride, pad = setting
        op = AvgPool(
            window=Window((window, window + 1), (stride,)),
            pad=pad,
            rounding="ceil" if ceil else "floor",
        )
        for size in SIZES:
            value, tensor = picture(size)
            expected = torch_sides(
                functional.avg_pool2d, tensor, (window, window + 1), stride, pad, ceil
            )
            assert our_sides(op, value) == expected, (setting, size)


@pytest.mark.parametrize("window", WINDOWS)
def test_transposed_conv(window: int) -> None:
    weight = torch.empty(2, 3, window, window + 1, device="meta")
    for setting in (setting for setting in DECONVS if setting[0] == window):
        _, stride, pad, outpad, dilate = setting
        op = Deconv(
            window=Window((window, window + 1), (stride, stride)),
            channels=3,
            pad=pad,
            outpad=outpad,
            dilate=dilate,
        )
        for size in SIZES:
            value, tensor = picture(size)
            expected = torch_sides(
                functional.conv_transpose2d, tensor, weight, None, stride, pad, outpad, 1, dilate
            )
            if outpad >= max(stride, dilate):  # refused on every device but meta
                expected = None
            assert our_sides(op, value) == expected, (setting, size)


@pytest.mark.parametrize(
    ("stride", "dilate", "outpad", "fits"),
    [((1, 1), 1, 1, False), ((2, 1), 1, 1, False), ((2, 2), 1, 1, True), ((1, 1), 3, 2, True)],
)
def test_outpad_is_less_than_stride_or_dilation(
    stride: tuple[int, ...], dilate: int, outpad: int, fits: bool
) -> None:
    given = torch.zeros(1, 2, 5, 6), torch.zeros(2, 3, 3, 3)
    expected = torch_sides(functional.conv_transpose2d, *given, None, stride, 0, outpad, 1, dilate)
    op = Deconv(window=Window((3, 3), stride), channels=3, outpad=outpad, dilate=dilate)
    assert our_sides(op, Shape((5, 6, 2))) == expected
    assert (expected is not None) == fits


@pytest.mark.parametrize("window", WINDOWS)
def test_same(window: int) -> None:
    """`pad=same`: F.pad, the surplus behind, then no pad; the output is ceil(N/S) always."""
    weight = torch.empty(3, 2, window, window, device="meta")
    for setting in (setting for setting in SAMES if setting[0] == window):
        _, stride, dilate = setting
        written = Window((window, window), (stride, stride))
        conv = Conv(window=written, channels=3, pad="same", dilate=dilate)
        pool = MaxPool(window=written, pad="same")
        for size in SIZES:
            value, tensor = picture(size)
            reach = dilate * (window - 1) + 1
            pads = [same_pads(side, reach, stride) for side in value.spatial]
            padded = functional.pad(tensor, (*pads[1], *pads[0]))
            given = functional.conv2d(padded, weight, None, stride, 0, dilate).shape[2:]
            assert our_sides(conv, value) == tuple(given), (setting, size)
            assert tuple(given) == tuple(-(-side // stride) for side in value.spatial)
            pads = [same_pads(side, window, stride) for side in value.spatial]
            padded = functional.pad(tensor, (*pads[1], *pads[0]))
            given = functional.max_pool2d(padded, window, stride).shape[2:]
            assert our_sides(pool, value) == tuple(given), (setting, size)


@pytest.mark.parametrize("stride", range(1, 5))
def test_transposed_same_multiplies_by_the_stride(stride: int) -> None:
    for window, size in product(WINDOWS, SIZES):
        value, tensor = picture(size)
        op = Deconv(window=Window((window, window), (stride, stride)), channels=3, pad="same")
        assert our_sides(op, value) == tuple(side * stride for side in value.spatial)
        pad = max(-((stride - window) // 2), 0)
        weight = torch.empty(2, 3, window, window, device="meta")
        outpad = 2 * pad - (window - stride)
        given = functional.conv_transpose2d(tensor, weight, None, stride, pad, outpad).shape[2:]
        assert our_sides(op, value) == tuple(given)


def test_the_lecture_formula() -> None:
    """CS231n: 7x7 input, 3x3 window: stride 1 gives 5, 2 gives 3, 3 does not fit."""
    value = Shape((7, 7, 3))
    assert our_sides(Conv(window=Window((3, 3), (1,)), channels=1), value) == (5, 5)
    assert our_sides(Conv(window=Window((3, 3), (2,)), channels=1), value) == (3, 3)
    refused = Conv(window=Window((3, 3), (3,)), channels=1).shape(value)
    assert isinstance(refused, SizeNotWhole)
    assert "2.33" in refused.label
