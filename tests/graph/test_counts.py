"""The letter in a block's header stands for the count that comes in, whatever it is called."""

from __future__ import annotations

import pytest

from archc.diagnostics.model import Bag
from archc.files import Files
from archc.graph.elaborate import expand
from archc.graph.elaborate.replay import Replay
from archc.graph.modules import load_module
from archc.source import SourceFile

TEXT = """\
use encoder_block from "blocks/transformer.arch"
extern chosen(x) -> T of 4
block one_more() on R of D -> R+1 of D
  classtoken
block per_one(c) on N+1 of D -> N+1 of (c*N)
  fc c*N
block per_thing(c) -> T of (c*T)
  fc c*T
net encoder()
  input N of 64
  one_more ; encoder_block 4 128
net boxes()
  input T of 4
  chosen as them
  add them input
net around()
  input M of 4
  boxes
net counted()
  input 5 of 4
  per_one 2 ; per_thing 3
block as_map() on N+1 of D -> (N+1)x1xD
  map (N+1)x1
net opened()
  input HxWx4
  tokens ; as_map
"""


def output(network_of, net):
    network = network_of(TEXT, net=net)
    (node,) = network.outputs.values()
    return str(network.nodes[node].shape)


@pytest.mark.parametrize(
    ("net", "size"),
    [("encoder", "N+1 of 64"), ("boxes", "T of 4"), ("around", "M of 4"), ("counted", "5 of 15")],
)
def test_output(network_of, net, size):
    assert output(network_of, net) == size


def test_it_follows_an_open_size():
    bag = Bag()
    module = load_module(SourceFile("counts.arch", TEXT), Files(), bag)
    replay = Replay(expand(module, "opened", None, bag), anew=lambda sizes: pytest.fail("anew"))
    outcome = replay.at({"H": 7, "W": 5})
    assert outcome.legal
    assert str(outcome.shapes[-1]) == "35x1x4"
