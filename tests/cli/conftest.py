"""A project folder to run the command in."""

from __future__ import annotations

import subprocess
import sys
from collections import namedtuple

import pytest

from archc.cli.main import main

TOY = "net toy()\n  input 8x8x3\n  conv 3x3 8\n"
Result = namedtuple("Result", "code out err")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty folder that is a project of its own, and the current one."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "archc.toml").touch()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    return folder


@pytest.fixture
def archc(project, capsys):
    """Run a command line in this process; files given by name are written first."""

    def run(*words, **files):
        for name, text in files.items():
            data = text.encode() if isinstance(text, str) else text
            (project / f"{name}.arch").write_bytes(data)
        code = main(list(words))
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        assert "bug in archc" not in err
        return Result(code, out, err)

    return run


@pytest.fixture
def process(project):
    """Run a command line as a process of its own."""

    def run(*words, text=b"", **environment):
        import os

        done = subprocess.run(
            [sys.executable, "-m", "archc", *words],
            input=text,
            capture_output=True,
            timeout=60,
            check=False,
            env={**os.environ, **environment},
        )
        result = Result(done.returncode, done.stdout.decode(), done.stderr.decode())
        assert "Traceback" not in result.out + result.err
        return result

    return run
