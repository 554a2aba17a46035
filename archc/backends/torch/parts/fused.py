"""Inference: layers and what follows them as one kernel; what makes a model ready."""

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def unpack(module: nn.Module, keys: Any) -> None:
    """A state was loaded: what was packed are the weights of before."""
    if isinstance(module, Fused):
        module.packed = None


End = tuple[Callable[[Tensor], Tensor], str, list[float], str]

ENDS: dict[str, End] = {
    "": (lambda y: y, "none", [], ""),
    "relu": (lambda y: y.relu_(), "relu", [], ""),
    "relu6": (lambda y: y.clamp_(0, 6), "hardtanh", [0.0, 6.0], ""),
    "silu": (lambda y: F.silu(y, inplace=True), "swish", [], ""),
    "hardswish": (lambda y: F.hardswish(y, inplace=True), "hardswish", [], ""),
    "hardsigmoid": (lambda y: F.hardsigmoid(y, inplace=True), "hardsigmoid", [], ""),
    "sigmoid": (lambda y: y.sigmoid_(), "sigmoid", [], ""),
    "tanh": (lambda y: y.tanh_(), "tanh", [], ""),
    "gelu": (F.gelu, "gelu", [], "none"),
    "gelu_tanh": (lambda y: F.gelu(y, approximate="tanh"), "gelu", [], "tanh"),
}


def end_of(activation: str, slope: float) -> End:
    """An activation, and what oneDNN calls it: name, numbers, formula."""
    if activation == "leaky_relu":
        return lambda y: F.leaky_relu_(y, slope), "leaky_relu", [slope], ""
    return ENDS[activation]


class Fused(nn.Module):
    """A layer, a sum and an activation; one kernel, once `prepare` found that it works.

    `plus` is added to the layer's value; so is `into`, which may be overwritten.
    """

    packed: Tensor | None
    weight: Tensor
    adds = True

    def __init__(
        self, *sizes: Any, activation: str = "", slope: float = 0.01, **options: Any
    ) -> None:
        super().__init__(*sizes, **options)
        self.activation = activation
        self.slope = slope
        self.packed = None
        module: Any = self
        module.register_load_state_dict_post_hook(unpack)

    def __getstate__(self) -> dict[str, Any]:
        """A copy and a pickle have no packed weights: those are of this process."""
        left = ("packed", "_load_state_dict_post_hooks")
        return {key: held for key, held in self.__dict__.items() if key not in left}

    def __setstate__(self, state: dict[str, Any]) -> None:
        base: Any = super()
        base.__setstate__(state)
        self.packed = None
        module: Any = self
        module.register_load_state_dict_post_hook(unpack)

    def run(
        self, input: Tensor, plus: Tensor | None = None, into: Tensor | None = None
    ) -> Tensor:
        """By the kernel where it is that of the numbers."""
        packed = self.packed
        if packed is None or packed.dtype != input.dtype:
            return self.plain(input, plus, into)
        if packed.device != input.device:
            return self.plain(input, plus, into)
        return self.kernel(packed, input, plus, into)

    def plain(
        self, x: Tensor, plus: Tensor | None = None, into: Tensor | None = None
    ) -> Tensor:
        """By torch's public functions."""
        y: Tensor = super().forward(x)
        if into is not None:
            y = into.add_(y)
        elif plus is not None:
            y = y.add_(plus)
        return self.ended(y)

    def ended(self, y: Tensor) -> Tensor:
        """The activation, written over what it reads where torch can."""
        return end_of(self.activation, self.slope)[0](y)

    def kernel(
        self, packed: Tensor, x: Tensor, plus: Tensor | None, into: Tensor | None
    ) -> Tensor:
        """By a kernel that is private to torch."""
        raise NotImplementedError

    def pack(self, size: tuple[int, ...] | None) -> None:
        """Take the kernel for inputs of this size if it does what plain torch does."""
        self.packed = None
        try:
            packed, x = self.packed_weight(size), self.small_input()
            z = torch.rand_like(self.plain(x))
            ways = [(None, None), (z, None), (None, z)]
            if all(
                self.agrees(packed, x, *way) for way in ways[: 3 if self.adds else 1]
            ):
                self.packed = packed
        except Exception:  # noqa: BLE001 - a kernel that is missing fails in many ways
            return

    def agrees(
        self, packed: Tensor, x: Tensor, plus: Tensor | None, into: Tensor | None
    ) -> bool:
        place = None if into is None else into.clone()
        expected = self.plain(x, plus, place)
        found = self.kernel(packed, x, plus, into)
        error = 0.05 if x.dtype.itemsize < 4 else 0.01
        return bool((found - expected).abs().max() <= error * expected.abs().max())

    def packed_weight(self, size: tuple[int, ...] | None) -> Tensor:
        """The weight as the kernel wants it."""
        raise NotImplementedError

    def small_input(self) -> Tensor:
        """Numbers to try the kernel on."""
        raise NotImplementedError


