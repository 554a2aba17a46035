"""Normalisations: numbers are shifted and scaled to a common size, then by trained factors."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from archc.diagnostics.kinds.values import ValueNotAllowed
from archc.diagnostics.model import Kind
from archc.ops.base import Op, Result, Tensors, needs_map, needs_numbers, option, within, wrong
from archc.ops.centred import grouped, normalized
from archc.ops.conv import bad_groups
from archc.ops.lowering import Make, Torch, channel_axis, channels_second, options, unlike
from archc.ops.nodes import Nodes
from archc.ops.values import Count, Drawn, Number, Shape

AFFINE = "whether trained factors and shifts follow"
EPS = "added to the variance"
GROUPS = 21
"""the opset from which on GroupNormalization has factors for each channel"""


def needs_features(op: Op, value: Any) -> Kind | None:
    """The problem unless the value has channels on at most three sides, or features."""
    problem = needs_numbers(op, value)
    if problem or value.rank <= 3:
        return problem
    return wrong(op, "a map of at most three sides, a vector or things", value)


class BatchNorm(Op):
    """Batch normalisation: each channel to mean 0 and variance 1 over batch and places.

    y = (x - mean)/sqrt(var + eps)*weight + bias; on `T of D` over batch and things for each of
    the D features. Running statistics are kept for inference and are not trained. `frozen` keeps
    factors and shifts untrained too (torchvision's FrozenBatchNorm2d), `affine=no` has none. No
    MACs.

    Example:
        input 32x32x3
        conv 3x3 16 pad=half bias=no
        bn                       -> 32x32x16

    Source: Ioffe and Szegedy 2015, "Batch normalization".
    """

    words = ("bn",)
    elementwise = True
    eps: Number = option("number", default=Fraction("1e-5"), doc=EPS)
    momentum: Number = option(
        "number", default=Fraction("0.1"), doc="weight of the new batch in the running statistics"
    )
    affine: bool = option("switch", default=True, doc=AFFINE)
    frozen: bool = option("flag", default=False, doc="all its numbers are buffers, none is trained")
    init: str | Drawn | None = option(
        "initial", default=None, choices=("zero",), doc="initial factors, else 1"
    )

    def shape(self, value: Any) -> Result:
        if self.frozen and not self.affine:
            takes = "no value beside frozen, which keeps the factors"
            return ValueNotAllowed("affine", "no", takes)
        problem = within("eps", self.eps, 0) or within("momentum", self.momentum, 0, 1)
        return problem or needs_features(self, value) or value

    def weights(self, value: Shape) -> Tensors:
        if self.frozen or not self.affine:
            return {}
        return {"weight": (value.channels,), "bias": (value.channels,)}

    def buffers(self, value: Shape) -> Tensors:
        size = (value.channels,)
        statistics: Tensors = {"running_mean": size, "running_var": size}
        if self.frozen:
            return {"weight": size, "bias": size, **statistics}
        return {**statistics, "num_batches_tracked": ()}

    def torch(self, value: Shape) -> Torch:
        eps = options(eps=unlike(float(self.eps), 1e-5))
        if self.frozen:
            frozen = Make("FrozenBatchNorm", (value.channels,), eps)
            return Torch(channels_second(value), frozen)
        more = options(momentum=unlike(float(self.momentum), 0.1), affine=unlike(self.affine, True))
        name = f"nn.BatchNorm{max(value.rank, 1)}d"
        start = options(weight=self.init)
        return Torch(channels_second(value), Make(name, (value.channels,), eps + more, start))

    def onnx(self, made: Nodes, value: Shape) -> str:
        factors = made.factors(value.channels, trained=self.affine)
        statistics = (made.tensor("running_mean"), made.tensor("running_var"))
        eps = float(self.eps)

        def layer(given: str) -> str:
            return made("BatchNormalization", given, *factors, *statistics, epsilon=eps)

        return made.channels_second(made.x, value, layer)


class LocalResponseNorm(Op):
    """Local response normalisation: each number is divided by those of its neighbouring channels.

    y = x / (k + alpha * sum of x^2 over n channels)^beta, AlexNet's formula and numbers. `mean`
    puts the mean of the squares in place of their sum, as Caffe, torch and ONNX do: their alpha
    is n times as large for the same layer. No MACs.

    Example:
        input 55x55x96
        lrn n=5 alpha=1e-4 beta=0.75 k=2  -> 55x55x96

    Source: Krizhevsky et al. 2012, "ImageNet classification with deep CNNs", section 3.3.
    """

    words = ("lrn",)
    elementwise = True
    n: int = option("integer", default=5, positional=True, doc="neighbouring channels")
    alpha: Number = option("number", default=Fraction("1e-4"), doc="weight of the neighbours")
    beta: Number = option("number", default=Fraction("0.75"), doc="power of the divisor")
    k: Number = option("number", default=Fraction(2), doc="added to the sum")
    mean: bool = option("flag", default=False, doc="alpha is for the mean of the squares")

    def shape(self, value: Any) -> Result:
        problem = within("alpha", self.alpha, 0) or within("k", self.k, 0)
        return problem or within("beta", self.beta, 0) or needs_map(self, value) or value

    def torch(self, value: Shape) -> Torch:
        given = options(
            alpha=unlike(self._alpha(), 1e-4),
            beta=unlike(float(self.beta), 0.75),
            k=unlike(float(self.k), 1.0),
        )
        return Torch(make=Make("nn.LocalResponseNorm", (self.n,), given))

    def onnx(self, made: Nodes, value: Shape) -> str:
        if self.n % 2 == 0:
            return self._averaged(made, value)
        given = made.x
        if value.rank == 1:
            given = made.unsqueeze(made.x, 3)
        elif value.rank == 3:
            given = made.reshape(made.x, 0, 0, 0, -1)
        found = made(
            "LRN",
            given,
            alpha=self._alpha(),
            beta=float(self.beta),
            bias=float(self.k),
            size=self.n,
        )
        if value.rank == 1:
            return made.squeeze(found, 3)
        return made.restored(found, made.x, value) if value.rank == 3 else found

    def _alpha(self) -> float:
        """The weight of the mean of the squares."""
        return float(self.alpha * (1 if self.mean else self.n))

    def _averaged(self, made: Nodes, value: Shape) -> str:
        """An even number of neighbours as torch takes them; ONNX has one more on the other side."""
        rows = made.reshape(made.x, 0, 1, value.channels, -1)
        means = made(
            "AveragePool",
            made("Mul", rows, rows),
            count_include_pad=1,
            kernel_shape=(self.n, 1),
            pads=(self.n // 2, 0, (self.n - 1) // 2, 0),
            strides=(1, 1),
        )
        scaled_ = made("Mul", means, made.number(self._alpha()))
        whole = made("Add", scaled_, made.number(float(self.k)))
        found = made("Div", rows, made("Pow", whole, made.number(float(self.beta))))
        return made.restored(found, made.x, value)


class LayerNorm(Op):
    """Layer normalisation: the channels at each place (the features of each thing) together.

    y = (x - mean)/sqrt(var + eps)*weight + bias. `all` takes the whole value instead, with one
    factor for each of its numbers: all places and channels of a map (of each map in `R of
    HxWxC`), all things of `196 of 512`. `bias=no` leaves out the shift, `affine=no` the factors
    too. No MACs.

    Example:
        input 196x768
        tokens
        layernorm eps=1e-6       -> 196 of 768

    Source: Ba, Kiros and Hinton 2016, "Layer normalization".
    """

    words = ("layernorm",)
    elementwise = True
    eps: Number = option("number", default=Fraction("1e-5"), doc=EPS)
    all: bool = option("flag", default=False, doc="over the whole value, not each place")
    affine: bool = option("switch", default=True, doc=AFFINE)
    bias: bool = option("switch", default=True, doc="whether shifts follow the factors")

    def shape(self, value: Any) -> Result:
        problem = within("eps", self.eps, 0) or needs_numbers(self, value)
        if problem:
            return problem
        if self.all and value.rank == 0 and isinstance(value.count, Count):
            problem = wrong(self, "a known number of things for `all`", value)
        return problem or value

    def weights(self, value: Shape) -> Tensors:
        if not self.affine:
            return {}
        size = self._normalized(value)
        return {"weight": size, "bias": size} if self.bias else {"weight": size}

    def torch(self, value: Shape) -> Torch:
        size = self._normalized(value)
        if self.all and not self.affine:  # no tensor fixes the size
            values = options(eps=float(self.eps))
            return Torch("F.layer_norm({0}, {0}.shape[1:], eps={eps})", None, values, fresh=True)
        given = options(
            eps=unlike(float(self.eps), 1e-5),
            elementwise_affine=unlike(self.affine, True),
            bias=unlike(self.bias, True),
        )
        name = "nn.LayerNorm" if self.all or value.rank == 0 else "ChannelNorm"
        return Torch(make=Make(name, (size[0] if len(size) == 1 else size,), given))

    def onnx(self, made: Nodes, value: Shape) -> str:
        tensors = [made.tensor(name) for name in self.weights(value)]
        if self.all and not tensors:
            found = grouped(made, made.x, 1, float(self.eps))
            return made.restored(found, made.x, value)
        if self.all:
            axis = -len(self._normalized(value))
            return normalized(made, made.x, axis, tensors, self._normalized(value), float(self.eps))
        if value.rank == 0:
            return normalized(made, made.x, -1, tensors, (value.channels,), float(self.eps))
        axes = (0, *range(2, value.rank + 2), 1)
        back = (0, value.rank + 1, *range(1, value.rank + 1))
        last = made.transpose(made.x, *axes)
        found = normalized(made, last, -1, tensors, (value.channels,), float(self.eps))
        return made.transpose(found, *back)

    def _normalized(self, value: Shape) -> tuple[int, ...]:
        """The sides that are normalised together, in torch's order."""
        if not self.all:
            return (value.channels,)
        if value.rank == 0 and isinstance(value.count, int):
            return value.count, value.channels
        return value.channels, *value.spatial


class GroupNorm(Op):
    """Group normalisation: the channels in groups, each group over all places of its map.

    y = (x - mean)/sqrt(var + eps)*weight + bias. On `T of D` each thing is normalised by itself. No
    MACs.

    Example:
        input 56x56x64
        groupnorm 32             -> 56x56x64

    Source: Wu and He 2018, "Group normalization".
    """

    words = ("groupnorm",)
    elementwise = True
    groups: int = option("integer", positional=True, doc="groups of channels")
    eps: Number = option("number", default=Fraction("1e-5"), doc=EPS)
    affine: bool = option("switch", default=True, doc=AFFINE)

    def shape(self, value: Any) -> Result:
        problem = within("eps", self.eps, 0) or needs_numbers(self, value)
        problem = problem or bad_groups(self.groups, value.channels, "channels")
        if problem:
            return problem
        if value.numbers_each == self.groups:
            problem = wrong(self, "more than one number in each group", value)
        return problem or value

    def weights(self, value: Shape) -> Tensors:
        size = (value.channels,)
        return {"weight": size, "bias": size} if self.affine else {}

    def torch(self, value: Shape) -> Torch:
        given = options(eps=unlike(float(self.eps), 1e-5), affine=unlike(self.affine, True))
        make = Make("nn.GroupNorm", (self.groups, value.channels), given)
        if value.rank == 0 and value.count is not None:
            return Torch("{self}({0}.flatten(0, 1)).view_as({0})", make)
        return Torch(make=make)

    def onnx(self, made: Nodes, value: Shape) -> str:
        if value.rank:
            return self._normalized(made, made.x, value)
        if value.count is None:
            found = self._normalized(made, made.unsqueeze(made.x, 2), value)
            return made.squeeze(found, 2)
        found = made.reshape(made.x, -1, value.channels, 1)
        return made.restored(self._normalized(made, found, value), made.x, value)

    def _normalized(self, made: Nodes, given: str, value: Shape) -> str:
        """The groups, then the factors of each channel; a vector is a map of one place."""
        eps = float(self.eps)
        if made.opset >= GROUPS and self.affine:
            tensors = [made.tensor(name) for name in self.weights(value)]
            return made("GroupNormalization", given, *tensors, epsilon=eps, num_groups=self.groups)
        found = grouped(made, given, self.groups, eps)
        if value.rank:
            found = made.restored(found, given, value)
        else:
            found = made.reshape(found, 0, value.channels, 1)
        for kind, name in zip(("Mul", "Add"), self.weights(value)):
            sides = (value.channels, *[1] * max(value.rank, 1))
            found = made(kind, found, made.tensor(name, *sides))
        return found


class InstanceNorm(Op):
    """Instance normalisation: each channel of each sample over its own places.

    y = (x - mean)/sqrt(var + eps), as torch without trained factors unless `affine=yes`. No MACs.

    Example:
        input 256x256x64
        instancenorm             -> 256x256x64

    Source: Ulyanov et al. 2016, "Instance normalization: the missing ingredient for fast
    stylization".
    """

    words = ("instancenorm",)
    elementwise = True
    eps: Number = option("number", default=Fraction("1e-5"), doc=EPS)
    affine: bool = option("switch", default=False, doc=AFFINE)

    def shape(self, value: Any) -> Result:
        problem = within("eps", self.eps, 0) or needs_map(self, value)
        if problem:
            return problem
        if value.numbers_each == value.channels:
            problem = wrong(self, "a map of more than one place", value)
        return problem or value

    def weights(self, value: Shape) -> Tensors:
        size = (value.channels,)
        return {"weight": size, "bias": size} if self.affine else {}

    def torch(self, value: Shape) -> Torch:
        given = options(eps=unlike(float(self.eps), 1e-5), affine=unlike(self.affine, False))
        return Torch(make=Make(f"nn.InstanceNorm{value.rank}d", (value.channels,), given))

    def onnx(self, made: Nodes, value: Shape) -> str:
        factors = made.factors(value.channels, trained=self.affine)
        return made("InstanceNormalization", made.x, *factors, epsilon=float(self.eps))


class L2Norm(Op):
    """Length normalisation: the channels at each place (the features of each thing) to one length.

    y = x / sqrt(sum of x^2 over the channels + eps) * weight, the weights beginning at `scale`;
    `affine=no` has no weights. No MACs.

    Example:
        input 38x38x512
        l2norm scale=20          -> 38x38x512

    Source: Liu et al. 2016, "ParseNet", section 3.3; SSD on conv4_3.
    """

    words = ("l2norm",)
    elementwise = True
    scale: Number = option("number", default=Fraction(1), doc="the weights' initial value")
    eps: Number = option("number", default=Fraction("1e-10"), doc="added to the sum of squares")
    affine: bool = option("switch", default=True, doc="whether trained factors follow")

    def shape(self, value: Any) -> Result:
        return within("eps", self.eps, 0) or needs_numbers(self, value) or value

    def weights(self, value: Shape) -> Tensors:
        return {"weight": (value.channels,)} if self.affine else {}

    def torch(self, value: Shape) -> Torch:
        given = options(
            scale=unlike(float(self.scale), 1.0),
            eps=unlike(float(self.eps), 1e-10),
            affine=unlike(self.affine, True),
            dim=unlike(channel_axis(value), 1),
        )
        return Torch(make=Make("L2Norm", (value.channels,), given))

    def onnx(self, made: Nodes, value: Shape) -> str:
        axis = channel_axis(value)
        squares = made.reduce("ReduceSum", made("Mul", made.x, made.x), axis)
        length = made("Sqrt", made("Add", squares, made.number(float(self.eps))))
        found = made("Div", made.x, length)
        if not self.affine:
            return found
        return made("Mul", found, made.tensor("weight", value.channels, *[1] * value.rank))
