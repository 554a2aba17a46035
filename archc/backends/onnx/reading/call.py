"""One node of a model, with its attributes as plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archc.backends.onnx.reading.problem import Unreadable

if TYPE_CHECKING:
    import onnx


class Call:
    """A node: `at` is its place in the file, `kind` its operator, `inputs` the names it reads."""

    def __init__(self, at: int, proto: onnx.NodeProto) -> None:
        self.at = at
        self.proto = proto
        self.kind: str = proto.op_type
        self.domain: str = "" if proto.domain == "ai.onnx" else proto.domain
        self.name: str = proto.name
        self.inputs: tuple[str, ...] = tuple(proto.input)
        self.outputs: tuple[str, ...] = tuple(proto.output)
        self._attributes: dict[str, Any] | None = None

    def given(self, index: int) -> str:
        """The name of an input, empty where it is left out."""
        return self.inputs[index] if index < len(self.inputs) else ""

    def attribute(self, name: str, default: Any = None) -> Any:
        """An attribute: a number, a text, a tuple of numbers, a tensor, a graph."""
        if self._attributes is None:
            from onnx import helper

            try:
                found = {one.name: helper.get_attribute_value(one) for one in self.proto.attribute}
            except (ValueError, TypeError) as error:
                raise Unreadable(f"an attribute: {error}") from None
            self._attributes = {key: _plain(value) for key, value in found.items()}
        return self._attributes.get(name, default)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, (str, int, float)) or hasattr(value, "SerializeToString"):
        return value
    return tuple([_plain(one) for one in value])