class FusedConv(Fused):
    """A convolution by oneDNN's kernels; on CUDA by cuDNN's where a relu ends it."""

    bias: Tensor | None
    in_channels: int
    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: str | tuple[int, ...]
    dilation: tuple[int, ...]
    groups: int

    def forward(
        self, input: Tensor, plus: Tensor | None = None, into: Tensor | None = None
    ) -> Tensor:
        return self.run(input, plus, into)

    def pads(self) -> tuple[int, ...]:
        """Zeros at both ends of each side."""
        if not isinstance(self.padding, str):
            return self.padding
        sizes = [d * (k - 1) for d, k in zip(self.dilation, self.kernel_size)]
        if any(size % 2 for size in sizes):
            raise ValueError("more zeros at one end than at the other")
        return tuple([size // 2 for size in sizes])

    def packed_weight(self, size: tuple[int, ...] | None) -> Tensor:
        if self.weight.is_cuda:
            return self.weight
        packed: Tensor = torch.ops.mkldnn._reorder_convolution_weight(
            self.weight, self.pads(), self.stride, self.dilation, self.groups, size
        )
        return packed

    def small_input(self) -> Tensor:
        sizes = zip(self.dilation, self.kernel_size, self.stride)
        sides = [d * (k - 1) + 1 + s for d, k, s in sizes]
        return torch.rand(1, self.in_channels, *sides).to(self.weight)

    def kernel(
        self, packed: Tensor, x: Tensor, plus: Tensor | None, into: Tensor | None
    ) -> Tensor:
        other = plus if into is None else into
        how = (self.pads(), self.stride, self.dilation, self.groups)
        if x.is_cuda:
            return self.cudnn(x, other)
        y: Tensor
        given = (packed, self.bias, *how)
        if other is None:
            end = end_of(self.activation, self.slope)[1:]
            y = torch.ops.mkldnn._convolution_pointwise(x, *given, *end)
            return y
        relu = self.activation == "relu"
        last: tuple[str | None, list[float], str] = ("relu" if relu else None, [], "")
        add = ("add", 1.0, *last)
        if into is not None:
            y = torch.ops.mkldnn._convolution_pointwise_.binary(into, x, *given, *add)
        else:
            y = torch.ops.mkldnn._convolution_pointwise.binary(x, other, *given, *add)
        return y if relu else self.ended(y)

    def cudnn(self, x: Tensor, other: Tensor | None) -> Tensor:
        if self.activation != "relu":
            raise NotImplementedError
        how = (self.stride, self.pads(), self.dilation, self.groups)
        y: Tensor
        if other is None:
            y = torch.ops.aten.cudnn_convolution_relu(x, self.weight, self.bias, *how)
        else:
            y = torch.ops.aten.cudnn_convolution_add_relu(
                x, self.weight, other, 1.0, self.bias, *how
            )
        return y


class FusedConv1d(FusedConv, nn.Conv1d):
    """A convolution over one side."""


class FusedConv2d(FusedConv, nn.Conv2d):
    """A convolution over two sides."""


class FusedConv3d(FusedConv, nn.Conv3d):
    """A convolution over three sides."""


class FusedConvTranspose(Fused):
    """A transposed convolution by oneDNN's kernels."""

    bias: Tensor | None
    in_channels: int
    stride: tuple[int, ...]
    padding: str | tuple[int, ...]
    output_padding: tuple[int, ...]
    dilation: tuple[int, ...]
    groups: int
    adds = False

    def forward(self, input: Tensor, output_size: list[int] | None = None) -> Tensor:
        return self.run(input)

    def small_input(self) -> Tensor:
        sides = [3] * len(self.stride)
        return torch.rand(1, self.in_channels, *sides).to(self.weight)

    def packed_weight(self, size: tuple[int, ...] | None) -> Tensor:
        packed: Tensor = torch.ops.mkldnn._reorder_convolution_transpose_weight(
            self.weight,
            self.padding,
            self.output_padding,
            self.stride,
            self.dilation,
            self.groups,
            size,
        )
        return packed

    def kernel(
        self, packed: Tensor, x: Tensor, plus: Tensor | None, into: Tensor | None
    ) -> Tensor:
        y: Tensor = torch.ops.mkldnn._convolution_transpose_pointwise(
            x,
            packed,
            self.bias,
            self.padding,
            self.output_padding,
            self.stride,
            self.dilation,
            self.groups,
            *end_of(self.activation, self.slope)[1:],
        )
        return y


class FusedConvTranspose1d(FusedConvTranspose, nn.ConvTranspose1d):
    """A transposed convolution over one side."""


class FusedConvTranspose2d(FusedConvTranspose, nn.ConvTranspose2d):
    """A transposed convolution over two sides."""


class FusedConvTranspose3d(FusedConvTranspose, nn.ConvTranspose3d):
    """A transposed convolution over three sides."""


class FusedLinear(Fused, nn.Linear):
    """A fully connected layer by oneDNN's kernels."""

    def forward(
        self, input: Tensor, plus: Tensor | None = None, into: Tensor | None = None
    ) -> Tensor:
        return self.run(input, plus, into)

    def packed_weight(self, size: tuple[int, ...] | None) -> Tensor:
        rows = None if size is None else math.prod(size[:-1])
        packed: Tensor = torch.ops.mkldnn._reorder_linear_weight(self.weight, rows)
        return packed

    def small_input(self) -> Tensor:
        return torch.rand(1, self.in_features).to(self.weight)

    def kernel(
        self, packed: Tensor, x: Tensor, plus: Tensor | None, into: Tensor | None
    ) -> Tensor:
        y: Tensor
        other = plus if into is None else into
        linear = torch.ops.mkldnn._linear_pointwise
        if other is None:
            y = linear(x, packed, self.bias, *end_of(self.activation, self.slope)[1:])
            return y
        y = linear.binary(x, other, packed, self.bias, "add")
        return self.ended(y)


def arranged(x: Tensor, dtype: torch.dtype) -> Tensor:
    """The numbers in a dtype, channels innermost in memory."""
    if x.ndim == 4:
        return x.to(dtype, memory_format=torch.channels_last)
    if x.ndim == 5:
        return x.to(dtype, memory_format=torch.channels_last_3d)
    return x.to(dtype)


DTYPE = torch.float32


def prepare(model: nn.Module, *examples: Tensor, dtype: torch.dtype = DTYPE) -> None:
    """Make a model fast, its weights loaded: in `dtype`, packed for this machine.

    Weights are packed for inputs of the sizes of the examples; others work, but slower.
    No gradients; channels innermost; statistics of batch norm stay as they are. The CPU
    takes numbers below 1e-38 for 0 from here on: they make it a hundred times slower.
    """
    torch.set_flush_denormal(True)
    model.eval().requires_grad_(False)
    layers = [layer for layer in model.modules() if not hasattr(layer, "running_mean")]
    for layer in layers:
        own = [*layer.parameters(recurse=False), *layer.buffers(recurse=False)]
        for tensor in own:
            if tensor.is_floating_point():
                tensor.data = arranged(tensor.data, dtype)
    sizes = input_sizes(model, examples) if examples else {}
    for layer in layers:
        if isinstance(layer, Fused):
            layer.pack(sizes.get(layer))


def input_sizes(
    model: nn.Module, examples: tuple[Tensor, ...]
) -> dict[nn.Module, tuple[int, ...]]:
    """What goes into each layer, found on the meta device."""
    sizes: dict[nn.Module, tuple[int, ...]] = {}

    def note(layer: nn.Module, given: tuple[Tensor, ...]) -> None:
        sizes[layer] = tuple(given[0].shape)

    layers = [layer for layer in model.modules() if isinstance(layer, Fused)]
    hooks = [layer.register_forward_pre_hook(note) for layer in layers]
    weights: dict[str, Tensor] = {
        name: nn.Parameter(x.to("meta"), requires_grad=False)
        for name, x in model.state_dict().items()
    }
    given = tuple([x.to("meta") for x in examples])
    torch.func.functional_call(model, weights, given)
    for hook in hooks:
        hook.remove()
    return sizes


def capture(model: nn.Module, *inputs: Tensor) -> Callable[..., Any]:
    """The prepared model for inputs of just these sizes, as one CUDA graph.

    What it gives lies in the same memory every time: the next call writes over it.
    """
    if not all(x.is_cuda for x in (*inputs, *model.parameters())):
        raise RuntimeError(
            "a CUDA graph needs the model and its inputs on a CUDA device"
        )
    places = [x.clone() for x in inputs]
    cuda: Any = torch.cuda
    side = cuda.Stream()
    side.wait_stream(cuda.current_stream())
    with cuda.stream(side):
        for _ in range(3):
            model(*places)
    cuda.current_stream().wait_stream(side)
    graph = cuda.CUDAGraph()
    with cuda.graph(graph):
        outputs = model(*places)

    def replay(*given: Tensor) -> Any:
        for place, x in zip(places, given, strict=True):
            if place.shape != x.shape:
                raise ValueError(f"captured for {place.shape}, got {x.shape}")
            place.copy_(x)
        graph.replay()
        return outputs

    return replay
