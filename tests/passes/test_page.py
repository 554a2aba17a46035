"""docs/transform.md shows what the commands give."""

import re

import pytest

from archc.cli.main import main
from archc.passes import Pass
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "transform.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"```sh\n(archc [^\n]*)\n```\n\n```arch\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = re.findall(r"```sh\n(archc [^\n]*)\n```", PAGE)


@pytest.mark.parametrize("command", COMMANDS)
def test_its_commands_work(command, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert main(command.split()[1:]) == 0
    shown = dict(SHOWN).get(command)
    out = capsys.readouterr().out
    version = re.compile(r"written by archc \S+:")
    assert shown is None or version.sub("", out) == version.sub("", shown)


def test_every_pass_is_on_it():
    for name in Pass.registry:
        assert f"| `{name}` |" in PAGE
