"""Every kind of finding: its example gives it and nothing else, and reads as it should."""

from __future__ import annotations

import re

import pytest

from archc.api import check_paths
from archc.diagnostics.explain import HEADINGS, all_kinds, example, first_sentence, sections
from archc.diagnostics.kinds.checks import Part
from archc.diagnostics.kinds.targets import (
    BudgetExceeded,
    BudgetWithoutNet,
    CannotTransform,
    ExternInModel,
    UnsupportedOnTarget,
)
from archc.diagnostics.render import render_all
from archc.limits import Limits
from archc.source import SourceFile, Span
from tests.conftest import ROOT

KINDS = all_kinds()
WITH_EXAMPLE = [slug for slug, kind in KINDS.items() if example(kind)]
TARGETS = [
    UnsupportedOnTarget.slug,
    BudgetExceeded.slug,
    BudgetWithoutNet.slug,
    CannotTransform.slug,
    ExternInModel.slug,
]
TOY = "net toy()\n  input 8x8x3\n  conv 3x3 8\n"


def large(folder):
    (folder / "example.arch").write_text(TOY)
    return Limits(file_bytes=20)


def unreadable(folder):
    (folder / "example.arch").mkdir()
    return Limits()


def binary(folder):
    (folder / "example.arch").write_bytes(TOY.encode() + b"  # \xff\xfe\n")
    return Limits()


def nested(folder):
    lines = ["net toy()", "  input 8x8x3"]
    lines += ["  " * (level + 1) + "add" for level in range(5)] + ["  " * 6 + "identity"] * 2
    (folder / "example.arch").write_text("\n".join(lines) + "\n")
    return Limits(nesting=4)


MADE = {
    "file-too-large": large,
    "file-unreadable": unreadable,
    "not-utf8": binary,
    "nesting-too-deep": nested,
}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty folder that is a project of its own, and the current one."""
    (tmp_path / "archc.toml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def findings(slug, project):
    also = frozenset([slug])
    if slug in MADE:
        return check_paths(["example.arch"], MADE[slug](project), also)
    (project / "example.arch").write_text(example(KINDS[slug]), encoding="utf-8")
    return check_paths(["example.arch"], also=also)


@pytest.mark.parametrize("slug", [*WITH_EXAMPLE, *MADE])
def test_its_example_gives_this_and_nothing_else(slug, project, golden):
    found = findings(slug, project)
    assert {one.slug for one in found} == {slug}
    text = render_all(found).replace(str(ROOT), "<archc>") + "\n"
    golden(f"diagnostics/{slug}.txt", text)


def test_there_is_a_way_to_make_every_kind():
    assert sorted([*WITH_EXAMPLE, *MADE, *TARGETS]) == sorted(KINDS)


@pytest.mark.parametrize(
    "kind",
    [
        BudgetExceeded("toy", "params", 1_792, 1_000, (Part("example.arch:3", "conv", 1_792),)),
        BudgetWithoutNet("toi", "", ("toy",)),
        CannotTransform("fc-to-conv", "conv1", "it has the fixed size 56x56", "leave it out"),
        ExternInModel("propose", "archc.extern"),
        UnsupportedOnTarget("unpool", "ONNX", "its indices count places in another order"),
    ],
)
def test_what_no_file_alone_can_give(kind, golden):
    source = SourceFile("example.arch", TOY)
    start = TOY.index("conv")
    found = kind.at(Span(source, start, start + len("conv 3x3 8")))
    golden(f"diagnostics/{kind.slug}.txt", render_all([found]) + "\n")


@pytest.mark.parametrize("slug", [*WITH_EXAMPLE, *MADE])
def test_manners(slug, project):
    for found in findings(slug, project):
        assert re.match(r"[^A-Z]", found.message), "a message begins in lower case"
        assert not found.message.endswith(".")
        texts = [found.message, *found.notes, *found.help, found.primary.text]
        for text in texts:
            assert text.isascii()
            assert "illegal" not in text.lower()
            assert not re.search(r"\b(Error|Exception|None|True|False)\b", text)


@pytest.mark.parametrize("slug", KINDS)
def test_docstrings_are_complete(slug):
    kind = KINDS[slug]
    parts = sections(kind)
    assert list(parts) == [heading for heading in HEADINGS if heading in parts]
    assert {"What it means", "Why", "Example", "Fix"} <= set(parts)
    assert len(first_sentence(kind)) <= 160
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug)
