"""The syntax tree: text and places, nothing resolved.

Every node has the `span` it was read from. `syntax.build` makes these from one line of text each;
`syntax.parse` nests them by indentation.
"""

from __future__ import annotations

from archc.record import Record
from archc.source import SourceFile, Span
from archc.syntax.tree_formulas import (
    Arithmetic,
    Choice,
    Comparison,
    Expression,
    Function,
    Keyword,
    Logic,
    Name,
    Negation,
    Number,
    Power,
    Preset,
    ShapeList,
    ShapeText,
    Signed,
    Size,
    Switch,
    Text,
)

__all__ = [
    "Arithmetic", "Arrow", "Block", "Call", "Cell", "Chain", "ChainCell", "CheckRow",
    "Choice", "Column", "Columns", "Comment", "Comparison", "Drop", "Every", "Expression",
    "Extern", "File", "From", "Function", "Guard", "Input", "Keyword", "Label", "Let",
    "Logic", "Meta", "Metric", "Name", "Negation", "Net", "Number", "Output", "Parameter",
    "Power", "Preset", "Replacement", "Reuse", "Row", "Section", "ShapeList", "ShapeText",
    "Signed", "Size", "Sizes", "Split", "Statement", "Step", "Switch", "Text", "Use",
    "VariantRow", "Variants",
]  # fmt: skip

# ---- rows ---------------------------------------------------------------------------------------


class Label(Record):
    """A name for a line (`conv1:`) or a step (`as d1`), without its colon: `features.*`."""

    span: Span
    text: str


class Drop(Record):
    """`no relu`."""

    span: Span
    word: str


class Call(Record):
    """A layer or block with its values: `conv 96 11x11/4 pad=2 no relu x3 first s=2`.

    `numbered` says that a value uses `i` or `j`, so that each copy has values of its own.
    """

    span: Span
    head: Name
    values: tuple[Expression, ...]
    keywords: tuple[Keyword, ...]
    drops: tuple[Drop, ...]
    bare: bool
    each: bool
    repeat: Expression | None
    first: tuple[Keyword, ...]
    until: Name | None
    numbered: bool
    label: Label | None = None


class From(Record):
    """`from row`: that row's value becomes the running value."""

    span: Span
    row: Name
    label: Label | None = None


class Reuse(Record):
    """`reuse row`: that row's layers once more, with the same weights."""

    span: Span
    row: Name
    label: Label | None = None


class Input(Record):
    """`input 224x224x3 where ...`."""

    span: Span
    shape: ShapeText
    where: Expression | None
    label: Label | None = None


Step = Call | From | Reuse | Input
Chain = tuple[Step, ...]


class Guard(Record):
    """`if condition else chain`; without `else` the row is not there."""

    span: Span
    condition: Expression
    otherwise: Chain | None


class Arrow(Record):
    """`-> 55x55x96`: the size its writer expects; of a list `-> [55x55x96, 27x27x256]`."""

    span: Span
    shape: ShapeText | ShapeList


class Cell(Record):
    """One cell of a table; None is empty."""

    span: Span
    value: Expression | None


class ChainCell(Record):
    """One cell of a row that differs between variants; None is empty."""

    span: Span
    chain: Chain | None


class Row(Record):
    """A line of steps; `body` holds the paths of a join or the rows of a scan."""

    span: Span
    label: Label | None
    steps: Chain
    cells: tuple[Cell, ...] | None
    guard: Guard | None
    arrow: Arrow | None
    body: tuple[Statement, ...] | None = None


class Section(Record):
    """A label that stands alone over its rows: `features.*:`."""

    span: Span
    label: Label
    guard: Guard | None
    body: tuple[Statement, ...] = ()


class Split(Record):
    """A row that begins with a bar: one cell for each variant."""

    span: Span
    label: Label | None
    cells: tuple[ChainCell, ...]
    arrow: Arrow | None
    body: tuple[Statement, ...] | None = None


# ---- other lines of a body ----------------------------------------------------------------------


class Every(Record):
    """`every conv = conv pad=half ; bn ; relu`."""

    span: Span
    word: str
    word_span: Span
    chain: Chain


class Let(Record):
    """`let m = c*width/64`."""

    span: Span
    name: str
    name_span: Span
    value: Expression


class Meta(Record):
    """`meta year = 2014`, or one cell for each variant."""

    span: Span
    name: str
    value: Expression | tuple[Cell, ...]


class Sizes(Record):
    """`sizes exact`."""

    span: Span
    mode: str
    mode_span: Span


class Metric(Record):
    """`params`, or `params(conv1)` of one row."""

    span: Span
    name: str
    row: Name | None


class Column(Record):
    """A header cell. `kind` is value, first, arrow, meta or check; `name` what it names."""

    span: Span
    kind: str
    name: str
    metric: Metric | None = None
    relation: str = ""
    within: Expression | None = None


class VariantRow(Record):
    """One variant of a table on its side: `50 | bottleneck | 3`."""

    span: Span
    name: str
    name_span: Span
    cells: tuple[Cell, ...]


class Variants(Record):
    """The variants table: names in the header, or parameters in the header and a variant a row."""

    span: Span
    columns: tuple[Column, ...]
    rows: tuple[VariantRow, ...] = ()


class Columns(Record):
    """The header of a table of values for the rows below it."""

    span: Span
    columns: tuple[Column, ...]


class CheckRow(Record):
    """`check params ~= 138M within 1% with R = 300`, or one cell for each variant."""

    span: Span
    metric: Metric
    relation: str
    value: Expression | tuple[Cell, ...]
    within: Expression | None
    given: tuple[Keyword, ...]


class Output(Record):
    """`output a b training`."""

    span: Span
    rows: tuple[Name, ...]
    training: bool


# ---- the file -----------------------------------------------------------------------------------


class Replacement(Record):
    """`bn = groupnorm 32` behind `use ... with`."""

    span: Span
    word: str
    chain: Chain


class Use(Record):
    """`use a, b from "file.arch" with bn = groupnorm 32`."""

    span: Span
    names: tuple[Name, ...]
    path: Text
    replacements: tuple[Replacement, ...]


class Extern(Record):
    """`extern propose(scores, deltas) -> R of 4`."""

    span: Span
    name: str
    name_span: Span
    parameters: tuple[Name, ...]
    result: ShapeText


class Parameter(Record):
    """A parameter and its default."""

    span: Span
    name: str
    name_span: Span
    default: Expression | None


class Block(Record):
    """`block basic(c, s=1) on HxWxC -> HxWxC` and its rows; `items` names a list it takes."""

    span: Span
    name: str
    name_span: Span
    parameters: tuple[Parameter, ...]
    receives: ShapeText | None
    items: tuple[Name, ...]
    promises: ShapeText | ShapeList | None
    body: tuple[Statement, ...] = ()


class Net(Record):
    """`net vgg(classes=1000) "VGG"` and its rows."""

    span: Span
    name: str
    name_span: Span
    parameters: tuple[Parameter, ...]
    title: str
    body: tuple[Statement, ...] = ()


Statement = (
    Use
    | Extern
    | Net
    | Block
    | Every
    | Let
    | Meta
    | Sizes
    | Variants
    | Columns
    | CheckRow
    | Output
    | Row
    | Section
    | Split
)


class Comment(Record):
    """A comment, from its `#`; `alone` if the line holds nothing else."""

    span: Span
    alone: bool


class File(Record):
    """A parsed file: what could be read of it, and its comments by line."""

    source: SourceFile
    statements: tuple[Statement, ...]
    comments: tuple[Comment, ...]
