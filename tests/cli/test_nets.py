"""`archc nets`: the list of shipped networks, its filters and formats, and the text of one."""

from __future__ import annotations

import csv
import io
import json

import pytest

from archc import catalogue as shipped
from archc.cli import nets
from archc.session import Session
from tests.conftest import ROOT
from tests.oracles.exactness import shipped_networks


@pytest.fixture(autouse=True)
def every(monkeypatch):
    """All shipped networks, counted once: it takes seconds, and is the same for every command."""
    entries = shipped_networks()
    known = {entry.name: entry for entry in entries}
    monkeypatch.setattr(Session, "shipped", lambda session: list(entries))
    monkeypatch.setattr(
        shipped, "counted", lambda session, chosen: [known[one.name] for one in chosen]
    )
    return entries


def listed(archc, *words):
    """The networks of a list, each a dictionary by column."""
    result = archc("nets", *words, "--format", "csv")
    assert (result.code, result.err) == (0, "")
    return list(csv.DictReader(io.StringIO(result.out)))


def names(archc, *words):
    return [row["net"] for row in listed(archc, *words)]


# ---- the list ------------------------------------------------------------------------------------


def test_every_net_and_variant_has_a_row_with_its_facts(archc, every):
    lines = archc("nets").out.splitlines()
    head = ["net", "family", "task", "year", "params", "MACs", "input", "file"]
    assert lines[0].split() == head
    row = next(line for line in lines if line.startswith("resnet.50 "))
    assert row.split() == [
        *("resnet.50", "resnet", "classification", "2015"),
        *("25,557,032", "4,089,184,256", "224x224x3", "resnet.arch"),
    ]
    shown = {line.split()[0] for line in lines[1:-2] if not line.startswith("-")}
    assert shown == {entry.name for entry in every}


def test_every_file_of_specs_is_in_the_list(every):
    assert {entry.file for entry in every} == {
        path.name for path in (ROOT / "specs").glob("*.arch")
    }


def test_families_stand_in_the_order_of_their_first_year_and_variants_together(archc):
    rows = listed(archc)
    families = list(dict.fromkeys(row["family"] for row in rows))
    assert families.index("lenet") < families.index("vgg") < families.index("resnet")
    resnets = [at for at, row in enumerate(rows) if row["net"].startswith("resnet.")]
    assert resnets == list(range(resnets[0], resnets[-1] + 1))
    first = {family: [int(r["year"]) for r in rows if r["family"] == family] for family in families}
    said = [min(years) for family, years in first.items() if family]
    assert said == sorted(said)


def test_the_last_line_counts(archc, every):
    nets_there = len({(entry.net, entry.path) for entry in every})
    families = len({entry.family for entry in every} - {""})
    last = archc("nets").out.splitlines()[-1]
    assert last == f"{nets_there} networks, {len(every)} with variants, {families} families"
    few = archc("nets", "--family", "vgg", "--max-params", "133M").out.splitlines()[-1]
    assert few.endswith(f" of {len(every)} with variants, 1 family")


# ---- filters -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "there", "not_there"),
    [
        (["--family", "vgg"], {"vgg.A", "vgg16"}, {"resnet.18"}),
        (["--family", "vgg", "--family", "resnet"], {"vgg.A", "resnet.18"}, {"lenet5"}),
        (["--task", "matching"], {"siamese"}, {"vgg16"}),
        (["--year", "1998"], {"lenet5"}, {"vgg16"}),
        (["--year", "2014..2015"], {"vgg16", "resnet.50"}, {"lenet5", "densenet.121"}),
        (["--year", "..2012"], {"lenet5", "alexnet.slide"}, {"vgg16"}),
        (["--year", "2016.."], {"densenet.121"}, {"resnet.50"}),
        (["--max-params", "61_706"], {"lenet5"}, {"resnet.18"}),
        (["--max-params", "61,705"], set(), {"lenet5"}),
        (["--min-params", "138.3M", "--max-params", "138.36M"], {"vgg.D", "vgg16"}, {"vgg_bn.16"}),
        (["--max-macs", "416.52K"], {"lenet5"}, {"resnet.18"}),
        (["--max-macs", "416K"], set(), {"lenet5"}),
        (["--min-macs", "151,049,779,200"], {"faster_rcnn"}, {"resnet.50"}),
        (["--min-macs", "151,049,779,201"], set(), {"faster_rcnn"}),
        (["--max-params", "64Ki"], {"lenet5"}, {"autoencoder"}),
        (["--input", "32x32x1"], {"lenet5"}, {"vgg16"}),
        (["--input", "105×105x1"], {"siamese"}, {"lenet5"}),
        (["--input", "32x32"], {"lenet5", "resnet_cifar.20"}, {"vgg16", "waveform.M3"}),
        (["--input", "227x227"], {"rcnn", "alexnet.slide"}, {"lenet5"}),
        (["--input", "32"], set(), {"lenet5"}),
        (["--family", "ResNet", "--task", "Classification"], {"resnet.18"}, {"lenet5"}),
        (["resnet", "--max-params", "12M"], {"resnet.18"}, {"resnet.34", "lenet5"}),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else "",
)
def test_filter(archc, words, there, not_there):
    found = set(names(archc, *words))
    assert there <= found
    assert not not_there & found


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--family", "resnt"], "no shipped net is of the family `resnt`; did you mean `resnet`?"),
        (["--task", "clasification"], "did you mean `classification`?"),
        (["--task", "zzz"], "there are: "),
        (["--max-params", "5X"], "a number such as 5M, 1.5G or 64Ki, not '5X'"),
        (["--year", "15"], "2014..2016"),
        (["--year", "x..y"], "2014..2016"),
        (["--input", "big"], "a size such as 224x224x3, not 'big'"),
        (["--sort", "size"], "invalid choice"),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else "",
)
def test_what_cannot_be_meant_is_said(archc, words, said):
    result = archc("nets", *words)
    assert (result.code, result.out) == (2, "")
    assert said in result.err


