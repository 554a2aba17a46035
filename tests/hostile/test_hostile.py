"""Texts without end, without bottom or without measure: a diagnostic or the right answer, soon."""

from __future__ import annotations

from itertools import pairwise

import pytest

from archc.api import ArchError
from archc.limits import DEFAULT, Limits
from tests.hostile.texts import loads, net, slugs

# ---- depth ---------------------------------------------------------------------------------------

DEEP = 10_000


def test_bodies_within_bodies():
    rows = [" " * (2 + depth) + "add" for depth in range(DEEP)]
    assert "nesting-too-deep" in slugs("net a()\n input 8x8x3\n" + "\n".join(rows) + "\n")


def test_definitions_within_definitions():
    lines = [f"{' ' * depth}block b{depth}()" for depth in range(DEEP)]
    text = "\n".join([*lines, " " * DEEP + "relu", "net a()", "  input 8x8x3", "  b0", ""])
    assert "nesting-too-deep" in slugs(text)


def test_blocks_that_call_one_another():
    blocks = [f"block b{number}()\n  b{number + 1}\n" for number in range(DEEP)]
    text = "".join([*blocks, f"block b{DEEP}()\n  relu\n", net("b0")])
    assert slugs(text) == {"endless-block"}


def test_as_many_calls_as_the_limit_allows():
    last = DEFAULT.depth - 1
    blocks = [f"block b{number}()\n  b{number + 1}\n" for number in range(last)]
    text = "".join([*blocks, f"block b{last}()\n  conv 1x1 8\n", net("b0")])
    assert loads(text).params == 32


@pytest.mark.parametrize("sign", ["(", "-(", "max(", "(1 if (", "2^("])
def test_brackets_within_brackets(sign):
    assert slugs(net("fc " + sign * DEEP + "1" + ")" * DEEP)) & {"nesting-too-deep", "syntax"}


def test_brackets_in_a_label():
    assert slugs(net("l{" + "(" * DEEP + "}: relu")) & {"nesting-too-deep", "syntax"}


def test_a_formula_without_end():
    assert loads(net("fc 1" + " + 1" * DEEP)).params == 193 * (DEEP + 1)


def test_a_formula_of_powers():
    assert slugs(net("fc 2" + " ^ 2" * DEEP)) == {"value-not-allowed"}


def test_many_steps_in_one_row():
    assert len(loads(net(" ; ".join(["relu"] * DEEP))).graph.nodes) == DEEP + 1


def test_conditions_without_end():
    assert loads(net("relu if " + " and ".join(["1 == 1"] * DEEP))).params == 0
    assert loads(net("relu if " + "not " * DEEP + "1 == 1")).params == 0


# ---- endless -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "blocks",
    [
        "block a2()\n  a2\n",
        "block a2()\n  conv 3x3 8 pad=half\n  a2\n",
        "block a2()\n  b2\nblock b2()\n  a2\n",
        "block a2(n=1)\n  a2 n+1\n",
        "block a2()\n  add\n    identity\n    a2\n",
        "block a2()\n  every relu = a2\n  relu\n",
    ],
)
def test_blocks_that_never_end(blocks):
    assert slugs(blocks + net("a2")) & {"endless-block", "expansion-too-large"}


def test_doubling_without_a_layer():
    blocks = "block a2(n)\n  a2 n-1 if n > 0\n  a2 n-1 if n > 0\n"
    assert slugs(blocks + net("a2 200")) & {"endless-block", "expansion-too-large"}


def test_doubling_by_joins():
    blocks = (
        "block a2(n)\n  add\n    a2 n-1 if n > 0 else identity\n    a2 n-1 if n > 0 else relu\n"
    )
    assert slugs(blocks + net("a2 60")) == {"expansion-too-large"}


def test_a_net_within_itself():
    assert slugs("net a()\n  input 8x8x3\n  a\n") & {"endless-block", "name-taken", "unknown-layer"}


@pytest.mark.parametrize(
    "row",
    [
        "relu x1000000000",
        "relu x(10^9)",
        "conv 3x3 8 pad=half x(10^50)",
        "identity x1000000000",
        "from input x1000000000",
        "b: conv 1x1 3 x1000000000",
        "l{i}: conv 1x1 3 x1000000000",
    ],
)
def test_repetitions_without_end(row):
    assert slugs(net(row)) & {"expansion-too-large", "syntax", "value-not-allowed", "missing-value"}


