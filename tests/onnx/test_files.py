"""Files of models that cannot be written, or not to their end: the old ones stay."""

from __future__ import annotations

import errno
import io
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest

from archc.cli.main import main

SMALL = "net toy()\n  input 8x8x3\n  conv 3x3 4 pad=half ; relu\n  gap ; fc 2\n"
LARGE = "net toy()\n  input 16384\n" + "  fc 16384\n" * 3
"""3 GiB: nobody waits until it is written"""
TINY = "net toy()\n  input 8x8x3\n  conv 1x1 4 bias=no\n"
ROWS = TINY + "  relu ; sigmoid\n" * 200
"""nodes and hardly a number: the model is larger than its data"""
LAYERS = "net toy()\n  input 64\n" + "  fc 64\n" * 4
"""its data are larger than its model"""
ONE, APART = (), ("--external-data",)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("archc.toml").touch()
    return tmp_path


def build(text, *words):
    Path("toy.arch").write_text(text)
    return main(["build", "toy.arch", "-o", "toy.onnx", *words])


def written(folder):
    return {path.name: path.read_bytes() for path in folder.glob("toy.onnx*")}


# ---- no room -----------------------------------------------------------------------------------


@contextmanager
def limited(room):
    """The system refuses to make a file longer."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def full(room):
    """A disk has this much room for each file."""

    class Disk(io.FileIO):
        def write(self, data):
            if self.tell() + len(data) > room:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return super().write(data)

    def opened(path, mode="r", **more):
        return io.BufferedWriter(Disk(path, mode)) if mode == "wb" else open(path, mode, **more)

    with patch("archc.files.open", opened, create=True):
        yield


@pytest.mark.parametrize(
    ("less", "said"), [(limited, "file too large"), (full, "no space left on device")]
)
@pytest.mark.parametrize(
    ("text", "words", "room"),
    [(LAYERS, ONE, 30_000), (LAYERS, APART, 30_000), (ROWS, APART, 20_000), (TINY, APART, 300)],
    ids=["one file", "numbers", "nodes", "end of the nodes"],
)
def test_files_without_room(folder, capsys, less, said, text, words, room):
    assert build(SMALL.replace("4", "5"), *words) == 0
    before = written(folder)
    with less(room):
        assert build(text, *words) == 2
    assert written(folder) == before
    assert capsys.readouterr().err == f"archc: toy.onnx cannot be written: {said}\n"


@contextmanager
def no_superuser():
    """Rights count: root, who may write everywhere, is somebody else for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("words", [ONE, APART])
def test_a_folder_that_is_read_only(monkeypatch, capsys, words):
    with tempfile.TemporaryDirectory() as name:  # pytest's own may be entered by one user alone
        folder = Path(name)
        folder.chmod(0o755)
        monkeypatch.chdir(folder)
        assert build(SMALL, *words) == 0
        before = written(folder)
        folder.chmod(0o555)
        with no_superuser():
            assert main(["build", "toy.arch", "-o", "toy.onnx", "--seed", "1", *words]) == 2
        folder.chmod(0o755)
        assert written(folder) == before
        assert capsys.readouterr().err == "archc: toy.onnx cannot be written: permission denied\n"
        monkeypatch.undo()


# ---- no time -----------------------------------------------------------------------------------


HEEDING = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
from archc.cli.main import main
sys.exit(main())
"""
"""archc where signals end a process, also if the tests run under `nohup` or in the background"""


def stopped(folder, number, *words):
    """The exit code of a build that gets a signal while it writes."""
    Path("toy.arch").write_text(LARGE)
    process = subprocess.Popen(
        [sys.executable, "-c", HEEDING, "build", "toy.arch", "-o", "toy.onnx", *words],
        stderr=subprocess.DEVNULL,
    )
    while not any(path.stat().st_size > 2**20 for path in folder.glob("*.new")):
        assert process.poll() is None, "it ended before it wrote a mebibyte"
        time.sleep(0.01)
    process.send_signal(number)
    return process.wait(timeout=30)


@pytest.mark.parametrize(
    ("number", "words", "code"),
    [
        (signal.SIGINT, APART, 130),
        (signal.SIGTERM, ONE, 143),
        (signal.SIGHUP, APART, 129),
    ],
)
def test_an_interrupted_build_leaves_nothing(folder, number, words, code):
    assert build(SMALL, *words) == 0
    before = written(folder)
    assert stopped(folder, number, *words) == code
    assert written(folder) == before


def test_a_killed_build_leaves_the_old_files(folder):
    assert build(SMALL, *APART) == 0
    before = written(folder)
    assert stopped(folder, signal.SIGKILL, *APART) == -signal.SIGKILL
    after = written(folder)
    assert {name: after[name] for name in before} == before
    assert build(SMALL, *APART) == 0
