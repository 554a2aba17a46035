"""Names, files and open sizes of whoever means harm: a diagnostic or the right answer, soon."""

from __future__ import annotations

import pytest

from archc.api import ArchError
from archc.limits import DEFAULT
from tests.hostile.texts import accepted, check, loads, net, said_of_file

# ---- names ---------------------------------------------------------------------------------------

NAMES = (
    "class",
    "import",
    "None",
    "True",
    "def",
    "self",
    "forward",
    "__init__",
    "__class__",
    "__dict__",
    "training",
    "lambda",
    "__",
    "_x",
    "parameters",
    "type",
    "state_dict",
    "print",
    "async",
)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "training"])
def test_names_python_keeps_for_itself(name):
    """As a label they are a clear diagnostic or a key; as a name of the language they are names."""
    network = accepted(net(f"{name}: conv 1x1 8", f"from {name}"))
    if network is not None:
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
        network = accepted(text)
        assert network is None or network.params == 32


@pytest.mark.parametrize(
    "label", ["ключ", "键", "a\u202eb", "a b", "1", "a/b", "a:b", "-", "..", "a..b"]
)
def test_labels_that_are_no_names(label):
    accepted(net(f"{label}: conv 1x1 8"))


def test_a_name_of_a_million_letters():
    name = "a" * 1_000_000
    assert loads(net(f"{name}: conv 1x1 8")).params == 32
    with pytest.raises(ArchError) as caught:
        loads(net(f"{name} 1x1 8"))
    message = str(caught.value)
    assert len(message) < 50_000


# ---- files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["", "\n", "# nothing\n", "   \n\n  # a\n", "\ufeff", ";", "; ; ;"]
)
def test_files_without_a_net(tmp_path, text):
    assert said_of_file(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    ["net a()\n", "net a\n", "net", "net a()\n  # rows\n", "net a()\n  let x_ = 3\n",
     "net a()\n  check params == 0\n", "net a()\n  input 3\n  output\n", "block b()\n",
     "net a()\n  sizes exact\n", "net a()\n  variants | A | B\n", "net a()\n  columns | c\n"],
)  # fmt: skip
def test_nets_without_rows(tmp_path, text):
    assert said_of_file(tmp_path, text)


def test_bytes_that_are_no_text(tmp_path):
    assert said_of_file(tmp_path, bytes(range(256)) * 10) == ["file-unreadable"]
    assert said_of_file(tmp_path, b"net a()\n  input \xff\xfe\n", "b.arch") == ["not-utf8"]
    assert said_of_file(tmp_path, b"#" * (DEFAULT.file_bytes + 1), "c.arch") == ["file-too-large"]
    assert check(tmp_path / "missing.arch")[0].slug == "file-unreadable"
    assert [found.slug for found in check(tmp_path / "folder")] == ["file-unreadable"]


def test_a_file_of_lines_that_mean_nothing(tmp_path):
    assert "syntax" in said_of_file(tmp_path, "((((\n" * 100_000)


def test_a_file_of_tabs(tmp_path):
    assert "syntax" in said_of_file(tmp_path, "net a()\n\tinput 8x8x3\n\trelu\n")


@pytest.mark.parametrize(
    "path",
    ["../secret.arch", "../../../../../../etc/passwd", "/etc/passwd", "..", "", ".",
     "a/../../secret.arch", "~/secret.arch", "\0", "a" * 100_000, "con", "file:///etc/passwd",
     "\\\\server\\share"],
)  # fmt: skip
def test_use_stays_inside_its_roots(tmp_path, path):
    inside = tmp_path / "project"
    inside.mkdir()
    (inside / "pyproject.toml").touch()
    (tmp_path / "secret.arch").write_text("block s()\n  conv 1x1 8\n")
    found = said_of_file(inside, f'use s from "{path}"\n{net("s")}')
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
        assert "path-outside-roots" in said_of_file(inside, f'use s from "{name}"\n{net("s")}')


def test_import_cycles(tmp_path):
    (tmp_path / "b.arch").write_text('use s from "a.arch"\nblock t()\n  s\n')
    found = said_of_file(tmp_path, f'use t from "b.arch"\nblock s()\n  t\n{net("s")}')
    assert "import-cycle" in found
    assert "import-cycle" in said_of_file(tmp_path, f'use s from "c.arch"\n{net("relu")}', "c.arch")


def test_a_chain_of_imports_without_end(tmp_path):
    for number in range(DEFAULT.files + 50):
        text = f'use s from "f{number + 1}.arch"\nblock s{number}()\n  relu\n'
        (tmp_path / f"f{number}.arch").write_text(text)
    assert "expansion-too-large" in [found.slug for found in check(tmp_path / "f0.arch")]


# ---- sizes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rows",
    [
        ["conv 3x3 8 pad=half x1000", "maxpool 2x2/2"],
        ["conv 3x3/7 8 x4"],
        ["conv 3x3/1009 8", "conv 3x3/1013 8", "conv 3x3/1019 8"],
        ["fc 10"],
        ["reshape (H*W)x3 if H mod 7 == 3"],
        ["conv 3x3 8 if H > 10^9 else relu"],
        ["conv 3x3 8 pad=half x20000 if H > 5 else relu"],
        ["maxpool 2x2/2 x11", "conv 1x1 8 x5000"],
    ],
)
def test_open_sizes_end(rows):
    text = net(*rows, size="HxWx3")
    accepted(text)
