"""Peak memory by liveness, worked out by hand. `8x8x4` of float32 is 1,024 bytes."""

import pytest

from archc.analysis.amounts import evaluate, numbers, shapes_in
from archc.analysis.cost import INFERENCE, measure
from archc.analysis.memory import peak_bytes
from archc.ops.values import Shape
from tests.conftest import ROOT


def peak(network_of, rows, **more):
    text = "net toy()\n" + "\n".join(f"  {row}" for row in rows.strip("\n").split("\n")) + "\n"
    return peak_bytes(measure(network_of(text)), **more)


CHAIN = """
input 8x8x4
conv 3x3 4 pad=half
relu
conv 3x3 8 pad=half
"""


def test_a_chain_holds_two_values(network_of):
    # input and conv1 2,048; relu in place; conv1 and conv2 3,072
    assert peak(network_of, CHAIN) == 3072


def test_the_width_of_numbers(network_of):
    assert peak(network_of, CHAIN, width=2) == 1536


def test_an_addition_writes_over_a_path_that_dies(network_of):
    rows = """
input 8x8x4
add
  identity
  conv 3x3 4 pad=half
relu
"""
    assert peak(network_of, rows) == 2048


def test_a_concatenation_is_a_new_value(network_of):
    rows = """
input 8x8x4
concat
  identity
  conv 3x3 4 pad=half
"""
    assert peak(network_of, rows) == 1024 + 1024 + 2048


def test_a_reshape_is_a_view(network_of):
    rows = """
input 8x8x4
reshape 16x4x4
relu
"""
    assert peak(network_of, rows) == 1024


def test_a_value_that_is_used_later_is_not_overwritten(network_of):
    rows = """
x: input 8x8x4
relu
add
  identity
  from x
"""
    assert peak(network_of, rows) == 2048


def test_outputs_live_to_the_end(network_of):
    rows = """
x: input 8x8x4
a: conv 3x3 4 pad=half
b: conv 3x3 4 pad=half
conv 1x1 1
output a b conv3
"""
    text_rows = rows.replace("conv 1x1 1", "conv3: conv 1x1 1")
    # a and b 2,048, and the last conv 256
    assert peak(network_of, text_rows) == 2048 + 256


@pytest.mark.parametrize("output", ["output a", "output a\noutput side training"])
def test_what_inference_does_not_need_does_not_run(network_of, output):
    rows = f"""
x: input 8x8x4
a: conv 3x3 4 pad=half
side: conv 3x3 400 pad=half
{output}
"""
    assert peak(network_of, rows) == 2048


def test_words_have_eight_bytes(network_of):
    rows = """
input 10 of int
embed 4 vocab=100
"""
    assert peak(network_of, rows) == 80 + 160


def test_counts_are_zero_unless_given(network_of):
    rows = """
input T of 8
fc 4
"""
    assert peak(network_of, rows) == 0
    assert peak(network_of, rows, counts={"T": 10}) == 480


def test_published_networks(networks):
    (vgg16,) = networks("vgg16")
    # conv1_2 reads and writes 224x224x64
    assert peak_bytes(measure(vgg16)) == 2 * 224 * 224 * 64 * 4


# ---- scan --------------------------------------------------------------------------------------

SCANNED = """
input 1000 of 4
scan
  fc 4096 ; relu
  fc 64
"""


def test_a_scan_holds_its_input_and_all_that_it_gives(network_of):
    assert peak(network_of, SCANNED) == 1000 * 4 * 4 + 1000 * 64 * 4 + 4096 * 4 + 64 * 4


def test_a_scan_counts_its_rows_in_values_and_not_what_it_gathers(network_of):
    text = "net toy()\n" + "\n".join(f"  {row}" for row in SCANNED.strip().split("\n")) + "\n"
    assert measure(network_of(text)).sum().values == 1000 * (4 + 4096 + 64)


def test_a_value_from_outside_lives_to_the_end_of_the_scan(network_of):
    rows = """
input 10 of 4
words: fc 4
from words
mean things
fc 1000 as state
from words
scan
  fc 1000 as one
  add one state
  fc 500
  fc 500
"""
    # words 160, state 4,000, what it gives 20,000, and at the addition two rows of 4,000 less one
    # that is written over: the next fc holds 4,000 + 2,000
    assert peak(network_of, rows) == 160 + 4000 + 20000 + 4000 + 2000


def test_what_prev_reads_lives_from_step_to_step(network_of):
    rows = """
input 10 of 4
scan
  fc 1000 as word
  old: prev new 1000
  concat word old
  new: fc 1000
"""
    # input 160, what it gives 40,000, the word, the row one step ago, both of them joined
    assert peak(network_of, rows) == 160 + 40000 + 4000 + 4000 + 8000


def test_a_scan_in_a_scan(network_of):
    rows = """
input 10 of 8
scan
  reshape 1x2x4
  tokens
  fc 6
  scan
    fc 100
  mean things
"""
    # while the inner one runs: the input, both results, two things of 6, the row's 100
    assert peak(network_of, rows) == 10 * 8 * 4 + 10 * 100 * 4 + 2 * 6 * 4 + 2 * 100 * 4 + 100 * 4


# ---- what holds for every network ---------------------------------------------------------------

COUNTS = dict.fromkeys("TRNSKLQ", 7)
SPECS = sorted(path.stem for path in (ROOT / "specs").glob("*.arch"))


def size_of(value):
    wide = [(shape, 8 if shape.is_integer else 4) for shape in shapes_in((value,))]
    return sum([evaluate(numbers(shape), COUNTS) * width for shape, width in wide])


@pytest.mark.parametrize("name", SPECS)
def test_no_peak_is_below_what_is_certainly_alive(networks, name):
    for network in networks(name):
        costs = measure(network)
        nodes = network.nodes
        most = peak_bytes(costs, counts=COUNTS)
        assert most >= sum([size_of(nodes[index].shape) for index in network.outputs.values()])
        for node in nodes:
            op = node.op
            if costs.roles[node.index] != INFERENCE:
                continue
            read = sum([size_of(nodes[index].shape) for index in set(node.inputs)])
            if op.rearranges:
                assert size_of(node.shape) <= read, node
            written = 0 if op.rearranges or op.elementwise else size_of(node.shape)
            if op.role == "join" and (
                not isinstance(node.shape, Shape)  # a list holds the values themselves
                or written in [size_of(nodes[index].shape) for index in node.inputs]
            ):
                written = 0  # a path that dies may be written over
            assert most >= read + written, node


UNREAD = """
net toy()
  input 8x8x1
  conv 1x1 100 as a
  conv 1x1 1 as b
  conv 1x1 50 as c
  list a c
  second
block second() on p, q
  from q ; conv 1x1 1
"""


def test_a_list_keeps_nothing_alive_that_nobody_reads(network_of):
    # a and b; a is gone before c comes
    assert peak_bytes(measure(network_of(UNREAD))) == 101 * 64 * 4
