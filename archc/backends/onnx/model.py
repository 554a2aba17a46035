"""The model itself: a ModelProto without the numbers of its weights."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from archc import __version__
from archc.analysis.amounts import text_of_amount
from archc.analysis.cost import measure
from archc.backends.onnx.lower import Lowered, is_open
from archc.backends.onnx.scan import Body, Placed
from archc.graph.ir import Network
from archc.ops.ends import EXTERN, Input
from archc.ops.nodes import FOLLOWS, Constant
from archc.ops.values import Count, Shape
from archc.source import SourceFile, Span

if TYPE_CHECKING:
    import onnx

MARK = "Written by archc"
"""by which archc knows a file that it may overwrite"""
PRODUCER = "archc"
PARAMETERS = "archc.parameters"
"""the key in the metadata that has their number"""
BATCH = "N"
"""the name of the batch's side where it is open"""
IR_VERSIONS = ((23, 10), (24, 11), (25, 12))
"""the opset from which on a newer version of the file format is needed, and the one before it"""
LICENCE = "model_license"
"""the key that ONNX's list of metadata has for it"""
FLOATS = {"float32": 1, "float16": 10, "bfloat16": 16}


def model_of(lowered: Lowered, dtype: str = "float32", licence: str = "") -> onnx.ModelProto:
    """The model with its small tensors; weights are inputs, as long as nobody puts them in."""
    from onnx import helper

    network = lowered.network
    writer = _Writer(lowered, FLOATS[dtype])
    graph = helper.make_graph(
        [writer.node(placed) for placed in lowered.nodes],
        network.name,
        [writer.value(name, index) for name, index in network.inputs.items()],
        [writer.value(name, index, at) for name, index, at in writer.outputs()],
        [writer.constant(name, constant) for name, constant in lowered.constants.items()],
        doc_string=network.title or None,
        value_info=writer.infos(),
    )
    model = helper.make_model(
        graph,
        producer_name=PRODUCER,
        producer_version=__version__,
        doc_string=f"{MARK} {__version__} from {file_of(network)} ({network.name})",
        opset_imports=[helper.make_opsetid(*one) for one in domains(lowered)],
        ir_version=next(version for opset, version in IR_VERSIONS if lowered.opset < opset),
    )
    helper.set_model_props(model, facts(network, licence))
    return model


def domains(lowered: Lowered) -> list[tuple[str, int]]:
    """The sets of operators that the model needs, with their versions."""
    own = [("", lowered.opset)]
    return [*own, (EXTERN, 1)] if lowered.externs else own


def file_of(network: Network) -> str:
    """The spec's file without its folder: the same from wherever it is built."""
    return _without_folder(network.source)


def place_of(span: Span) -> str:
    """A row of a spec: file:line."""
    return f"{_without_folder(span.source)}:{span.line}"


def _without_folder(source: SourceFile) -> str:
    return source.name.replace("\\", "/").rpartition("/")[2]


def facts(network: Network, licence: str) -> dict[str, str]:
    """What the model says of itself: where it comes from, what it costs, who may use it."""
    whole = measure(network).sum()
    licensed = {LICENCE: licence} if licence else {}
    return {
        "archc.spec": file_of(network),
        "archc.network": network.name,
        "archc.sha256": hashlib.sha256(network.source.text.encode()).hexdigest()[:16],
        PARAMETERS: str(whole.params),
        "archc.macs": text_of_amount(whole.macs),
        **licensed,
    }


