"""`reuse`, `each` and `until`: the same weights, the right value, nothing built twice."""

import pytest

ROW = "conv 3x3 8 pad=1"

SHARED = [
    (f"  head: {ROW} as a ; {ROW} as b\n  reuse head", 2 * 584),
    (f"  features.*: {ROW} ; relu ; {ROW}\n  reuse features", 2 * 584),
    (f"  o: conv 1x1 8\n  head: {ROW} ; reuse o ; {ROW}\n  reuse head", 72 + 2 * 584),
    (f"  one: {ROW}\n  reuse one\n  reuse one", 584),
    (f"  {ROW} as one\n  again: reuse one", 584),
    (f"  list\n    identity\n    conv 1x1 8 bias=no\n  head: each {ROW}\n  add", 64 + 584),
]


@pytest.mark.parametrize(("rows", "params"), SHARED)
def test_weights_are_shared(rows, params):
    import archc

    net = archc.loads(f"net a()\n  input 8x8x8\n{rows}\n")
    assert net.params == params
    built = [node for node in net.graph.nodes if net.graph.weights(node) and not node.shares]
    keys = {net.graph.key(node, "weight") for node in net.graph.nodes if net.graph.weights(node)}
    assert keys == {net.graph.key(node, "weight") for node in built}


JOINED = """
net a()
  input 8x8x3
  x: concat
    conv 1x1 4 as l
    conv 1x1 5 as r
  conv 1x1 6

net b()
  input 8x8x3
  a until {row}
"""


@pytest.mark.parametrize(("row", "channels", "params"), [("x.l", 4, 16), ("x.r", 5, 20)])
def test_until_ends_in_the_middle_of_a_join(row, channels, params):
    import archc

    net = archc.loads(JOINED.format(row=row), "b")
    assert str(net.graph.nodes[next(iter(net.graph.outputs.values()))].shape) == f"8x8x{channels}"
    assert net.params == params


EACH = """
net a()
  input 8x8x3
  list as both
    conv 1x1 8 bias=no
    conv 1x1 8 bias=no
  head: each conv 1x1 4
  from both
  reuse head
"""


def test_uses_of_a_list_have_names_of_their_own(network_of):
    paths = [node.path for node in network_of(EACH).nodes]
    assert len(paths) == len(set(paths))


ROWS = """
net a()
  every conv = conv ; relu
  input 8x8x3
  x: conv 1x1 4 ; bn ; sigmoid
  conv 1x1 5 as y ; tanh
  conv 1x1 6 ; silu
  z: conv 1x1 7 x3 ; gelu

net b()
  input 8x8x3
  a until {row}
"""


@pytest.mark.parametrize(
    ("row", "last"),
    [
        ("x", "sigmoid"),
        ("x.bn1", "bn"),
        ("y", "relu"),
        ("conv2", "relu"),
        ("z.1", "relu"),
        ("z", "gelu"),
    ],
)
def test_until_ends_behind_the_whole_row(network_of, row, last):
    network = network_of(ROWS.format(row=row), net="b")
    (output,) = network.outputs.values()
    assert network.nodes[output].op.word == last
    assert output == len(network.nodes) - 1
