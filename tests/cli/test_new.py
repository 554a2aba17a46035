"""`archc new`: the file it writes is right at once, and nothing is ever overwritten."""

from __future__ import annotations

import os

import pytest

from archc.api import check_paths
from archc.catalogue import starters
from archc.session import Session
from tests.conftest import ROOT

SPECS = ROOT / "specs"


def networks(name):
    """All networks that a name stands for."""
    session = Session()
    found = list(session.networks(str(name)))
    assert not session.bag().has_errors
    return found


def same(made, original, names):
    """Whether networks differ in their nets' names alone."""
    assert [network.name for network in made] == [
        network.name.replace(network.net, names[network.net], 1) for network in original
    ]
    for one, other in zip(made, original):
        assert [(node.op, node.shape) for node in one.nodes] == [
            (node.op, node.shape) for node in other.nodes
        ]
    return True


@pytest.mark.parametrize("starter", starters())
def test_a_starter(archc, project, starter):
    result = archc("new", "mine", "--from", starter)
    assert (result.code, result.err) == (0, "")
    assert [found.message for found in check_paths(["mine.arch"])] == []
    assert archc("fmt", "--check", ".").code == 0
    assert {network.net.partition("_")[0] for network in networks("mine.arch")} == {"mine"}


def test_a_classifier_is_what_one_begins_with(archc, project):
    result = archc("new", "mine")
    assert result.out == (
        "wrote mine.arch: mine, from classifier\n"
        "next:\n  archc check mine.arch\n  archc analyze mine.arch\n"
    )
    original = (ROOT / "templates" / "new" / "classifier.arch").read_text()
    assert (project / "mine.arch").read_text() == original.replace("net classifier(", "net mine(")


@pytest.mark.parametrize("file", sorted([path.stem for path in SPECS.glob("*.arch")]))
def test_every_shipped_file_can_be_begun_with(archc, project, file):
    """With what it uses, it stands alone in the user's folder."""
    result = archc("new", "mine", "--from", f"{file}.arch")
    assert (result.code, result.err) == (0, "")
    assert [str(found.primary.span) + found.message for found in check_paths(["."])] == []


@pytest.mark.parametrize("net", ["resnet", "unet", "mask_rcnn", "googlenet", "vgg"])
def test_only_the_name_differs(archc, project, net):
    archc("new", "mine", "--from", net)
    assert same(networks("mine.arch"), networks(SPECS / f"{net}.arch"), {net: "mine"})


def test_of_a_file_with_several_nets_one_is_renamed_or_all(archc, project):
    original = networks(SPECS / "dcgan.arch")
    archc("new", "face", "--from", "dcgan")
    both = {"generator": "face_generator", "discriminator": "face_discriminator"}
    assert same(networks("face.arch"), original, both)
    result = archc("new", "one", "--from", "generator")
    assert result.out.endswith("  archc analyze one.arch:one\n")
    left = {"generator": "one", "discriminator": "discriminator"}
    assert same(networks("one.arch"), original, left)


def test_nets_that_use_each_other_are_renamed_wherever_they_are_named(archc, project, monkeypatch):
    """In calls, in values and in tables; a row of the same name stays."""
    text = """\
block twice(unit)
  unit ; unit

block other()
  relu

net part(n=1)
  input 8x8x3
  conv 1x1 3 x(n)

net whole(unit)
  variants | unit
    a      | part
    b      | other
  input 8x8x3
  unit
  part: twice part ; part n=3
  from part
"""
    folder = project / "starters"
    folder.mkdir()
    (folder / "pair.arch").write_text(text)
    there = {"pair": str(folder / "pair.arch")}
    monkeypatch.setattr("archc.catalogue.starters", lambda: there)
    assert archc("new", "own", "--from", "pair").code == 0
    names = {"part": "own_part", "whole": "own_whole"}
    assert same(networks("own.arch"), networks(folder / "pair.arch"), names)
    written = (project / "own.arch").read_text()
    assert "  part: twice own_part ; own_part n=3\n  from part\n" in written


