"""The graph's text form: stable, nested, complete. Golden files are looked at when they change."""

import pytest

from archc.graph.dump import dump

SHOWN = ("lenet5", "resnet.18", "caption", "siamese", "mask_rcnn", "unet.same", "fractalnet")


@pytest.mark.parametrize("name", SHOWN)
def test_dump_is_golden(name, networks, golden):
    (network,) = networks(name)
    golden(f"graph/{name}.txt", dump(network))


def test_the_same_text_gives_the_same_bytes(network_of):
    text = "net a()\n  input 8x8x3\n  conv 3x3 8 pad=1 ; relu\n  fc 10\n"
    assert dump(network_of(text)) == dump(network_of(text))


def test_paths_are_unique_and_every_input_stands_before_its_use(networks):
    for name in ("resnet.50", "densenet.121", "mask_rcnn", "caption", "vit.b16", "siamese"):
        (network,) = networks(name)
        paths = [node.path for node in network.nodes]
        assert len(paths) == len(set(paths)), name
        assert all(paths), name
        for node in network.nodes:
            assert all(index < node.index for index in node.inputs)


def test_every_node_stands_once_in_the_tree_of_blocks(networks):
    for name in ("googlenet", "mobilenet_v3_large", "mask_rcnn"):
        (network,) = networks(name)
        found, pending = [], [network.root]
        while pending:
            instance = pending.pop()
            for item in instance.items:
                if hasattr(item, "items"):
                    assert item.parent is instance
                    pending.append(item)
                else:
                    assert item.block is instance
                    found.append(item.index)
        assert sorted(found) == [node.index for node in network.nodes]
