"""The pages of the language's reference are its tests: every example in them is run.

`pytest tests/language --update-golden` writes the text fences anew; look at the difference.
"""

from __future__ import annotations

import pytest

from tests.language.fences import (
    PAGES,
    TOTALS,
    Fence,
    fences_of,
    findings_in,
    network_in,
    told_by,
    totals_of,
    write,
)

FENCES = {page.name: fences_of(page) for page in sorted(PAGES.glob("*.md"))}
ALL = [fence for fences in FENCES.values() for fence in fences]
KNOWN_VALUES = {*TOTALS, "output", "file", "net", "also", "limit"}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty folder that is a project of its own, and the current one."""
    (tmp_path / "archc.toml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def in_files(fence: Fence, folder) -> str:
    """The example in a folder, with the files of its page."""
    for other in FENCES[fence.page]:
        if "file" in other.values:
            write(other, folder)
    return write(fence, folder)


def compare(fence: Fence, told: str, update: bool) -> None:
    if not update:
        assert fence.told is not None and told.split() == fence.told.split(), told
        assert "error[" not in told or told == fence.told
        return
    page = PAGES / fence.page
    text = page.read_text(encoding="utf-8")
    start = text.index(fence.text) + len(fence.text)
    before, between, after = text[:start], text[start:], ""
    between, _, after = between.partition("```text\n")
    ending = "" if told.endswith("\n") else "\n"
    rest = after[after.index("```\n") :]
    page.write_text(f"{before}{between}```text\n{told}{ending}{rest}", encoding="utf-8")


@pytest.mark.parametrize("fence", ALL, ids=str)
def test_example(fence, project, request):
    update = request.config.getoption("--update-golden")
    name = in_files(fence, project)
    found, rendered = findings_in(name, fence)
    assert sorted(found) == sorted(fence.findings), rendered
    if fence.findings:
        if fence.told is not None:
            compare(fence, rendered, update)
        return
    assert (fence.told is not None) == bool(fence.asks), "a text fence that nobody compares"
    claims = {key: value for key, value in fence.values.items() if key in (*TOTALS, "output")}
    if fence.asks or claims:
        network = network_in(name, fence)
        totals = totals_of(network)
        assert {key: totals[key] for key in claims} == claims
        for what in fence.asks:
            compare(fence, told_by(network, what), update)


@pytest.mark.parametrize("fence", ALL, ids=str)
def test_every_word_behind_a_fence_is_known(fence):
    assert set(fence.values) <= KNOWN_VALUES
    words = [word for word in fence.words if "=" not in word]
    assert sorted(words) == sorted([*fence.findings, *fence.asks])


@pytest.mark.parametrize("page", FENCES)
def test_pages_are_short(page):
    assert len((PAGES / page).read_text(encoding="utf-8").splitlines()) < 400


def test_every_page_is_in_the_index():
    index = (PAGES / "README.md").read_text(encoding="utf-8")
    assert [page for page in FENCES if f"({page})" not in index and page != "README.md"] == []
