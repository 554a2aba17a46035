"""Texts made to break a compiler: a clear diagnostic or the right answer, soon, and never anything else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from archc import api
from archc.api import ArchError
from archc.diagnostics.render import render_all
from archc.limits import DEFAULT
from tests.fuzz.check import TooSlow, time_limit

SECONDS = 20.0
"""of processor time; those that reach the limit of layers take some seconds, all others next to none"""


def soon(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which may not take long."""

    def called(*values: Any, **named: Any) -> Any:
        try:
            with time_limit(SECONDS):
                return function(*values, **named)
        except TooSlow:
            raise AssertionError(f"it takes more than {SECONDS} s") from None

    return called


loads, check = soon(api.loads), soon(api.check)


def slugs(text: str) -> set[str]:
    """The errors of a text, which can be rendered."""
    with pytest.raises(ArchError) as caught:
        loads(text)
    found = caught.value.diagnostics
    assert render_all(found)
    return {diagnostic.slug for diagnostic in found if diagnostic.severity == "error"}


def net(*rows: str, size: str = "8x8x3") -> str:
    """A net with these rows behind its input."""
    return "\n".join(["net a()", f"  input {size}", *[f"  {row}" for row in rows], ""])


# ---- depth ------------------------------------------------------------------------------------------------

DEEP = 10_000


def test_bodies_within_bodies():
    rows = [" " * (2 + depth) + "add" for depth in range(DEEP)]
    assert "nesting-too-deep" in slugs("net a()\n input 8x8x3\n" + "\n".join(rows) + "\n")


def test_definitions_within_definitions():
    lines = [f"{' ' * depth}block b{depth}()" for depth in range(DEEP)]
    text = "\n".join([*lines, " " * DEEP + "relu", "net a()", "  input 8x8x3", "  b0", ""])
    assert "nesting-too-deep" in slugs(text)


def test_blocks_that_call_one_another():
    blocks = [f"block b{number}()\n  b{number + 1}\n" for number in range(DEEP)]
    text = "".join([*blocks, f"block b{DEEP}()\n  relu\n", net("b0")])
    assert slugs(text) == {"endless-block"}


def test_as_many_calls_as_the_limit_allows():
    last = DEFAULT.depth - 1
    blocks = [f"block b{number}()\n  b{number + 1}\n" for number in range(last)]
    text = "".join([*blocks, f"block b{last}()\n  conv 1x1 8\n", net("b0")])
    assert loads(text).params == 32


@pytest.mark.parametrize("sign", ["(", "-(", "max(", "(1 if (", "2^("])
def test_brackets_within_brackets(sign):
    assert slugs(net("fc " + sign * DEEP + "1" + ")" * DEEP)) & {"nesting-too-deep", "syntax"}


def test_brackets_in_a_label():
    assert slugs(net("l{" + "(" * DEEP + "}: relu")) & {"nesting-too-deep", "syntax"}


def test_a_formula_without_end():
    assert loads(net("fc 1" + " + 1" * DEEP)).params == 193 * (DEEP + 1)


def test_a_formula_of_powers():
    assert slugs(net("fc 2" + " ^ 2" * DEEP)) == {"value-not-allowed"}


def test_many_steps_in_one_row():
    assert len(loads(net(" ; ".join(["relu"] * DEEP))).graph.nodes) == DEEP + 1


def test_conditions_without_end():
    assert loads(net("relu if " + " and ".join(["1 == 1"] * DEEP))).params == 0
    assert loads(net("relu if " + "not " * DEEP + "1 == 1")).params == 0


# ---- endless ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "blocks",
    [
        "block a2()\n  a2\n",
        "block a2()\n  conv 3x3 8 pad=half\n  a2\n",
        "block a2()\n  b2\nblock b2()\n  a2\n",
        "block a2(n=1)\n  a2 n+1\n",
        "block a2()\n  add\n    identity\n    a2\n",
        "block a2()\n  every relu = a2\n  relu\n",
    ],
)
def test_blocks_that_never_end(blocks):
    assert slugs(blocks + net("a2")) & {"endless-block", "expansion-too-large"}


