"""Each recognised mistake: what is said, where it points, and that its repair can be read."""

import re

import pytest

from archc.diagnostics.kinds.syntax import SyntaxMistake
from tests.syntax.helpers import fixed, mistakes

# A row of a net, what is said, the text pointed at (None: all of it), and the row after the fix.
ROWS = [
    # brackets and quotes
    ("conv 3x3 (a+b", "this `(` is never closed", "(", "conv 3x3 (a+b)"),
    ("conv max(3, (a+b)", "this `(` is never closed", "(", "conv max(3, (a+b))"),
    ("conv 3x3 8)", "this `)` closes nothing", ")", "conv 3x3 8"),
    ("conv (a]", "`]` cannot close `(`", "]", None),
    ('conv "a', "this quoted text is never closed", '"', None),
    ("conv pad='same'", "`'same'` is in single quotes", "'same'", "conv pad=same"),
    # torch, Keras and Python
    (
        "self.conv1 = nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3, bias=False)",
        "`nn.Conv2d(...)` is Python",
        None,
        "conv1: conv 7x7/2 64 pad=3 bias=no",
    ),
    ("nn.Linear(512, 10),", "`nn.Linear(...)` is Python", None, "fc 10"),
    ("nn.MaxPool2d(3, 2, padding=1)", "`nn.MaxPool2d(...)` is Python", None, "maxpool 3x3/2 pad=1"),
    ("x = nn.ReLU(inplace=True)", "`nn.ReLU(...)` is Python", None, "relu"),
    (
        "x = layers.Conv2D(64, (3, 3), activation='relu', padding='same')(x)",
        "`layers.Conv2D(...)` is Python",
        None,
        "conv 3x3 64 pad=same ; relu",
    ),
    ("Conv2D(64, 3, strides=2)", "`Conv2D(...)` is Python", None, "conv 3x3/2 64"),
    (
        "inputs = Input(shape=(224, 224, 3))",
        "`Input(...)` is Python",
        None,
        "inputs: input 224x224x3",
    ),
    ("self.net = nn.Sequential(", "a list of layers in brackets is Python", None, None),
    (
        "conv(64, 3x3)",
        "`conv(...)`: the values of a layer stand in no brackets",
        None,
        "conv 64 3x3",
    ),
    (
        "conv1: nn.Conv2d(3, 16, kernel_size=3, padding=1)",
        "`nn.Conv2d(...)` is Python",
        None,
        "conv1: conv 3x3 16 pad=1",
    ),
    (
        "conv1: Conv2d(3, 16, kernel_size=3, padding=1)",
        "`Conv2d(...)` is Python",
        None,
        "conv1: conv 3x3 16 pad=1",
    ),
    ("def __init__(self):", "`def` is Python", "def", None),
    ("def forward(self, x):", "`def` is Python", "def", None),
    ("relu()", "`relu(...)`: the values of a layer stand in no brackets", None, "relu"),
    ("from torch import nn", "`import` is Python", None, None),
    ("for i in range(3):", "`for` is Python", "for", None),
    # Caffe, darknet
    ("layer {", "this is Caffe's prototxt", None, None),
    ('name: "conv1"', "this is Caffe's prototxt", None, None),
    ("[convolutional]", "`[convolutional]` is a section of a darknet file", None, None),
    ("filters=64", "`filters=64` stands alone, as in a darknet file", None, None),
    # comments and operators of other languages
    ("// a comment", "`//` begins no comment", "//", "# a comment"),
    ("-- a comment", "`--` begins no comment", "--", "# a comment"),
    ("relu -- a comment", "`--` begins no comment", "--", "relu # a comment"),
    ("conv 3x3 8 => 8x8x8", "`=>` is no sign of the language", "=>", "conv 3x3 8 -> 8x8x8"),
    ("conv c**2", "`**` is no sign of the language", "**", "conv c^2"),
    ("conv 8 if a && b", "`&&` is no sign of the language", "&&", "conv 8 if a  and  b"),
    ("conv c%2", "`%` is no sign of the language", "%", "conv c mod 2"),
    # signs that are no ASCII
    (
        "conv 3x3 8 \u2192 8x8x8",
        "the sign U+2192 (rightwards arrow) cannot stand here",
        "\u2192",
        "conv 3x3 8 -> 8x8x8",
    ),
    ("conv pad=\u22121", "the sign U+2212 (minus sign) cannot stand here", "\u2212", "conv pad=-1"),
    (
        "use \u201ca\u201d",
        "the sign U+201C (left double quotation mark) cannot stand here",
        "\u201c",
        None,
    ),
    (
        "conv\u00a03x3 8",
        "the sign U+00A0 (no-break space) cannot stand here",
        "\u00a0",
        "conv 3x3 8",
    ),
    (
        "conv \u00e9",
        "the sign U+00E9 (latin small letter e with acute) cannot stand in a name",
        "\u00e9",
        None,
    ),
    ("conv\x0c3x3 8", "the control character U+000C cannot stand here", "\x0c", "conv 3x3 8"),
    ("relu\rrelu", "a carriage return stands inside a line", "\r", None),
    # slides
    ("cnov3-128", "`cnov3-128` is no word of the slides", "cnov3-128", "conv3-128"),
    ("conv-3 128", "`conv-3 128` is no word of the slides", "conv-3 128", "conv3-128"),
    ("FC-100O", "`FC-100O` is no word of the slides", "FC-100O", "FC-1000"),
    ("gap ; FC-1O", "`FC-1O` is no word of the slides", "FC-1O", "gap ; FC-10"),
    ("conv-128", "`conv-128` is no word of the slides", "conv-128", None),
    # what stands behind a row
    (
        "if s == 2 conv 3x3 8",
        "a guard stands behind its row, not in front of it",
        None,
        "conv 3x3 8 if s == 2",
    ),
    (
        "if s = 2: conv 3x3 8",
        "a guard stands behind its row, not in front of it",
        None,
        "conv 3x3 8 if s == 2",
    ),
    ("if s > 1:", "a guard stands behind its row, not in front of it", None, None),
    ("conv 1x1/s 4 if s = 2", "a comparison is `==`, not `=`", "=", "conv 1x1/s 4 if s == 2"),
    (
        "relu if s = 2 and t = 3",
        "a comparison is `==`, not `=`",
        "=",
        "relu if s == 2 and t == 3",
    ),
    (
        "3x conv 3x3 8 -> 8x8x8",
        "a repetition stands behind its row, not in front of it",
        None,
        "conv 3x3 8 x3 -> 8x8x8",
    ),
    # sizes
    ("conv (3,3) 64", "`(3,3)` is no size", "(3,3)", "conv 3x3 64"),
    (
        "conv (3,3) 8 -> (222, 222, 8)",
        "`(3,3)` is no size",
        "(3,3)",
        "conv 3x3 8 -> 222x222x8",
    ),
    (
        "list -> 8x8x3, 8x8x3",
        "the sizes of a list stand in brackets",
        "8x8x3, 8x8x3",
        "list -> [8x8x3, 8x8x3]",
    ),
    ("input -8x8x3", "this minus has nothing in front of it", "-8x8x3", None),
    ("conv 3X3 8", "`3X3` has a capital `X`", "3X3", "conv 3x3 8"),
    ("input 224,224,3", "`224,224,3` is no size", "224,224,3", "input 224x224x3"),
    (
        "image: input (224, 224, 3)",
        "`(224, 224, 3)` is no size",
        "(224, 224, 3)",
        "image: input 224x224x3",
    ),
    ("input 224 x 224 x 3", "`224 x 224 x 3` is no size", "224 x 224 x 3", "input 224x224x3"),
    ("input", "`input` has no size", "input", None),
    ("conv 3x(2+)x3", "the line ends too early, after `3x(2+`", "+", None),
    # names
    ("conv1 = conv 3x3 8", "a row is named with `:`, not with `=`", "conv1 =", "conv1: conv 3x3 8"),
    (
        "conv 3x3 8 = 8x8x8",
        "the size of a row stands behind `->`, not `=`",
        "=",
        "conv 3x3 8 -> 8x8x8",
    ),
    ("conv 12abc", "`12abc` is neither a number nor a name", "12abc", None),
    ("conv conv: 3", "this `:` follows no label", ":", None),
    ("let a-b = 3", "`a-b` is no name", "a-b", "let a_b = 3"),
    # order of a row
    ("conv 3x3 8 -> 8x8x8 if a", "`if` is a reserved word and cannot stand here", "if", None),
    ("conv 3x3 8 x3 no relu", "`no` is a reserved word and cannot stand here", "no", None),
    ("conv 3x3 8 -> 8x8x8 | 3", "a bar stands behind `->` or `if`", "|", None),
    ("conv -3", "this minus has nothing in front of it", "-3", "conv (-3)"),
    (
        "conv (a if b else -2)",
        "this minus has nothing in front of it",
        "-2",
        "conv (a if b else (-2))",
    ),
    # lines that end too early
    ("conv 3x3 8 ->", "`->` has no size", "->", None),
    ("conv 3x3 8 if", "`if` has no condition", "if", None),
    ("unit 64 first", "`first` has no values", "first", None),
    ("from", "`from` names no row", "from", None),
    ("output", "`output` names no row", "output", None),
    ("let a =", "nothing follows the `=`", "=", None),
    ("check params", "the line ends too early, after `params`", "params", None),
    # tables
    (
        "variants A | B",
        "`variants` has no bar in front of its first column",
        "A",
        "variants | A | B",
    ),
    ("columns", "`columns` has no columns", "columns", None),
]


