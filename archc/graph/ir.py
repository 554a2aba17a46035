"""The graph: a tree of block instances over a dataflow graph of operators, sizes known.

Nothing here is unresolved and nothing knows the text, except for spans that reports point at. A
pass takes a `Network` and returns a `Network`. Elaboration alone builds nodes; everyone else
reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from archc.ops.base import Op, Tensors
from archc.ops.values import Count, Value
from archc.record import Record
from archc.source import SourceFile, Span


class Node:
    """One operator in its place.

    `inputs` are indices into `Network.nodes`, in the operator's order; `path` is the state_dict
    path, unique and never empty, for moves and joins too; `shares` is the path of the node whose
    weights it uses; `block` the innermost block instance it stands in; `span` the step of the row
    it comes from. `shape` is None only in a network that has errors.
    """

    __slots__ = ("block", "index", "inputs", "op", "path", "shape", "shares", "span")

    def __init__(
        self,
        index: int,
        op: Op,
        inputs: tuple[int, ...],
        shape: Value | None,
        path: str,
        block: Instance,
        span: Span,
        shares: str = "",
    ) -> None:
        self.index = index
        self.op = op
        self.inputs = inputs
        self.shape = shape
        self.path = path
        self.block = block
        self.span = span
        self.shares = shares

    def __repr__(self) -> str:
        return f"Node({self.index} {self.path}: {self.op.word} {self.inputs} -> {self.shape})"


class Instance:
    """One use of a block (the network itself is the outermost one).

    `name` is the block's name in the language, `path` where it stands, `arguments` the values it
    was given; `items` are its nodes and inner instances in text order. `span` is the row that
    uses it (None outermost). `times` is the count a `scan` runs over. `inputs` are the nodes it
    is given, `output` the node it gives.
    """

    __slots__ = (
        "arguments",
        "inputs",
        "items",
        "name",
        "output",
        "parent",
        "path",
        "span",
        "times",
    )

    def __init__(
        self,
        name: str,
        path: str,
        parent: Instance | None,
        span: Span | None,
        arguments: tuple[tuple[str, str], ...] = (),
        times: int | Count | None = None,
    ) -> None:
        self.name = name
        self.path = path
        self.parent = parent
        self.span = span
        self.arguments = arguments
        self.times = times
        self.items: list[Node | Instance] = []
        self.inputs: tuple[int, ...] = ()
        self.output: int | None = None

    def trace(self) -> Iterator[Instance]:
        """This instance and those around it, innermost first, without the network itself."""
        instance = self
        while instance.parent is not None:
            yield instance
            instance = instance.parent

    def __repr__(self) -> str:
        return f"Instance({self.name} at {self.path or '.'})"


METRICS = ("params", "macs", "flops", "values", "memory", "peak", "layers")
"""what checks and budgets limit, by name; a check may be of `output` too"""


class Check(Record):
    """A `check` row or check column: `metric(row) relation value`, loosened by `within`.

    `value` is exact as written, `digits` the written number (its digits decide `~=`), `shape` the
    expected size of `check output` with None for `?`; `counts` gives numbers to unknown counts
    (`with R = 300`).
    """

    metric: str
    row: str
    node: int | None
    relation: str
    value: Fraction | int
    written: str
    unit: Fraction
    within: Fraction | None
    shape: Value | None
    counts: tuple[tuple[str, int], ...]
    span: Span
    value_span: Span


class OpenSides(Record):
    """The letters of one open input (`HxWx3`): letter, input's path, axis; and its `where` as
    written.
    """

    letters: tuple[tuple[str, str, int], ...]
    condition: str
    span: Span


class Network:
    """A checked network (or variant) at one set of input sizes.

    `name` is `resnet.50`; `inputs`, `outputs` and `training_outputs` map the names people use to
    nodes; `values` are the whole numbers among its parameters, `rows` what names of rows read as,
    by path. `carried` ties each `prev` node to the node it reads one step late. `open_sides` says
    which sides were open, `size_rule` which sizes work, in words; `asked` is the size that a user
    asked for in place of the written one.
    """

    def __init__(self, name: str, net: str, variant: str, source: SourceFile) -> None:
        self.name = name
        self.net = net
        self.variant = variant
        self.source = source
        self.title = ""
        self.nodes: list[Node] = []
        self.root = Instance(net, "", None, None)
        self.values: dict[str, int] = {}
        self.rows: dict[str, int] = {}
        self.inputs: dict[str, int] = {}
        self.outputs: dict[str, int] = {}
        self.training_outputs: dict[str, int] = {}
        self.checks: list[Check] = []
        self.meta: dict[str, str | int | Fraction | float] = {}
        self.carried: dict[int, int] = {}
        self.open_sides: tuple[OpenSides, ...] = ()
        self.size_rule = ""
        self.asked = ""
        self.span: Span | None = None

    @property
    def evaluated_at(self) -> dict[str, str]:
        """The sizes at which an open network was evaluated, by input; empty for a closed one."""
        names = {name for sides in self.open_sides for _, name, _ in sides.letters}
        return {
            name: str(self.nodes[self.inputs[name]].shape) for name in self.inputs if name in names
        }

    def weights(self, node: Node) -> Tensors:
        """Trained tensors of a node, name (`weight`, or `` for a bare key) to size in torch's
        order.
        """
        return node.op.weights(*[self.nodes[index].shape for index in node.inputs])

    def buffers(self, node: Node) -> Tensors:
        """Stored tensors of a node that are not trained."""
        return node.op.buffers(*[self.nodes[index].shape for index in node.inputs])

    def key(self, node: Node, tensor: str) -> str:
        """The state_dict key of a node's tensor; layers that share weights have the first one's
        keys.
        """
        path = node.shares or node.path
        return f"{path}.{tensor}" if tensor else path