def test_nothing_that_fits_is_an_answer(archc):
    result = archc("nets", "--year", "1900")
    assert result.code == 0
    assert result.out.startswith("no network fits: 0 of ") and result.out.count("\n") == 1
    assert archc("nets", "--year", "1900", "--format", "csv").out.startswith("net,family")


# ---- order and formats ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "column"), [("params", "params"), ("year", "year"), ("name", "net")]
)
def test_sort(archc, by, column):
    found = [row[column] for row in listed(archc, "--sort", by) if row[column]]
    keys = found if by == "name" else [int(one) for one in found]
    assert len(keys) > 80 and keys == sorted(keys)


def test_sort_by_macs_takes_what_is_known(archc):
    found = [row["net"] for row in listed(archc, "--sort", "macs", "--year", "2015")]
    assert found.index("resnet.18") < found.index("resnet.152") < found.index("faster_rcnn")


def test_json_says_everything_and_nothing_that_is_not_known(archc, every):
    found = json.loads(archc("nets", "--format", "json").out)
    assert (found["format_version"], len(found["networks"])) == (1, len(every))
    by_name = {network["name"]: network for network in found["networks"]}
    assert by_name["resnet.50"] == {
        "name": "resnet.50",
        "net": "resnet",
        "title": "ResNet",
        "family": "resnet",
        "task": "classification",
        "year": 2015,
        "paper": "arXiv:1512.03385",
        "params": 25_557_032,
        "macs": 4_089_184_256,
        "layers": 50,
        "inputs": {"input": "224x224x3"},
        "file": "resnet.arch",
    }
    assert by_name["faster_rcnn"]["macs_per"] == {"R": 119_967_744}
    assert by_name["yolov3"]["evaluated_at"] == {"input": "416x416x3"}


def test_markdown_is_one_table(archc):
    lines = archc("nets", "--family", "vgg", "--family", "resnet", "--format", "markdown").out
    assert lines.count("| net | family | task |") == 1
    assert "| 138,357,544 | 15,470,264,320 |" in lines