def test_doubling_without_a_layer():
    blocks = "block a2(n)\n  a2 n-1 if n > 0\n  a2 n-1 if n > 0\n"
    assert slugs(blocks + net("a2 200")) & {"endless-block", "expansion-too-large"}


def test_doubling_by_joins():
    blocks = "block a2(n)\n  add\n    a2 n-1 if n > 0 else identity\n    a2 n-1 if n > 0 else relu\n"
    assert slugs(blocks + net("a2 60")) == {"expansion-too-large"}


def test_a_net_within_itself():
    assert slugs("net a()\n  input 8x8x3\n  a\n") & {"endless-block", "name-taken", "unknown-layer"}


@pytest.mark.parametrize(
    "row",
    [
        "relu x1000000000",
        "relu x(10^9)",
        "conv 3x3 8 pad=half x(10^50)",
        "identity x1000000000",
        "from input x1000000000",
        "b: conv 1x1 3 x1000000000",
        "l{i}: conv 1x1 3 x1000000000",
    ],
)
def test_repetitions_without_end(row):
    assert slugs(net(row)) & {"expansion-too-large", "syntax", "value-not-allowed", "missing-value"}


def test_repetitions_within_repetitions():
    blocks = "".join([f"block b{n}()\n  b{n + 1} x1000\n" for n in range(6)])
    assert slugs(blocks + "block b6()\n  relu x1000\n" + net("b0")) == {"expansion-too-large"}
    blocks = blocks.replace("b6", "identity")
    assert slugs(blocks + net("b0")) == {"expansion-too-large"}


def test_policies_that_mean_themselves():
    text = net("conv 3x3 8").replace("  input", "  every conv = conv ; conv ; conv\n  input")
    assert loads(text).params > 0
    policies = "  every relu = silu ; silu\n  every silu = relu ; relu\n"
    assert len(loads(net("silu").replace("  input", f"{policies}  input")).graph.nodes) < 20
    many = policies * 5000
    assert slugs(net("silu").replace("  input", f"{many}  input")) == {"value-not-allowed"}


def test_policies_that_double():
    words = ("relu", "relu6", "selu", "silu", "hswish", "hsigmoid", "sigmoid", "tanh", "mish", "gelu")
    lines = ["every relu = relu ; relu"]
    lines += [f"every {new} = {' ; '.join([old] * 9)}" for old, new in zip(words, words[1:])]
    text = net("gelu").replace("  input", "\n".join([f"  {line}" for line in lines]) + "\n  input")
    assert slugs(text) == {"expansion-too-large"}


# ---- numbers ----------------------------------------------------------------------------------------------

NINES = "9" * 400


@pytest.mark.parametrize(
    "formula",
    ["1/0", "1//0", "1 mod 0", "0^(0-1)", "1/(1-1)", "(1/3)/(1/3-1/3)", "7/(C-3)"],
)
def test_division_by_zero(formula):
    text = f"block b(n)\n  fc n\n{net(f'b ({formula})')}"
    assert slugs(text.replace("C-3", "3-3")) == {"division-by-zero"}


@pytest.mark.parametrize("row", [f"fc {NINES}", f"conv {NINES}x3 8", f"relu x{NINES}", f"dropout 0.{NINES}"])
def test_numbers_of_400_digits(row):
    assert slugs(net(row)) <= {"value-not-allowed", "syntax", "expansion-too-large"}


@pytest.mark.parametrize(
    "formula",
    ["10^1000", "2^2^2^2^2^2", "(10^99)*(10^99)", "1e400", "sqrt(2)^100000", "1/3^400", "10^(10^10)"],
)
def test_formulas_that_explode(formula):
    assert slugs(net(f"fc {formula}")) == {"value-not-allowed"}