class _Writer:
    """Turns what was lowered into onnx's own objects."""

    def __init__(self, lowered: Lowered, floats: int) -> None:
        self.lowered = lowered
        self.network = lowered.network
        self.floats = floats
        self.letters: dict[str, list[tuple[str, int]]] = {}
        """the open sides of each input: the letter, and which side it is"""
        self.rows = self._rows()
        for opened in self.network.open_sides if is_open(self.network) else ():
            for letter, name, axis in opened.letters:
                self.letters.setdefault(name, []).append((letter, axis))

    def node(self, placed: Placed) -> onnx.NodeProto:
        """A node; its doc_string is the row it comes from."""
        from onnx import helper

        place, one = place_of(placed.origin.span), placed.node
        attributes = {key: self.attribute(value) for key, value in one.attributes}
        return helper.make_node(
            one.kind, one.inputs, one.outputs, placed.name, place, one.domain, **attributes
        )

    def attribute(self, value: Any) -> Any:
        """An attribute in onnx's own objects."""
        if isinstance(value, Body):
            return self.body(value)
        return self.floats if value == FOLLOWS else value

    def body(self, body: Body) -> onnx.GraphProto:
        """The graph of a scan's rows; the sizes of what it is given follow from outside."""
        from onnx import ValueInfoProto, helper

        return helper.make_graph(
            [self.node(placed) for placed in body.nodes],
            body.name,
            [ValueInfoProto(name=name) for name in body.inputs],
            [ValueInfoProto(name=name) for name in body.outputs],
        )

    def constant(self, name: str, constant: Constant) -> onnx.TensorProto:
        """A small tensor."""
        from onnx import TensorProto, helper

        kinds = {"int64": TensorProto.INT64, "float32": TensorProto.FLOAT, "float": self.floats}
        kind = kinds[constant.dtype]
        return helper.make_tensor(name, kind, constant.sides, constant.numbers)

    def outputs(self) -> list[tuple[str, int, int]]:
        """Name, node and place in a list, of each output."""
        found: list[tuple[str, int, int]] = []
        counted: dict[int, int] = {}
        for name, index in self.lowered.outputs.items():
            found.append((name, index, counted.get(index, 0)))
            counted[index] = counted.get(index, 0) + 1
        return found

    def infos(self) -> list[onnx.ValueInfoProto]:
        """The sizes of all values in between."""
        ends = {*self.network.inputs, *self.lowered.outputs}
        made = {name for placed in self.lowered.nodes for name in placed.node.outputs}
        found: dict[str, onnx.ValueInfoProto] = {}
        for index, names in self.lowered.names.items():
            for at, name in enumerate((names,) if isinstance(names, str) else names):
                if name in made and name not in ends and name not in found:
                    found[name] = self.value(name, index, at)
        return list(found.values())

    def value(self, name: str, index: int, at: int = 0) -> onnx.ValueInfoProto:
        """A value's name, kind and size."""
        from onnx import TensorProto, helper

        shape = self.network.nodes[index].shape
        if isinstance(shape, tuple):
            shape = shape[at]
        assert isinstance(shape, Shape)
        kind = TensorProto.INT64 if shape.is_integer else self.floats
        sides = self.sides(shape, self.rows.get(index))
        for letter, axis in self.letters.get(name, ()):
            sides[2 + axis if axis < shape.rank else 1] = letter
        return helper.make_tensor_value_info(name, kind, sides)

    def sides(self, shape: Shape, rows: int | str | None = None) -> list[Any]:
        """Sides in ONNX's order, a name where one is open; `rows` is how many things there are
        where those of all samples lie in one row, 1 where such things became one.
        """
        batch: Any = BATCH if self.lowered.batch is None else self.lowered.batch
        spatial: list[Any] = [*shape.spatial] if shape.dims else []
        if is_open(self.network):
            spatial = [None] * len(spatial)
        each = [shape.channels, *spatial] if shape.dims else []
        if shape.count is None:
            return [batch if rows is None else rows, *each]
        count = str(shape.count) if isinstance(shape.count, Count) else shape.count
        if rows is not None:
            return [rows, *each] if shape.rank > 0 else [1, rows, *each]
        return [count, *each] if shape.rank > 0 else [batch, count, *each]

    def _rows(self) -> dict[int, int | str]:
        """How many things a value has, where those of all samples lie in one row: regions, things
        that are maps, and what is made of these.
        """
        found: dict[int, int | str] = {}
        for node in self.network.nodes:
            shape, before = node.shape, [index for index in node.inputs if index in found]
            if not isinstance(shape, Shape) or (shape.count is None and not before):
                continue
            count = str(shape.count) if isinstance(shape.count, Count) else shape.count or 1
            if before and self._count(before[0]) == shape.count:
                found[node.index] = found[before[0]]
            elif before or (shape.rank > 0 and isinstance(node.op, Input)):
                found[node.index] = count
            elif shape.rank > 0:
                batch = self.lowered.batch
                found[node.index] = count if batch == 1 else f"{batch or BATCH}*{count}"
        return found

    def _count(self, index: int) -> int | Count | None:
        shape = self.network.nodes[index].shape
        return shape.count if isinstance(shape, Shape) else None
