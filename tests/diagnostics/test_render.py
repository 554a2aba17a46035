"""The layout, character by character."""

from __future__ import annotations

import io

import pytest

from archc.diagnostics import paint
from archc.diagnostics.concise import concise
from archc.diagnostics.json_format import as_json
from archc.diagnostics.model import Diagnostic, Edit, Fix, Label
from archc.diagnostics.render import render, render_all
from archc.record import replace
from archc.source import SourceFile, Span

TOY = SourceFile("specs/toy.arch", "net toy()\n  input 7x7x3\n  c1: conv 3x3/3 8\n")


def spot(text, source=TOY, after=0):
    start = source.text.index(text, after)
    return Span(source, start, start + len(text))


def found(span, **more):
    return Diagnostic("some-slug", "something is so", Label(span, more.pop("label", "")), **more)


def below(text, source):
    """The lines under the header of a finding."""
    return "\n".join(render(text).split("\n")[source:])


def test_the_page_of_the_design():
    diagnostic = Diagnostic(
        "size-not-whole",
        "the 3x3 window does not tile its 7x7 input at stride 3",
        Label(spot("3x3/3"), "(7 - 3) / 3 + 1 = 2.33, not a whole number"),
        secondary=(Label(spot("7x7x3"), "7 wide, 7 high; pad is 0"),),
        notes=("rounding down leaves 1 row and 1 column of the input unread",),
        help=(
            "these give a whole size\n  pad=1\t(7 - 3 + 2*1) / 3 + 1 = 3\t-> 3x3x8\n  3x3/2\tx\ty",
        ),
    )
    expected = """\
error[size-not-whole]: the 3x3 window does not tile its 7x7 input at stride 3
 --> specs/toy.arch:3:12
  |
2 |   input 7x7x3
  |         ----- 7 wide, 7 high; pad is 0
3 |   c1: conv 3x3/3 8
  |            ^^^^^ (7 - 3) / 3 + 1 = 2.33, not a whole number
  |
note: rounding down leaves 1 row and 1 column of the input unread
help: these give a whole size
  pad=1   (7 - 3 + 2*1) / 3 + 1 = 3   -> 3x3x8
  3x3/2   x                           y"""
    assert render(diagnostic) == expected


def test_labels_stack_below_one_line():
    text = "\n" * 6 + "    conv 3x3/s c ; conv 3x3 c no relu\n"
    source = SourceFile("a.arch", text)
    diagnostic = found(
        spot("conv", source),
        label="here",
        secondary=(Label(spot("/s", source), "56 -> 28"), Label(spot("c ;", source), "64 -> 128")),
    )
    expected = """\
7 |     conv 3x3/s c ; conv 3x3 c no relu
  |     ^^^^    -- --- 64 -> 128
  |     |       |
  |     |       56 -> 28
  |     here"""
    assert below(diagnostic, 3) == expected


def test_lines_that_are_left_out():
    source = SourceFile("a.arch", "".join(f"row{n}\n" for n in range(1, 13)))
    third, tenth = spot("row3", source), spot("row10", source)
    diagnostic = found(spot("row1", source), label="x", secondary=(Label(third), Label(tenth)))
    expected = """\
 1 | row1
   | ^^^^ x
 2 | row2
 3 | row3
   | ----
...
10 | row10
   | -----"""
    assert below(diagnostic, 3) == expected


def test_a_label_in_another_file_has_its_own_place():
    other = SourceFile("blocks/se.arch", "block se()\n  gap\n")
    diagnostic = found(spot("conv"), secondary=(Label(spot("gap", other), "from here"),))
    expected = """\
 --> specs/toy.arch:3:7
  |
3 |   c1: conv 3x3/3 8
  |       ^^^^
 ::: blocks/se.arch:2:3
  |
2 |   gap
  |   --- from here"""
    assert below(diagnostic, 1) == expected


@pytest.mark.parametrize(
    ("line", "shown", "column"),
    [
        ("ab^", "ab^", 2),
        ("漢字^", "漢字^", 4),
        ("e\u0301^", "e\u0301^", 1),
        ("\t^", "    ^", 4),
        ("a\t^", "a   ^", 4),
        ("\x1b[31m^", "<1b>[31m^", 8),
        ("\u202e^", "<U+202E>^", 8),
    ],
)
def test_marks_line_up(line, shown, column):
    source = SourceFile("a.arch", f"{line}\n")
    lines = render(found(spot("^", source))).split("\n")
    assert lines[3] == f"1 | {shown}"
    assert lines[4] == f"  | {' ' * column}^"


