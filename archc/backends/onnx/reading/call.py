"""One node of a model, with its attributes as plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archc.backends.onnx.reading.problem import Unreadable

if TYPE_CHECKING:
    import onnx

At = tuple[int, ...]
"""a node's place in the file; of one inside a scan the place of the scan, then its own"""


class Scope:
    """The inside of a scan: its node, and what its names are in the model as a whole."""

    def __init__(self, call: Call, names: dict[str, str]) -> None:
        self.call = call
        self.names = names

    def own(self, name: str) -> str:
        """What a name in the scan stands for: a value of it, or of what is around it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.call.scope
        return name


class Call:
    """A node: `at` is its place in the file, `kind` its operator, `inputs` the names it reads."""

    def __init__(self, at: At, proto: onnx.NodeProto, scope: Scope | None = None) -> None:
        self.at = at
        self.proto = proto
        self.scope = scope
        self.kind: str = proto.op_type
        self.domain: str = "" if proto.domain == "ai.onnx" else proto.domain
        self.name: str = proto.name
        self.inputs: tuple[str, ...] = tuple(proto.input)
        self.outputs: tuple[str, ...] = tuple(proto.output)
        if scope is not None:
            self.inputs = tuple([scope.own(name) if name else "" for name in self.inputs])
            self.outputs = tuple([scope.own(name) if name else "" for name in self.outputs])
        self._attributes: dict[str, Any] | None = None

    def by_own_names(self) -> onnx.NodeProto:
        """The node with the names that its values have here."""
        proto = type(self.proto)()
        proto.CopyFrom(self.proto)
        proto.input[:], proto.output[:] = self.inputs, self.outputs
        return proto

    def given(self, index: int) -> str:
        """The name of an input, empty where it is left out."""
        return self.inputs[index] if index < len(self.inputs) else ""

    def attribute(self, name: str, default: Any = None) -> Any:
        """An attribute: a number, a text, a tuple of numbers, a tensor, a graph."""
        if self._attributes is None:
            from onnx import helper

            try:
                self._attributes = {
                    one.name: _plain(helper.get_attribute_value(one))
                    for one in self.proto.attribute
                }
            except (ValueError, TypeError) as error:
                raise Unreadable(f"an attribute: {error}") from None
        return self._attributes.get(name, default)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, (str, int, float)) or hasattr(value, "SerializeToString"):
        return value
    return tuple([_plain(one) for one in value])
