"""benchmarks/gpu.py on the CPU: the same code, at small sizes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest
import torch

from tests.conftest import ROOT

SCRIPT = str(ROOT / "benchmarks" / "gpu.py")


def run(*words, folder, device="cpu"):
    return subprocess.run(
        [sys.executable, SCRIPT, "--device", device, *words],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """The process, what it wrote as JSON, and its page."""
    folder = tmp_path_factory.mktemp("gpu")
    jobs = ("roofline", "compare/lenet5", "speed/mobilenet_v2/1")
    done = run("--only", *jobs, "--out", "some", folder=folder)
    written = json.loads((folder / "some.json").read_text(encoding="utf-8"))
    assert sorted(path.name for path in folder.iterdir()) == ["some.json", "some.md"]
    return done, written, (folder / "some.md").read_text(encoding="utf-8")


def test_it_ends_well_and_prints_what_it_wrote(found):
    done, _, page = found
    assert done.returncode == 0, done.stderr
    assert done.stdout == page + "\n"


def test_both_ways_in_both_precisions_are_right(found):
    rows = [row for row in found[1]["parts"]["compare"] if row["net"] == "lenet5"]
    assert [(row["dtype"], row["way"]) for row in rows] == [
        ("fp32", "forward"),
        ("fp32", "backward"),
        ("bf16", "forward"),
        ("bf16", "backward"),
    ]
    assert all(row["right"] for row in rows)
    assert 0 < rows[0]["found"] < 1e-5  # float32 has 24 bits, bf16 has 8
    assert 1e-3 < rows[2]["found"] < 1e-1


def test_variants_are_timed_and_compared(found):
    rows = {row["variant"]: row for row in found[1]["parts"]["speed"]}
    assert rows["eager"]["eager"] == 1
    assert rows["eager"]["images"] == pytest.approx(1000 / rows["eager"]["ms"])
    assert all(row["right"] and 0 < row["roofline"] < 1 for row in rows.values())
    assert set(rows) == {"eager", "channels_last bf16", "optimised bf16"}


def test_what_the_cpu_cannot_give_is_named(found):
    missing = {one["figure"]: one["why"] for one in found[1]["missing"]}
    assert missing["speed/mobilenet_v2/1 optimised bf16 + CUDA graph"] == "needs CUDA"
    assert "## Missing" in found[2]


def test_what_the_budget_has_no_time_for_is_named(tmp_path):
    jobs = ("roofline", "compare/lenet5")
    done = run("--only", *jobs, "--budget", "0.001", "--out", "some", folder=tmp_path)
    missing = json.loads((tmp_path / "some.json").read_text())["missing"]
    assert {"figure": "compare/lenet5_1998", "why": "no time left"} in missing
    assert done.returncode == 0


def test_an_interrupted_run_keeps_what_it_has(tmp_path):
    process = subprocess.Popen(
        [sys.executable, SCRIPT, "--device", "cpu", "--only", "roofline", "compare"],
        cwd=tmp_path,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for line in process.stderr:
        if "compare/" in line:
            process.send_signal(signal.SIGTERM)
            break
    process.communicate(timeout=120)
    written = json.loads((tmp_path / "gpu.json").read_text())
    assert process.returncode == 130
    assert written["parts"]["roofline"]
    assert {"figure": "compare/lenet5", "why": "interrupted"} in written["missing"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--only", "lenet6"), "no job has such a name"),
        (("--out", "nowhere/some"), "there is no folder"),
        (("--budget", "0"), "--budget must be more than 0"),
    ],
)
def test_mistakes_are_told(tmp_path, words, said):
    done = run(*words, folder=tmp_path)
    assert done.returncode == 2
    assert said in done.stdout + done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_not_there_is_told(tmp_path):
    done = run(folder=tmp_path, device="cuda")
    assert done.returncode == 2
    assert "there is no CUDA device here" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_result_is_a_failure(monkeypatch, tmp_path):
    """A row that is not right, a comparison that broke off, a variant that gives something else."""
    from benchmarks.gpu_parts.device import Device
    from benchmarks.gpu_parts.jobs import Job, run_jobs
    from benchmarks.gpu_parts.record import Record

    def breaks():
        yield {"variant": "eager", "right": True}
        raise RuntimeError("out of memory\nand more")

    for part, rows, failed in (
        ("compare", [{"right": True}], False),
        ("compare", [{"right": False, "found": float("nan")}], True),
        ("speed", [{"right": False}], True),
    ):
        record = Record(tmp_path / "some", Device("cpu"))
        run_jobs([Job(part, "a/b", lambda rows=rows: iter(rows))], record, 60)
        assert record.failed is failed
    for part, failed in (("compare", True), ("speed", False)):
        record = Record(tmp_path / "some", Device("cpu"))
        assert run_jobs([Job(part, "a/b", breaks), Job(part, "a/c", breaks)], record, 60)
        assert record.failed is failed
        assert record.table().count("RuntimeError: out of memory |") == 2
