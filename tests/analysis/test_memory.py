"""Peak memory by liveness, worked out by hand. `8x8x4` of float32 is 1,024 bytes."""

import pytest

from archc.analysis.cost import measure
from archc.analysis.memory import peak_bytes


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