def test_a_line_of_a_million_signs_is_cut():
    source = SourceFile("a.arch", "x" * 500_000 + "y" + "x" * 500_000)
    shown = render(found(spot("y", source), label="here"))
    assert len(shown) < 2_000
    line, mark = shown.split("\n")[3:5]
    assert line[mark.index("^")] == "y"


def test_the_end_of_the_file_can_be_pointed_at():
    source = SourceFile("a.arch", "net x()")
    assert render(found(Span(source, 7, 7))).endswith("1 | net x()\n  |        ^")


def test_a_whole_file_has_no_line():
    assert below(found(Span(SourceFile("a.arch", ""), 0, 0)), 1) == " --> a.arch"
    assert below(found(Span(SourceFile("", ""), 0, 0)), 1) == ""


def test_twenty_are_printed_and_errors_first():
    source = SourceFile("a.arch", "\n".join("abcdefghijklmnopqrstuvwxyz"))
    spans = [spot(letter, source) for letter in "abcdefghijklmnopqrstuvwxyz"]
    many = [found(span, severity="warning") for span in spans]
    many[25] = found(spans[25])
    shown = render_all(many)
    assert shown.count("warning[") == 19
    assert shown.count("error[") == 1
    assert shown.endswith("\n\nand 6 more findings")


def test_uses_are_counted_at_the_note_that_names_one():
    note = "in block `unit`, used at specs/mine.arch:12:3 as `unit 128 s=2`"
    assert render(found(spot("conv"), notes=(note,), uses=16)).endswith(
        f"note: {note}, and 15 more uses"
    )
    assert render(found(spot("conv"), notes=(note,), uses=2)).endswith("and 1 more use")


def test_an_edit_shows_the_row_it_makes():
    fix = Fix("write `pool`", (Edit(spot("conv"), "pool"),))
    shown = render(found(spot("conv"), fixes=(fix,), help=("did you mean `pool`?",)))
    assert shown.endswith("help: write `pool`: `c1: pool 3x3/3 8`")
    assert "did you mean" not in shown


def test_words_of_a_file_cannot_repaint_the_terminal():
    source = SourceFile("a\x1b[2J.arch", "conv\n")
    diagnostic = found(spot("conv", source), label="\x1b[31m", notes=("\x07",))
    for text in (render(diagnostic), concise([diagnostic])):
        assert "\x1b" not in text
        assert "\x07" not in text


def test_concise_is_a_line_each():
    one, other = found(spot("conv")), found(spot("input"), severity="warning")
    assert concise([one, other]) == (
        "specs/toy.arch:3:7: error[some-slug] something is so\n"
        "specs/toy.arch:2:3: warning[some-slug] something is so"
    )


def test_json_holds_everything():
    import json

    fix = Fix("write `pool`", (Edit(spot("conv"), "pool"),))
    diagnostic = found(spot("conv"), fixes=(fix,), secondary=(Label(spot("7x7x3"), "from"),))
    report = json.loads(as_json([diagnostic], "1.2.3"))
    assert (report["errors"], report["warnings"], report["archc_version"]) == (1, 0, "1.2.3")
    only = report["diagnostics"][0]
    assert only["start"] == {"line": 3, "column": 7, "offset": 30}
    assert only["labels"][0]["label"] == "from"
    assert only["fixes"][0]["edits"][0]["replacement"] == "pool"
    assert set(only) == {
        "slug", "severity", "message", "file", "start", "end", "label", "labels", "notes", "help",
        "fixes", "uses",
    }  # fmt: skip


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("stream", "environment", "coloured"),
    [
        (Terminal, {}, True),
        (io.StringIO, {}, False),
        (Terminal, {"NO_COLOR": "1"}, False),
        (io.StringIO, {"FORCE_COLOR": "1"}, True),
        (io.StringIO, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (Terminal, {"TERM": "dumb"}, False),
    ],
)
def test_colour_is_asked_for(stream, environment, coloured, monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert (paint.wanted(stream()) is paint.ansi) == coloured


def test_colour_changes_no_letter():
    import re

    diagnostic = found(spot("conv"), label="x", notes=("y",), help=("z",))
    coloured = render(replace(diagnostic, severity="warning"), paint.ansi)
    plain = render(replace(diagnostic, severity="warning"))
    assert coloured != plain
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain
