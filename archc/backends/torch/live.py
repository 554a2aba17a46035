"""The live module: the generated source, executed; and its check against the analysis."""

from __future__ import annotations

import linecache
import math
from typing import TYPE_CHECKING, Any

from archc.backends.torch.emit import source_of
from archc.backends.torch.naming import NUM_CLASSES, network_class
from archc.graph.ir import Network, Node
from archc.graph.outline import SCAN
from archc.ops.ends import Extern
from archc.ops.lowering import Unsupported
from archc.ops.values import Count, Shape

if TYPE_CHECKING:
    from torch import Tensor, nn

THINGS = 3
"""in the place of a count that is not known before a network runs"""


class BuildDiffers(Exception):
    """What was built is not what was analysed: a fault of archc, and nothing is written."""


def module_class(network: Network, source: str | None = None) -> type[nn.Module]:
    """The class that the source defines; tracebacks show the source's lines."""
    text = source_of(network) if source is None else source
    name = f"<archc {network.name}>"
    lines = text.splitlines(keepends=True)
    linecache.cache[name] = (len(text), None, lines, name)
    space: dict[str, Any] = {"__name__": f"archc_{network.net}"}
    exec(compile(text, name, "exec"), space)  # noqa: S102 - archc's own source: emit escapes names
    made: type[nn.Module] = space[network_class(network)]
    return made


def checked_source(network: Network, wider: Network | None = None) -> str:
    """The source, built on the meta device and compared with the analysis.

    With `wider`, the network with one class more, that is built and compared too. Raises ArchError
    for what torch lacks, BuildDiffers if parameters, keys or sizes are others.
    """
    import torch

    source = source_of(network, wider)
    made = module_class(network, source)
    with torch.device("meta"):
        compare(network, made().eval())
        if wider is not None and f"{NUM_CLASSES}: int = " in source:
            compare(wider, made(**{NUM_CLASSES: wider.values["classes"]}).eval())
    return source


def compare(network: Network, module: nn.Module) -> None:
    """Raise BuildDiffers unless the module's tensors and sizes are those of the network."""
    expected = _tensors(network)
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
    for node in network.nodes:
        _compare_size(network, node.index, ends.get(node.index), sizes)


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


def size_of(shape: Shape) -> tuple[int, ...]:
    """A value's size in torch, for one sample."""
    count = _number(shape.count)
    each = (shape.channels, *shape.spatial) if shape.dims else ()
    if count is None:
        return (1, *each)
    return (count, *each) if shape.rank > 0 else (1, count, *each)


def _number(count: int | Count | None) -> int | None:
    return THINGS + count.plus if isinstance(count, Count) else count


def _tensors(network: Network) -> dict[str, tuple[int, ...]]:
    """Keys and sizes of the state_dict that an output, in training too, needs."""
    from archc.backends.torch.lower import alive

    needed = alive(network)
    return {
        network.key(node, tensor): tuple(size)
        for node in network.nodes
        if node.index in needed and not node.shares
        for tensor, size in {**network.weights(node), **network.buffers(node)}.items()
    }


def _keep(sizes: dict[str, set[tuple[int, ...]]], path: str) -> Any:
    def hook(module: Any, given: Any, value: Any) -> None:
        if hasattr(value, "shape"):
            sizes.setdefault(path, set()).add(tuple(value.shape))

    return hook


def _compare_size(
    network: Network, index: int, end: Any, sizes: dict[str, set[tuple[int, ...]]]
) -> None:
    node = network.nodes[index]
    if not isinstance(node.shape, Shape):
        return
    wanted = size_of(node.shape)
    if hasattr(end, "shape"):
        found = {tuple(end.shape)}
    elif network.weights(node) and _gives_the_value(network, node):
        found = sizes.get(node.shares or node.path, {wanted})
    else:
        return
    flat = {math.prod(size) for size in found} if node.op.elementwise else set()
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
