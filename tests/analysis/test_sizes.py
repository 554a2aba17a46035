"""Open sizes: the sets that the design derives by hand, and how they are said."""

import pytest

from archc.analysis.legal import LegalSet, ranges, shortest
from archc.analysis.sizes import study
from archc.session import Session

HALVES = "net a()\n  input HxWx3{where}\n  conv 3x3 8 pad=1\n  maxpool\n  maxpool\n{rest}"


def study_of(text_or_path, net=None, variant=None):
    from archc.source import SourceFile

    session = Session()
    if text_or_path.endswith(".arch"):
        source = session.source(text_or_path)
    else:
        source = SourceFile("a.arch", text_or_path)
    module = session.module(source)
    return study(module, net or next(iter(module.nets)), variant)


DERIVED = [
    ("unet", "same", "H a multiple of 16"),
    ("segnet", None, "H a multiple of 32"),
    ("yolov3", None, "H mod 32 in 0, 25..31"),
    ("mask_rcnn", None, "H mod 32 in 0, 29..31"),
    ("fcn", "8s", "any H"),
    ("pspnet", "50", "any H"),
    ("faster_rcnn", None, "any H from 16"),
]


@pytest.mark.parametrize(("spec", "variant", "rule"), DERIVED)
def test_sets_the_design_derives(spec, variant, rule):
    found = study_of(f"specs/{spec}.arch", spec, variant)
    assert str(found.legal["H"]) == rule
    assert str(found.legal["W"]) == rule.replace("H", "W")
    assert found.proved
    assert found.independent


def test_unet_of_the_paper_with_open_sides():
    with open("specs/unet.arch", encoding="utf-8") as file:
        text = file.read().replace("572x572x(channels)", "HxWx(channels)").replace("388x388x2", "?")
    found = study_of(text, "unet", "valid")
    assert str(found.legal["H"]) == "H mod 16 == 12 from 188"
    assert found.proved
    assert 572 in found.legal["H"]


def test_a_condition_that_allows_too_much_names_the_nearest_sizes():
    text = HALVES.format(where=" where H mod 2 == 0 and W mod 4 == 0", rest="")
    (finding,) = study_of(text).findings
    assert finding.slug == "size-rule-broken"
    assert "H = 2 does not work out" in finding.message
    assert finding.help == ("the nearest that work are H = 4",)
    assert finding.notes == ("the sizes that work: H a multiple of 4",)


def test_a_note_that_only_some_sizes_meet_is_found():
    rest = "  conv 1x1 8          -> 56x?x8\n"
    text = HALVES.format(where=" where H mod 4 == 0 and W mod 4 == 0", rest=rest)
    assert [found.slug for found in study_of(text).findings] == ["size-note-wrong"]


def test_paths_of_different_slope_agree_once():
    text = """
net a()
  input HxWx3
  slow: conv 3x3/2 8 pad=1 floor
  fast: from input ; conv 1x1 8 ; crop 40x40 at=0
  add slow fast
"""
    found = study_of(text)
    assert str(found.legal["H"]) == "H in 79, 80"
    assert str(found.legal["W"]) == "W in 79, 80"


def test_weights_that_depend_on_the_size_forbid_other_sizes():
    found = study_of("net a()\n  input HxWx3\n  conv 3x3 8 pad=1\n  fc 10\n")
    assert str(found.legal["H"]) == "H in 224"
    assert not found.proved


def test_an_expansion_that_reads_a_size_is_expanded_anew():
    text = "net a()\n  input HxWx3\n  down: maxpool if H > 100 else identity\n  conv 3x3 4 pad=1\n"
    found = study_of(text)
    assert 99 in found.legal["H"]
    assert 101 not in found.legal["H"]
    assert 102 in found.legal["H"]
    assert not found.proved


def test_an_expansion_that_loses_a_layer_is_another_net():
    text = "net a()\n  input HxWx3\n  conv 3x3 3 pad=1 if H > 200\n  relu\n"
    found = study_of(text)
    assert 224 in found.legal["H"]
    assert 100 not in found.legal["H"]


def test_a_side_made_by_a_formula_has_its_own_period():
    text = "net a()\n  a: input HxWx1\n  b: input (H/2)x(W/2)x1\n  c: from a ; maxpool floor\n"
    found = study_of(text + "  concat b c\n")
    assert str(found.legal["H"]) == "H a multiple of 2"
    assert found.proved


def test_a_limit_on_places_is_not_proved():
    text = "net a()\n  input HxWx8\n  tokens\n  positions longest=100000\n"
    assert not study_of(text).proved


def test_a_note_with_a_number_must_hold_at_every_size():
    text = "net a()\n  input HxWx3\n  conv 3x3 8 pad=1     -> 224x224x8\n"
    assert [found.slug for found in study_of(text).findings] == ["size-note-wrong"]


def test_sizes_are_said_shortly():
    assert ranges((0, 25, 26, 27, 31)) == "0, 25..27, 31"
    assert shortest(32, (0, 8, 16, 24)) == (8, (0,))
    assert shortest(4, (1, 2)) == (4, (1, 2))
    legal = LegalSet("H", 16, (12,), 188, (), True, 400)
    assert 572 in legal
    assert 573 not in legal
    assert 172 not in legal
    assert legal.next_from(1) == 188
    assert legal.before(572) == 556


ROOMY = [
    ("conv 3x3 8 pad=36 dilate=36", 1),
    ("conv 3x3 8 pad=half dilate=36", 1),
    ("maxpool 9x9/1 pad=4", 1),
    ("maxpool 9x9/2 pad=4 floor", 1),
    ("deconv 64x64/32 8", 1),
    ("conv 3x3 8 pad=35 dilate=36", 3),
    ("deconv 4x4/2 8 pad=3", 3),
    ("avgpool 9x9/1", 9),
    ("conv 3x3/2 8 floor ; conv 3x3/2 8 floor ; conv 3x3 8", 15),
]


@pytest.mark.parametrize(("rows", "first"), ROOMY)
def test_no_more_sizes_are_tried_than_windows_beyond_their_pads_decide(rows, first):
    legal = study_of(f"net a()\n  input HxWx3\n  {rows}\n").legal["H"]
    assert legal.proved
    assert legal.next_from(1) == first
    assert not any(n in legal for n in range(1, first))
    assert legal.tried <= first + 4 * 3 + legal.period
