"""Attention in windows, masks, and products of all pairs."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def gram(rows: Tensor, mean: bool = False) -> Tensor:
    """Products of each two rows, N,C,K to N,C,C (Gatys et al. 2016)."""
    products = rows @ rows.transpose(1, 2)
    return products / (rows.shape[1] * rows.shape[2]) if mean else products


def causal_mask(query: Tensor, keys: Tensor) -> Tensor:
    """True where a thing would look ahead (Vaswani et al. 2017, section 3.2.3)."""
    size = (query.shape[1], keys.shape[1])
    return torch.ones(size, dtype=torch.bool, device=query.device).triu(1)


@torch.fx.wrap
def window_shifts(x: Tensor, window: tuple[int, int], shift: int) -> list[int]:
    """How far windows move on each side of a map: not where one covers the side."""
    return [shift if side > reach else 0 for side, reach in zip(x.shape[2:], window)]


class WindowAttention(nn.Module):
    """Attention in windows of a map (Swin: Liu et al. 2021, section 3.2).

    The numbers and keys of torchvision's ShiftedWindowAttention.
    """

    relative_position_index: Tensor

    def __init__(
        self,
        channels: int,
        heads: int,
        window: tuple[int, int],
        shift: int = 0,
        bias: bool = True,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.heads = heads
        self.window = window
        self.shift = shift
        self.dropout = dropout
        self.qkv = nn.Linear(channels, 3 * channels, bias)
        self.proj = nn.Linear(channels, channels, bias)
        height, width = window
        table = torch.empty((2 * height - 1) * (2 * width - 1), heads)
        self.relative_position_bias_table = nn.Parameter(table)
        nn.init.trunc_normal_(self.relative_position_bias_table, std=0.02)
        row = torch.arange(height).repeat_interleave(width)
        column = torch.arange(width).repeat(height)
        down = row[:, None] - row + height - 1
        across = column[:, None] - column + width - 1
        index = (down * (2 * width - 1) + across).flatten()
        self.register_buffer("relative_position_index", index)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        rows, columns = self.window
        x = F.pad(x, (0, -width % columns, 0, -height % rows))
        bias = self.relative_position_bias_table[self.relative_position_index]
        bias = bias.view(rows * columns, -1, self.heads).permute(2, 0, 1)
        windows = x.shape[2] // rows * (x.shape[3] // columns)
        bias = bias.expand(windows, -1, -1, -1)
        if self.shift:
            down, across = window_shifts(x, self.window, self.shift)
            x = x.roll((-down, -across), (2, 3))
            x = self.attended(x, bias - 100 * self.apart(x, down, across))
            x = x.roll((down, across), (2, 3))
        else:
            x = self.attended(x, bias)
        return x[:, :, :height, :width]

    def windows(self, x: Tensor) -> Tensor:
        """N,C,H,W to N,windows,places,C."""
        x = torch.unflatten(x, 3, (-1, self.window[1]))
        x = torch.unflatten(x, 2, (-1, self.window[0]))
        return x.permute(0, 2, 4, 3, 5, 1).flatten(3, 4).flatten(1, 2)

    def apart(self, x: Tensor, down: int, across: int) -> Tensor:
        """windows,1,places,places: True where the shift joins opposite edges."""
        rows = torch.arange(x.shape[2], device=x.device) >= x.shape[2] - down
        columns = torch.arange(x.shape[3], device=x.device) >= x.shape[3] - across
        edge = self.windows((2 * rows[:, None] + columns)[None, None])
        return (edge != edge.transpose(2, 3)).transpose(0, 1)

    def attended(self, x: Tensor, bias: Tensor) -> Tensor:
        """`bias`: windows,heads,places,places."""
        y: Tensor = self.qkv(self.windows(x))
        y = torch.unflatten(y, 3, (3, self.heads, -1)).permute(3, 0, 1, 4, 2, 5)
        q, k, v = y.flatten(2, 3).unbind()  # N,windows*heads,places,C/heads
        dropout = self.dropout if self.training else 0.0
        bias = bias.flatten(0, 1).to(q.dtype)
        y = F.scaled_dot_product_attention(q, k, v, bias, dropout)
        y = self.proj(
            torch.unflatten(y, 1, (-1, self.heads)).transpose(2, 3).flatten(3)
        )
        y = torch.unflatten(y, 2, self.window)
        y = torch.unflatten(y, 1, (-1, x.shape[3] // self.window[1]))
        return y.permute(0, 5, 1, 3, 2, 4).flatten(4, 5).flatten(2, 3)

    def extra_repr(self) -> str:
        return f"heads={self.heads}, window={self.window}, shift={self.shift}"