@pytest.mark.parametrize(
    ("row", "message", "pointed", "repaired"), ROWS, ids=[row[0] for row in ROWS]
)
def test_rows(row, message, pointed, repaired):
    text = f"net n()\n  {row}\n"
    (found,) = mistakes(text)
    assert found.slug == "syntax"
    assert found.message == message
    assert found.primary.span.text == (row if pointed is None else pointed)
    assert found.help, "it says what to do"
    if repaired is None:
        assert found.fixes == ()
    else:
        assert fixed(text, found) == f"net n()\n  {repaired}\n"
        assert "syntax" not in [one.slug for one in mistakes(f"net n()\n  {repaired}\n  relu\n")]


HEADERS = [
    ("net foo():", "a header has no `:`", "net foo()"),
    ("block f(c):", "a header has no `:`", "block f(c)"),
    ("net res-net()", "`res-net` is no name", "net res_net()"),
    ("def foo(a, b=3):", "`def` is Python", "block foo(a, b=3)"),
    ("class Net(nn.Module):", "`class` is Python", "net Net()"),
    ("net", "this net has no name", None),
    ("net a() extra", "`extra` cannot stand after `a()`", None),
    ("block f(a b)", "`b` cannot stand after `f(a`", None),
]


@pytest.mark.parametrize(("header", "message", "repaired"), HEADERS)
def test_headers(header, message, repaired):
    text = f"{header}\n  relu\n"
    (found,) = mistakes(text)
    assert found.message == message
    if repaired is not None:
        assert fixed(text, found) == f"{repaired}\n  relu\n"
        assert mistakes(fixed(text, found)) == []


