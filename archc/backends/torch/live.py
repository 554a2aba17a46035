"""The live module: the generated source, executed; and its check against the analysis."""

from __future__ import annotations

import inspect
import math
from typing import TYPE_CHECKING, Any

from archc.backends.differs import BuildDiffers
from archc.backends.torch.emit import PLAIN, Form, source_of
from archc.backends.torch.executed import classes_of
from archc.backends.torch.naming import NUM_CLASSES, network_class
from archc.backends.torch.places import kept_maps
from archc.backends.torch.sizes import size_of
from archc.graph.ir import Network, Node
from archc.graph.outline import SCAN
from archc.graph.tensors import tensors_of
from archc.ops.ends import Extern
from archc.ops.lowering import Unsupported
from archc.ops.values import Shape

if TYPE_CHECKING:
    from torch import Tensor, nn


def module_class(network: Network, source: str | None = None) -> type[nn.Module]:
    """The class that the source defines; tracebacks show the source's lines."""
    text = source_of(network) if source is None else source
    made: type[nn.Module] = classes_of(network.name, text)[network_class(network)]
    return made


def checked_source(network: Network, form: Form = PLAIN) -> str:
    """The source, built on the meta device and compared with the analysis.

    With another number of classes too, where that is a parameter. Raises ArchError for what torch
    lacks, BuildDiffers if parameters, keys or sizes are others.
    """
    import torch

    source = source_of(network, form)
    made = module_class(network, source)
    with torch.device("meta"):
        compare(network, made().eval())
        if form.wider is not None and takes_classes(made):
            compare(form.wider, made(**{NUM_CLASSES: form.wider.values["classes"]}).eval())
    return source


def module_of(
    network: Network,
    source: str,
    *,
    num_classes: int | None = None,
    device: Any = None,
    seed: int | None = None,
) -> nn.Module:
    """A live module of a source, with the weights that the spec begins with.

    With `seed` these are the same every time, and torch's own generators stay as they are. Raises
    ValueError if the network has no number of classes.
    """
    import torch

    made = module_class(network, source)
    if num_classes is not None and not takes_classes(made):
        raise ValueError(f"{network.name} has no number of classes that could be another")
    options = {} if num_classes is None else {NUM_CLASSES: num_classes}
    with torch.device(device or torch.get_default_device()):
        if seed is None:
            return made(**options)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            return made(**options)


def takes_classes(made: type[nn.Module]) -> bool:
    """Whether a network's class has `num_classes` as a parameter."""
    return NUM_CLASSES in inspect.signature(made).parameters


def compare(network: Network, module: nn.Module) -> None:
    """Raise BuildDiffers unless the module's tensors and sizes are those of the network."""
    expected = {key: tensor.shape for key, tensor in tensors_of(network).items()}
    built = {key: tuple(tensor.shape) for key, tensor in module.state_dict().items()}
    if built != expected:
        differing = sorted(set(built.items()) ^ set(expected.items()))[:3]
        raise BuildDiffers(f"{network.name}: tensors differ, {differing}")
    _stand_in(network, module)
    sizes: dict[str, set[tuple[int, ...]]] = {}
    hooks = [
        inner.register_forward_hook(_keep(sizes, path)) for path, inner in module.named_modules()
    ]
    given = module(*inputs_of(network))
    for hook in hooks:
        hook.remove()
    outputs = given if isinstance(given, tuple) else (given,)
    ends = dict(zip(network.outputs.values(), outputs))
    moved = kept_maps(network).between
    for node in network.nodes:
        _compare_size(network, node, ends.get(node.index), sizes, node.index in moved)


def _stand_in(network: Network, module: nn.Module) -> None:
    """Zeros of the declared size in the place of methods that the user has to write."""
    import torch

    for node in network.nodes:
        if isinstance(node.op, Extern):
            zeros = torch.zeros(size_of(node.op.size))
            for inner in module.modules():
                if hasattr(type(inner), node.op.name):
                    object.__setattr__(inner, node.op.name, lambda *given, zeros=zeros: zeros)


def inputs_of(network: Network, device: str = "meta") -> list[Tensor]:
    """Zeros of the inputs' sizes."""
    import torch

    shapes = [network.nodes[index].shape for index in network.inputs.values()]
    return [
        torch.zeros(
            size_of(shape), dtype=torch.int64 if shape.is_integer else torch.float32, device=device
        )
        for shape in shapes
        if isinstance(shape, Shape)
    ]


def _keep(sizes: dict[str, set[tuple[int, ...]]], path: str) -> Any:
    def hook(module: Any, given: Any, value: Any) -> None:
        if hasattr(value, "shape"):
            sizes.setdefault(path, set()).add(tuple(value.shape))

    return hook


def _compare_size(
    network: Network, node: Node, end: Any, sizes: dict[str, set[tuple[int, ...]]], moved: bool
) -> None:
    """`moved`: the things of the value are the places of a map."""
    if not isinstance(node.shape, Shape):
        return
    wanted = size_of(node.shape)
    if hasattr(end, "shape"):
        found = {tuple(end.shape)}
    elif network.weights(node) and _gives_the_value(network, node):
        found = sizes.get(node.shares or node.path, {wanted})
    else:
        return
    flat = {math.prod(size) for size in found} if node.op.elementwise or moved else set()
    if wanted not in found and math.prod(wanted) not in flat:
        raise BuildDiffers(f"{node.path} is {sorted(found)}, {wanted} was inferred")


def _gives_the_value(network: Network, node: Node) -> bool:
    """Whether the row's value is what its module gives, without axes moved or taken off."""
    found = node.op.torch(*[network.nodes[index].shape for index in node.inputs])
    if isinstance(found, Unsupported) or node.block.name == SCAN:
        return False
    if not found.call.startswith("{self}("):
        return False
    depth = 0
    for at, sign in enumerate(found.call):
        depth += (sign == "(") - (sign == ")")
        if sign == ")" and depth == 0:
            return at == len(found.call) - 1
    return False