def test_a_variant_says_which_one_to_look_at(archc, project):
    result = archc("new", "mine", "--from", "resnet.50")
    assert result.out.endswith("  archc analyze mine.arch:50\n")
    assert [network.name for network in networks("mine.arch:50")] == ["mine.50"]


def test_a_net_is_named_as_people_spell_it(archc, project):
    result = archc("new", "mine", "--from", "ResNet-50")
    assert (result.code, result.err) == (0, "archc: `ResNet-50` is `resnet.50`\n")
    assert same(
        networks("mine.arch:50"), networks(f"{SPECS / 'resnet.arch'}:50"), {"resnet": "mine"}
    )
    assert archc("new", "other", "--from", "VGG-16").err == ""


# ---- files that are used -------------------------------------------------------------------------


def test_a_shipped_file_that_is_used_is_written_beside(archc, project):
    result = archc("new", "mine", "--from", "mask_rcnn", "-o", "mine.arch")
    assert "wrote resnet.arch, which it uses\n" in result.out
    assert (project / "resnet.arch").read_text() == (SPECS / "resnet.arch").read_text()
    again = archc("new", "other", "--from", "mask_rcnn")
    assert (again.code, "resnet.arch" in again.out) == (0, False)


def test_another_file_in_its_place_is_not_touched(archc, project):
    (project / "resnet.arch").write_text("# mine\n")
    result = archc("new", "mine", "--from", "mask_rcnn")
    assert (result.code, result.out) == (2, "")
    assert "`resnet.arch` is there already, which the new file would use" in result.err
    assert (project / "resnet.arch").read_text() == "# mine\n"
    assert not (project / "mine.arch").exists()


def test_a_file_cannot_use_itself(archc, project):
    result = archc("new", "mine", "--from", "mask_rcnn", "-o", "resnet.arch")
    assert result.code == 2
    assert "would use the shipped file of the same name" in result.err
    assert os.listdir(project) == ["archc.toml"]


# ---- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["relu"], "the name `relu` is taken by a layer; a free name is `relu_`"),
        (["check"], "the name `check` is taken by a reserved word; a free name is `check_`"),
        (["half"], "taken by an option's word"),
        (["x3"], "reads as repeat 3 times"),
        (["my net"], "a free name is `my_net`"),
        (["3d"], "a free name is `my_net_3d`"),
        (["mine.arch"], "a free name is `mine`"),
        (["…"], "a free name is `my_net`"),
        (["../mine"], "a free name is `mine`"),
        (["double", "--from", "unet"], "something in its text has this name; a free name is"),
        (["mine", "--from", "classifer"], "did you mean `classifier`?"),
        (["mine", "--from", "resnt"], "did you mean `resnet`?"),
        (["mine", "--from", "resnet.51"], "did you mean `resnet.50`"),
        (["mine", "--from", "resnet1202"], "did you mean `resnet_cifar.1202`? `archc nets` lists"),
        (["mine", "-o", "mine.txt"], "does not end in .arch"),
        (["mine", "-o", "nosuch/mine.arch"], "cannot write `nosuch/mine.arch`: No such file"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_done_is_said_and_leaves_nothing(archc, project, words, said):
    result = archc("new", *words)
    assert (result.code, result.out) == (2, "")
    assert said in result.err
    assert os.listdir(project) == ["archc.toml"]


def test_every_name_that_is_proposed_is_free(archc, project):
    for number, name in enumerate(["relu", "check", "half", "x3", "my net", "3d", "…"]):
        proposed = archc("new", name).err.rstrip().rpartition("`")[0].rpartition("`")[2]
        assert archc("new", proposed, "-o", f"a{number}.arch").code == 0


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_nothing_is_overwritten(archc, project, kind):
    path = project / "mine.arch"
    if kind == "file":
        path.write_text("# mine\n")
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("nowhere.arch")
    result = archc("new", "mine")
    assert (result.code, result.out) == (2, "")
    assert "`mine.arch` is there already" in result.err
    assert sorted(os.listdir(project)) == ["archc.toml", "mine.arch"]