def test_a_safe_fix_for_the_colon_of_a_header():
    (found,) = mistakes("net foo():\n  relu\n")
    assert found.fixes[0].applicability == "safe"


def test_a_row_below_variants():
    (found,) = mistakes("net n()\n  variants | a\n    relu\n  relu\n")
    assert found.message == "a line below `variants` is a variant, and this one is none"


@pytest.mark.parametrize(
    "row", ["cnov3-128", "conv-3 128", "conv -3", "if s == 2 conv 3x3 8", "3x conv 3x3 8"]
)
def test_what_is_a_guess_is_not_safe(row):
    (found,) = mistakes(f"net n()\n  {row}\n")
    assert [fix.applicability for fix in found.fixes] == ["unsafe"]


def test_cells_without_a_block():
    text = "block ir(t, c)\n  relu\nnet n()\n  columns | t | c\n  | 6 | 24\n"
    (found,) = mistakes(text)
    assert found.message == "a row of a `columns` table begins with its block"
    assert mistakes(fixed(text, found)) == []
    assert "  ir | 6 | 24\n" in fixed(text, found)


EXPECTATIONS = [
    ("let a", "here may stand `=`"),
    ("check params ~", "here may stand a comparison like `~=`"),
    ("use a", "here may stand `from` or `,`"),
    ("conv max(a,,b)", "here may stand a value"),
    ("conv 3 -> relu ; 3", None),
]


@pytest.mark.parametrize(("row", "expected"), EXPECTATIONS)
def test_what_may_stand_there(row, expected):
    (found,) = mistakes(f"net n()\n  {row}\n")
    if expected:
        assert found.help == (expected,)
    named = found.help[0].removeprefix("here may stand ")
    assert len(re.split(r", | or ", named)) <= 6


def test_long_words_are_shortened():
    (found,) = mistakes(f"net n()\n  conv 3{'a' * 500}\n")
    assert len(found.message) < 100
    (found,) = mistakes(f"net n()\n  let a{'b' * 5000}\n")
    assert len(found.message) < 100


@pytest.mark.parametrize("row", [row[0] for row in ROWS])
def test_manners(row):
    """Lower case, no full stop, ASCII, no Python names of terminals."""
    for found in mistakes(f"net n()\n  {row}\n"):
        for text in (found.message, *found.help, *[fix.title for fix in found.fixes]):
            assert text.isascii()
            assert text[0] == "`" or text[0].islower()
            assert not text.endswith(".")
            assert not re.search(r"\b(LPAR|SIZE_|__ANON|Token|\$END|VBAR|_SEMI)\b", text)


def test_the_example_of_the_kind():
    example = SyntaxMistake.__doc__.split("Example:\n")[1].split("Fix:")[0]
    text = "\n".join(line[8:] for line in example.split("\n"))
    assert [found.slug for found in mistakes(text)] == ["syntax"]
