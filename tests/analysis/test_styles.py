"""What people read, as golden text: styles and formats, and a few numbers of the lectures by name.

`pytest tests/analysis --update-golden` writes tests/golden/analyze/ anew.
"""

import csv
import re

import pytest

from archc.analysis.report import make_report
from archc.backends.table import printing
from archc.backends.table.markdown import escape as markdown_escape
from archc.backends.table.model import Column, Group, Table, megabytes, rounded
from archc.backends.table.summary import View

ENDINGS = {"table": "txt", "markdown": "md", "latex": "tex", "csv": "csv"}
FORMATS = tuple(ENDINGS)


def lines_of(networks, net, style="archc", format_="table", width=None, **more):
    view_options = {name: more.pop(name) for name in ("no_bias", "depth") if name in more}
    (network,) = networks(net)
    view = View(make_report(network), **view_options)
    return list(printing.printed(printing.table_of(view, style, **more), format_, width))


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize(
    ("net", "style", "more"),
    [
        ("vgg16", "archc", {}),
        ("vgg16", "cs231n", {}),
        ("vgg16", "keras", {}),
        ("vgg16", "googlenet", {}),
        ("googlenet", "archc", {}),
        ("googlenet", "googlenet", {}),
        ("lenet5", "archc", {}),
        ("lenet5", "cs231n", {}),
    ],
)
def test_styles_and_formats(networks, golden, net, style, more, format_):
    text = "\n".join(lines_of(networks, net, style, format_, **more)) + "\n"
    golden(f"analyze/{net}.{style}.{ENDINGS[format_]}", text)


@pytest.mark.parametrize(
    ("name", "net", "more"),
    [
        ("vgg16.no-bias", "vgg16", {"no_bias": True}),
        ("vgg16.depth1", "vgg16", {"depth": 1}),
        ("resnet50.blocks", "resnet.50", {"by_block": True}),
        ("resnet50.depth1", "resnet.50", {"depth": 1}),
        ("googlenet.blocks", "googlenet", {"by_block": True}),
        ("caption", "caption", {}),
        ("vgg16.narrow", "vgg16", {"width": 70}),
        ("resnet50.keras", "resnet.50", {"style": "keras"}),
    ],
)
def test_views(networks, golden, name, net, more):
    golden(f"analyze/{name}.txt", "\n".join(lines_of(networks, net, **more)) + "\n")


@pytest.mark.parametrize("format_", FORMATS)
def test_a_comparison(networks, golden, format_):
    views = [View(make_report(network)) for network in networks("resnet")]
    text = "\n".join(printing.printed(printing.compared(views), format_)) + "\n"
    golden(f"analyze/resnet.{ENDINGS[format_]}", text)


OPEN = """
net toy()
  input HxWx3
  conv 3x3 8 pad=half
  maxpool
"""


@pytest.mark.parametrize(("given", "size"), [(None, "224x224x3"), ("32x48x3", "32x48x3")])
def test_open_nets_say_where_they_were_evaluated(network_of, given, size):
    view = View(make_report(network_of(OPEN, input=given)))
    lines = list(printing.printed(printing.table_of(view)))
    assert f"open sizes, evaluated at {size}" in lines
    # With a size given, the rule is not worked out.
    assert any(line.startswith("sizes that work: H ") for line in lines) == (given is None)


def test_the_slide_of_vgg16(networks):
    lines = lines_of(networks, "vgg16", "cs231n")
    assert "INPUT: [224x224x3]  memory: 224*224*3=150K  params: 0" in lines
    assert ("CONV3-64: [224x224x64]  memory: 224*224*64=3.2M  params: (3*3*3)*64 = 1,728") in lines
    assert "POOL2: [112x112x64]  memory: 112*112*64=800K  params: 0" in lines
    assert "FC: [1x1x4096]  memory: 4096  params: 7*7*512*4096 = 102,760,448" in lines
    assert "without biases" in lines
    assert lines[-2].startswith("TOTAL memory: 15,237,608 ")
    assert lines[-1].startswith("TOTAL params: 138,344,128 ")


def test_the_columns_of_googlenet(networks):
    rows = list(csv.reader(lines_of(networks, "googlenet", "googlenet", "csv")))
    inceptions = {row[0]: row[4:10] for row in rows if row[0].startswith("inception")}
    assert inceptions["inception (i3a)"] == ["64", "96", "128", "16", "32", "32"]
    assert inceptions["inception (i5b)"] == ["384", "192", "384", "48", "128", "128"]


@pytest.mark.parametrize("width", [10, 40, 60, 80, 100, 200])
@pytest.mark.parametrize("net", ["vgg16", "resnet.152"])
def test_no_digit_is_cut_on_a_narrow_terminal(networks, net, width):
    whole = {row for row in lines_of(networks, net) if row.strip()}
    numbers = {word for row in whole for word in re.findall(r"\d[\d,]*", row)}
    for line in lines_of(networks, net, width=width):
        assert set(re.findall(r"\d[\d,]*", line)) <= numbers


def test_columns_are_dropped_in_the_stated_order(networks):
    lines = lines_of(networks, "vgg16", width=45)
    assert lines[-1] == "columns left out to fit the terminal: layer, values, MACs"


def test_the_same_input_gives_the_same_bytes(networks):
    assert lines_of(networks, "googlenet") == lines_of(networks, "googlenet")


HOSTILE = r"a|b *c* _d_ `e` \f <g> & % $ # {h} ~ ^ [i] " + '"j"'


def hostile():
    row = (HOSTILE, 1)
    columns = (Column("name"), Column("number", number=True))
    return Table(HOSTILE, columns, (Group([row], ("total", 1)),), (HOSTILE,), (HOSTILE,))


def test_markdown_is_escaped():
    (row,) = [line for line in printing.printed(hostile(), "markdown") if line.endswith(" 1 |")]
    cells = re.split(r"(?<!\\)\|", row)
    assert [cell.strip() for cell in cells] == ["", markdown_escape(HOSTILE), "1", ""]


def test_latex_is_escaped():
    text = "\n".join(printing.printed(hostile(), "latex"))
    (row,) = [
        line for line in text.split("\n") if line.endswith(r" & 1 \\") and "total" not in line
    ]
    assert r"a\textbar{}b *c* \_d\_" in row
    assert r"\& \% \$ \# \{h\} \textasciitilde{} \textasciicircum{} [i]" in row
    assert r"\textbackslash{}f \textless{}g\textgreater{}" in row


def test_csv_is_read_back():
    rows = list(csv.reader(printing.printed(hostile(), "csv")))
    assert rows == [["name", "number"], [HOSTILE, "1"], ["total", "1"]]


def test_a_spreadsheet_runs_nothing():
    columns = (Column("name"),)
    table = Table("t", columns, (Group([("=1+1",)]),))
    assert list(printing.printed(table, "csv"))[1] == "'=1+1"


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0, "0"),
        (4096, "4096"),
        (9999, "9999"),
        (10000, "10K"),
        (25088, "25K"),
        (100352, "100K"),
        (150528, "150K"),
        (802816, "800K"),
        (999999, "1M"),
        (1605632, "1.6M"),
        (3211264, "3.2M"),
        (9960000, "10M"),
        (15237608, "15M"),
        (10**12, "1T"),
        (10**20, "100000000T"),
    ],
)
def test_rounding_as_on_slides(number, shown):
    assert rounded(number) == shown


def test_megabytes():
    assert megabytes(60_950_432) == "60.95 MB"
    assert megabytes(0) == "0.00 MB"
    assert megabytes(10**12) == "1,000,000.00 MB"
