"""`archc analyze` as a process: exit codes, streams, what it imports."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FORBIDDEN = {"torch", "onnx", "numpy", "networkx", "pydantic", "rich", "graphviz"}

GOOD = "net toy()\n  input 8x8x3\n  conv 3x3 4\n"
FAILED = GOOD + "  check params == 9\n"
WRONG = "net toy()\n  input 2x2x3\n  conv 3x3 4\n"


def analyze(*words, text="", code=0):
    done = subprocess.run(
        [sys.executable, "-m", "archc", "analyze", *words],
        input=text,
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


def test_vgg16_ends_with_its_numbers():
    printed = analyze("specs/vgg16.arch").stdout
    for number in ("138,357,544", "15,470,264,320", "15,237,608", "16 with weights"):
        assert number in printed


def test_a_file_with_variants_is_compared():
    printed = analyze("specs/resnet.arch").stdout
    (row,) = [line for line in printed.splitlines() if line.startswith("resnet.50 ")]
    assert "25,557,032" in row
    assert "4,089,184,256" in row


def test_standard_input():
    assert "toy" in analyze("-", text=GOOD).stdout


def test_a_failed_check_comes_after_the_table():
    printed = analyze("-", text=FAILED, code=1).stdout
    assert printed.index("total") < printed.index("error[check-failed]")


def test_json_stays_json_when_a_check_fails():
    done = analyze("-", "--format", "json", text=FAILED, code=1)
    assert json.loads(done.stdout)["networks"][0]["totals"]["params"] == 112
    assert "check-failed" in done.stderr


def test_errors_come_without_a_table():
    printed = analyze("-", text=WRONG, code=1).stdout
    assert "error[size-not-positive]" in printed
    assert "total" not in printed


@pytest.mark.parametrize(
    "words",
    [
        ["specs/vgg16.arch", "--style", "slides"],
        ["specs/vgg16.arch", "--batch", "0"],
        ["specs/vgg16.arch", "--dtype", "fp7"],
        ["specs/vgg16.arch", "--style", "keras", "--blocks"],
        ["specs/vgg16.arch", "--format", "json", "--depth", "2"],
        ["no-such-net"],
        ["no/such/file.arch"],
    ],
)
def test_what_cannot_be_done_exits_with_2(words):
    done = analyze(*words, code=2)
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("style", ["archc", "cs231n", "googlenet", "keras"])
def test_nothing_heavy_is_imported(style):
    program = (
        "import sys; from archc.cli.main import main; "
        f"code = main(['analyze', 'specs/vgg16.arch', '--style', '{style}']); "
        "print(*sys.modules, file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True
    )
    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert not loaded & FORBIDDEN
    assert "archc.analysis.document" not in done.stderr


@pytest.mark.parametrize("columns", [40, 70, 200])
def test_on_a_terminal(columns):
    """A terminal gets the same digits, however narrow it is."""
    import pty

    program = (
        "import os, sys; os.get_terminal_size = "
        f"lambda *_: os.terminal_size(({columns}, 24)); "
        "from archc.cli.main import main; sys.exit(main(['analyze', 'specs/vgg16.arch']))"
    )
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=theirs, stderr=theirs, stdin=theirs, cwd=ROOT
    )
    os.close(theirs)
    printed = b""
    while True:
        try:
            more = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not more:
            break
        printed += more
    os.close(ours)
    assert process.wait() == 0
    assert b"138,357,544" in printed
    assert (b"columns left out" in printed) == (columns < 100)
    lines = re.sub(rb"\x1b\[[0-9;]*m", b"", printed).decode().splitlines()
    table = lines[lines.index("") :] if "" in lines else lines
    rows = [line for line in table if line.startswith(("features.", "classifier.", "total"))]
    assert rows
    assert max(map(len, rows)) <= columns
