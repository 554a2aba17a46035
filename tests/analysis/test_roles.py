"""What a node is for: an output, training, nothing; of lists, by what reads their items."""

import pytest

from archc.analysis.cost import INFERENCE, TRAINING, UNUSED, measure

TWO = "  list\n    identity\n    maxpool\n"
HEADS = f"{TWO}  heads: each conv 1x1 4\n"

LISTS = [
    ("the last row", HEADS, (INFERENCE, INFERENCE)),
    ("an output", f"{HEADS}  output heads\n", (INFERENCE, INFERENCE)),
    (
        "a training output",
        f"{HEADS}  from input\n  main: fc 3\n  output main\n  output heads training\n",
        (TRAINING, TRAINING),
    ),
    ("a join", f"{HEADS}  from input\n  list\n    relu\n    tanh\n  add\n", (UNUSED,) * 2),
    ("a list in a list", "  list\n    relu\n    list\n      tanh\n      silu\n  add\n", (2, 2)),
    ("nothing", "  b: conv 1x1 5\n  list b input\n  from input ; fc 3\n", (UNUSED,)),
]


@pytest.mark.parametrize(("read_by", "rows", "roles"), LISTS, ids=[one[0] for one in LISTS])
def test_a_list_is_for_what_reads_its_items(network_of, read_by, rows, roles):
    network = network_of(f"net a()\n  input 8x8x3\n{rows}")
    found = measure(network).roles
    lists = [found[node.index] for node in network.nodes if node.op.word == "list"]
    assert tuple(lists[: len(roles)]) == roles
    assert all(role == INFERENCE for role in lists[len(roles) :])


@pytest.mark.parametrize("name", ["mask_rcnn", "faster_rcnn_fpn", "fractalnet", "hrnet.w18"])
def test_no_list_of_a_shipped_net_is_said_to_reach_no_output(networks, name):
    for network in networks(name):
        assert UNUSED not in measure(network).roles