def test_repetitions_within_repetitions():
    blocks = "".join([f"block b{n}()\n  b{n + 1} x1000\n" for n in range(6)])
    assert slugs(blocks + "block b6()\n  relu x1000\n" + net("b0")) == {"expansion-too-large"}
    blocks = blocks.replace("b6", "identity")
    assert slugs(blocks + net("b0")) == {"expansion-too-large"}


def test_policies_that_mean_themselves():
    text = net("conv 3x3 8").replace("  input", "  every conv = conv ; conv ; conv\n  input")
    assert loads(text).params > 0
    policies = "  every relu = silu ; silu\n  every silu = relu ; relu\n"
    assert len(loads(net("silu").replace("  input", f"{policies}  input")).graph.nodes) < 20
    many = policies * 5000
    assert slugs(net("silu").replace("  input", f"{many}  input")) == {"value-not-allowed"}


def test_policies_that_double():
    words = (
        "relu",
        "relu6",
        "selu",
        "silu",
        "hswish",
        "hsigmoid",
        "sigmoid",
        "tanh",
        "mish",
        "gelu",
    )
    lines = ["every relu = relu ; relu"]
    lines += [f"every {new} = {' ; '.join([old] * 9)}" for old, new in pairwise(words)]
    text = net("gelu").replace("  input", "\n".join([f"  {line}" for line in lines]) + "\n  input")
    assert slugs(text) == {"expansion-too-large"}


# ---- numbers -------------------------------------------------------------------------------------

NINES = "9" * 400


@pytest.mark.parametrize(
    "formula",
    ["1/0", "1//0", "1 mod 0", "0^(0-1)", "1/(1-1)", "(1/3)/(1/3-1/3)", "7/(C-3)"],
)
def test_division_by_zero(formula):
    text = f"block b(n)\n  fc n\n{net(f'b ({formula})')}"
    assert slugs(text.replace("C-3", "3-3")) == {"division-by-zero"}


@pytest.mark.parametrize(
    "row", [f"fc {NINES}", f"conv {NINES}x3 8", f"relu x{NINES}", f"dropout 0.{NINES}"]
)
def test_numbers_of_400_digits(row):
    assert slugs(net(row)) <= {"value-not-allowed", "syntax", "expansion-too-large"}


@pytest.mark.parametrize(
    "formula",
    [
        "10^1000",
        "2^2^2^2^2^2",
        "(10^99)*(10^99)",
        "1e400",
        "sqrt(2)^100000",
        "1/3^400",
        "10^(10^10)",
    ],
)
def test_formulas_that_explode(formula):
    assert slugs(net(f"fc {formula}")) == {"value-not-allowed"}


def test_sizes_beyond_64_bits_are_exact():
    thing = 10**30
    network = loads(net("fc 10^30"))
    assert network.params == 192 * thing + thing
    assert network.macs == 192 * thing
    square = loads(net("conv 1x1 10^20", "conv 1x1 10^20", size="4294967296x4294967296x3"))
    assert square.params == 4 * 10**20 + 10**40 + 10**20
    assert square.macs == 2**64 * (3 * 10**20 + 10**40)
    assert str(10**40) in str(square.report().totals.macs) or square.macs > 2**190


@pytest.mark.parametrize(
    "row",
    ["fc 0", "conv 0x0 8", "conv 3x3 0", "conv 3x3/0 8", "conv 3x3 (0-8)", "fc 1/2", "relu x(0-1)",
     "relu x(1/2)", "fc sqrt(2)", "fc log2(0)", "fc sqrt(0-1)", "conv 3x3 8 groups=0",
     "fc min()", "fc nothing(1)", "fc yes", "conv 3x3 8 pad=(0-1)", "maxpool 2x2/(0-2)"],
)  # fmt: skip
def test_numbers_that_no_layer_takes(row):
    assert slugs(net(row))


@pytest.mark.parametrize("copies", [24, 30])
def test_lists_within_lists(copies):
    rows = [f"list x{copies}", "  identity", "  identity"]
    assert slugs(net(*rows)) == {"expansion-too-large"}
    assert len(loads(net("list x9", *rows[1:])).graph.nodes[-1].inputs) == 2**9


def test_each_that_doubles_a_list():
    block = "block twice()\n  list\n    identity\n    identity\n"
    rows = ["twice", *["each twice"] * 40]
    with pytest.raises(ArchError, match="expansion-too-large"):
        loads(block + net(*rows), limits=Limits(layers=2000))
