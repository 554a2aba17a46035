"""How a network is named: path, path and net, shipped name, standard input."""

from __future__ import annotations

import pytest

import archc as package
from archc.files import _nets_in, shipped_files, split_name
from archc.names import Named, find_named
from archc.session import Session, matches
from tests.cli.conftest import TOY

SEVERAL = """\
net small()
  input 8x8x3
  conv 3x3 8
net tower(n)
  variants | n
    a      | 1
    1.0-b  | 2
    small  | 3
  input 8x8x3
  conv 1x1 8 x(n)
"""
NETS = {"small": [], "tower": ["a", "1.0-b", "small"]}


@pytest.mark.parametrize(
    ("name", "path", "net"),
    [
        ("a.arch", "a.arch", ""),
        ("a.arch:50", "a.arch", "50"),
        ("a.arch:resnet.50", "a.arch", "resnet.50"),
        ("x:y/a.arch:b", "x:y/a.arch", "b"),
        ("C:\\nets\\a.arch", "C:\\nets\\a.arch", ""),
        ("C:\\nets\\a.arch:50", "C:\\nets\\a.arch", "50"),
        ("-", "-", ""),
        ("-:50", "-", "50"),
        ("a.arch:b.arch:c", "a.arch:b.arch", "c"),
    ],
)
def test_the_net_stands_behind_the_last_colon_that_can_be_it(name, path, net):
    assert split_name(name) == (path, net)


@pytest.mark.parametrize(
    ("part", "found"),
    [
        ("a", [[("tower", "a")]]),
        ("1.0-b", [[("tower", "1.0-b")]]),
        ("tower.1.0-b", [[("tower", "1.0-b")]]),
        ("tower", [[("tower", "a"), ("tower", "1.0-b"), ("tower", "small")]]),
        ("small", [[("tower", "small")], [("small", None)]]),
        ("tower.small", [[("tower", "small")]]),
        ("nosuch", []),
        ("tower.nosuch", []),
    ],
)
def test_what_a_part_can_mean(part, found):
    assert matches(NETS, part) == found


@pytest.mark.parametrize(
    ("name", "file", "part"),
    [
        ("resnet.50", "resnet.arch", "resnet.50"),
        ("mobilenet_v1.1.0-224", "mobilenet_v1.arch", "mobilenet_v1.1.0-224"),
        ("deit.s", "deit.arch", "deit.s"),  # not deit_distilled.s, which is in the same file
        ("generator", "dcgan.arch", "generator"),
        ("dcgan", "dcgan.arch", ""),  # a file, no net
        ("dcgan.generator", "dcgan.arch", "generator"),
        ("DCGAN", "dcgan.arch", ""),
        ("resnet50", "resnet.arch", "resnet.50"),
        ("ResNet v1 50", "resnet_v1.arch", "resnet_v1.50"),
        ("VGG-16", "vgg16.arch", "vgg16"),
        ("vgg.16", "vgg16.arch", "vgg16"),
        ("VGG A-LRN", "vgg.arch", "vgg.A-LRN"),
        ("vgg16_bn", "vgg16_bn", ""),  # vgg_bn.16 has the same words in another order
        ("MobileNet v2 1.0", "mobilenet_v2.arch", "mobilenet_v2.1.0"),
        ("mobilenet_v2_10", "mobilenet_v2.arch", "mobilenet_v2.1.0"),
        ("R(2+1)D", "R(2+1)D", ""),
        ("DeepLab v3", "deeplabv3.arch", "deeplabv3"),
        ("DeepLab v3+", "deeplabv3plus.arch", "deeplabv3plus"),
        ("regnet_x_1_6gf", "regnet.arch", "regnet.x_1_6gf"),
        ("RegNetX-16GF", "regnet.arch", "regnet.x_16gf"),
        ("resnet50*", "resnet50*", ""),
        ("resnet50β", "resnet50β", ""),
        ("resnet_50/", "resnet_50/", ""),
        ("resnet50.arch", "resnet50.arch", ""),
        ("nosuch", "nosuch", ""),
        ("", "", ""),
        ("...", "...", ""),
    ],
)
def test_shipped_names(project, name, file, part):
    found = find_named(name, Session()._nets_of)
    assert (found.path.rpartition("/specs/")[2], found.part, found.several) == (file, part, ())


@pytest.mark.parametrize("name", ["vgg16", "resnet50"])
def test_a_file_of_the_user_wins(archc, project, name):
    (project / name).write_text(TOY)
    assert find_named(name, Session()._nets_of) == Named(name)
    result = archc("analyze", name, "--format", "csv")
    assert (result.code, result.err) == (0, "")


