"""The example in every operator's docstring is run, and each `->` in it is met."""

from __future__ import annotations

import re
from textwrap import dedent

import pytest

from archc.diagnostics.model import Bag
from archc.diagnostics.render import render_all
from archc.files import Files
from archc.graph.elaborate import expand
from archc.graph.modules import load_module
from archc.ops.base import Op
from archc.source import SourceFile
from tests.language.fences import EXAMPLE, Fence, findings_in, wrapped

CLASSES = sorted(set(Op.registry.values()), key=lambda cls: cls.__name__)


def example_of(cls: type[Op]) -> str:
    """The rows behind `Example:`, up to the empty line."""
    text = dedent((cls.__doc__ or "").split("Example:\n", 1)[1])
    return dedent(text.split("\n\n", 1)[0].rstrip()) + "\n"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty folder that is a project of its own, and the current one."""
    (tmp_path / "archc.toml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("cls", CLASSES)
def test_it_checks_clean(cls, project):
    text = wrapped(example_of(cls))
    (project / EXAMPLE).write_text(text, encoding="utf-8")
    found, rendered = findings_in(EXAMPLE, Fence("", 0, (), text, None))
    assert not found, rendered


@pytest.mark.parametrize("cls", CLASSES)
def test_it_shows_the_operator_and_its_size(cls):
    text = wrapped(example_of(cls))
    bag = Bag()
    module = load_module(SourceFile(EXAMPLE, text), Files(), bag)
    expand(module, next(iter(module.nets)), None, bag)
    assert not bag.has_errors, render_all(bag.sorted())
    sizes = [line for line in text.splitlines() if "->" in line and not line.startswith("extern")]
    assert sizes, "its last row says its size"
    assert any(re.search(rf"\b{word}\b", text) for word in cls.words)
