"""`fmt`, `ops`, `explain`, and `--shapes`."""

from __future__ import annotations

from archc.api import check_paths
from tests.cli.conftest import TOY
from tests.conftest import ROOT

UGLY = TOY.replace("conv 3x3 8", "conv   3x3   8")


def test_fmt_in_place(archc, project):
    result = archc("fmt", "a.arch", "b.arch", a=UGLY, b=TOY)
    assert (result.code, result.out, result.err) == (0, "", "reformatted 1 file\n")
    assert (project / "a.arch").read_text() == TOY
    assert archc("fmt", ".") == (0, "", "")


def test_fmt_check_and_diff(archc, project):
    result = archc("fmt", "--check", ".", a=UGLY, b=TOY)
    assert (result.code, result.out) == (1, "would reformat ./a.arch\n")
    result = archc("fmt", "--diff", "a.arch")
    assert result.code == 1
    assert "-  conv   3x3   8\n+  conv 3x3 8\n" in result.out
    assert (project / "a.arch").read_text() == UGLY


def test_fmt_leaves_what_it_cannot_read(archc, project):
    wrong = UGLY + "  conv (\n"
    result = archc("fmt", "a.arch", "b.arch", a=wrong, b=UGLY)
    assert result.code == 1
    assert "error[syntax]" in result.err
    assert (project / "a.arch").read_text() == wrong
    assert (project / "b.arch").read_text() == TOY


def test_fmt_of_standard_input(process):
    result = process("fmt", "-", text=UGLY.encode())
    assert (result.code, result.out) == (0, TOY)


def test_shapes_are_written_and_corrected(archc, project):
    text = "net toy()\n  input 8x8x3\n  conv 3x3 8\n  a: conv 3x3 8  -> 9x9x8\n  relu\n"
    assert archc("fmt", "--shapes", "a.arch", a=text).code == 0
    written = (project / "a.arch").read_text()
    sizes = [line.partition("->")[2].strip() for line in written.splitlines()[2:]]
    assert sizes == ["6x6x8", "4x4x8", "4x4x8"]
    assert check_paths(["a.arch"]) == []
    assert archc("fmt", "--shapes", "--check", "a.arch").code == 0


def test_shapes_that_variants_do_not_share_are_left_out(archc, project):
    text = """\
net toy(c)
  variants | c
    a      | 8
    b      | 16
  input 8x8x3
  conv 3x3 c
  conv 3x3 8
"""
    archc("fmt", "--shapes", "a.arch", a=text)
    lines = (project / "a.arch").read_text().splitlines()
    assert "->" not in lines[5]
    assert lines[6].endswith("-> 4x4x8")


def test_shapes_of_every_shipped_net_hold(archc, project):
    for spec in sorted((ROOT / "specs").glob("*.arch")):
        (project / spec.name).write_bytes(spec.read_bytes())
    assert archc("fmt", "--shapes", ".").code == 0
    assert [f.slug for f in check_paths(["."]) if f.severity == "error"] == []


def test_ops(archc):
    listed = archc("ops").out
    assert "  maxpool " in listed
    shown = archc("ops", "conv").out
    assert "conv 96 11x11/4" in shown
    assert "\n  groups " in shown


def test_explain(archc):
    assert archc("explain", "size-not-whole").out.startswith(
        "error[size-not-whole]\n\nWhat it means\n"
    )
    assert archc("explain", "error[unused-value]").code == 2
    assert archc("explain", "[unused-value]").out.startswith("lint[unused-value]")
    assert len(archc("explain").out.splitlines()) > 40
