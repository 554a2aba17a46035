"""Blocks as functions: each use of a block is one node, its rows are the nodes of a function.

A function holds no tensors: a use is given its values, then its weights. Blocks inside of blocks
are uses again. A block has one function for all uses whose nodes are the same, whatever the sizes
of their weights; what differs in more (a stride, a row that is left out) has one of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

from archc.backends.onnx.lower import Lowered
from archc.backends.onnx.model import place_of
from archc.backends.onnx.naming import free_name
from archc.backends.onnx.nested import graphs_in, with_inner
from archc.backends.onnx.scan import Body, Placed
from archc.graph.ir import Instance, Node
from archc.graph.outline import SCAN

if TYPE_CHECKING:
    import onnx

DOMAIN = "archc.blocks"

Row = tuple[Placed, "onnx.NodeProto"]
"""a node before and after it was written"""


def with_functions(lowered: Lowered, model: onnx.ModelProto) -> onnx.ModelProto:
    """The same model with its blocks as functions.

    `lowered` is what it was made of, with `blocks` that stay whole; the model has all its sizes.
    """
    from onnx import helper

    functions = _Functions(lowered, model)
    nodes = functions.grouped(zip(lowered.nodes, model.graph.node), lowered.network.root)
    if not functions.made:
        return model
    whole = type(model)()
    whole.CopyFrom(model)
    _replace(whole.graph.node, nodes)
    for graph in (whole.graph, *graphs_in(whole.graph.node)):
        _keep(graph.value_info, {name for node in graph.node for name in node.output})
    _keep(whole.graph.initializer, {*_read(nodes), *[one.name for one in whole.graph.output]})
    whole.functions.extend([one.finished() for one in functions.made.values()])
    whole.opset_import.append(helper.make_opsetid(DOMAIN, 1))
    return whole


class _Functions:
    """The functions of a model, in the order in which uses of them end."""

    def __init__(self, lowered: Lowered, model: onnx.ModelProto) -> None:
        self.made: dict[tuple[str, bytes], _Function] = {}
        self.tensors = lowered.tensors
        self.constants = {one.name: one for one in model.graph.initializer}
        self.versions = {one.domain: one.version for one in model.opset_import} | {DOMAIN: 1}
        self.infos = {
            info.name: info
            for graph in (model.graph, *graphs_in(model.graph.node))
            for info in (*graph.input, *graph.value_info, *graph.output)
        }
        self.reads = Counter(_read(model.graph.node))
        self.reads.update([one.name for one in model.graph.output])
        self.inner_names = lowered.inner_names

    def grouped(self, rows: Iterable[Row], around: Instance) -> list[onnx.NodeProto]:
        """The nodes of one graph, which stand in the instance `around`, with uses as one node.

        Nodes that come later than those which a use has together stay what they are.
        """
        found: list[onnx.NodeProto] = []
        used: set[Instance] = set()
        for use, together in groupby(rows, lambda row: _use_in(row[0].origin, around)):
            if use is None or use in used:
                found += [self._plain(*row) for row in together]
            else:
                used.add(use)
                found.append(self._call(use, list(together)))
        return found

    def _plain(self, placed: Placed, written: onnx.NodeProto) -> onnx.NodeProto:
        """A node as it is; uses in the graph that it holds are grouped."""
        node = type(written)()
        node.CopyFrom(written)
        graphs = {one.name: one.g for one in node.attribute if one.HasField("g")}
        for name, value in placed.node.attributes:
            if isinstance(value, Body):
                rows = list(zip(value.nodes, graphs[name].node, strict=True))
                _replace(graphs[name].node, self.grouped(rows, placed.origin.block))
        return node

    def _call(self, use: Instance, rows: list[Row]) -> onnx.NodeProto:
        """The node of a use, whose nodes these are."""
        from onnx import helper

        nodes = self.grouped(rows, use)
        made = dict.fromkeys(_made(nodes))
        read = dict.fromkeys([name for name in _read(nodes) if name not in made])
        values = [name for name in read if name not in self.tensors and name not in self.constants]
        weights = [name for name in read if name in self.tensors]
        within = Counter(_read([written for _, written in rows]))
        results = [
            name for node in nodes for name in node.output if self.reads[name] > within[name]
        ]
        called = {name: f"x{at}" if at > 1 else "x" for at, name in enumerate(values, 1)}
        called |= {name: _owned(rows, name) for name in weights}
        called |= {name: self.inner_names.get(name, name) for name in made}
        names = _free(called, use, {name for name in read if name in self.constants})
        inputs = [*values, *weights]
        function = self._function(use, nodes, names, (inputs, results))
        assert use.span is not None
        place = place_of(use.span)
        return helper.make_node(function.proto.name, inputs, results, use.path, place, DOMAIN)

    def _function(
        self,
        use: Instance,
        nodes: list[onnx.NodeProto],
        names: dict[str, str],
        ends: tuple[list[str], list[str]],
    ) -> _Function:
        """The function of a use, and what it gets and gives; `names` are those inside of it."""
        from onnx import helper

        whole = [
            helper.make_node("Constant", [], [name], name, value=self.constants[name])
            for name in dict.fromkeys(_read(nodes))
            if name in self.constants
        ]
        whole += [_renamed(node, use, names) for node in nodes]
        inputs, outputs = [[names[name] for name in end] for end in ends]
        domains = sorted({"", *[node.domain for node in with_inner(nodes)]})
        imports = [helper.make_opsetid(domain, self.versions[domain]) for domain in domains]
        proto = helper.make_function(DOMAIN, "", inputs, outputs, whole, imports)
        key = use.name, proto.SerializeToString(deterministic=True)
        if key not in self.made:
            plain = "".join([sign if sign.isalnum() else "_" for sign in use.name])
            proto.name = free_name(plain, {one.proto.name for one in self.made.values()}, "_")
            self.made[key] = _Function(proto)
        self.made[key].meet({names[name]: self.infos[name] for name in names if name in self.infos})
        return self.made[key]


class _Function:
    """A function, and the sizes of its values in which all uses agree."""

    def __init__(self, proto: onnx.FunctionProto) -> None:
        self.proto = proto
        self.infos: dict[str, onnx.ValueInfoProto] = {}

    def meet(self, infos: dict[str, onnx.ValueInfoProto]) -> None:
        """One use more, with these sizes."""
        for name, info in infos.items():
            if name not in self.infos:
                self.infos[name] = type(info)()
                self.infos[name].CopyFrom(info)
                self.infos[name].name = name
                continue
            ours, theirs = self.infos[name].type.tensor_type, info.type.tensor_type
            if ours.elem_type != theirs.elem_type:
                ours.ClearField("elem_type")
            if len(ours.shape.dim) != len(theirs.shape.dim):
                ours.ClearField("shape")
            for mine, other in zip(ours.shape.dim, theirs.shape.dim):
                if mine != other:
                    mine.Clear()

    def finished(self) -> onnx.FunctionProto:
        """The function, whose values have their sizes."""
        for graph in graphs_in(self.proto.node):
            for info in (*graph.input, *graph.output):
                info.CopyFrom(self.infos.get(info.name, info))
            made = [name for node in graph.node for name in node.output]
            graph.value_info.extend([self.infos[name] for name in made if name in self.infos])
        made = [name for node in self.proto.node for name in node.output]
        known = [*self.proto.input, *made]
        self.proto.value_info.extend([self.infos[name] for name in known if name in self.infos])
        return self.proto


# ---- uses ----------------------------------------------------------------------------------------


def _use_in(origin: Node, around: Instance) -> Instance | None:
    """The use of a block in the instance `around` that a node belongs to, None if to none.

    What a scan needs once before it stands beside the scan's node, not in the blocks of its rows.
    """
    below = None
    for instance in origin.block.trace():
        if instance is around:
            break
        below = instance
    return None if below is None or below.name == SCAN else below


def _owned(rows: Iterable[Row], name: str) -> str:
    """The path of a tensor as that of the first node that reads it, which may share another's."""
    origin = next(one.origin for one in _all([row[0] for row in rows]) if name in one.node.inputs)
    owner = origin.shares or origin.path
    return origin.path + name.removeprefix(owner) if name.startswith(owner) else name


