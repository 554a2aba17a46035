"""Every shipped network equals a public implementation, or it is said why there is none."""

from __future__ import annotations

import importlib
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.oracles import exactness
from tests.oracles.papers import COMPARED


@pytest.fixture(scope="module")
def names():
    return [entry.name for entry in exactness.shipped_networks()]


@pytest.fixture(scope="module")
def found(names):
    return exactness.exactness(names)


def test_every_network_has_a_public_twin_or_a_reason(found):
    assert found.unsaid == [], "measure it (tests/oracles/twins/) or say why not (none.toml)"


def test_no_reason_is_given_for_a_network_that_has_a_twin_or_is_not_there(found):
    assert found.contradicted == []


def test_every_network_without_a_twin_is_compared_with_its_paper(names, found):
    """Parameters and products by the arithmetic of the paper, in test_papers_*.py."""
    for path in Path(__file__).parent.glob("test_papers_*.py"):
        importlib.import_module(f"tests.oracles.{path.stem}")
    alone = {name for name in names for one in found.reasons if fnmatchcase(name, one)}
    assert alone - COMPARED == set()
    assert set(names) >= COMPARED


def test_only_shipped_networks_were_measured(found):
    assert found.unknown == []


def test_no_two_networks_have_one_name(names):
    assert [name for name in names if names.count(name) > 1] == []


def test_reasons_are_sentences_of_their_own(found):
    assert all(len(reason.split()) > 3 for reason in found.reasons.values())


def test_what_the_list_makes_of_names(tmp_path, monkeypatch):
    (tmp_path / "a.json").write_text('[{"net": "a.1"}, {"net": "gone"}]')
    (tmp_path / "none.toml").write_text('"b.*" = "x"\n"a.*" = "x"\n"c" = "x"\n')
    monkeypatch.setattr(exactness, "TWINS", tmp_path)
    made = exactness.exactness(["a.1", "a.2", "b.1", "b.2", "d"])
    assert list(made.exact) == ["a.1"]
    assert made.contradicted == ["a.*", "c"]
    assert (made.unsaid, made.unknown) == (["d"], ["gone"])
