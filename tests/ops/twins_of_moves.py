"""Twins of joins, other sizes and other shapes."""

from __future__ import annotations

from functools import reduce
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from archc.ops import channels, join, pixels, pool, region, resample, shape, stack
from archc.ops.values import Shape
from tests.ops.twin_parts import Run, Twin, flat_things, function, module, tensors, twin

# ---- joins -------------------------------------------------------------------------------------


def opened(paths: tuple[Any, ...]) -> list[Tensor]:
    return [item for path in paths for item in (path if isinstance(path, tuple) else (path,))]


def broadcast(paths: tuple[Any, ...], values: tuple[Any, ...]) -> list[Tensor]:
    """In torch's order, a value without `of` needs a side of 1 to meet the things of another."""
    shapes = join.flat(values)
    counted = any(value.count is not None for value in shapes)
    lone = [counted and value.rank == 0 and value.count is None for value in shapes]
    return [path.unsqueeze(1) if one else path for path, one in zip(opened(paths), lone)]


@twin(join.Add)
def add_twin(op: join.Add, *values: Any) -> Twin:
    if op.paths == "equal":
        return function(lambda *paths: reduce(torch.add, broadcast(paths, values)))
    holder = tensors(weight=(len(join.flat(values)),))

    def run(*paths: Any) -> Tensor:
        weight = functional.relu(holder.weight)
        weight = weight / (weight.sum() + 1e-4)
        return sum(part * path for part, path in zip(weight, broadcast(paths, values)))

    return holder, run


@twin(join.Sub)
def sub_twin(op: join.Sub, *values: Any) -> Twin:
    return function(lambda *paths: reduce(torch.sub, broadcast(paths, values)))


@twin(join.AbsDiff)
def absdiff_twin(op: join.AbsDiff, *values: Any) -> Twin:
    return function(lambda *paths: reduce(torch.sub, broadcast(paths, values)).abs())


@twin(join.Mul)
def mul_twin(op: join.Mul, *values: Any) -> Twin:
    shapes = join.flat(values)
    rank = max(value.rank for value in shapes)

    def run(*paths: Any) -> Tensor:
        shaped = []
        for path, value in zip(broadcast(paths, values), shapes):
            missing = rank if value.rank == 0 and rank else 0
            shaped.append(path.reshape(*path.shape, *[1] * missing))
        return reduce(torch.mul, shaped)

    return function(run)


@twin(join.Mean, join.Max)
def reduction_twin(op: Any, *values: Any) -> Twin:
    over = torch.mean if isinstance(op, join.Mean) else torch.amax
    if op.things:
        rank = values[0].rank
        return function(lambda x: over(x, 0, keepdim=True) if rank else over(x, 1))
    return function(
        lambda *paths: over(torch.stack(torch.broadcast_tensors(*broadcast(paths, values))), 0)
    )


@twin(stack.Concat)
def concat_twin(op: stack.Concat, *values: Any) -> Twin:
    channel = 1 if join.flat(values)[0].rank else -1
    return function(lambda *paths: torch.cat(opened(paths), channel))


@twin(stack.Append)
def append_twin(op: stack.Append, *values: Any) -> Twin:
    shapes = join.flat(values)
    if shapes[0].rank > 0:
        return function(lambda *paths: torch.cat(opened(paths), 0))

    def run(*paths: Any) -> Tensor:
        pairs = zip(opened(paths), shapes)
        return torch.cat([x if v.count is not None else x.unsqueeze(1) for x, v in pairs], 1)

    return function(run)


@twin(stack.List)
def list_twin(op: stack.List, *values: Any) -> Twin:
    return function(lambda *paths: tuple(opened(paths)))


@twin(stack.MatMul)
def matmul_twin(op: stack.MatMul, left: Shape, right: Shape) -> Twin:
    if left.count is None:
        return function(lambda a, b: (a.unsqueeze(1) @ b).squeeze(1))
    return function(torch.matmul)


# ---- resampling --------------------------------------------------------------------------------


def interpolated(op: Any, rank: int, **size: Any) -> Run:
    smooth = {1: "linear", 2: "bilinear", 3: "trilinear"}[rank]
    mode = {"bilinear": smooth}.get(op.mode, op.mode)
    corners = None if op.mode == "nearest" else op.corners
    return lambda x, *_: functional.interpolate(x, mode=mode, align_corners=corners, **size)


@twin(resample.Upsample)
def upsample_twin(op: resample.Upsample, value: Shape) -> Twin:
    factors = op.factors.sides if op.factors else (op.factor,) * value.rank
    scale = tuple(float(factor) for factor in factors)
    return function(interpolated(op, value.rank, scale_factor=scale))


@twin(resample.Resize)
def resize_twin(op: resample.Resize, value: Shape, *like: Shape) -> Twin:
    size = op.size.sides if op.size else like[0].spatial
    return function(interpolated(op, value.rank, size=size))


