"""Sources run as programs where there is no archc: one forward, whose sizes are printed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from archc.api import load
from archc.backends.torch.sizes import size_of

ALONE = """
import runpy, sys
sys.modules["archc"] = None  # importing it fails
for path in sys.argv[1:]:
    runpy.run_path(path, run_name="__main__")
"""
NETS = ("lenet5", "siamese", "mobilenet_v3_small", "googlenet_torchvision", "yolov3", "swin.t")


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """What the sources print, one after the other in one process: `NAME (1, 10)` a line."""
    folder = tmp_path_factory.mktemp("programs")
    for name in NETS:
        (folder / f"{name}.py").write_text(load(name).source(), encoding="utf-8")
    paths = [str(folder / f"{name}.py") for name in NETS]
    done = subprocess.run(
        [sys.executable, "-I", "-c", ALONE, *paths], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_sizes_of_all_outputs_are_printed(printed):
    graphs = [load(name).graph for name in NETS]
    expected = [
        str(size_of(graph.nodes[index].shape))
        for graph in graphs
        for index in graph.outputs.values()
    ]
    assert [line.partition(" ")[2] for line in printed] == expected
