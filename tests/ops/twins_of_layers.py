"""Twins of windows, norms, activations and regularisers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from archc.ops import act, conv, deconv, linear, norm, pool, rectifier, regular
from archc.ops.base import Op
from archc.ops.dims import same_pads
from archc.ops.values import Shape
from tests.ops.twin_parts import (
    Twin,
    by_rank,
    channels_second,
    each,
    flat_things,
    function,
    memory,
    module,
    tensors,
    twin,
)


def sides(op: Any, value: Shape) -> tuple[int, ...]:
    return op.window.sides if op.window else (op.kernel or 2,) * value.rank


def strides(op: Any, value: Shape, default: int) -> tuple[int, ...]:
    written = (op.window.stride if op.window else None) or (op.stride or default,)
    return written * value.rank if len(written) == 1 else written


def same_padding(value: Shape, reach: tuple[int, ...], stride: tuple[int, ...]) -> list[int]:
    pads = [same_pads(*side) for side in zip(value.spatial, reach, stride)]
    return [end for pair in reversed(pads) for end in pair]


def numbers(pad: Any, reach: tuple[int, ...]) -> tuple[int, ...]:
    if pad == "half":
        return tuple((side - 1) // 2 for side in reach)
    return (pad,) * len(reach) if isinstance(pad, int) else pad


# ---- convolution -------------------------------------------------------------------------------


@twin(conv.Conv)
def conv_twin(op: conv.Conv, value: Shape) -> Twin:
    window, stride = sides(op, value), strides(op, value, 1)
    reach = tuple(op.dilate * (side - 1) + 1 for side in window)
    layer = by_rank("Conv", value.rank)(
        value.channels,
        value.channels if op.channels is None else op.channels,
        window,
        stride,
        0 if op.pad == "same" else numbers(op.pad, reach),
        op.dilate,
        value.channels if op.dw else op.groups,
        op.bias,
    )
    if op.pad != "same":
        return module(layer)
    return layer, lambda x: layer(functional.pad(x, same_padding(value, reach, stride)))


@twin(deconv.Deconv)
def deconv_twin(op: deconv.Deconv, value: Shape) -> Twin:
    window, stride = sides(op, value), strides(op, value, 1)
    reach = tuple(op.dilate * (side - 1) + 1 for side in window)
    if op.pad == "same":
        pad = tuple(max(-((s - r) // 2), 0) for s, r in zip(stride, reach))
        outpad = tuple(2 * p - (r - s) for p, r, s in zip(pad, reach, stride))
    else:
        pad, outpad = numbers(op.pad, reach), (op.outpad,) * value.rank
    layer = by_rank("ConvTranspose", value.rank)(
        value.channels,
        op.channels,
        window,
        stride,
        pad,
        outpad,
        op.groups,
        op.bias,
        op.dilate,
    )
    return module(layer)


@twin(linear.FullyConnected)
def fc_twin(op: linear.FullyConnected, value: Shape) -> Twin:
    layer = nn.Linear(value.numbers_each, op.channels, op.bias)
    if value.rank == 0:
        return module(layer)
    return layer, lambda x: layer(flat_things(x, value))


# ---- pooling -----------------------------------------------------------------------------------


@twin(pool.MaxPool, pool.AvgPool)
def pool_twin(op: Any, value: Shape) -> Twin:
    kind = "Max" if isinstance(op, pool.MaxPool) else "Avg"
    if op.to is not None:
        to = op.to.sides * (value.rank if len(op.to.sides) == 1 else 1)
        return module(by_rank(f"Adaptive{kind}Pool", value.rank)(to))
    window = sides(op, value)
    stride = strides(op, value, 1 if op.window or op.kernel else 2)
    pad = 0 if op.pad == "same" else numbers(op.pad, window)
    layer = by_rank(f"{kind}Pool", value.rank)(window, stride, pad, ceil_mode=op.rounding == "ceil")
    if op.pad != "same":
        return module(layer)
    return function(lambda x: layer(functional.pad(x, same_padding(value, window, stride))))


@twin(pool.GlobalAvgPool)
def gap_twin(op: pool.GlobalAvgPool, value: Shape) -> Twin:
    return module(by_rank("AdaptiveAvgPool", value.rank)(1))


@twin(pool.LPPool)
def lppool_twin(op: pool.LPPool, value: Shape) -> Twin:
    window = sides(op, value)
    stride = strides(op, value, 1 if op.window or op.kernel else 2)
    ceil = op.rounding == "ceil"
    if value.rank == 1:
        return module(nn.LPPool1d(float(op.p), window[0], stride[0], ceil))
    return module(by_rank("LPPool", value.rank)(float(op.p), window, stride, ceil))


@twin(pool.Unpool)
def unpool_twin(op: pool.Unpool, value: Shape, pooled: Shape, before: Shape) -> Twin:
    unpool = by_rank("max_unpool", value.rank, functional)

    def run(x: Tensor, pooled: Tensor, before: Tensor) -> Tensor:
        indices = torch.zeros_like(pooled, dtype=torch.int64)
        return unpool(x, indices, 2, output_size=before.shape[2:])

    return function(run)


# ---- normalisation -----------------------------------------------------------------------------


@twin(norm.BatchNorm)
def bn_twin(op: norm.BatchNorm, value: Shape) -> Twin:
    if op.frozen:
        return frozen_twin(op, value)
    made = by_rank("BatchNorm", max(value.rank, 1))
    layer = made(value.channels, float(op.eps), float(op.momentum), op.affine)
    return layer, channels_second(layer, value)


def frozen_twin(op: norm.BatchNorm, value: Shape) -> Twin:
    """torchvision's FrozenBatchNorm2d."""
    holder = nn.Module()
    for name in ("weight", "bias", "running_mean", "running_var"):
        holder.register_buffer(name, torch.empty(value.channels))
    view = (1, -1, *[1] * value.rank)

    def run(x: Tensor) -> Tensor:
        scale = holder.weight * (holder.running_var + float(op.eps)).rsqrt()
        return x * scale.view(view) + (holder.bias - holder.running_mean * scale).view(view)

    return holder, run


