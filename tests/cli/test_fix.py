"""`--fix`: only what was tried, and files are replaced in one step."""

from __future__ import annotations

import pytest

from archc import repairs
from archc.api import check_paths
from archc.checking import Checker
from archc.repairs import Repairs
from archc.source import SourceFile
from tests.cli.conftest import TOY

TABS = TOY.replace("  input", "\tinput")


def test_safe_ones_are_applied(archc, project):
    assert archc("check", "a.arch", "--fix", a=TABS).code == 0
    assert (project / "a.arch").read_text() == TOY


def test_unsafe_ones_are_asked_for(archc, project):
    wrong = TOY.replace("conv 3x3 8", "Conv2d 3x3 8")
    assert archc("check", "a.arch", "--fix", a=wrong).code == 1
    assert (project / "a.arch").read_text() == wrong
    assert archc("check", "a.arch", "--unsafe-fixes").code == 0
    assert (project / "a.arch").read_text() == TOY


def test_a_difference_writes_nothing(archc, project):
    result = archc("check", "a.arch", "--fix", "--diff", a=TABS)
    assert result.code == 1
    assert "-\tinput 8x8x3\n+  input 8x8x3\n" in result.out
    assert (project / "a.arch").read_text() == TABS
    assert archc("check", "a.arch", "--diff", a=TOY) == (0, "", "")


def test_line_ends_and_mode_are_kept(archc, project):
    path = project / "a.arch"
    path.write_bytes(TABS.replace("\n", "\r\n").encode())
    path.chmod(0o640)
    assert archc("check", "a.arch", "--fix").code == 0
    assert path.read_bytes() == TOY.replace("\n", "\r\n").encode()
    assert path.stat().st_mode & 0o777 == 0o640
    assert {entry.name for entry in project.iterdir()} == {"archc.toml", "a.arch"}


def test_a_link_stays_a_link(archc, project):
    (project / "real.arch").write_text(TABS)
    (project / "link.arch").symlink_to("real.arch")
    assert archc("check", "link.arch", "--fix").code == 0
    assert (project / "link.arch").is_symlink()
    assert (project / "real.arch").read_text() == TOY


def test_standard_input_is_answered_on_standard_output(process):
    result = process("check", "-", "--fix", text=TABS.encode())
    assert (result.code, result.out) == (0, TOY)


def test_every_offered_edit_works(project):
    (project / "a.arch").write_text("net toy()\n  input 7x7x3\n  conv 3x3/3 8\n")
    (found,) = check_paths(["a.arch"])
    assert len(found.fixes) >= 2
    for fix in found.fixes:
        text = (project / "a.arch").read_text()
        for edit in reversed(fix.edits):
            text = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
        (project / "b.arch").write_text(text)
        assert check_paths(["b.arch"]) == []


def test_an_edit_that_breaks_something_else_is_not_offered(project):
    text = "net toy()\n  input 7x7x3\n  conv 3x3/3 8\n  conv 1x1 8  -> 9x9x8\n"
    (project / "a.arch").write_text(text)
    found = [one for one in check_paths(["a.arch"]) if one.slug == "size-not-whole"]
    assert found
    assert found[0].fixes == ()


def test_how_many_are_tried_follows_from_the_text_alone(monkeypatch):
    rows = "".join([f"  Conv2d 3x3 {n}\n" for n in (8, 16, 24)])
    text = TOY.replace("  conv 3x3 8\n", rows)
    checker = Checker()
    checker.source(SourceFile("a.arch", text))
    found = checker.findings()

    def offered():
        verified = Repairs(checker.session.files).verified(found)
        return [len(one.fixes) for one in verified if one.slug == "unknown-layer"]

    assert offered() == [1, 1, 1]
    once = Repairs(checker.session.files)
    once.check(found[0].primary.span.source, text)
    monkeypatch.setattr(repairs, "WORK_AT_MOST", 2 * once.work)
    assert offered() == [1, 1, 0]


@pytest.mark.parametrize(
    "row", ["input -8x8x3", "conv 3x3 8 if s = 2", "cnov3-128", "conv-3 128", "conv -3"]
)
def test_nothing_that_is_a_guess_or_wrong_is_written(archc, project, row):
    text = TOY + f"  {row}\n"
    assert archc("check", "a.arch", "--fix", a=text).code == 1
    assert (project / "a.arch").read_text() == text


def test_the_rest_of_the_file_is_checked_too(project):
    """The arrow can be read and is wrong on its own line; the other line is none of its business"""
    text = TOY.replace("conv 3x3 8", "conv 3x3 8 => 9x9x8")
    (project / "a.arch").write_text(text)
    assert [one.fixes for one in check_paths(["a.arch"])] == [()]
    (project / "b.arch").write_text(text.replace("9x9", "6x6") + "  conv 3x3 8 -> 9x9x8\n")
    assert [len(one.fixes) for one in check_paths(["b.arch"])] == [1]


def test_repairs_that_are_left_are_counted(archc, project):
    wrong = TOY.replace("conv 3x3 8", "Conv2d 3x3 8")
    for more in ([], ["--diff"]):
        result = archc("check", "a.arch", "--fix", *more, a=wrong)
        assert result.code == 1
        assert "1 more repair with --unsafe-fixes\n" in result.err


def test_a_difference_of_nothing_fails_for_errors(archc, project):
    assert archc("check", "a.arch", "--fix", "--diff", a=TOY + "  nothing\n").code == 1


def test_a_single_repair_is_printed_like_several(archc, project):
    text = TOY.replace("conv 3x3 8", "conv 3x3/3 8")
    said = archc("check", "a.arch", a=text).out
    assert (
        "help: this repairs it\n  floor   as torch does: 2   -> 2x2x8   `conv 3x3/3 8 floor`"
        in said
    )
