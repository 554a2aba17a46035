"""Some layers of a Sequential, one behind the other."""

from torch import Tensor, nn


def run(layers: nn.Module, x: Tensor) -> Tensor:
    """A slice of a Sequential, layer by layer: torch.fx does not trace its call."""
    for layer in layers.children():
        x = layer(x)
    return x
