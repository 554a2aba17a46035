"""What stands in the module tree, and what a label on a row can mean."""

from __future__ import annotations

from archc.graph.compare import MADE_AGAIN
from archc.graph.ir import Instance, Node
from archc.ops.base import Op
from archc.ops.ends import Input


class CannotWrite(Exception):
    """Something has no place in the text; `path` says where it stands, `what` why."""

    def __init__(self, path: str, what: str) -> None:
        super().__init__(f"{path}: {what}")
        self.path = path
        self.what = what


def has_name(item: Node | Instance) -> bool:
    """Whether a thing is in the module tree under its path."""
    if MADE_AGAIN in item.path:
        return False
    if isinstance(item, Instance):
        return True
    if item.op.word == "extern":
        return False
    return isinstance(item.op, Input) or item.op.role == "layer" or _may_weigh(item)


def has_weights(item: Node | Instance) -> bool:
    """Whether a label on a row looks for it: it may have weights."""
    return isinstance(item, Instance) or _may_weigh(item)


def _may_weigh(node: Node) -> bool:
    """Of joins only the weighted ones."""
    if node.op.role == "join" and getattr(node.op, "paths", "") != "weighted":
        return False
    return type(node.op).weights is not Op.weights
