"""The written text is the network: for every shipped net, every example, and what passes make."""

from __future__ import annotations

import pytest

from archc.backends.arch import write
from archc.checking import Checker
from archc.graph.compare import difference
from archc.graph.outline import Outline
from archc.graph.rewrite import rewritten
from archc.passes import Pass
from archc.session import Session
from archc.source import SourceFile
from archc.syntax.format import format_text
from archc.transforming import Differs, Refused, transformed, written
from tests.conftest import ROOT
from tests.language.fences import TEXTS, example_at, wrapped
from tests.language.test_operator_examples import CLASSES, example_of

FILES = sorted(path.stem for path in (ROOT / "specs").glob("*.arch"))


def read(text):
    session = Session()
    (network,) = session.networks_of(SourceFile("<written>", text), None)
    return network


def same(network):
    text, _ = written(network)
    assert difference(network, read(text)) == ""
    assert format_text(SourceFile("<written>", text)) == text
    return text


@pytest.mark.parametrize("name", FILES)
def test_every_shipped_network_comes_back(name, networks):
    for network in networks(name):
        same(network)


@pytest.mark.parametrize("name", FILES)
def test_what_was_written_is_written_again(name, networks):
    text = write(networks(name)[0])
    assert write(read(text)) == text


@pytest.mark.parametrize("name", ["resnet", "googlenet", "mask_rcnn", "unet", "caption", "vit"])
def test_the_text_has_no_findings(name, networks):
    for network in networks(name):
        checker = Checker()
        checker.source(SourceFile("<written>", same(network)))
        assert [found.message for found in checker.findings()] == []


@pytest.mark.parametrize("place", TEXTS)
def test_examples_of_the_language_come_back(place):
    for network in Session().networks_of(SourceFile("<text>", example_at(place)), None):
        same(network)


@pytest.mark.parametrize("cls", CLASSES)
def test_every_operator_comes_back(cls):
    (network,) = Session().networks_of(SourceFile("<text>", wrapped(example_of(cls))), None)
    same(network)


@pytest.mark.parametrize("name", Pass.registry)
@pytest.mark.parametrize("net", ["lenet5", "alexnet.slide", "resnet.18", "vgg_bn.11", "unet.same"])
def test_what_a_pass_makes_comes_back(name, net, networks):
    (network,) = networks(net)
    options = {"new-head": {"classes": 7}, "features": {"until": _middle(network)}}
    try:
        done = transformed(network, [Pass.registry[name](**options.get(name, {}))])
    except Refused:
        assert (net, name) == ("unet.same", "fc-to-conv")
        return
    same(done.network)


def _middle(network):
    layers = [node.path for node in network.nodes if node.op.role == "layer"]
    return layers[len(layers) // 2]


# ---- how it reads ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["resnet.50", "googlenet", "unet.same", "caption"])
def test_it_reads_as_it_did(name, networks, golden):
    network = rewritten(networks(name)[0])
    network.checks, network.meta = [], {}  # what a spec says beside its rows
    golden(f"written/{name}.arch", write(network))


def test_more_of_the_same_is_no_longer_text(networks):
    lines = {name: same(networks(f"resnet.{name}")[0]).count("\n") for name in (50, 101, 152)}
    assert len(set(lines.values())) == 1


def test_equal_blocks_are_one_group_and_numbers_are_its_parameters(networks):
    groups = Outline(networks("resnet.152")[0]).groups
    assert [(len(group.members), group.parameters) for group in groups] == [
        (4, ("c", "s")),
        (46, ("c",)),
    ]
    assert set(groups[0].values.values()) == {(64, 1), (128, 2), (256, 2), (512, 2)}


def test_a_multiple_of_a_parameter_is_a_formula(networks):
    assert "conv 1x1 4*c" in same(networks("resnet.50")[0])


@pytest.mark.parametrize(
    "body",
    [
        "a: conv 1x1 8 ; relu\n  output a",
        "a: conv 1x1 8 ; relu\n  b: from a ; bn\n  output a b",
        "conv 1x1 3 as c\n  add c input as d\n  concat c d",
        "f.*: conv 1x1 3 ; relu ; conv 1x1 3\n  f.3: conv 1x1 3",
        "block1.block1-0: conv 1x1 3\n  from block1.block1-0 ; relu",
        "e:\n    conv 1x1 3\n    bn\n  from input\n  concat input e",
        "leaky 1/3 ; scale 0-0.5 ; elu 2",
        "conv 3x3 4 pad=0x1 start=-4.6 ; prelu start=0.1",
        "maxpool 3x3/2x1 floor ; avgpool 2x2/1 pad=1 count=real",
    ],
)
def test_corners(body):
    (network,) = Session().networks_of(
        SourceFile("<text>", f"net n\n  input 9x9x3\n  {body}\n"), None
    )
    same(network)


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ("t: conv 1x1 3 ; bn ; relu\nreuse t\nreuse t\nrelu", "reuse t\n  reuse t ; relu\n"),
        ("t.*: conv 1x1 3 ; bn ; relu\nreuse t\nrelu", "t.*: conv 1x1 3 ; bn ; relu\n  reuse t"),
        ("a: conv 1x1 3 ; tanh\nb: from input ; reuse a\nsub a b", "a: conv 1x1 3 ; tanh\n    re"),
        ("relu as a\nreuse a\nrelu", "input 9x9x3\n  a: relu\n  reuse a ; relu\n"),
        ("t: conv 1x1 3 ; tanh as h\nadd h t\nreuse t", "reuse t\n  reuse h"),
        ("list\n  identity\n  conv 1x1 3\neach relu\nadd", "each relu"),
    ],
)
def test_rows_that_are_made_again(rows, text):
    body = "".join([f"  {row}\n" for row in rows.split("\n")])
    (network,) = Session().networks_of(SourceFile("<text>", f"net n\n  input 9x9x3\n{body}"), None)
    assert text in same(network)


@pytest.mark.parametrize(
    ("rows", "why"),
    [("z: u x2\n  reuse z", "one of several copies"), ("p as z\n  reuse z", "no name holds")],
)
def test_what_has_no_text_is_refused_with_the_reason(rows, why):
    blocks = "block u()\n  conv 1x1 3 ; bn\nblock p()\n  relu ; tanh\n"
    source = SourceFile("<text>", f"{blocks}net n\n  input 9x9x3\n  {rows}\n")
    (network,) = Session().networks_of(source, None)
    with pytest.raises(Refused, match=why):
        written(network)


def test_an_open_input_stays_open_where_the_text_is_right_at_two_sizes(networks):
    (network,) = networks("unet.same")
    text, notes = written(network, larger=lambda size: networks("unet.same", size)[0])
    assert "input HxWx1\n" in text
    assert notes == ()


def test_a_size_that_follows_from_the_input_closes_it():
    """Half of an open side is no number that a text could keep."""
    text = "net n\n  input HxWx3 where H mod 8 == 0 and W mod 8 == 0\n  resize (H/2)x(W/2)\n"

    def at(size):
        return next(Session().networks_of(SourceFile("<text>", text), None, size))

    network = next(Session().networks_of(SourceFile("<text>", text), None))
    found, notes = written(network, larger=at)
    assert "input 224x224x3" in found
    assert "fixed at 224x224x3" in notes[0]


def test_a_text_that_is_another_network_is_never_given(networks, monkeypatch):
    (network,) = networks("lenet5")
    wrong = write(network).replace("conv 5x5 16", "conv 5x5 17")
    monkeypatch.setattr("archc.transforming.write", lambda *given, **named: wrong)
    with pytest.raises(Differs, match="the row says 10x10x16"):
        written(network)
