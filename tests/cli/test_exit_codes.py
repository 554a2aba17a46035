"""0 nothing to say, 1 findings, 2 could not do the job."""

from __future__ import annotations

import pytest

import archc.cli.main as command
from archc import __version__
from tests.cli.conftest import TOY

WRONG = TOY.replace("conv", "Conv2d")
UNUSED = TOY + "  from input\n  conv 3x3 8\n"


@pytest.mark.parametrize("output", ["full", "concise", "json"])
def test_nothing_to_say(archc, output):
    assert archc("check", "a.arch", "--output-format", output, a=TOY).code == 0


def test_findings(archc):
    result = archc("check", "a.arch", a=WRONG)
    assert result.code == 1
    assert result.out.startswith("error[unknown-layer]: ")
    assert result.err == "1 error\n"


def test_warnings_alone_are_fine_unless_asked(archc):
    assert archc("check", "a.arch", a=UNUSED).code == 0
    assert archc("check", "a.arch", "--error-on-warning").code == 1
    assert archc("check", "a.arch", "--error-on-warning", "--exit-zero").code == 0


def test_only_and_ignore(archc):
    assert archc("check", "a.arch", "--ignore", "unknown-layer", a=WRONG).code == 0
    assert archc("check", "a.arch", "--only", "unused-value").code == 0
    wrong = archc("check", "a.arch", "--only", "unknown-laye")
    assert (wrong.code, wrong.out) == (2, "")
    assert "did you mean `unknown-layer`" in wrong.err


@pytest.mark.parametrize(
    "words",
    [
        ["check", "--nosuch"],
        ["check", "--output-format", "yaml"],
        ["check", "--limit", "layers"],
        ["check", "--limit", "layers=ten"],
        ["check", "--limit", "nosuch=1"],
        ["check", "nosuch.arch"],
        ["check", "."],
        ["analyze", "nosuch.arch"],
        ["analyze", "nosuch"],
        ["analyze", "vgg16.nosuch"],
        ["analyze", "resnet.50", "nosuch.arch"],
        ["analyze", "fcn.8s", "--input", "big"],
        ["analyze", "vgg16", "--batch", "0"],
        ["analyze", "vgg16", "--nosuch"],
        ["analyze", "."],
        ["fmt", "nosuch.arch"],
        ["fmt", "."],
        ["explain", "nosuch"],
        ["ops", "nosuch"],
        ["nets", "nosuch"],
        ["analyse"],
        ["--nosuch"],
    ],
)
def test_the_job_could_not_be_done(archc, words):
    assert archc(*words).code == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["analyse"], "did you mean `analyze`?"),
        (["explain", "size-not-hole"], "did you mean `size-not-whole`?"),
        (["ops", "Conv2d"], "archc says `conv`"),
        (["nets", "resnt"], "did you mean `resnet`?"),
    ],
)
def test_slips_are_understood(archc, words, said):
    assert said in archc(*words).err


def test_help_and_version(archc):
    assert archc("--version").out == f"archc {__version__}\n"
    assert archc("--help").code == 0
    assert archc("check", "--help").code == 0
    for verb in command.VERBS:
        assert verb in archc().out


def test_a_folder_is_searched(archc, project):
    (project / "inner" / ".hidden").mkdir(parents=True)
    (project / "inner" / "b.arch").write_text(WRONG)
    (project / "inner" / ".hidden" / "c.arch").write_text(WRONG)
    result = archc("check", "--output-format", "concise", a=TOY)
    assert result.out.splitlines() == [
        "./inner/b.arch:3:3: error[unknown-layer] there is no layer or block called `Conv2d`"
    ]


def test_limits_can_be_raised_and_lowered(archc):
    deep = TOY + "  conv 1x1 8 x300\n"
    assert archc("check", "a.arch", a=deep).code == 0
    result = archc("check", "a.arch", "--limit", "layers=100")
    assert result.code == 1
    assert "--limit layers=N" in result.out
    assert archc("--limit", "layers=100", "check", "a.arch").code == 1


def test_a_fault_of_ours_is_no_finding(archc, monkeypatch, capsys):
    monkeypatch.setattr("archc.cli.check.run", lambda arguments: 1 // 0)
    assert command.main(["check", "a.arch"]) == 2
    error = capsys.readouterr().err
    assert f"this is a bug in archc {__version__}: ZeroDivisionError" in error
    assert "a.arch" in error
    assert "Traceback" not in error


def test_an_interrupt_and_a_broken_pipe_are_quiet(archc, monkeypatch):
    def interrupt(arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("archc.cli.check.run", interrupt)
    assert archc("check") == (130, "", "")


def test_a_reader_that_goes_away(process):
    import subprocess
    import sys

    shell = f"{sys.executable} -m archc ops | head -n 1"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, timeout=60, check=True)
    assert done.stderr == b""


def test_the_report_can_go_to_a_file(archc, project):
    result = archc("check", "a.arch", "--output-file", "report.txt", a=WRONG)
    assert (result.code, result.out) == (1, "")
    assert "error[unknown-layer]" in (project / "report.txt").read_text()
    assert archc("check", "a.arch", "--output-file", "nosuch/report.txt").code == 2


def test_json(archc):
    import json

    report = json.loads(archc("check", "a.arch", "--output-format", "json", a=WRONG).out)
    assert report["diagnostics"][0]["slug"] == "unknown-layer"
    assert json.loads(archc("check", "a.arch", "--output-format", "json", a=TOY).out)["errors"] == 0


def test_colour(process, project):
    (project / "a.arch").write_text(WRONG)
    assert "\x1b[" not in process("check", "a.arch").out
    assert "\x1b[1;31m" in process("check", "a.arch", FORCE_COLOR="1").out
    assert "\x1b[" not in process("check", "a.arch", FORCE_COLOR="1", NO_COLOR="1").out


def test_standard_input(process):
    assert process("check", "-", text=TOY.encode()).code == 0
    result = process("check", "-", "--output-format", "concise", text=WRONG.encode())
    assert (result.code, result.out.partition(" ")[0]) == (1, "<stdin>:3:3:")
    assert process("check", "-", text=b"\xff\xfe").code == 2


def test_a_terminal_without_unicode(process, project):
    (project / "a.arch").write_text(TOY + "  Conv2d 3x3 8 # \u00e9\u6f22\n", encoding="utf-8")
    assert process("check", "a.arch", PYTHONIOENCODING="ascii").code == 1
