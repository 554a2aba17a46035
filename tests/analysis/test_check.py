"""What `check` rows mean, digit by digit, and what they say when they fail."""

import pytest

from archc.analysis.check import failed_checks

NET = """
net toy()
  input 1
  fc {n} bias=no
  check {check}
"""


def failures(network_of, check, n):
    return failed_checks(network_of(NET.format(n=n, check=check)))


@pytest.mark.parametrize(
    ("check", "holds", "fails"),
    [
        ("params == 1792", [1792], [1791, 1793]),
        ("params <= 1.8K", [1, 1800], [1801]),
        ("params < 1.8K", [1799], [1800, 1801]),
        ("params >= 1.8K", [1800, 1801], [1799]),
        ("params > 1.8K", [1801], [1800]),
        # half a unit of the last digit, both ends allowed
        ("params ~= 1.8K", [1750, 1800, 1850], [1749, 1851]),
        ("params ~= 1.80K", [1795, 1805], [1794, 1806]),
        ("params ~= 2K", [1500, 2500], [1499, 2501]),
        ("params ~= 1800", [1800], [1799, 1801]),
        ("params ~= 1.8e3", [1750, 1850], [1749, 1851]),
        ("params ~= 2Ki", [1536, 2560], [1535, 2561]),
        # `within` is a share of the written number, and only ever loosens
        ("params ~= 2K within 30%", [1400, 2600], [1399, 2601]),
        ("params ~= 2K within 1%", [1500, 2500], [1499, 2501]),
        ("params == 2000 within 10%", [1800, 2200], [1799, 2201]),
        ("params <= 2000 within 10%", [2200], [2201]),
        ("params >= 2000 within 10%", [1800], [1799]),
        # metrics
        ("macs == 7", [7], [6, 8]),
        ("flops == 14", [7], [6, 8]),
        ("values == 8", [7], [6, 8]),
        ("memory == 32", [7], [6, 8]),
        ("peak == 32", [7], [6, 8]),
        ("layers == 1", [7], []),
        ("output == 7", [7], [6, 8]),
    ],
)
def test_relations(network_of, check, holds, fails):
    assert [n for n in holds if failures(network_of, check, n)] == []
    assert [n for n in fails if not failures(network_of, check, n)] == []


TWO_ROWS = """
net toy()
  input 8x8x3
  conv1: conv 3x3 4 pad=half
  level:
    conv 3x3 4 pad=half
    conv 1x1 2
  fc 10
  check {check}
"""


@pytest.mark.parametrize(
    "check",
    [
        "params(conv1) == 112",
        "params(level) == 158",
        "macs(conv1) == 6912",
        "values(conv1) == 256",
        "memory(level) == 1536",
        "layers(level) == 2",
        "layers == 4",
        "output(conv1) == 8x8x4",
        "output(level) == 8x?x2",
        "peak(conv1) == 1792",
        "peak == 2048",
    ],
)
def test_checks_of_a_row(network_of, check):
    assert failed_checks(network_of(TWO_ROWS.format(check=check))) == []


UNKNOWN = """
net toy()
  input T of 8
  fc 4 bias=no
  check {check}
"""


def test_a_count_is_given_with_with(network_of):
    assert failed_checks(network_of(UNKNOWN.format(check="macs == 320 with T = 10"))) == []
    (found,) = failed_checks(network_of(UNKNOWN.format(check="macs == 320 with T = 9")))
    assert found.slug == "check-failed"


def test_a_count_that_is_not_given_is_asked_for(network_of):
    (found,) = failed_checks(network_of(UNKNOWN.format(check="macs == 320")))
    assert found.slug == "check-needs-count"
    assert found.message == "macs of toy = 32*T, and the check does not say what T is"


def test_params_need_no_count(network_of):
    assert failed_checks(network_of(UNKNOWN.format(check="params == 32"))) == []


def shown(diagnostic):
    lines = [f"{diagnostic.slug}: {diagnostic.message}", f"at {diagnostic.primary.span}"]
    lines.append(f"label: {diagnostic.primary.text}")
    lines.extend(f"note: {note}" for note in diagnostic.notes)
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("name", "spec", "check"),
    [
        ("vgg16", "vgg16", "params <= 100M"),
        ("vgg16_macs", "vgg16", "macs ~= 15.4G"),
        ("vgg16_row", "vgg16", "params(features) <= 10M"),
        ("vgg16_output", "vgg16", "output == 7x7x512"),
        ("vgg16_layers", "vgg16", "layers == 19"),
        ("googlenet", "googlenet", "params ~= 6.8M"),
    ],
)
def test_failed_checks_say_where_the_numbers_are(network_of, golden, name, spec, check):
    from pathlib import Path

    text = (Path(__file__).parents[2] / "specs" / f"{spec}.arch").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if not line.startswith("  check ")]
    rows.append(f"  check {check}\n")
    network = network_of("\n".join(rows), name=f"specs/{spec}.arch")
    (found,) = failed_checks(network)
    golden(f"checks/{name}.txt", shown(found) + "\n")


def test_every_shipped_check_holds(networks):
    from pathlib import Path

    for path in sorted((Path(__file__).parents[2] / "specs").glob("*.arch")):
        for network in networks(path.stem):
            assert [found.message for found in failed_checks(network)] == []


def test_checks_of_the_written_size_are_not_made_at_another():
    import archc

    text = "net a()\n  input 8x8x3\n  conv 3x3 5 pad=1\n  check macs == 8640\n  check params == 1\n"
    assert len(failed_checks(archc.loads(text).graph)) == 1
    assert len(failed_checks(archc.loads(text.replace("8640", "1")).graph)) == 2
    larger = archc.loads(text.replace("8640", "1"), input="16x16x3").graph
    assert ["parameters" in found.message for found in failed_checks(larger)] == [True]
