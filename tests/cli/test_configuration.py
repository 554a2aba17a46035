"""archc.toml and [tool.archc]: what they change, and what is said of a wrong one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from archc.analysis.check import SUMMED
from archc.configuration.model import amount, schema
from archc.configuration.read import read
from archc.configuration.wording import BUDGET_KEYS, TABLES
from archc.diagnostics.kinds.checks import UNITS
from archc.graph.ir import METRICS
from tests.cli.conftest import TOY
from tests.cli.test_start import SCRIPT
from tests.conftest import ROOT

SCHEMA = ROOT / "docs" / "configuration.schema.json"
UNUSED = TOY + "  from input\n  conv 3x3 8\n"
BIASED = TOY.replace("conv 3x3 8", "conv 3x3 8 ; bn")
SEVERAL = (
    "net toy(c)\n  variants | c\n    a      | 8\n    b      | 16\n  input 8x8x3\n  conv 3x3 c\n"
)


@pytest.fixture
def configured(archc, project):
    """Run a command line in a project with this archc.toml."""

    def run(toml, *words, **files):
        (project / "archc.toml").write_text(toml)
        return archc(*words, **files)

    return run


def slugs(result):
    return [line.partition("[")[2].partition("]")[0] for line in result.out.splitlines()]


# ---- lints


def test_a_lint_can_be_an_error(configured):
    result = configured('[lints]\nunused-value = "error"\n', "check", "a.arch", a=UNUSED)
    assert (result.code, result.err) == (1, "1 error\n")
    assert result.out.startswith("error[unused-value]")
    assert configured('[lints]\nunused-value = "warn"\n', "check", "a.arch").code == 0


def test_a_lint_can_be_silent(configured):
    quiet = '[lints]\nunused-value = "allow"\n'
    assert configured(quiet, "check", "a.arch", a=UNUSED).out == ""
    assert "unused-value" in configured(quiet, "check", "a.arch", "--only", "unused-value").out
    row = UNUSED.replace("8\n", "8  # allow[unused-value]: for the figure\n", 1)
    assert configured(quiet, "check", "b.arch", b=row).out == ""
    assert configured('[lints]\nunused-value = "error"\n', "check", "b.arch").out == ""


def test_the_lint_that_is_off_can_be_on(configured):
    assert configured("", "check", "a.arch", a=BIASED).out == ""
    on = configured('[lints]\nbias-before-norm = "warn"\n', "check", "a.arch")
    assert (on.code, on.out.startswith("warning[bias-before-norm]")) == (0, True)
    ignored = configured(
        '[lints]\nbias-before-norm = "error"\n', "check", "a.arch", "--ignore", "bias-before-norm"
    )
    assert (ignored.code, ignored.out) == (0, "")


# ---- limits


@pytest.mark.parametrize("verb", ["check", "analyze"])
def test_limits_and_the_flag_that_wins(configured, verb):
    low = "[limits]\nlayers = 1\n"
    result = configured(low, verb, "a.arch", a=UNUSED)
    assert (result.code, "expansion-too-large" in result.out) == (1, True)
    assert configured(low, verb, "a.arch", "--limit", "layers=10").code == 0


# ---- budgets


@pytest.mark.parametrize(
    ("net", "meant"),
    [
        ("deep/a.arch", ["toy.a", "toy.b"]),
        ("./deep/a.arch", ["toy.a", "toy.b"]),
        ("deep/a.arch:b", ["toy.b"]),
        ("deep/a.arch:toy.b", ["toy.b"]),
        ("deep/a.arch:toy", ["toy.a", "toy.b"]),
        ("deep/*.arch:*", ["toy.a", "toy.b"]),
        ("*.arch:toy.*", ["toy.a", "toy.b"]),
        ("toy.b", ["toy.b"]),
        ("toy", ["toy.a", "toy.b"]),
        ("*", ["toy.a", "toy.b"]),
        ("b", []),
        ("a.arch", []),
        ("deep/[a].arch", []),
    ],
)
def test_the_networks_that_are_meant(configured, project, net, meant):
    (project / "deep").mkdir()
    (project / "deep" / "a.arch").write_text(SEVERAL)
    toml = f'[[budgets]]\nnet = "{net}"\nparams = 1\n'
    wanted = ["budget-exceeded"] * len(meant) or ["budget-without-net"]
    result = configured(toml, "check", "--output-format", "concise")
    assert (result.code, sorted(slugs(result))) == (1, wanted)
    assert all(f" {name} has " in result.out for name in meant)


def test_a_budget_holds_from_any_folder(configured, project, monkeypatch):
    (project / "deep").mkdir()
    (project / "deep" / "a.arch").write_text(TOY)
    monkeypatch.chdir(project / "deep")
    result = configured('[[budgets]]\nnet = "deep/a.arch"\nparams = 1\n', "check", "a.arch")
    assert (result.code, "toy has 224 parameters; its budget is 1" in result.out) == (1, True)


def test_a_budget_that_holds_is_silent(configured):
    toml = '[[budgets]]\nnet = "a.arch"\nparams = 224\nlayers = 1\nmacs = "7776"\n'
    assert configured(toml, "check", a=TOY) == (0, "", "")


def test_a_budget_of_another_file_is_left_alone(configured, project):
    toml = '[[budgets]]\nnet = "b.arch:toi"\nparams = 1\n[[budgets]]\nnet = "nosuch"\nlayers = 1\n'
    (project / "b.arch").write_text(TOY)
    assert configured(toml, "check", "a.arch", a=TOY).out == ""
    assert configured(toml, "check", ".").out.count("budget-without-net") == 2


def test_a_budget_waits_for_files_that_can_be_read(configured):
    toml = '[[budgets]]\nnet = "nosuch"\nparams = 1\n'
    result = configured(toml, "check", "--output-format", "concise", a=TOY + "  conv (\n")
    assert slugs(result) == ["syntax"]


def test_analyze_says_it_behind_the_table(configured):
    toml = '[[budgets]]\nnet = "a.arch"\nparams = "0.1K"\npeak = 1\n'
    result = configured(toml, "analyze", "a.arch", "--batch", "8", a=TOY)
    assert result.code == 1
    assert result.out.index("total") < result.out.index("error[budget-exceeded]")
    assert "over by 124 (124.0 %)" in result.out
    assert "archc.toml:3:10" in result.out
    assert "where they are\n  a.arch:3  conv" in result.out
    data = configured(toml, "analyze", "a.arch", "--format", "csv")
    assert (data.code, "budget-exceeded" in data.out, "budget-exceeded" in data.err) == (
        1,
        False,
        True,
    )


def test_inline_tables_have_no_line(configured):
    result = configured('budgets = [{net = "a.arch", params = 1}]\n', "check", a=TOY)
    assert (result.code, "its budget is 1" in result.out) == (1, True)


@pytest.mark.parametrize(
    ("written", "value"),
    [(26, 26), ("26M", 26_000_000), ("4.2G", 4_200_000_000), ("1KiB", 1024), ("60 MB", 60_000_000)],
)
def test_amounts(written, value):
    assert amount(written) == value


@pytest.mark.parametrize("written", [True, 1.5, -1, 10**18, "", "x", "1e6", "-1M", "5%", "9" * 19])
def test_what_is_no_amount(written):
    with pytest.raises(ValueError, match="26M"):
        amount(written)


# ---- where it stands


def test_pyproject(archc, project):
    (project / "archc.toml").unlink()
    (project / "pyproject.toml").write_text(
        '[project]\nname = "x"\n[tool.archc.lints]\nunused-value = "error"\n'
        '[[tool.archc.budgets]]\nnet = "toy"\nparams = 1\n[tool.ruff]\n'
    )
    result = archc("check", "a.arch", a=UNUSED)
    assert (result.code, result.err) == (1, "2 errors\n")
    assert "pyproject.toml:7:10" in result.out
    (project / "archc.toml").touch()
    assert archc("check", "a.arch").code == 0


@pytest.mark.parametrize(
    "text", ["", "not TOML [", "[tool.archcs]\nx = 1\n", "# [tool.archc]\n", "[tool.archc]\n"]
)
def test_a_pyproject_without_a_word_for_archc(archc, project, text):
    (project / "archc.toml").unlink()
    (project / "pyproject.toml").write_text(text)
    assert archc("check", "a.arch", a=TOY) == (0, "", "")


@pytest.mark.parametrize("text", ["", "# nothing\n"])
def test_nothing_is_imported_without_content(project, text):
    (project / "archc.toml").write_text(text)
    (project / "a.arch").write_text(TOY)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, "check", "a.arch"], capture_output=True, check=True
    )
    assert b"pydantic" not in done.stderr
    assert (b"tomllib" in done.stderr) == bool(text)


# ---- mistakes


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("a = \n", "archc.toml:1:5: this is no TOML: invalid value"),
        ("[lints]\n[lints]\n", "archc.toml:2:7: this is no TOML"),
        ('a = """\n', "archc.toml:1: this is no TOML"),
        ("a = " + "[" * 5000 + "\n", "archc.toml: brackets are nested too deeply"),
        ("a = " + "9" * 5000 + "\n", "archc.toml: a number has too many digits"),
        ("[lint]\n", "archc.toml:1: there is no key `lint` here; did you mean `lints`?"),
        ("lints = 3\n", "archc.toml:1: `lints` is 3, and takes a table"),
        ('[lints]\nunused-vale = "warn"\n', "archc.toml:2: there is no lint called `unused-vale`; "
         "did you mean `unused-value`?"),
        ('[lints]\nshapes-differ = "warn"\n', "`shapes-differ` is no lint but an error"),
        ('[lints]\nunused-value = "off"\n', 'is "off", and takes "error", "warn" or "allow"'),
        ("[limits]\nlayer = 1\n", "there is no limit called `layer`; did you mean `layers`?"),
        ('[limits]\nlayers = "many"\n', 'archc.toml:2: `limits.layers` is "many", and takes'),
        ("[limits]\nlayers = 0\n", "`limits.layers` is 0, and takes a whole number from 1 up"),
        ("[limits]\nlayers = true\n", "`limits.layers` is true, and takes a whole number"),
        ("[limits]\nlayers = 9999999999999999999\n", "is a very large number, and takes"),
        ("[budgets]\n", "`budgets` is a table, and takes tables"),
        ("[[budgets]]\nparams = 1\n", "archc.toml:1: a budget needs `net`"),
        ('[[budgets]]\nnet = "a"\n', "archc.toml:1: a budget needs a limit: params, macs"),
        ('[[budgets]]\nnet = "a"\nparam = 1\n', "no key `param` in `budgets`; did you mean"),
        ('[[budgets]]\nnet = "a"\nparams = 1.5\n', "archc.toml:3: `budgets.params` is 1.5, and"),
        ('[[budgets]]\nnet = ""\nparams = 1\n', '`budgets.net` is "", and takes a text'),
        ('[[budgets]]\nnet = "a"\nmacs = 1\nwith = {R = 0}\n', "`budgets.with.R` is 0"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("verb", ["check", "analyze", "fmt"])
def test_mistakes(configured, verb, toml, said):
    result = configured(toml, verb, "a.arch", a=TOY)
    assert (result.code, result.out) == (2, "")
    assert said in result.err
    assert len(result.err) < 400


def test_all_mistakes_are_said_in_their_order(configured):
    toml = "[limits]\nfiles = 0\n[lints]\nx = 1\n[[budgets]]\nnet = 3\nparams = 1\n"
    lines = configured(toml, "check", a=TOY).err.splitlines()
    assert [line.split(":")[2] for line in lines] == ["2", "4", "6"]


def test_a_configuration_that_cannot_be_read(archc, project):
    (project / "archc.toml").write_bytes(b"\xff")
    assert "is no UTF-8 text" in archc("check", "a.arch", a=TOY).err
    (project / "archc.toml").unlink()
    (project / "archc.toml").mkdir()
    result = archc("check", "a.arch")
    assert (result.code, "it is a folder" in result.err) == (2, True)


def test_verbs_that_read_no_project_do_not_mind(configured):
    assert configured("wrong\n", "explain", "unused-value").code == 0
    assert configured("wrong\n", "nets", "lenet5").code == 0


# ---- what is published


def test_the_published_schema_is_fresh(request):
    if request.config.getoption("--update-golden"):
        SCHEMA.write_text(schema(), encoding="utf-8")
    assert SCHEMA.read_text(encoding="utf-8") == schema()


def test_names_are_those_of_the_language():
    assert set(METRICS) == set(UNITS)
    assert set(SUMMED) < set(METRICS)
    properties = json.loads(schema())
    assert set(properties["properties"]) == set(TABLES)
    assert set(properties["$defs"]["BudgetTable"]["properties"]) == set(BUDGET_KEYS)


def test_the_example_of_the_page_holds(tmp_path):
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    path = Path(tmp_path / "archc.toml")
    path.write_text(page.partition("```toml\n")[2].partition("```")[0])
    found = read(str(path))
    assert found.limits == {"layers": 500_000}
    assert found.rules.levels == {"unused-value": "error", "bias-before-norm": "warn"}
    assert [budget.net for budget in found.rules.budgets] == [
        "specs/resnet.arch:50",
        "specs/mobile*.arch",
    ]
