"""The file: its head, externs, blocks, and the net with inputs, outputs and checks."""

from __future__ import annotations

import re
from fractions import Fraction

from archc.backends.arch.calls import defaults
from archc.backends.arch.layout import Layout
from archc.backends.arch.names import Names
from archc.backends.arch.rows import Planner
from archc.backends.arch.spelling import Style, number, reference
from archc.backends.arch.text import INDENT, BodyText
from archc.backends.arch.things import CannotWrite, has_name
from archc.diagnostics.model import Bag
from archc.graph.ir import Check, Network
from archc.graph.outline import Group, Outline
from archc.graph.rewrite import rewritten
from archc.limits import DEFAULT, Limits
from archc.ops.ends import Extern, Input
from archc.ops.values import Shape, number_text, text_of
from archc.record import replace
from archc.source import SourceFile
from archc.syntax.format import format_text
from archc.syntax.parse import parse

_NUMBER = re.compile(r"\d+(\.\d+)?([eE][+-]?\d+)?(%|[KMGT]i?B?|B)?")
_SIZE = re.compile(r"(([\dA-Z?]+(/\d+)?x)*([\dA-Z?]+(/\d+)?)|int|[A-Z\d+]+ of |\[|\]|, )+")
_BETWEEN_SIDES = re.compile(r"x(?![^()]*\))")
UNNAMED = "output"
"""what an output is called that no row names"""
LETTERS_OF_EXTERNS = "abcdefghijklmnop"


def write(
    network: Network,
    head: str = "",
    keep_open: bool = True,
    sizes: bool = True,
    limits: Limits = DEFAULT,
) -> str:
    """The text of a network; `head` is its first comment.

    `keep_open` leaves open sides open; else they are those at which the network was evaluated.
    `sizes` writes `->` behind the rows of the net.
    Raises CannotWrite for what has no place in a text.
    """
    network = network if keep_open else _closed(network)
    try:
        lines = _Writer(network, sizes).lines()
    except CannotWrite:  # perhaps for a row that is made again and has names of its own
        lines = _Writer(network, sizes, whole_rows=False).lines()
    text = "\n".join([f"# {head}"] * bool(head) + lines) + "\n"
    source = SourceFile("<written>", text)
    formatted = format_text(source, limits)
    if formatted is None:
        bag = Bag()
        parse(source, bag, limits)
        raise CannotWrite(network.name, bag.sorted()[0].message)
    return formatted


def _label_of_last(lines: list[str]) -> str:
    """What the output is called if no row says it: the label of the last row, or `output`."""
    rows = [line for line in lines if not line.startswith(INDENT * 2)]
    label, colon, _ = rows[-1].strip().partition(":")
    return label if colon and label.isidentifier() else UNNAMED


def _closed(network: Network) -> Network:
    """The network with the sizes at which it was evaluated."""
    closed = rewritten(network)
    closed.open_sides = ()
    closed.checks = [replace(check, written=_numbers(check)) for check in closed.checks]
    return closed


def _numbers(check: Check, keep: bool = False) -> str:
    """The value of a check without the names of parameters and, unless `keep`, of open sides."""
    if check.metric != "output":
        return check.written if _NUMBER.fullmatch(check.written) else number(check.value)
    if not isinstance(check.shape, Shape):
        return "?" if check.shape is None else text_of(check.shape)
    sides = ["?" if side < 0 else str(side) for side in check.shape.dims]
    written = _BETWEEN_SIDES.split(check.written.rpartition(" ")[2])
    if keep and len(written) == len(sides):
        sides = [old if _SIZE.fullmatch(old) else new for old, new in zip(written, sides)]
    text = "x".join(sides) or "int"
    return text if check.shape.count is None else f"{check.shape.count} of {text}"


