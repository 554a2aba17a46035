"""Names, attributes and state_dict keys: the table of docs/language/names.md, row by row."""

import pytest

EVERY = "  every conv = conv pad=half bias=no ; bn ; relu\n"
DOTTED = "  every conv = conv pad=half bias=no as .conv ; bn as .bn ; relu\n"
STARRED = "  every conv = conv pad=half bias=no as .* ; bn as .* ; relu as .*\n"
UNIT = "block unit(c)\n  conv 3x3 c pad=1\n\n"

CASES = [
    ("  conv 3x3 8", ["conv1.weight", "conv1.bias"]),
    (EVERY + "  conv 3x3 8", ["conv1.weight", "bn1.weight", "bn1.bias"]),
    ("  fc: fc 10", ["fc.weight", "fc.bias"]),
    ("  head: conv 3x3 8 bias=no ; relu", ["head.weight"]),
    ("  body: conv 1x1 8 bias=no ; conv 1x1 8 bias=no", ["body.conv1.weight", "body.conv2.weight"]),
    ("  f.*:\n    conv 1x1 8 bias=no ; relu\n    conv 1x1 8 bias=no", ["f.0.weight", "f.2.weight"]),
    ("  down.*: conv 1x1 8 bias=no ; bn", ["down.0.weight", "down.1.weight", "down.1.bias"]),
    (DOTTED + "  c: conv 1x1 8", ["c.conv.weight", "c.bn.weight", "c.bn.bias"]),
    (DOTTED + "  conv 1x1 8", ["conv1.conv.weight", "conv1.bn.weight", "conv1.bn.bias"]),
    (
        STARRED + "  f.*: conv 1x1 8 ; conv 1x1 8 bare",
        ["f.0.0.weight", "f.0.1.weight", "f.0.1.bias", "f.1.weight"],
    ),
    ("  a: conv 1x1 8 bias=no x2", ["a.0.weight", "a.1.weight"]),
    ("  a: conv 1x1 8 bias=no x1", ["a.0.weight"]),
    ("  b.l*: conv 1x1 8 bias=no x2", ["b.l1.weight", "b.l2.weight"]),
    ("  b.l_{i}: conv 1x1 8 bias=no x2", ["b.l_0.weight", "b.l_1.weight"]),
    ("  conv 1x1 8 bias=no as stem ; conv 1x1 8 bias=no", ["stem.weight", "conv2.weight"]),
    ("  _:\n    conv 1x1 8 bias=no", ["conv1.weight"]),
    ("  block1-0: conv 1x1 8 bias=no", ["block1-0.weight"]),
    ("  add\n    identity\n    conv 1x1 3 bias=no", ["conv1.weight"]),
    ("  m: add\n    identity\n    conv 1x1 3 bias=no", ["m.conv1.weight"]),
    ("  tokens\n  cls: classtoken\n  pos: positions", ["cls", "pos"]),
    ("  prelu ; l2norm", ["prelu1.weight", "l2norm1.weight"]),
]


def keys_of(network):
    return [
        network.key(node, name)
        for node in network.nodes
        if not node.shares
        for name in network.weights(node)
    ]


@pytest.mark.parametrize(("rows", "keys"), CASES, ids=[rows.strip()[:40] for rows, _ in CASES])
def test_keys(rows, keys, network_of):
    lines = rows.split("\n")
    head = [line for line in lines if line.startswith("  every")]
    body = [line for line in lines if not line.startswith("  every")]
    text = "\n".join(["net a()", *head, "  input 8x8x3", *body, ""])
    assert keys_of(network_of(text)) == keys


def test_copies_of_a_block(network_of):
    text = UNIT + "net a()\n  input 8x8x3\n  layer1: unit 8 x2\n  unit 8\n"
    keys = keys_of(network_of(text))
    assert keys[::2] == ["layer1.0.conv1.weight", "layer1.1.conv1.weight", "unit1.conv1.weight"]


def test_replaced_words_keep_the_written_name(tmp_path):
    import archc

    (tmp_path / "lib.arch").write_text(
        "every conv = conv pad=half bias=no ; bn ; relu\nblock unit(c)\n  conv 3x3 c\n"
        "  conv 3x3 c no bn\n"
    )
    (tmp_path / "net.arch").write_text(
        'use unit from "lib.arch" with bn = groupnorm 4, relu = silu\n\n'
        "net a()\n  input 8x8x8\n  unit 8\n"
    )
    network = archc.load(tmp_path / "net.arch").graph
    assert [node.op.word for node in network.nodes] == [
        "input", "conv", "groupnorm", "silu", "conv", "silu",
    ]  # fmt: skip
    assert keys_of(network)[:3] == [
        "unit1.conv1.weight", "unit1.bn1.weight", "unit1.bn1.bias",
    ]  # fmt: skip


def test_shared_weights_have_one_set_of_keys(networks):
    (network,) = networks("siamese")
    shared = [node for node in network.nodes if node.shares]
    assert [node.shares for node in shared][:2] == ["twin.conv1", "twin.conv2"]
    assert len(keys_of(network)) == 12