@twin(resample.Crop)
def crop_twin(op: resample.Crop, value: Shape, *like: Shape) -> Twin:
    wanted = pool.sides_of(op.size, value) if op.size else like[0].spatial

    def run(x: Tensor, *_: Tensor) -> Tensor:
        for axis, size in enumerate(wanted, 2):
            start = (x.shape[axis] - size) // 2 if op.at is None else op.at
            x = x.narrow(axis, start, size)
        return x

    return function(run)


@twin(resample.Pad)
def pad_twin(op: resample.Pad, value: Shape) -> Twin:
    amounts = op.amounts.sides if op.amounts else (op.amount,) * value.rank
    before, after = op.end != "after", op.end != "before"
    pads = [end for side in reversed(amounts) for end in (side * before, side * after)]
    mode = "constant" if op.fill == "zeros" else op.fill
    return function(lambda x: functional.pad(x, pads, mode=mode))


@twin(pixels.PixelShuffle)
def pixelshuffle_twin(op: pixels.PixelShuffle, value: Shape) -> Twin:
    return module(nn.PixelShuffle(op.factor))


@twin(pixels.PixelUnshuffle)
def unshuffle_twin(op: pixels.PixelUnshuffle, value: Shape) -> Twin:
    if op.order == "channels":
        return module(nn.PixelUnshuffle(op.factor))
    steps = range(op.factor)
    parts = [(row, column) for column in steps for row in steps]
    return function(
        lambda x: torch.cat([x[:, :, r :: op.factor, c :: op.factor] for r, c in parts], 1)
    )


# ---- regions -----------------------------------------------------------------------------------


@twin(region.RoiPool, region.RoiAlign)
def region_twin(op: Any, value: Any, boxes: Shape) -> Twin:
    """torchvision's roi_pool, roi_align: [K, C, height, width] for K boxes."""
    channels = join.flat((value,))[0].channels
    return function(lambda x, boxes: torch.empty(boxes.shape[1], channels, *op.size.sides))


# ---- other shapes ------------------------------------------------------------------------------


@twin(shape.Flatten)
def flatten_twin(op: shape.Flatten, value: Shape) -> Twin:
    return function(lambda x: flat_things(x, value) if value.rank else x.flatten(1))


@twin(shape.Reshape)
def reshape_twin(op: shape.Reshape, value: Shape) -> Twin:
    dims = op.size.sides if op.size else (op.numbers,)
    torch_dims = (dims[-1], *dims[:-1])
    if value.count is None:
        return function(lambda x: x.reshape(1, *torch_dims))
    if len(dims) == 1:
        return function(lambda x: x.reshape(1, value.count, *dims))
    return function(lambda x: x.reshape(value.count, *torch_dims))


@twin(shape.Transpose)
def transpose_twin(op: shape.Transpose, value: Shape) -> Twin:
    return function(lambda x: x.transpose(1, 2))


@twin(shape.Tokens)
def tokens_twin(op: shape.Tokens, value: Shape) -> Twin:
    width = op.numbers or value.channels
    return function(lambda x: x.movedim(1, -1).reshape(1, -1, width))


@twin(shape.Token)
def token_twin(op: shape.Token, value: Shape) -> Twin:
    return function(lambda x: x[:, -1 if op.last else op.index])


@twin(shape.Map)
def map_twin(op: shape.Map, value: Shape) -> Twin:
    dims = op.size.sides if op.size else (op.length,)
    return function(lambda x: x.transpose(1, 2).unflatten(2, dims))


@twin(channels.Chunk)
def chunk_twin(op: channels.Chunk, value: Shape) -> Twin:
    return function(lambda x: x.chunk(op.of, 1 if value.rank else -1)[op.number - 1])


@twin(channels.Shuffle)
def shuffle_twin(op: channels.Shuffle, value: Shape) -> Twin:
    channel = 1 if value.rank or value.count is None else 2

    def run(x: Tensor) -> Tensor:
        rows = x.unflatten(channel, (op.groups, -1))
        return rows.transpose(channel, channel + 1).flatten(channel, channel + 1)

    return function(run)


@twin(channels.MoreChannels)
def morechannels_twin(op: channels.MoreChannels, value: Shape) -> Twin:
    more = op.channels - value.channels
    return function(lambda x: functional.pad(x, (*[0] * (2 * value.rank), 0, more)))


@twin(channels.Gram)
def gram_twin(op: channels.Gram, value: Shape) -> Twin:
    def run(x: Tensor) -> Tensor:
        rows = x.flatten(2) if value.rank else x.transpose(1, 2)
        # CxC is a map of one side in torch's order: channels before places.
        product = rows @ rows.transpose(1, 2)
        return product / (value.numbers if op.mean else 1)

    return function(run)


@twin(shape.Sum)
def sum_twin(op: shape.Sum, value: Shape) -> Twin:
    return function(lambda x: x.sum(0, keepdim=True) if value.rank else x.sum(1))