@twin(norm.LocalResponseNorm)
def lrn_twin(op: norm.LocalResponseNorm, value: Shape) -> Twin:
    alpha = float(op.alpha) * (1 if op.mean else op.n)
    return module(nn.LocalResponseNorm(op.n, alpha, float(op.beta), float(op.k)))


@twin(norm.LayerNorm)
def layernorm_twin(op: norm.LayerNorm, value: Shape) -> Twin:
    if op.all:
        size = memory(value)[1:] if value.rank == 0 or value.count is None else each(value)
        layer = nn.LayerNorm(size, float(op.eps), op.affine, op.bias)
        return module(layer)
    layer = nn.LayerNorm(value.channels, float(op.eps), op.affine, op.bias)
    if value.rank == 0:
        return module(layer)
    return layer, lambda x: layer(x.movedim(1, -1)).movedim(-1, 1)


@twin(norm.GroupNorm)
def groupnorm_twin(op: norm.GroupNorm, value: Shape) -> Twin:
    layer = nn.GroupNorm(op.groups, value.channels, float(op.eps), op.affine)
    if value.rank == 0 and value.count is not None:
        return layer, lambda x: layer(x.flatten(0, 1)).view_as(x)
    return module(layer)


@twin(norm.InstanceNorm)
def instancenorm_twin(op: norm.InstanceNorm, value: Shape) -> Twin:
    made = by_rank("InstanceNorm", value.rank)
    return module(made(value.channels, float(op.eps), affine=op.affine))


@twin(norm.L2Norm)
def l2norm_twin(op: norm.L2Norm, value: Shape) -> Twin:
    holder = tensors(weight=(value.channels,)) if op.affine else nn.Module()

    def run(x: Tensor) -> Tensor:
        channel = 1 if value.rank else -1
        unit = x / (x.square().sum(channel, keepdim=True) + float(op.eps)).sqrt()
        weight = holder.weight if op.affine else torch.ones(value.channels)
        return unit * weight.view(-1, *[1] * value.rank)

    return holder, run


# ---- activations -------------------------------------------------------------------------------


PLAIN = {
    rectifier.Relu: nn.ReLU,
    rectifier.Relu6: nn.ReLU6,
    rectifier.Selu: nn.SELU,
    rectifier.Silu: nn.SiLU,
    rectifier.HardSwish: nn.Hardswish,
    act.HardSigmoid: nn.Hardsigmoid,
    act.Sigmoid: nn.Sigmoid,
    act.Tanh: nn.Tanh,
    rectifier.Mish: nn.Mish,
}


@twin(*PLAIN)
def plain_twin(op: Op, value: Shape) -> Twin:
    return module(PLAIN[type(op)]())


@twin(rectifier.Leaky)
def leaky_twin(op: rectifier.Leaky, value: Shape) -> Twin:
    return module(nn.LeakyReLU(float(op.slope)))


@twin(rectifier.PRelu)
def prelu_twin(op: rectifier.PRelu, value: Shape) -> Twin:
    layer = nn.PReLU(value.channels if op.channelwise else 1, float(op.start))
    return layer, channels_second(layer, value)


@twin(rectifier.Elu)
def elu_twin(op: rectifier.Elu, value: Shape) -> Twin:
    return module(nn.ELU(float(op.alpha)))


@twin(rectifier.Gelu)
def gelu_twin(op: rectifier.Gelu, value: Shape) -> Twin:
    return module(nn.GELU("tanh" if op.tanh else "none"))


@twin(act.Softplus)
def softplus_twin(op: act.Softplus, value: Shape) -> Twin:
    return module(nn.Softplus(float(op.beta)))


@twin(act.Softmax)
def softmax_twin(op: act.Softmax, value: Shape) -> Twin:
    if op.things:
        return module(nn.Softmax(0 if value.rank else 1))
    return module(nn.Softmax(1 if value.rank else -1))


@twin(act.Exp)
def exp_twin(op: act.Exp, value: Shape) -> Twin:
    return function(torch.exp)


@twin(act.Complement)
def complement_twin(op: act.Complement, value: Shape) -> Twin:
    return function(lambda x: 1 - x)


# ---- regularisers ------------------------------------------------------------------------------


@twin(regular.Dropout, regular.DropPath)
def dropout_twin(op: Any, value: Shape) -> Twin:
    return module(nn.Dropout(float(op.p)))


@twin(regular.Noise)
def noise_twin(op: regular.Noise, value: Shape) -> Twin:
    return function(lambda x: torch.randn_like(x) * float(op.std))
