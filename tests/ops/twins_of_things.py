"""Twins of what works on things: recurrent layers, attention, tables."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from archc.ops import attention, ends, learned, recurrent, scan
from archc.ops.values import Shape
from tests.ops.twin_parts import BARE, Twin, function, memory, module, tensors, twin

# ---- recurrent ---------------------------------------------------------------------------------


@twin(recurrent.Lstm, recurrent.Gru, recurrent.Rnn)
def recurrent_twin(op: Any, value: Shape, *states: Shape) -> Twin:
    made = {recurrent.Lstm: nn.LSTM, recurrent.Gru: nn.GRU, recurrent.Rnn: nn.RNN}[type(op)]
    more = {"nonlinearity": "relu"} if getattr(op, "relu", False) else {}
    layer = made(
        value.channels,
        op.channels,
        op.layers,
        bias=op.bias,
        batch_first=True,
        dropout=float(op.dropout),
        bidirectional=op.bidirectional,
        **more,
    )

    def run(x: Tensor, *first: Tensor) -> Tensor:
        step = value.count is None
        ready = [s.transpose(0, 1) if s.ndim == 3 else s.unsqueeze(0) for s in first]
        if ready and made is nn.LSTM:
            state = (ready[0], ready[-1] if op.cell else torch.zeros_like(ready[0]))
        else:
            state = ready[0] if ready else None
        y = layer(x.unsqueeze(1) if step else x, state)[0]
        return y.squeeze(1) if step else y

    return layer, run


@twin(recurrent.Embed)
def embed_twin(op: recurrent.Embed, value: Shape) -> Twin:
    return module(nn.Embedding(op.vocab, op.channels))


# ---- attention ---------------------------------------------------------------------------------


@twin(attention.Attention)
def attention_twin(op: attention.Attention, value: Shape, *source: Shape) -> Twin:
    other = source[0].channels if source else value.channels
    layer = nn.MultiheadAttention(
        value.channels,
        op.heads,
        float(op.dropout),
        op.bias,
        kdim=other,
        vdim=other,
        batch_first=True,
    )

    def run(x: Tensor, *source: Tensor) -> Tensor:
        query = x.unsqueeze(1) if value.count is None else x
        keys = source[0] if source else query
        mask = torch.ones(query.shape[1], keys.shape[1], dtype=torch.bool) if op.causal else None
        y = layer(query, keys, keys, attn_mask=mask)[0]
        return y.squeeze(1) if value.count is None else y

    return layer, run


@twin(attention.WindowAttention)
def windowattention_twin(op: attention.WindowAttention, value: Shape) -> Twin:
    """torchvision's ShiftedWindowAttention, its tensors and its products."""
    width, (rows, columns) = value.channels, op.window.sides
    area = rows * columns
    holder = nn.Module()
    holder.qkv = nn.Linear(width, 3 * width, op.bias)
    holder.proj = nn.Linear(width, width, op.bias)
    table = torch.empty((2 * rows - 1) * (2 * columns - 1), op.heads)
    holder.relative_position_bias_table = nn.Parameter(table)
    holder.register_buffer("relative_position_index", torch.empty(area * area, dtype=torch.int64))

    def run(x: Tensor) -> Tensor:
        x = x.permute(0, 2, 3, 1)
        height, across = x.shape[1:3]
        x = functional.pad(x, (0, 0, 0, -across % columns, 0, -height % rows))
        high, wide = x.shape[1] // rows, x.shape[2] // columns
        x = x.view(-1, high, rows, wide, columns, width).transpose(2, 3).reshape(-1, area, width)
        qkv = holder.qkv(x).view(-1, area, 3, op.heads, width // op.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        x = ((q @ k.transpose(-2, -1)).softmax(-1) @ v).transpose(1, 2).reshape(-1, area, width)
        x = holder.proj(x).view(-1, high, wide, rows, columns, width).transpose(2, 3)
        x = x.reshape(-1, high * rows, wide * columns, width)
        return x[:, :height, :across].permute(0, 3, 1, 2)

    return holder, run


# ---- learned -----------------------------------------------------------------------------------


@twin(learned.Scale)
def scale_twin(op: learned.Scale, value: Shape) -> Twin:
    return function(lambda x: x * float(op.factor))


@twin(learned.LayerScale)
def layerscale_twin(op: learned.LayerScale, value: Shape) -> Twin:
    holder = tensors(**{BARE: (value.channels, *[1] * value.rank)})
    return holder, lambda x: x * holder.bare


@twin(learned.ClassToken)
def classtoken_twin(op: learned.ClassToken, value: Shape) -> Twin:
    holder = tensors(**{BARE: (1, 1, value.channels)})
    return holder, lambda x: torch.cat([holder.bare.expand(len(x), -1, -1), x], 1)


@twin(learned.Positions)
def positions_twin(op: learned.Positions, value: Shape) -> Twin:
    holder = tensors(**{BARE: (1, op.longest or value.things, value.channels)})
    return holder, lambda x: x + holder.bare[:, : x.shape[1]]


# ---- ends --------------------------------------------------------------------------------------


@twin(ends.Identity)
def identity_twin(op: ends.Identity, value: Any) -> Twin:
    return function(lambda x: x)


@twin(ends.Input, ends.Extern)
def given_twin(op: Any, *values: Any) -> Twin:
    return function(lambda *inputs: torch.empty(memory(op.size)))


@twin(ends.Prev)
def prev_twin(op: ends.Prev, *values: Any) -> Twin:
    dims = op.size.sides if op.size else (op.channels,)
    return function(lambda *inputs: torch.zeros(1, dims[-1], *dims[:-1]))


@twin(scan.Scan)
def scan_twin(op: scan.Scan, value: Shape) -> Twin:
    return function(lambda x: x[:1] if value.rank > 0 else x[:, 0])


@twin(scan.Gather)
def gather_twin(op: scan.Gather, value: Shape) -> Twin:
    axis = 0 if value.rank > 0 else 1
    return function(lambda x: (torch.cat if axis == 0 else torch.stack)([x] * op.times, axis))
