"""Whatever is given for a file: a message and an exit code, never a traceback or a hang."""

from __future__ import annotations

import os

import pytest

from tests.cli.conftest import TOY

USE = 'use unit from "{}"\nnet toy()\n  input 8x8x3\n  unit\n'
UNIT = "block unit()\n  conv 3x3 8\n"


@pytest.mark.parametrize(
    ("data", "code", "slug"),
    [
        (b"", 1, "missing-net"),
        (b"\n\n   \n", 1, "missing-net"),
        (b"# nothing\n", 1, "missing-net"),
        (b"\xff\xfe\x00", 2, "file-unreadable"),
        (b"net \xe9()\n", 2, "not-utf8"),
        (b"\x7fELF\x00\x00", 2, "file-unreadable"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", 2, "file-unreadable"),
        (b"x" * 5_000_000, 2, "file-too-large"),
        (b"(" * 100_000, 1, "nesting-too-deep"),
        (b"a" * 1_000_000, 1, "syntax"),
    ],
)
def test_contents(archc, data, code, slug):
    result = archc("check", "a.arch", "--output-format", "concise", a=data)
    assert (result.code, slug) == (code, result.out.partition("[")[2].partition("]")[0])
    assert len(result.out) < 5_000
    assert len(archc("check", "a.arch").out) < 10_000


def test_a_byte_order_mark_is_no_letter(archc):
    assert archc("check", "a.arch", a=b"\xef\xbb\xbf" + TOY.encode()).code == 0


def test_lines_may_end_as_on_windows(archc):
    assert archc("check", "a.arch", a=TOY.replace("\n", "\r\n")).code == 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in this system's folders")
def test_a_pipe_does_not_hang(archc, project):
    os.mkfifo(project / "pipe.arch")
    result = archc("check", "pipe.arch")
    assert result.code == 2
    assert "a device or a pipe" in result.out


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="no devices")
def test_a_device_is_not_read(archc):
    assert archc("check", "/dev/zero").code == 2


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_no_permission(archc, project):
    (project / "a.arch").write_text(TOY)
    (project / "a.arch").chmod(0)
    assert "permission denied" in archc("check", "a.arch").out


@pytest.mark.parametrize("name", ["x" * 10_000, "a\0b", "", "\n", "\udc80", "a/../../b"])
def test_strange_names(archc, name):
    assert archc("check", f"{name}.arch").code == 2
    if name.isprintable():
        assert archc("check", "a.arch", a=USE.format(name)).code == 1


def test_one_bad_file_does_not_hide_the_others(archc):
    result = archc("check", "a.arch", "b.arch", a=b"\xff", b=TOY.replace("conv", "Conv2d"))
    assert result.code == 2
    assert "not-utf8" in result.out
    assert "unknown-layer" in result.out


# ---- use


def test_files_beside_and_below(archc, project):
    (project / "blocks").mkdir()
    (project / "blocks" / "unit.arch").write_text(UNIT)
    assert archc("check", "a.arch", a=USE.format("blocks/unit.arch")).code == 0
    assert archc("check", "b.arch", b=USE.format("./blocks/../blocks/unit.arch")).code == 0


def test_the_project_is_looked_through_from_its_root(archc, project):
    (project / "deep" / "er").mkdir(parents=True)
    (project / "unit.arch").write_text(UNIT)
    for path in ("unit.arch", "../../unit.arch"):
        (project / "deep" / "er" / "a.arch").write_text(USE.format(path))
        assert archc("check", "deep/er/a.arch").code == 0


def test_the_nearest_file_wins(archc, project):
    (project / "deep").mkdir()
    (project / "unit.arch").write_text("block other()\n  conv 3x3 8\n")
    (project / "deep" / "unit.arch").write_text(UNIT)
    (project / "deep" / "a.arch").write_text(USE.format("unit.arch"))
    assert archc("check", "deep/a.arch").code == 0


def test_the_library_is_found_from_anywhere(archc):
    text = 'use se from "blocks/se.arch"\nnet toy()\n  input 8x8x16\n  se\n'
    assert archc("check", "a.arch", a=text).code == 0


@pytest.mark.parametrize("path", ["../secret.arch", "{}/secret.arch", "x/../../secret.arch"])
def test_nothing_outside_is_read(archc, project, path):
    (project.parent / "secret.arch").write_text(UNIT + "SECRET\n")
    result = archc("check", "a.arch", a=USE.format(path.format(project.parent)))
    assert (result.code, "path-outside-roots" in result.out) == (1, True)
    assert "SECRET" not in result.out


def test_links_do_not_lead_outside(archc, project):
    (project.parent / "secret.arch").write_text(UNIT)
    (project.parent / "folder").mkdir()
    (project.parent / "folder" / "unit.arch").write_text(UNIT)
    (project / "link.arch").symlink_to(project.parent / "secret.arch")
    (project / "blocks").symlink_to(project.parent / "folder")
    for path in ("link.arch", "blocks/unit.arch"):
        result = archc("check", "a.arch", a=USE.format(path))
        assert "path-outside-roots" in result.out


def test_links_inside_are_followed(archc, project):
    (project / "unit.arch").write_text(UNIT)
    (project / "link.arch").symlink_to("unit.arch")
    (project / "loop.arch").symlink_to("loop.arch")
    assert archc("check", "a.arch", a=USE.format("link.arch")).code == 0
    assert archc("check", "a.arch", a=USE.format("loop.arch")).code == 1
    assert archc("check", "loop.arch").code == 2


def test_circles(archc):
    result = archc(
        "check", "a.arch", "--output-format", "concise",
        a=USE.format("b.arch"), b='use toy from "a.arch"\n' + UNIT,
    )  # fmt: skip
    assert "import-cycle" in result.out
    assert "a.arch > b.arch > a.arch" in result.out


def test_a_folder_is_no_file(archc, project):
    (project / "unit.arch").mkdir()
    result = archc("check", "a.arch", a=USE.format("unit.arch"))
    assert (result.code, "it is a folder" in result.out) == (1, True)


def test_too_many_files(archc, project):
    for number in range(30):
        (project / f"u{number}.arch").write_text(f'use unit from "u{number + 1}.arch"\n' + UNIT)
    result = archc("check", "a.arch", "--limit", "files=20", a=USE.format("u0.arch"))
    assert (result.code, "--limit files=N" in result.out) == (1, True)


def test_a_shipped_network_is_copied_before_it_is_used(archc):
    result = archc("check", "a.arch", a=USE.format("nets/resnet.arch"))
    assert "`archc nets resnet > nets/resnet.arch` copies it" in result.out
    result = archc("check", "a.arch", a=USE.format("nets/resnet.arch"), resnet=UNIT)
    assert "help: write `resnet.arch`" in result.out
    assert "archc nets" not in result.out
