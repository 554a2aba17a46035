"""A network built for speed: fewer, fused layers for inference, and weights that fit them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from archc.backends.torch.emit import PLAIN, Form
from archc.backends.torch.live import checked_source, inputs_of, module_class
from archc.graph.ir import Network
from archc.ops.ends import Extern
from archc.passes.base import keys
from archc.passes.fold_batchnorm import FoldBatchNorm
from archc.passes.fuse import fused
from archc.passes.strip_training import strip_training
from archc.record import Record, replace

if TYPE_CHECKING:
    from torch import Tensor, nn

DTYPES = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}
"""what layers can work in, by the words of the command line"""


class Optimized(Record):
    """What is built: `network` is the one the source is of; `weights` makes its state of a state
    of the plain network, and raises KeyError where that lacks a tensor. `notes` say what was done.
    """

    network: Network
    source: str
    weights: Callable[[Mapping[str, Tensor]], dict[str, Tensor]]
    notes: tuple[str, ...]


def optimized(network: Network, dtype: str = "fp32", form: Form = PLAIN) -> Optimized:
    """The network for inference: nothing of training, batch norms folded, layers fused.

    The source is checked on the meta device as plain ones are. Its `prepare(model)` works in
    `dtype` (fp32, bf16, fp16) unless it is told otherwise; float32 goes in and comes out. Raises
    KeyError for another dtype, ArchError for what torch lacks, BuildDiffers.
    """
    form = replace(form, wider=None, inference=DTYPES[dtype])
    stripped = strip_training(network)
    folding = FoldBatchNorm().change(stripped)
    made = fused(folding.network)
    source = checked_source(made, form)
    needed = [key for node in stripped.nodes for key in keys(stripped, node)]

    def weights(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        plain = {key: state[key] for key in needed}
        exact = {key: _exact(tensor) for key, tensor in plain.items()}
        folded: dict[str, Tensor] = folding.weights(exact)
        same = {id(tensor): key for key, tensor in exact.items()}
        like = next((one for one in plain.values() if one.is_floating_point()), None)
        return {
            key: plain[same[id(tensor)]] if id(tensor) in same else tensor.to(like)
            for key, tensor in folded.items()
        }

    return Optimized(made, source, weights, folding.notes)


class Made(Protocol):
    """A source for inference, its network, and what makes its state of a plain one."""

    @property
    def network(self) -> Network: ...

    @property
    def source(self) -> str: ...

    @property
    def weights(self) -> Callable[[Mapping[str, Tensor]], dict[str, Tensor]]: ...


def live(
    made: Made,
    state: Mapping[str, Tensor],
    examples: Sequence[Tensor] | None = None,
    device: Any = None,
) -> nn.Module:
    """The live module with the weights of a state of the plain network, prepared for a device.

    It is fastest on inputs of the sizes of `examples`, for which the network's own size in a batch
    of one stands in; all work. On a device other than it was prepared for it runs without fused
    kernels.
    """
    import torch

    place = torch.get_default_device() if device is None else torch.device(device)
    cls = module_class(made.network, made.source)
    model = cls()
    model.load_state_dict(made.weights(state), strict=True)
    model.to(place)
    if examples is None:
        unwritten = any(isinstance(node.op, Extern) for node in made.network.nodes)
        examples = [] if unwritten else inputs_of(made.network, str(place))
    inspect.unwrap(cls.forward).__globals__["prepare"](model, *examples)
    return model


def _exact(tensor: Tensor) -> Tensor:
    """In float64, so that folding rounds once."""
    return tensor.double() if tensor.is_floating_point() else tensor
