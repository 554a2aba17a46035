"""Models whose nodes are functions of their own: put in place, as far as that stays small."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from archc.backends.onnx.reading.problem import ModelProblem

if TYPE_CHECKING:
    import onnx

Key = tuple[str, str, str]
"""a function's domain, name, and which of several of that name"""
EACH = 64
"""bytes that a node takes at least, once it has names of its own"""


def inlined(path: str, proto: onnx.ModelProto, most: int) -> onnx.ModelProto:
    """The model with its functions where they are called; `most` bytes are allowed.

    Raises ModelProblem for functions that call themselves, or that grow too large.
    """
    from onnx import inliner

    size = _Sizes(path, proto, most).of_nodes(proto.graph.node)
    if size > most:
        raise _too_large(path, most)
    try:
        return inliner.inline_local_functions(proto)
    except Exception as error:  # onnx's own reader of a hostile model
        said = (str(error).splitlines() or ["unknown"])[0]
        raise ModelProblem(f"{path}: its functions cannot be read: {said}") from None


def _too_large(path: str, most: int) -> ModelProblem:
    size = most // 2**20
    return ModelProblem(f"{path}: its functions grow beyond {size} MiB where they are called")


class _Sizes:
    """What functions take where they are called, with those that they call."""

    def __init__(self, path: str, proto: onnx.ModelProto, most: int) -> None:
        self.path = path
        self.most = most
        self.functions = {
            (one.domain, one.name, getattr(one, "overload", "")): one for one in proto.functions
        }
        self.sizes: dict[Key, int] = {}
        for key in self.functions:
            self._measure(key)

    def of_nodes(self, nodes: Iterable[onnx.NodeProto]) -> int:
        """Nodes, and all they call."""
        return sum(
            [EACH + node.ByteSize() + self.sizes.get(_key(node), 0) for node in all_nodes(nodes)]
        )

    def _measure(self, key: Key) -> None:
        """The functions that it calls first; a loop, since a file may nest them deeply."""
        pending, open_keys = [key], set[Key]()
        while pending:
            key = pending[-1]
            if key in self.sizes:
                pending.pop()
                continue
            nodes = [*all_nodes(self.functions[key].node)]
            called = {_key(node) for node in nodes} & {*self.functions}
            missing = [one for one in called if one not in self.sizes]
            if key in open_keys and missing:
                raise ModelProblem(f"{self.path}: its function {key[1]} calls itself")
            open_keys.add(key)
            pending += missing
            if not missing:
                self.sizes[key] = self.of_nodes(self.functions[key].node)
                if self.sizes[key] > self.most:
                    raise _too_large(self.path, self.most)


def _key(node: onnx.NodeProto) -> Key:
    return node.domain, node.op_type, getattr(node, "overload", "")


def all_nodes(nodes: Iterable[onnx.NodeProto]) -> Iterator[onnx.NodeProto]:
    """Nodes, and those of the graphs in them."""
    pending = [*nodes]
    while pending:
        node = pending.pop()
        yield node
        for attribute in node.attribute:
            pending += attribute.g.node
            for graph in attribute.graphs:
                pending += graph.node
