"""Some layers of a Sequential, one behind the other."""

from torch import Tensor, nn


def run(layers: nn.Sequential, x: Tensor, first: int, last: int) -> Tensor:
    """`layers[first:last]` on a value; torch.fx does not trace the call of a slice."""
    for layer in list(layers)[first:last]:
        x = layer(x)
    return x
