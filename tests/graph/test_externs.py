"""An extern's result may name what the net around its row is given, wherever that row stands."""

from __future__ import annotations

TEXT = """\
extern f(x) -> n
block b(n)
  f
net inner(n=7)
  input 8
  b 99
net outer(n=3)
  input 8
  inner n=5
"""


def size(network_of, net, text=TEXT):
    network = network_of(text, net=net)
    (node,) = network.outputs.values()
    return str(network.nodes[node].shape)


def test_in_a_block_it_is_the_nets_and_not_the_blocks(network_of):
    assert size(network_of, "inner") == "7"


def test_a_net_used_as_a_block_has_its_own(network_of):
    assert size(network_of, "outer") == "5"