def test_sizes_beyond_64_bits_are_exact():
    thing = 10**30
    network = loads(net("fc 10^30"))
    assert network.params == 192 * thing + thing
    assert network.macs == 192 * thing
    square = loads(net("conv 1x1 10^20", "conv 1x1 10^20", size="4294967296x4294967296x3"))
    assert square.params == 4 * 10**20 + 10**40 + 10**20
    assert square.macs == 2**64 * (3 * 10**20 + 10**40)
    assert str(10**40) in str(square.report().totals.macs) or square.macs > 2**190


@pytest.mark.parametrize(
    "row",
    ["fc 0", "conv 0x0 8", "conv 3x3 0", "conv 3x3/0 8", "conv 3x3 (0-8)", "fc 1/2", "relu x(0-1)",
     "relu x(1/2)", "fc sqrt(2)", "fc log2(0)", "fc sqrt(0-1)", "conv 3x3 8 groups=0",
     "fc min()", "fc nothing(1)", "fc yes", "conv 3x3 8 pad=(0-1)", "maxpool 2x2/(0-2)"],
)  # fmt: skip
def test_numbers_that_no_layer_takes(row):
    assert slugs(net(row))


# ---- names ------------------------------------------------------------------------------------------------

NAMES = ("class", "import", "None", "True", "def", "self", "forward", "__init__", "__class__", "__dict__",
         "training", "lambda", "__", "_x", "parameters", "type", "state_dict", "print", "async")


@pytest.mark.parametrize("name", [name for name in NAMES if name != "training"])
def test_names_python_keeps_for_itself(name):
    """As a label they are a clear diagnostic or a key; as a name of the language they are names."""
    try:
        network = loads(net(f"{name}: conv 1x1 8", f"from {name}"))
    except ArchError as error:
        assert render_all(error.diagnostics)
    else:
        assert network.params == 32
        assert name in [node.path for node in network.graph.nodes]


@pytest.mark.parametrize("name", NAMES)
def test_blocks_nets_and_parameters_with_such_names(name):
    for text in (
        f"block {name}()\n  conv 1x1 8\n{net(name)}",
        f"block b({name})\n  conv 1x1 {name}\n{net(f'b {name}=8')}",
        f"net {name}()\n  input 8x8x3\n  conv 1x1 8\n",
        f"net a({name}=8)\n  input 8x8x3\n  conv 1x1 {name}\n",
        net(f"let {name} = 8", f"conv 1x1 {name}").replace("  input 8x8x3\n", "").replace(
            f"  let {name} = 8\n", f"  let {name} = 8\n  input 8x8x3\n"
        ),
    ):  # fmt: skip
        try:
            assert loads(text).params == 32
        except ArchError as error:
            assert render_all(error.diagnostics)


@pytest.mark.parametrize("label", ["ключ", "键", "a\u202eb", "a b", "1", "a/b", "a:b", "-", "..", "a..b"])
def test_labels_that_are_no_names(label):
    try:
        loads(net(f"{label}: conv 1x1 8"))
    except ArchError as error:
        assert render_all(error.diagnostics)


def test_a_name_of_a_million_letters():
    name = "a" * 1_000_000
    assert loads(net(f"{name}: conv 1x1 8")).params == 32
    message = "x"
    with pytest.raises(ArchError) as caught:
        loads(net(f"{name} 1x1 8"))
    message = str(caught.value)
    assert len(message) < 50_000


# ---- files ------------------------------------------------------------------------------------------------


