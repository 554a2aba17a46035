"""A network as text: stable, complete, made for tests, diffs and bug reports.

One line an instance or node, indented by blocks, in text order:

    net lenet5
      input: input 32x32x1
      conv1: conv window=5x5 ... <- input -> 28x28x6   weight 6x1x5x5, bias 6   line 5
"""

from __future__ import annotations

from collections.abc import Iterator

from archc.graph.ir import Check, Instance, Network, Node
from archc.ops.values import text_of

INDENT = "  "


def dump(network: Network) -> str:
    """The whole network as text; the same network gives the same bytes."""
    lines = [f"net {network.name}"]
    lines.extend(_items(network))
    for word, found in (("output", network.outputs), ("training output", network.training_outputs)):
        lines.extend([f"{word} {name} = {network.nodes[i].path}" for name, i in found.items()])
    lines.extend([_check(check) for check in network.checks])
    lines.extend([f"meta {name} = {value}" for name, value in network.meta.items()])
    return "\n".join(lines) + "\n"


def _check(check: Check) -> str:
    row = f"({check.row})" if check.row else ""
    return f"check {check.metric}{row} {check.relation} {check.written}"


def _items(network: Network) -> Iterator[str]:
    """Lines of the tree, depth first without recursion: nesting is a file's own affair."""
    pending: list[tuple[Instance | Node, int]] = [
        (item, 1) for item in reversed(network.root.items)
    ]
    while pending:
        item, depth = pending.pop()
        indent = INDENT * depth
        if isinstance(item, Node):
            yield indent + _node(network, item)
            continue
        values = "".join([f" {name}={value}" for name, value in item.arguments])
        times = f" for each of {item.times}" if item.times is not None else ""
        yield f"{indent}{item.path}: {item.name}{values}{times}{_place(item)}"
        pending.extend([(inner, depth + 1) for inner in reversed(item.items)])


def _node(network: Network, node: Node) -> str:
    options = "".join([f" {name}={_shown(value)}" for name, value in node.op.options.items()])
    paths = [network.nodes[index].path for index in node.inputs]
    reads = f" <- {', '.join(paths)}" if paths else ""
    shape = text_of(node.shape) if node.shape is not None else "?"
    shares = f"   shares {node.shares}" if node.shares else ""
    tensors, line = _tensors(network, node), node.span.line
    return f"{node.path}: {node.op.word}{options}{reads} -> {shape}{tensors}{shares}   line {line}"


def _tensors(network: Network, node: Node) -> str:
    if node.shape is None or node.shares:
        return ""
    found = [
        f"{name or 'weight'} {'x'.join([str(side) for side in size]) or 'scalar'}"
        for tensors in (network.weights(node), network.buffers(node))
        for name, size in tensors.items()
    ]
    return f"   {', '.join(found)}" if found else ""


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _place(instance: Instance) -> str:
    return f"   line {instance.span.line}" if instance.span is not None else ""