# ---- width ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("width", "lost"),
    [
        (300, []),
        (100, ["file"]),
        (85, ["file", "task"]),
        (70, ["file", "task", "input"]),
        (20, ["file", "task", "input", "family", "year", "MACs"]),
    ],
)
def test_a_narrow_terminal_loses_columns_and_no_digit(archc, monkeypatch, width, lost):
    from os import terminal_size

    monkeypatch.setattr(nets.sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(nets.os, "get_terminal_size", lambda *stream: terminal_size((width, 50)))
    lines = archc("nets", "--family", "resnet", "--max-macs", "9G").out.splitlines()
    assert not set(lost) & set(lines[0].split())
    assert ("columns left out" in lines[-1]) == bool(lost)
    if lost:
        assert lines[-1].endswith(f": {', '.join(lost)}")
    row = next(line for line in lines if line.startswith("resnet.50 "))
    assert "25,557,032" in row
    assert ("4,089,184,256" in row) == ("MACs" not in lost)


def test_a_bar_shows_that_many_are_counted_and_leaves_the_list_alone(archc, monkeypatch):
    plain = archc("nets").out
    monkeypatch.setattr(nets.sys.stderr, "isatty", lambda: True)
    result = archc("nets")
    assert (result.code, result.out) == (0, plain)
    assert "counting" in result.err
    assert archc("nets", "--family", "lenet").err == ""


# ---- by name -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["resnet", "resnet.50", "resnet.arch", "resnet.152"])
def test_the_text_of_a_net(archc, name):
    result = archc("nets", name)
    assert result.out == (ROOT / "specs" / "resnet.arch").read_text()
    assert result.err.strip().endswith("resnet.arch")


def test_a_file_of_several_nets_by_its_own_name_and_by_theirs(archc):
    text = (ROOT / "specs" / "dcgan.arch").read_text()
    assert archc("nets", "dcgan").out == archc("nets", "generator").out == text


def test_a_file_of_the_user_is_not_shipped(archc, project):
    (project / "lenet5").write_text("mine")
    assert archc("nets", "lenet5").out == (ROOT / "specs" / "lenet5.arch").read_text()


def test_a_word_that_is_no_net_is_searched_for(archc):
    found = archc("nets", "yolo")
    assert found.code == 0
    rows = [line.split()[0] for line in found.out.splitlines()[2:-2]]
    assert {"yolov1", "yolov3"} <= set(rows)
    assert "resnet.50" not in rows


@pytest.mark.parametrize("word", ["Colour and", "ResNet.10", "multimodal"])
def test_titles_variants_and_families_are_searched_in_any_case(archc, word):
    expected = {"Colour and": "rgbd", "ResNet.10": "resnet.101", "multimodal": "rgbd"}
    assert expected[word] in archc("nets", word).out


def test_flags_make_a_name_a_word(archc):
    found = names(archc, "resnet", "--sort", "name")
    assert "resnet.50" in found and len(found) > 1


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("resnt", "archc ships no net called `resnt`; did you mean `resnet`?"),
        ("resnet.51", "archc ships no net called `resnet.51`; did you mean `resnet.50`"),
        ("resnet.qqqqq", "did you mean `resnet`"),
        ("lenet5.50", "did you mean `lenet5`"),
        ("dcgan.nosuch", "archc ships no net called `dcgan.nosuch`; "),
        ("xyzzy", "archc ships no net called `xyzzy`; `archc nets` lists them"),
        ("…", "archc ships no net called `…`; `archc nets` lists them"),
    ],
)
def test_a_name_of_nothing(archc, name, said):
    result = archc("nets", name)
    assert (result.code, result.out) == (2, "")
    assert said in result.err


# ---- facts that are read off the text ------------------------------------------------------------


def test_what_a_text_says_is_what_the_network_says(monkeypatch):
    """Facts are read without expanding; the network has them from the elaborator."""
    monkeypatch.undo()
    session = Session()
    texts = [one for one in session.shipped() if one.net in ("resnet", "vgg", "lenet5")]
    assert {one.name for one in texts} >= {"resnet.50", "vgg.A-LRN", "lenet5"}
    for one in texts:
        (network,) = session.networks(f"{one.path}:{one.name}")
        meta = {"year": 0, "paper": "", "family": "", "task": "", **network.meta}
        assert (one.title, one.year, one.paper) == (network.title, meta["year"], meta["paper"])
        assert (one.family, one.task) == (meta["family"], meta["task"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("  meta year = 2014\n", [(2014, "")]),
        ('  meta paper = "a \\ b"\n  meta year = 1998\n', [(1998, "a \\ b")]),
        ("", [(0, "")]),
        (
            '  meta year = 2015\n  variants | c | meta year | meta paper\n    a | 8 | 2016 | "x"\n'
            "    b | 9 |      |\n",
            [(2016, "x"), (2015, "")],
        ),
        ("  variants | a | b\n  meta year = | 2016 | 2017\n", [(2016, ""), (2017, "")]),
    ],
)
def test_facts_of_variants(project, monkeypatch, text, said):
    monkeypatch.undo()
    (project / "a.arch").write_text(f"net a(c=8)\n{text}  input 8x8x3\n  conv 1x1 c\n")
    monkeypatch.setattr("archc.session.shipped_files", lambda: [str(project / "a.arch")])
    session = Session()
    found = shipped.catalogue(session)
    assert session.bag().sorted() == []
    assert [(one.year, one.paper) for one in found] == said
    metas = [network.meta for network in session.networks(str(project / "a.arch"))]
    assert [(meta.get("year", 0), meta.get("paper", "")) for meta in metas] == said


# ---- what is wrong with a shipped file -----------------------------------------------------------


def test_a_shipped_net_with_an_error_is_reported_behind_the_others(archc, project, monkeypatch):
    monkeypatch.undo()
    monkeypatch.chdir(project)
    (project / "good.arch").write_text("net good()\n  input 8x8x3\n  conv 3x3 8\n")
    (project / "bad.arch").write_text("net bad()\n  input 8x8x3\n  conv 9x9 8\n")
    files = [str(project / "bad.arch"), str(project / "good.arch")]
    monkeypatch.setattr("archc.session.shipped_files", lambda: files)
    result = archc("nets")
    assert result.code == 1
    assert "\ngood " in result.out and result.out.splitlines()[-1].startswith(
        "1 of 2 networks, 1 of 2 "
    )
    assert "error[size-not-positive]" in result.err and "bad.arch:3" in result.err