class _Writer:
    def __init__(self, network: Network, sizes: bool, whole_rows: bool = True) -> None:
        self.sizes = sizes
        self.network = network
        self.outline = Outline(network)
        self.planner = Planner(Layout(self.outline, whole_rows))
        self.root = self.outline.group[network.root]
        self._read_outputs()
        self.names = Names(self.planner)
        self.style = Style(network)
        self.inputs = self._inputs()

    def _read_outputs(self) -> None:
        """Outputs and checked rows need names, unless the output is the last value."""
        network = self.network
        if list(network.outputs.items()) != [(UNNAMED, self._last())] or network.training_outputs:
            for index in (*network.outputs.values(), *network.training_outputs.values()):
                self.planner.read(index, network.root)
        for check in network.checks:
            if check.node is not None and check.metric == "output":
                self.planner.read(check.node, network.root)

    def _last(self) -> int:
        return self.planner.rows[self.root][-1].last.gives

    def lines(self) -> list[str]:
        """Every line of the file."""
        found = [*dict.fromkeys(self._externs()), *self.style.lines()]
        for group in self.names.written(self.root):
            found += ["", self._header(group), *self._body(group)]
        title = f' "{self.network.title}"' if self.network.title else ""
        body = self._body(self.root)
        found += ["", f"net {self.names.net}{title}", *self._meta(), *body]
        return [*found, *self._outputs(body), *self._checks()]

    def _externs(self) -> list[str]:
        found = []
        for node in self.network.nodes:
            if isinstance(node.op, Extern):
                letters = ", ".join(LETTERS_OF_EXTERNS[: len(node.inputs)])
                found.append(f"extern {node.op.name}({letters}) -> {node.op.size}")
        return found

    def _header(self, group: Group) -> str:
        given = defaults(group)
        plain = [name for name in group.parameters if name not in given]
        optional = [f"{name}={number(value)}" for name, value in given.items()]
        parameters = ", ".join([*plain, *self.names.rows[group], *optional])
        items = self.names.items.get(group)
        receives = f" on {', '.join(items)}" if items else ""
        return f"block {self.names.blocks[group]}({parameters}){receives}"

    def _body(self, group: Group) -> list[str]:
        text = BodyText(self.names, group, self.style, self.inputs, self.sizes)
        return [INDENT + line for line in text.lines()]

    # ---- the net -------------------------------------------------------------------------------

    def _inputs(self) -> dict[int, str]:
        found: dict[int, str] = {}
        for index in self.network.inputs.values():
            op = self.network.nodes[index].op
            assert isinstance(op, Input)
            found[index] = str(op.size)
        for opened in self.network.open_sides:
            index = self.network.inputs[opened.letters[0][1]]
            count, of, size = found[index].rpartition(" ")
            sides = size.split("x")
            for letter, _, axis in opened.letters:
                sides[axis] = letter
            where = f" where {opened.condition}" if opened.condition else ""
            found[index] = f"{count}{of}{'x'.join(sides)}{where}"
        return found

    def _meta(self) -> list[str]:
        found = []
        for name, value in self.network.meta.items():
            text = value if isinstance(value, str) else ""
            if isinstance(value, str):
                sized = all(side.isdigit() for side in value.split("x")) and "x" in value
                text = value if sized else f'"{value}"'
            elif isinstance(value, Fraction):
                text = number_text(value)
            else:
                text = number(value)
            found.append(f"{INDENT}meta {name} = {text}")
        return found

    def _outputs(self, body: list[str]) -> list[str]:
        """The outputs by their names; a value that is called otherwise gets a row for its name."""
        network = self.network
        found: list[str] = []
        plain = {_label_of_last(body): self._last()}
        if not network.training_outputs and network.outputs == plain:
            return found
        lines = []
        given = dict(network.outputs)
        if list(given) == [UNNAMED]:  # the value of the last row, whatever it is called
            index = given.pop(UNNAMED)
            if index != self._last() or _label_of_last(body) != UNNAMED:
                found.append(f"{INDENT}from {self._reference(index)}")
        for outputs, behind in ((given, ""), (network.training_outputs, " training")):
            for name, index in outputs.items():
                if reference(name) != self._reference(index):
                    found.append(f"{INDENT}{name}: from {self._reference(index)}")
            if outputs:
                names = " ".join([reference(name) for name in outputs])
                lines.append(f"{INDENT}output {names}{behind}")
        return [*found, *lines]

    def _reference(self, index: int) -> str:
        return reference(self.names.of(index, self.network.root))

    def _checks(self) -> list[str]:
        rows = [(check, self._checked(check)) for check in self.network.checks]
        return [f"{INDENT}{self._check(check, row)}" for check, row in rows if row is not None]

    def _checked(self, check: Check) -> str | None:
        """The row of a check in brackets; None if the text has no name for it.

        A size is that of a value; everything else is counted over a layer or block.
        """
        if check.node is None:
            return ""
        things = {node.path for node in self.network.nodes if has_name(node)}
        things |= {block.path for block in self.outline.group}
        if check.metric == "output":
            return f"({self._reference(check.node)})"
        return f"({reference(check.row)})" if check.row in things else None

    def _check(self, check: Check, row: str) -> str:
        plain = (_SIZE if check.metric == "output" else _NUMBER).fullmatch(check.written)
        value = check.written if plain else _numbers(check, keep=True)
        text = f"check {check.metric}{row} {check.relation} {value}"
        if check.within is not None:
            text += f" within {number_text(check.within * 100)}%"
        if check.counts:
            text += " with " + ", ".join([f"{name} = {count}" for name, count in check.counts])
        return text