def _free(called: dict[str, str], use: Instance, taken: set[str]) -> dict[str, str]:
    """What values are called inside of a use, each by a name of its own."""
    names: dict[str, str] = {name: name for name in taken}
    for name, path in called.items():
        names[name] = free_name(_inside(path, use), taken)
        taken.add(names[name])
    return names


def _inside(path: str, use: Instance) -> str:
    return path.removeprefix(f"{use.path}.")


def _renamed(given: onnx.NodeProto, use: Instance, names: dict[str, str]) -> onnx.NodeProto:
    """A node as it stands in a function: other names, no sizes."""
    node = type(given)()
    node.CopyFrom(given)
    node.name = _inside(node.name, use)
    _replace(node.input, [names.get(name, name) for name in node.input])
    _replace(node.output, [names[name] for name in node.output])
    for graph in [one.g for one in node.attribute if one.HasField("g")]:
        graph.name = _inside(graph.name, use)
        del graph.value_info[:]
        for info in (*graph.input, *graph.output):
            name = names[info.name]
            info.Clear()
            info.name = name
        _replace(graph.node, [_renamed(inner, use, names) for inner in graph.node])
    return node


# ---- nodes and the graphs inside of them ---------------------------------------------------------


def _all(nodes: Iterable[Placed]) -> Iterator[Placed]:
    for placed in nodes:
        yield placed
        for _, value in placed.node.attributes:
            if isinstance(value, Body):
                yield from _all(value.nodes)


def _read(nodes: Iterable[onnx.NodeProto]) -> Iterator[str]:
    """The values that nodes read, each as often as they do; results of graphs inside too."""
    nodes = list(nodes)
    for node in with_inner(nodes):
        yield from filter(None, node.input)
    for graph in graphs_in(nodes):
        yield from [one.name for one in graph.output]


def _made(nodes: Iterable[onnx.NodeProto]) -> Iterator[str]:
    """The values that nodes give, and those of the graphs inside."""
    nodes = list(nodes)
    for node in with_inner(nodes):
        yield from node.output
    for graph in graphs_in(nodes):
        yield from [one.name for one in graph.input]


def _replace(repeated: Any, items: Iterable[Any]) -> None:
    """Other items in a repeated field of a message."""
    kept = list(items)
    del repeated[:]
    repeated.extend(kept)


def _keep(repeated: Any, names: set[str]) -> None:
    """Those messages alone that are called so."""
    for at in reversed(range(len(repeated))):
        if repeated[at].name not in names:
            del repeated[at]
