"""What names mean: lexical scopes, and the meanings that `every` gives to words.

Free words in a block are looked up where the block is written, never where it is used.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from archc.ops.values import Count, Drawn, Window
from archc.record import Record
from archc.source import Span
from archc.syntax import tree

if TYPE_CHECKING:
    from archc.graph.elaborate.levels import Entry
    from archc.graph.modules import Module

# ---- what a name can stand for -----------------------------------------------------------------


class Word(Record):
    """A bare word that names a layer, a flag or a choice: `relu`, `half`."""

    text: str


class RowRef(Record):
    """A row handed to a block or named on a row: the node that holds its value."""

    node: int
    text: str
    entry: Entry | None


class Presets(Record):
    """A block or net with values filled in: `bottleneck groups=32`."""

    block: BlockDefinition | NetDefinition | NetVariant
    values: tuple[tuple[str, Datum], ...]


class BlockDefinition:
    """A block as written, and the scope it was written in."""

    __slots__ = ("scope", "tree")

    def __init__(self, block: tree.Block, scope: Scope) -> None:
        self.tree = block
        self.scope = scope

    @property
    def name(self) -> str:
        """The block's name."""
        return self.tree.name


class NetDefinition:
    """A net as written; used as a block it takes the running value for its input."""

    __slots__ = ("module", "scope", "tree")

    def __init__(self, net: tree.Net, scope: Scope, module: Module) -> None:
        self.tree = net
        self.scope = scope
        self.module = module

    @property
    def name(self) -> str:
        """The net's name."""
        return self.tree.name


class NetVariant(Record):
    """A net with its variant chosen, as a value: `vgg.A` in a cell."""

    net: NetDefinition
    variant: str


class ExternDefinition:
    """A function of the user's own Python, whose result's size is declared."""

    __slots__ = ("scope", "tree")

    def __init__(self, extern: tree.Extern, scope: Scope) -> None:
        self.tree = extern
        self.scope = scope

    @property
    def name(self) -> str:
        """The function's name."""
        return self.tree.name


class Side(int):
    """A side that depends on an open input size: read, it may have another value when sizes are
    replayed.

    It is the open `letter` itself, or side `axis` of the value of `node` (axis -1: its count,
    `less` those that a header adds to the letter).
    """

    letter: str
    node: int
    axis: int
    less: int


def open_side(value: int, letter: str, node: int = -1, axis: int = 0, less: int = 0) -> Side:
    """A side at the size being elaborated, and where it comes from."""
    side = Side(value)
    side.letter, side.node, side.axis, side.less = letter, node, axis, less
    return side


UNKNOWN = Word("")
"""The size of a value that a mistake made unknown: what depends on it stays silent."""

Scalar = int | Fraction | float
Definition = BlockDefinition | NetDefinition | NetVariant | ExternDefinition
Datum = Scalar | bool | str | Word | Window | Count | Drawn | RowRef | Presets | Definition

# ---- what words are made to mean ---------------------------------------------------------------


class Policy:
    """One `every` line: what `word` means from there on. `before` is what held where the line
    stands.

    `replaced` marks a meaning that came with `use ... with`: it wins over the file's own lines.
    `steps` are the calls of the chain with the words they mean, found at the first use.
    """

    __slots__ = ("before", "chain", "replaced", "scope", "steps", "word")

    def __init__(
        self,
        word: str,
        chain: tree.Chain,
        scope: Scope,
        before: Policy | None,
        replaced: bool = False,
    ) -> None:
        self.word = word
        self.chain = chain
        self.scope = scope
        self.before = before
        self.replaced = replaced
        self.steps: tuple[tuple[tree.Call, str], ...] | None = None


def policy_for(word: str, newest: Policy | None) -> Policy | None:
    """The meaning of a word, seen from the newest `every` line on."""
    while newest is not None:
        if newest.word == word:
            return newest
        newest = newest.before
    return None


class Scope:
    """Names of one body. `sizes` and `policies` hold for it and for the bodies inside."""

    __slots__ = ("implicit", "names", "origin", "parent", "policies", "sizes")

    def __init__(self, parent: Scope | None) -> None:
        self.parent = parent
        self.names: dict[str, Datum] = {}
        self.origin: dict[str, Span] = {}
        self.implicit: dict[str, int | Word | Count] = {}
        self.policies: Policy | None = parent.policies if parent else None
        self.sizes: str = parent.sizes if parent else "safe"

    def find(self, name: str) -> Datum | None:
        """The datum of a name, from this body outwards. H, W, C ... of a block yield to its own
        names.
        """
        scope: Scope | None = self
        while scope is not None:
            datum = scope.names.get(name)
            if datum is None:
                datum = scope.implicit.get(name)
            if datum is not None:
                return datum
            scope = scope.parent
        return None

    def where(self, name: str) -> Span | None:
        """Where a name was defined."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.origin:
                return scope.origin[name]
            scope = scope.parent
        return None

    def all_names(self) -> list[str]:
        """Every name in sight, nearest first."""
        found: dict[str, None] = {}
        scope: Scope | None = self
        while scope is not None:
            found.update(dict.fromkeys(scope.names))
            found.update(dict.fromkeys(scope.implicit))
            scope = scope.parent
        return list(found)

    def with_names(self, **names: Datum) -> Scope:
        """A scope inside this one that adds a few names, such as the copy's number `i`."""
        inner = Scope(self)
        inner.names.update(names)
        return inner


def describe(datum: Datum) -> str:
    """A datum as people write it."""
    if isinstance(datum, bool):
        return "yes" if datum else "no"
    if isinstance(datum, Fraction):
        return (
            f"{datum.numerator}/{datum.denominator}"
            if datum.denominator != 1
            else str(datum.numerator)
        )
    if isinstance(datum, (Word, RowRef)):
        return datum.text
    if isinstance(datum, Presets):
        return " ".join([describe(datum.block), *[f"{k}={describe(v)}" for k, v in datum.values]])
    if isinstance(datum, NetVariant):
        return f"{datum.net.name}.{datum.variant}"
    if isinstance(datum, (BlockDefinition, NetDefinition, ExternDefinition)):
        return datum.name
    return str(datum)


def kind_of(datum: Datum) -> str:
    """What sort of thing a datum is, for messages."""
    if isinstance(datum, bool):
        return "yes or no"
    if isinstance(datum, (int, Fraction, float)):
        return "a number"
    return _KINDS.get(type(datum), "a block")


_KINDS = {
    Count: "a count that is known when the net runs",
    Drawn: "numbers drawn at random",
    ExternDefinition: "an extern",
    RowRef: "a row",
    Window: "a size",
    Word: "a word",
    str: "a text",
}