def file_slugs(folder, text: bytes | str, name: str = "a.arch") -> list[str]:
    """What is said about a file."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    found = check(path)
    assert render_all(found) or not found
    return [diagnostic.slug for diagnostic in found]


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "   \n\n  # a\n", "\ufeff", ";", "; ; ;"])
def test_files_without_a_net(tmp_path, text):
    assert file_slugs(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    ["net a()\n", "net a\n", "net", "net a()\n  # rows\n", "net a()\n  let x_ = 3\n",
     "net a()\n  check params == 0\n", "net a()\n  input 3\n  output\n", "block b()\n",
     "net a()\n  sizes exact\n", "net a()\n  variants | A | B\n", "net a()\n  columns | c\n"],
)  # fmt: skip
def test_nets_without_rows(tmp_path, text):
    assert file_slugs(tmp_path, text)


def test_bytes_that_are_no_text(tmp_path):
    assert file_slugs(tmp_path, bytes(range(256)) * 10) == ["file-unreadable"]
    assert file_slugs(tmp_path, b"net a()\n  input \xff\xfe\n", "b.arch") == ["not-utf8"]
    assert file_slugs(tmp_path, b"#" * (DEFAULT.file_bytes + 1), "c.arch") == ["file-too-large"]
    assert check(tmp_path / "missing.arch")[0].slug == "file-unreadable"
    assert [found.slug for found in check(tmp_path / "folder")] == ["file-unreadable"]


def test_a_file_of_lines_that_mean_nothing(tmp_path):
    assert "syntax" in file_slugs(tmp_path, "((((\n" * 100_000)


def test_a_file_of_tabs(tmp_path):
    assert "syntax" in file_slugs(tmp_path, "net a()\n\tinput 8x8x3\n\trelu\n")


@pytest.mark.parametrize(
    "path",
    ["../secret.arch", "../../../../../../etc/passwd", "/etc/passwd", "..", "", ".", "a/../../secret.arch",
     "~/secret.arch", "\0", "a" * 100_000, "con", "file:///etc/passwd", "\\\\server\\share"],
)  # fmt: skip
def test_use_stays_inside_its_roots(tmp_path, path):
    inside = tmp_path / "project"
    inside.mkdir()
    (inside / "pyproject.toml").touch()
    (tmp_path / "secret.arch").write_text("block s()\n  conv 1x1 8\n")
    found = file_slugs(inside, f'use s from "{path}"\n{net("s")}')
    assert found and set(found) <= {
        "path-outside-roots", "import-not-found", "file-unreadable", "syntax", "unknown-layer",
    }  # fmt: skip


def test_use_reads_no_device_and_follows_no_link(tmp_path):
    inside = tmp_path / "project"
    inside.mkdir()
    (inside / "pyproject.toml").touch()
    (tmp_path / "secret.arch").write_text("block s()\n  conv 1x1 8\n")
    (inside / "link.arch").symlink_to(tmp_path / "secret.arch")
    (inside / "endless.arch").symlink_to("/dev/zero")
    for name in ("link.arch", "endless.arch"):
        assert "path-outside-roots" in file_slugs(inside, f'use s from "{name}"\n{net("s")}')


def test_import_cycles(tmp_path):
    (tmp_path / "b.arch").write_text('use s from "a.arch"\nblock t()\n  s\n')
    found = file_slugs(tmp_path, f'use t from "b.arch"\nblock s()\n  t\n{net("s")}')
    assert "import-cycle" in found
    assert "import-cycle" in file_slugs(tmp_path, f'use s from "c.arch"\n{net("relu")}', "c.arch")


def test_a_chain_of_imports_without_end(tmp_path):
    for number in range(DEFAULT.files + 50):
        text = f'use s from "f{number + 1}.arch"\nblock s{number}()\n  relu\n'
        (tmp_path / f"f{number}.arch").write_text(text)
    assert "expansion-too-large" in [found.slug for found in check(tmp_path / "f0.arch")]


# ---- sizes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rows",
    [
        ["conv 3x3 8 pad=half x1000", "maxpool 2x2/2"],
        ["conv 3x3/7 8 x4"],
        ["conv 3x3/1009 8", "conv 3x3/1013 8", "conv 3x3/1019 8"],
        ["fc 10"],
        ["reshape (H*W)x3 if H mod 7 == 3"],
        ["conv 3x3 8 if H > 10^9 else relu"],
    ],
)
def test_open_sizes_end(rows):
    text = net(*rows, size="HxWx3")
    try:
        loads(text)
    except ArchError as error:
        assert render_all(error.diagnostics)
