"""How a network is named: path, path and net, shipped name, standard input."""

from __future__ import annotations

import pytest

import archc as package
from archc.files import _nets_in, find_named, shipped_files, split_name
from archc.session import matches
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


def test_shipped_names(project):
    path, net = find_named("resnet.50")
    assert (path.endswith("resnet.arch"), net) == (True, "resnet.50")
    path, net = find_named("mobilenet_v1.1.0-224")
    assert (path.endswith("mobilenet_v1.arch"), net) == (True, "mobilenet_v1.1.0-224")
    path, net = find_named("deit.s")  # not deit_distilled.s, which is in the same file
    assert (path.endswith("deit.arch"), net) == (True, "deit.s")
    path, net = find_named("dcgan")  # a file, no net
    assert (path.endswith("dcgan.arch"), net) == (True, "")
    path, net = find_named("generator")
    assert (path.endswith("dcgan.arch"), net) == (True, "generator")
    assert find_named("nosuch") == ("nosuch", "")
    (project / "vgg16").write_text(TOY)
    assert find_named("vgg16") == ("vgg16", "")


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
