"""The generated source: it is what a person would have written, as far as tools can tell."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from archc.api import ArchError, load, loads
from archc.backends.torch.emit import source_of
from archc.backends.torch.naming import MODULE_NAMES

SNAPSHOTS = (
    "densenet.121",
    "googlenet",
    "resnet.50",
    "show_attend_tell",
    "unet.same",
    "vgg.A",
    "yolov3",
)


TOOLS = (
    ("ruff", "format", "--isolated", "--check", "."),
    ("ruff", "check", "--isolated", "."),
    ("mypy", "--strict", "--config-file=", "."),
)


def test_tools_have_nothing_to_say(written):
    for tool in TOOLS:
        command = [sys.executable, "-m", *tool]
        done = subprocess.run(command, cwd=written, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (done.stdout + done.stderr)[-2000:]


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_snapshots(name, golden):
    golden(f"torch/{name}.py.txt", load(name).source())


def test_the_same_network_gives_the_same_bytes():
    assert load("inception_v3").source() == load("inception_v3").source()


def test_texts_of_a_spec_are_no_code():
    text = 'net a() "it\'s \\\\ "\n  input 8x8x3\n  meta paper = "\\\\"\n  conv 1x1 3\n'
    source = source_of(loads(text).graph)
    compile(source, "a", "exec")
    assert source.count('"""') == 2


def test_names_that_torch_modules_have_are_listed():
    modules = (torch.nn.Module(), torch.nn.ModuleDict(), torch.nn.Sequential())
    public = {name for module in modules for name in dir(module) if not name.startswith("_")}
    kept = {name for name in vars(torch.nn.Module()) if name.startswith("_")}
    assert public | kept <= MODULE_NAMES


@pytest.mark.parametrize("name", ["train", "forward", "parameters.0", "body.state_dict"])
def test_a_row_cannot_be_called_as_what_every_module_has(name):
    with pytest.raises(ArchError, match="every torch module has a `"):
        source_of(loads(f"net a()\n  input 8x8x3\n  {name}: conv 1x1 4\n").graph)


def test_other_names_keep_their_keys():
    rows = ["import", "self", "block1-0", "x", "print", "None_", "torch"]
    text = "net Tensor()\n  input 8x8x3\n" + "".join([f"  {row}: conv 1x1 4\n" for row in rows])
    keys = {key.partition(".")[0] for key in loads(text).torch().state_dict()}
    assert keys == set(rows)


def test_it_runs_without_archc(tmp_path):
    (tmp_path / "lenet5.py").write_text(load("lenet5").source(), encoding="utf-8")
    (tmp_path / "main.py").write_text(
        "import sys, torch\n"
        "sys.modules['archc'] = None\n"
        "from lenet5 import LeNet5\n"
        "print(tuple(LeNet5()(torch.zeros(2, 1, 32, 32)).shape))\n"
    )
    done = subprocess.run(
        [sys.executable, "main.py"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "(2, 10)"