def test_every_shipped_name_is_found_by_its_letters_and_digits():
    session = Session()
    for one in session.shipped():
        for name in (one.name, one.name.upper(), one.name.replace("_", " ").replace(".", "-")):
            found = session.find_shipped(name)
            assert found is not None and found.part == one.name, name


def test_names_are_told_apart_or_listed(archc, project, monkeypatch):
    specs = project / "shipped"
    specs.mkdir()
    for name in ("toy_1", "toy1"):
        (specs / f"{name}.arch").write_text(TOY.replace("toy", name))
    monkeypatch.setattr("archc.files.specs_root", lambda: str(specs))
    assert archc("analyze", "toy_1", "--format", "csv").code == 0
    result = archc("analyze", "Toy-1")
    assert result.code == 2
    assert "[net-not-chosen]" in result.out and "`toy1`, `toy_1`" in result.out
    result = archc("new", "mine", "--from", "Toy-1")
    assert "`Toy-1` could be `toy1`, `toy_1`; name one of them" in result.err
    assert {"toy1", "toy_1"} <= set(archc("nets", "Toy-1").out.split())


def test_a_variant_that_is_meant_is_said(archc, project):
    for words in (["analyze"], ["transform", "--pass", "fold-batchnorm"]):
        assert "archc: `fcn_8s` is `fcn.8s`\n" in archc(*words, "fcn_8s").err
    assert archc("analyze", "VGG-16").err == archc("analyze", "fcn.8s").err == ""
    assert package.load("ResNet-50").name == "resnet.50"
    assert archc("check", "mask-rcnn").code == 0


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("resnet1202", "did you mean `resnet_cifar.1202`?"),
        ("resnet.1202", "did you mean `resnet_cifar.1202`?"),
        ("vgg-19", "did you mean `vgg.E` or `vgg_bn.19`?"),
        ("wrn-28-10", "did you mean `wide_resnet.28-10`?"),
        ("network in network", "did you mean `nin` or `nin_imagenet`?"),
        ("resnt", "did you mean `resnet`?"),
        ("xyzzy", "`archc nets` lists those that archc ships"),
    ],
)
def test_what_may_be_meant_by_a_name_of_nothing(project, name, said):
    with pytest.raises(package.ArchError) as raised:
        package.load(name)
    assert said in str(raised.value)
    assert "`archc nets` lists" in str(raised.value)


def test_every_shipped_net_has_a_name_of_its_own():
    names = [name for path in shipped_files() for name in _nets_in(path)]
    assert sorted(set(names)) == sorted(names)


def test_load_and_loads(project):
    (project / "a.arch").write_text(SEVERAL)
    assert package.load("a.arch", "tower.a").params == 32
    assert package.load(project / "a.arch", "1.0-b").params == 32 + 72
    assert package.load("vgg16").params == 138_357_544
    net = package.loads(TOY)
    assert (net.name, net.params, net.macs) == ("toy", 224, 6 * 6 * 8 * 27)
    assert net.report().totals.params == 224
    assert package.loads(TOY, input="16x16x3").macs == 14 * 14 * 8 * 27


@pytest.mark.parametrize(
    ("call", "slug"),
    [
        (lambda: package.loads(TOY.replace("conv", "Conv2d")), "unknown-layer"),
        (lambda: package.loads(""), "missing-net"),
        (lambda: package.loads("block b()\n  relu\n"), "missing-net"),
        (lambda: package.loads(SEVERAL), "net-not-chosen"),
        (lambda: package.loads(SEVERAL, "small"), "net-not-chosen"),
        (lambda: package.loads(SEVERAL, "x"), "unknown-net"),
        (lambda: package.loads(TOY, input="big"), "value-not-allowed"),
        (lambda: package.load("nosuch.arch"), "file-unreadable"),
        (lambda: package.load("nosuch"), "unknown-net"),
        (lambda: package.load("nosuch", "x"), "file-unreadable"),
    ],
)
def test_one_error_whose_text_is_the_rendered_findings(project, call, slug):
    with pytest.raises(package.ArchError) as raised:
        call()
    assert str(raised.value).startswith(f"error[{slug}]: ")
    assert {found.slug for found in raised.value.diagnostics} == {slug}


def test_check_gives_findings_and_never_raises(project):
    (project / "a.arch").write_text(TOY.replace("conv", "Conv2d"))
    assert [found.slug for found in package.check("a.arch")] == ["unknown-layer"]
    assert [found.slug for found in package.check("nosuch.arch")] == ["file-unreadable"]
