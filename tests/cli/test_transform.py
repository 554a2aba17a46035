"""`archc transform`: texts that check, files that are not overwritten, what is said."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from archc import __version__
from archc.api import check_paths
from tests.cli.test_start import NEVER, SCRIPT
from tests.conftest import ROOT

TOY = """\
net toy()
  input 8x8x3
  conv 3x3 4 ; bn ; relu
  fc 5
"""
HEAD = f"# written by archc {__version__}: archc transform a.arch --pass fold-batchnorm\n"


def test_to_standard_output(archc, project):
    result = archc("transform", "a.arch", "--pass", "fold-batchnorm", a=TOY)
    assert result.code == 0
    assert result.out == (
        f"{HEAD}\nnet toy\n  input 8x8x3\n  conv 3x3 4 ; relu  -> 6x6x4\n  fc 5  -> 5\n"
    ) or result.out.startswith(HEAD)
    assert result.err.splitlines() == [
        "archc: 1 of 1 batch norms folded",
        "archc: params 845 -> 837",
        "archc: macs 4,608",
    ]
    (project / "b.arch").write_text(result.out)
    assert check_paths(["b.arch"]) == []


def test_to_a_file_that_archc_may_write_again(archc, project):
    words = ("transform", "a.arch", "--pass", "fold-batchnorm", "-o", "b.arch")
    assert archc(*words, a=TOY).code == 0
    assert archc(*words).code == 0
    (project / "b.arch").write_text("# mine\n")
    refused = archc(*words)
    assert refused.code == 2
    assert "b.arch was not written by archc; --force overwrites it" in refused.err
    assert (project / "b.arch").read_text() == "# mine\n"
    assert archc(*words, "--force").code == 0
    assert (project / "b.arch").read_text().startswith(HEAD)
    assert sorted(path.name for path in project.glob("b*")) == ["b.arch"]


def test_passes_come_one_after_the_other(archc):
    result = archc(
        "transform", "a.arch", "--pass", "fold-batchnorm", "--pass", "new-head", "--classes", "2",
        "--pass", "fc-to-conv", a=TOY,
    )  # fmt: skip
    assert result.code == 0
    assert "conv 6x6 2" in result.out
    assert "input HxWx3 where H >= 8 and W >= 8" in result.out


def test_the_text_can_be_piped_on(process):
    first = process("transform", "resnet.18", "--pass", "fold-batchnorm")
    second = process(
        "transform", "-", "--pass", "features", "--until", "layer2", text=first.out.encode()
    )
    assert second.code == 0
    assert "28x28x128" in second.out
    assert "bn" not in second.out


def test_an_open_network_stays_open_from_standard_input_too(process):
    first = process("transform", "yolov3", "--pass", "fold-batchnorm")
    words = ("transform", "-", "--pass", "features", "--until", "n32")
    second = process(*words, text=first.out.encode())
    assert "input HxWx3 where H mod 32 == 0 and W mod 32 == 0" in second.out


def test_an_open_network_slides_over_larger_images_too(archc):
    text = TOY.replace("8x8x3", "HxWx3 where H >= 8 and W >= 8").replace("fc 5", "gap ; fc 5")
    text = text.replace("()\n", "()\n  meta example = 8x8x3\n")
    result = archc("transform", "a.arch", "--pass", "fc-to-conv", a=text)
    assert "input HxWx3 where H >= 8 and W >= 8" in result.out
    assert "avgpool 6x6/1" in result.out
    assert "fixed" not in result.err


def test_a_place_that_cannot_be_written_is_said(archc, project):
    result = archc("transform", "a.arch", "--pass", "fold-batchnorm", "-o", "no/b.arch", a=TOY)
    assert result.code == 2
    assert "no/b.arch cannot be written" in result.err
    assert "is a folder" in archc("transform", "a.arch", "--pass", "fc-to-conv", "-o", ".").err
    words = ("transform", "a.arch", "--pass", "fold-batchnorm", "--force", "-o")
    os.mkfifo(project / "pipe")  # stands for devices too, which a test must not risk
    refused = archc(*words, "pipe")
    assert (refused.code, refused.out) == (2, "")
    assert "pipe is a device or a pipe" in refused.err
    assert archc(*words, "").code == 2


def test_slips_of_the_command_are_said(archc):
    wrong = archc("transform", "a.arch", "--pass", "fold-batchnrom", a=TOY)
    assert wrong.code == 2
    assert "there is no pass `fold-batchnrom`; did you mean `fold-batchnorm`?" in wrong.err
    assert "needs --classes" in archc("transform", "a.arch", "--pass", "new-head").err
    assert "none of these passes takes --until" in (
        archc("transform", "a.arch", "--pass", "fold-batchnorm", "--until", "fc1").err
    )
    assert "name a pass" in archc("transform", "a.arch").err
    assert "name a network" in archc("transform", "--pass", "fold-batchnorm").err
    several = archc("transform", "resnet", "--pass", "fold-batchnorm")
    assert several.code == 2
    assert "resnet.18" in several.err


def test_a_network_that_does_not_allow_it_is_a_finding(archc):
    resized = TOY.replace("  fc 5", "  resize 4x4 ; fc 5")
    result = archc("transform", "a.arch", "--pass", "fc-to-conv", a=resized)
    assert (result.code, result.out) == (1, "")
    assert "error[cannot-transform]: fc-to-conv stops at `resize1`" in result.err
    assert "a.arch:4:3" in result.err
    broken = archc("transform", "a.arch", "--pass", "fc-to-conv", a=TOY.replace("conv", "cnov"))
    assert broken.code == 1
    assert "error[unknown-layer]" in broken.err
    assert archc("transform", "missing.arch", "--pass", "fc-to-conv").code == 2


def test_the_list_and_the_help_say_what_there_is(archc):
    listed = archc("transform", "--list").out
    said = archc("transform", "--help").out
    for name in ("fc-to-conv", "features", "fold-batchnorm", "new-head"):
        assert f"{name}: " in listed
        assert name in said


def test_it_imports_nothing_heavy():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, "transform", "resnet.18", "--pass", "fold-batchnorm"],
        capture_output=True,
        cwd=ROOT,
        timeout=60,
        check=True,
    )
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == 0
    assert not NEVER & set(modules)
