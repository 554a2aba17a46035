"""What a small command must not import: start-up is most of its time."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.conftest import ROOT

NEVER = {"torch", "onnx", "numpy", "networkx", "pydantic", "rich", "graphviz", "difflib"}
COMMANDS = [
    ["analyze", "specs/lenet5.arch"],
    ["check", "specs/lenet5.arch"],
    ["fmt", "--check", "specs/lenet5.arch"],
    ["explain", "size-not-whole"],
    ["ops", "conv"],
    ["nets", "lenet5"],
]
SCRIPT = """
import json, sys
from archc.cli.main import main
code = main(sys.argv[1:])
print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)
"""


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_imports_are_late(words):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *words],
        capture_output=True,
        cwd=ROOT,
        timeout=60,
        check=True,
    )
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == 0
    assert not NEVER & set(modules)
    others = {
        verb for verb in ("analyze", "check", "fmt", "explain", "ops", "nets") if verb != words[0]
    }
    assert not {f"archc.cli.{verb}" for verb in others} & set(modules)


def test_importing_archc_imports_next_to_nothing():
    script = "import sys, archc; print([name for name in sys.modules if name.startswith('archc')])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, cwd=ROOT, check=True)
    assert done.stdout.decode().strip() == "['archc']"
