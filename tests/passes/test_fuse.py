"""What becomes one operator, and which values may be written over."""

from __future__ import annotations

import pytest

from archc.api import load, loads
from archc.graph.ir import Instance
from archc.ops.fused import Fused, Overwriting
from archc.passes.fuse import fused
from archc.passes.strip_training import strip_training


def shown(rows):
    """Each fused layer and each join in place, by its name and what it reads."""
    found = {}
    for node in fused(loads(rows).graph).nodes:
        if isinstance(node.op, Fused):
            end = node.op.activation.word if node.op.activation else "-"
            adds = "into" if node.op.into else "plus" if node.op.adds else "-"
            found[node.path] = f"{end} {adds}"
        elif isinstance(node.op, Overwriting):
            found[node.path] = "over"
        elif node.op.word not in ("input", "identity"):
            found[node.path] = node.op.word
    return found


def net(*rows, blocks=""):
    return blocks + "net n()\n  input 8x8x4\n" + "".join([f"  {row}\n" for row in rows])


A = "conv 1x1 4 as a"
SHORTCUT = ["add", "  identity", "  conv 1x1 4 as b ; conv 3x3 4 pad=half as c"]
FROM_A = ["concat", "  identity", "  from a"]
GATE = ["mul", "  identity", "  gap as g ; sigmoid as s"]


def test_an_activation_and_a_sum_become_a_part_of_the_layer():
    assert shown(net(A, *SHORTCUT, "relu")) == {"a": "- -", "b": "- -", "c": "relu into"}


def test_a_sum_goes_to_the_later_layer():
    rows = [A, "add", "  conv 1x1 4 as b", "  conv 1x1 4 as c", "relu6"]
    assert shown(net(*rows)) == {"a": "- -", "b": "- -", "c": "relu6 into"}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # the network's input
        (SHORTCUT, {"b": "- -", "c": "- plus"}),
        # what the layer itself reads
        ([A, "add", "  identity", "  conv 1x1 4 as c"], {"a": "- -", "c": "- plus"}),
        # a value that is read again, and one of which a view is
        ([A, *SHORTCUT, *FROM_A], {"a": "- -", "b": "- -", "c": "- plus", "concat1": "concat"}),
        (
            [A, "f: flatten", "from a", *SHORTCUT, "flatten", *FROM_A[:2], "  from f"],
            {
                "a": "- -",
                "flatten1": "flatten",
                "b": "- -",
                "c": "- plus",
                "flatten2": "flatten",
                "concat1": "concat",
            },
        ),
        # an output
        ([A, *SHORTCUT, "output a c"], {"a": "- -", "b": "- -", "c": "- -", "add1": "add"}),
        # what two read
        ([A, "relu as r", *FROM_A], {"a": "- -", "r": "relu", "concat1": "concat"}),
        # an activation that no kernel has
        ([A, "elu as e"], {"a": "- -", "e": "elu"}),
        # a value by its gate, read again or not
        ([A, *GATE], {"a": "- -", "g": "gap", "s": "sigmoid", "mul1": "over"}),
        (
            [A, *GATE, *FROM_A],
            {"a": "- -", "g": "gap", "s": "sigmoid", "mul1": "mul", "concat1": "concat"},
        ),
    ],
)
def test_what_is_read_again_is_not_written_over(rows, expected):
    assert shown(net(*rows)) == expected


BLOCK = "block b(c)\n  add\n    identity\n    conv 1x1 c as k ; conv 1x1 c as l\n  relu\n\n"


def test_uses_of_one_block_do_the_same():
    """The first shortcut is the network's input, so neither may be written over."""
    found = shown(net("b 4 as one", "reuse one", blocks=BLOCK))
    assert {found["one.l"], found["one@2.l"]} == {"relu plus"}
    found = shown(net(A, "b 4 as one", "reuse one", blocks=BLOCK))
    assert {found["one.l"], found["one@2.l"]} == {"relu into"}


def test_uses_of_one_layer_that_end_otherwise_end_apart():
    found = shown(net("conv 1x1 4 as a ; relu as r", "reuse a"))
    assert found == {"a": "- -", "r": "relu", "a@2": "- -"}


def test_a_scan_reads_again_what_stands_outside():
    rows = "  x: input T of 4\n  mean things\n  fc 4 as a\n  from x\n  scan\n    w: identity\n"
    rows += "    add\n      from a\n      fc 4 as b\n"
    assert shown(f"net n()\n{rows}")["b"] == "- plus"


def test_nothing_of_training_is_left():
    stripped = strip_training(load("googlenet_torchvision").graph)
    words = {node.op.word for node in stripped.nodes}
    assert "dropout" not in words and not stripped.training_outputs
    assert not any(node.path.startswith("aux") for node in stripped.nodes)


def test_a_changed_copy_of_a_scan_gives_what_is_gathered():
    network = loads("net n()\n  input T of 4\n  scan\n    w: identity\n    fc 3\n").graph
    (scan,) = [item for item in fused(network).root.items if isinstance(item, Instance)]
    assert fused(network).nodes[scan.output].op.word == "gather"
